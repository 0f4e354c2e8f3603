"""What was done to tickets, what became of their mail."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from store.cleantext import clean
from store.rules.events import BY_KEY
from tui.sentences.words import listed, many, stamp

if TYPE_CHECKING:
    from store.queries.history_list import Entry
    from store.queries.outbox import OutboxRow
    from store.queries.tickets import MessageLine, TicketLine
    from store.rules.notices import Addressee
    from store.rules.settings import Value
    from store.services.tickets import Replied, Updated
    from store.services.undo import Step, Undo
    from tui.dialogs.followers import Changes

_FIELDS = {
    "subject": "subject",
    "status": "status",
    "customer_id": "customer",
    "assignee_id": "assignee",
    "priority": "",
    "ticket_group": "",
    "ticket_type": "",
    "note": "",
    "merged_into_id": "into ticket",
    "cc": "",
    "watcher": "",
}
_DID = {
    "undo": "took back",
    "release": "let in mail that was kept out",
    "pair": "paired",
    "unpair": "unpaired",
    "ban": "banned",
    "unban": "unbanned",
    "share": "marked as shared",
    "unshare": "marked as not shared",
    "rename": "renamed",
    "add": "wrote for the first time",
    "open": "opened the ticket",
    "reply": "replied",
    "note": "added a note",
    "merge": "merged it",
    "moved": "moved its messages",
    "merged": "merged another ticket into it",
    "cc": "added to Cc",
    "cc-remove": "took out of Cc",
    "watcher": "added a watcher",
    "watcher-remove": "took off a watcher",
}
_HIDDEN = ("customer_key", "name_key", "name_edited", "pair_source", "banned_at", "banned_by", "closed")
_UNDO_FIELDS = {
    "customer_id": "customer",
    "partner_id": "partner",
    "billing_email": "billing e-mail",
    "external_id": "external id",
    "merged_into_id": "merged into",
    "assignee_id": "assignee",
    "ticket_group": "group",
    "ticket_type": "type",
    "filter_type": "type",
    "ban_reason": "reason",
}
_FEW = 3
_WELL = {"sent": "sent to", "sending": "being sent to", "queued": "queued for"}
_WHY = {
    "requester": "the requester",
    "profile": "profile e-mail",
    "writers": "paired, wrote here",
    "cc": "Cc",
}
_WARNINGS = {
    "banned": "BANNED",
    "bounced": "BOUNCED, held back",
    "shared": "SHARED by several people",
    "re-paired": "PAIRED TO ANOTHER CUSTOMER",
}


def replied(done: "Replied") -> str:
    """`Replied in #12; it goes to bob@x.test and kelly@x.test.`"""
    return f"Replied in #{done.number}; it goes to {listed(done.to) or 'nobody by mail'}."


def addressee(one: "Addressee") -> str:
    """Who gets a reply, why, and what else besides the message; warnings first, so that no long address hides them."""
    warned = ", ".join(_WARNINGS.get(word, word) for word in one.warnings)
    also = " · Request received, too" if "ticket_received_customer" in one.events else ""
    told = f"{clean(one.email, limit=80)} · {_WHY.get(one.why, one.why)}{also}"
    return f"⚠ {warned}: {told}" if warned else told


def reply_remarks(now: "Mapping[str, Value]", watchers: Sequence[str], *, nobody: bool) -> list[str]:
    """What else an agent should know before a reply goes (R7.6), from the settings."""
    told = []
    if nobody:
        off = not (now["notifications.enabled"] and now["notify.new_message_customer.on"])
        told.append(f"Nobody gets it by mail: {'ticket notifications are off' if off else 'there is no address'}.")
    elif not (now["smtp.enabled"] and now["smtp.host"]):
        told.append("Sending is off: the mail waits in the outbox until SMTP is set up and on.")
    if now["smtp.send_only_to"] and not nobody:
        told.append(f"For testing, all mail goes to {clean(now['smtp.send_only_to'])} instead.")
    elif now["smtp.copy"] and not nobody:
        told.append(f"A copy goes to {clean(now['smtp.copy'])}.")
    if watchers and now["notifications.enabled"] and now["notify.watchers.on"]:
        told.append(f"Watchers hear of it: {', '.join(map(clean, watchers))}.")
    return told


def ticket_updated(done: "Updated") -> str:
    """`Changed customer of #12; new tickets from bob@x.test follow.`"""
    if not done.changed:
        return f"#{done.number} is so already; nothing was changed."
    words = f"Changed {', '.join(done.changed)} of #{done.number}"
    if done.pair_changed:
        words += f"; all new tickets from {done.pair_changed} follow"
    if done.assignee_removed:
        words += f"; {done.assignee_removed} may not see it now and was taken off"
    return f"{words}."


def activity(line: "Entry", zone: tzinfo) -> str:
    """`2026-11-23 14:05 anna changed the status: New → Resolved (window)`."""
    before, after = line.before or {}, line.after or {}
    did = "changed the note" if "note" in after else _DID.get(line.what, f"changed the {clean(line.what)}")
    names = [name for name in dict.fromkeys((*before, *after)) if name in _FIELDS]
    told = [_change_of(name, line, named=not did.endswith(_FIELDS[name])) for name in names]
    return f"{stamp(line.at, zone)} {clean(line.who)} {did}{': ' if told else ''}{', '.join(told)} ({clean(line.via)})"


def entry(line: "Entry", zone: tzinfo) -> list[str]:
    """One entry of the history, a line for each thing that it says."""
    before, after = line.before or {}, line.after or {}
    through = ", ".join(clean(part) for part in (f"through {line.via}", line.origin) if part)
    told = [
        f"{stamp(line.at, zone)}  {clean(line.who)}, {through}",
        f"{clean(line.what)}  {clean(line.kind)} {clean(line.of)}",
    ]
    for name in dict.fromkeys((*before, *after)):
        sides = [_said(side[name]) for side in (before, after) if name in side]
        told.append(f"  {clean(name.removesuffix('_id'))}: {' → '.join(sides)}")
    return [*told, "This was taken back."] if line.undone else told


def undone(found: "Undo", zone: tzinfo) -> list[str]:
    """What taking a change back does: `Took back what anna did on …:`, then a line for each thing."""
    head = f"Took back what {clean(found.who)} did on {stamp(found.at, zone)}:"
    return [head, *(_back(step, found.names) for step in reversed(found.steps))]


def would_undo(found: "Undo", zone: tzinfo) -> list[str]:
    """The same before it is done."""
    return [f"What {clean(found.who)} did on {stamp(found.at, zone)} is taken back:", *undone(found, zone)[1:]]


def _back(step: "Step", names: "Mapping[str, Mapping[Any, str]]") -> str:
    """`#12 status: Resolved → New`."""
    if step.what == "moved" and step.before and step.after:
        count = many(len(step.before["messages"]), "message")
        return f"  {clean(step.of)}: {count} back from #{step.after['into']}"
    if step.what == "add":
        return f"  {clean(step.of)} is taken off the lists"
    fields = {**(step.after or {}), **(step.before or {})}
    sides = []
    for name in fields:
        if name in _HIDDEN:
            continue
        was, will = ((side or {}).get(name) for side in (step.after, step.before))
        known: Mapping[Any, Any] = names.get(name, {})
        sides.append(f"{_UNDO_FIELDS.get(name, name)} {_said(known.get(was, was))} → {_said(known.get(will, will))}")
    return f"  {clean(step.of)}: {', '.join(sides)}"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return str(len(value))
    return clean(value, limit=80) if value not in (None, "") else "none"


def _change_of(name: str, line: "Entry", *, named: bool) -> str:
    """`New → Resolved`; with its name where that is not said yet."""
    sides = [clean(side[name], limit=120) or "none" for side in (line.before, line.after) if side and name in side]
    return (f"{_FIELDS[name]} " if named else "") + " → ".join(sides)


def customer_of(line: "TicketLine") -> str:
    """`Kelly Sanders`, `Sarah Howell (Lead)`, `none`."""
    if line.customer is None:
        return "none"
    return clean(line.customer.name) + (" (Lead)" if line.customer.detail == "lead" else "")


def goes_to(addresses: Sequence[str]) -> str:
    """Who hears of something by mail."""
    return f"Mail goes to {listed(addresses) or 'nobody'}."


def merging_preview(line: "TicketLine", into: "TicketLine") -> list[str]:
    """What merging will do, a sentence each."""
    moving = f"{many(line.messages, 'message')} of #{line.number} {'moves' if line.messages == 1 else 'move'}"
    told = [
        f"{moving} into #{into.number} {clean(into.subject, limit=60)}, and #{line.number} is closed.",
        f"Answers to #{line.number} will find #{into.number}.",
    ]
    if line.requester and line.requester != into.requester:
        told.append(f"{clean(line.requester.detail, limit=80)} will be in its Cc.")
    if line.customer and not into.customer:
        told.append(f"It gets the customer {clean(line.customer.name)}.")
    return told


def followed(number: int, changes: "Changes") -> str:
    """What was added to a ticket's Cc and watchers, and taken off."""
    told = [
        *(f"{clean(one, limit=80)} is in Cc" for one in changes.add_cc),
        *(f"{clean(one, limit=80)} is no longer in Cc" for one in changes.remove_cc),
        *(f"{clean(one)} watches" for one in changes.add_watchers),
        *(f"{clean(one)} watches no more" for one in changes.remove_watchers),
    ]
    return f"#{number}: {', '.join(told)}." if told else f"Nothing was changed in #{number}."


def delivery(rows: "Sequence[OutboxRow]", trouble: str = "") -> list[tuple[str, bool]]:
    """What became of the mail of one message, and whether it is bad news: `sent to 2 addresses`, `failed for …: 550 …`.

    What waits and what arrived is told together, what went wrong for each address, with the server's words.  `trouble`
    is why nothing can be sent at the moment.
    """
    told: list[tuple[str, bool]] = []
    for state, words in _WELL.items():
        whom = list(dict.fromkeys(clean(row.to, limit=80) for row in rows if row.state == state))
        if whom:
            told.append(
                (f"{words} {listed(whom) if len(whom) <= _FEW else many(len(whom), 'address', 'addresses')}", False)
            )
            if state == "queued" and trouble:
                told.append((f"sending fails: {clean(trouble)}", True))
    for row in rows:
        if row.state not in _WELL:
            said = f": {clean(row.last_error)}" if row.last_error else ""
            told.append((f"{row.state} for {clean(row.to, limit=80)}{said}", row.state not in ("dropped", "digested")))
    return told


def left_out(message: "MessageLine") -> str:
    """How much of an answer by e-mail was left out since it stands in the mail that was answered, or in the ticket."""
    whole, own = (sum(map(bool, map(str.strip, text.split("\n")))) for text in (message.whole, message.text))
    lines = whole - own
    return (
        f"{many(lines, 'line')} that the answer quotes {'was' if lines == 1 else 'were'} left out"
        if lines > 0
        else ("Some words that the answer quotes were left out")
    )


def mail_told(row: "OutboxRow") -> list[str]:
    """One mail in words: to whom and why, what it is, what the server said."""
    event = BY_KEY[row.event].title if row.event in BY_KEY else row.event
    name = f"{clean(row.to_name, limit=60)} " if row.to_name else ""
    why = f", {_WHY[row.why]}" if row.why in _WHY else ""
    doubt = "It may have arrived already. " if row.uncertain else ""
    said = f"The server said: {clean(row.last_error)}" if row.last_error else ""
    return [f"To {name}<{clean(row.to, limit=80)}>{why}: {event}", clean(row.subject), f"{doubt}{said}"]
