"""What was done, and how things stand, in a person's words.  Needs no Textual: the command line may say the same.

Names and addresses in what the services return are clean text already; what comes from queries is cleaned here.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from store.cleantext import clean
from store.rules.events import BY_KEY

if TYPE_CHECKING:
    from store.queries.customers import CustomerLine
    from store.queries.health import Counts, Missing
    from store.queries.lists import HistoryLine, InboxLine
    from store.queries.outbox import OutboxRow, Outgoing
    from store.queries.tickets import TicketLine
    from store.rules.notices import Addressee
    from store.rules.settings import Value
    from store.services.pairing import Paired, Preview, Unpaired
    from store.services.recipients import Done
    from store.services.tickets import Replied, Updated
    from tui.dialogs.followers import Changes

_SOME = 5
_OVERDUE = timedelta(seconds=60)
_WEEK = timedelta(days=6)


def number(count: int) -> str:
    """`1,204`."""
    return f"{count:,}"


def many(count: int, thing: str, things: str = "") -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{number(count)} {thing if count == 1 else things or thing + 's'}"


def ticket_numbers(numbers: Sequence[int], count: int = 0) -> str:
    """`#12, #11 and 40 more`; `count` is how many there are, if these are only the first."""
    total = max(count, len(numbers))
    shown = ", ".join(f"#{n}" for n in numbers[:_SOME])
    return shown if total <= _SOME else f"{shown} and {many(total - _SOME, 'more', 'more')}"


def named(name: str, address: str) -> str:
    """`Bob <bob@x.test>`, or the one that there is."""
    return f"{name} <{address}>" if name and address else name or address


def paired(done: "Paired") -> str:
    """`Paired bob@x.test to Kelly Sanders; 2 tickets assigned (#12, #11).`"""
    return f"Paired {done.email} to {done.customer_name}; {_changed(done.tickets, 'assigned')}."


def unpaired(done: "Unpaired", customer: str = "") -> str:
    """`Unpaired bob@x.test from Kelly Sanders; no ticket changed.`"""
    whom = f" from {clean(customer)}" if customer else ""
    return f"Unpaired {done.email}{whom}; {_changed(done.tickets, 'unassigned')}."


def banned(done: "Done", *, deny_too: bool = False) -> str:
    """`Banned bob@x.test.` and what became of the deny list (R2.2)."""
    if not deny_too:
        return f"Banned {done.email}."
    entry = "its deny entry was there already" if done.deny_entry is None else f"deny entry {done.deny_entry} added"
    return f"Banned {done.email}; {entry}."


def unbanned(done: "Done") -> str:
    """`Unbanned bob@x.test: the next message gets in.`"""
    return f"Unbanned {done.email}: the next message gets in."


def sender_edited(done: "Done", *, name: str | None, shared: bool | None, customer: str) -> str:
    """What *Edit sender* changed; None: left as it was.  `customer` is whom the address was paired to."""
    parts = []
    if name is not None:
        parts.append(f"is called {clean(name)} now")
    if shared:
        parts.append(f"is shared now and unpaired from {clean(customer)}" if done.unpaired_from else "is shared now")
    elif shared is not None:
        parts.append("is shared no more")
    return f"{done.email} {' and '.join(parts)}." if parts else f"Nothing was changed in {done.email}."


def pairing_preview(preview: "Preview", *, assign_all: bool) -> list[str]:
    """Which tickets get the customer, which do not, and why, a sentence each (R4.3)."""
    lines = [*_getting(preview, assign_all=assign_all), *_waiting(preview, assign_all=assign_all)]
    if preview.kept:
        lines.append(f"{_of(preview.kept)} a customer already and {'keeps' if preview.kept == 1 else 'keep'} it.")
    return lines


def unpairing_preview(numbers: Sequence[int], *, unassign: bool) -> str:
    """What becomes of the tickets that this address opened and that have its customer (R4.4)."""
    if not numbers:
        return "No ticket of this address has that customer."
    which = ticket_numbers(numbers)
    if unassign:
        return f"{many(len(numbers), 'ticket')} will lose the customer: {which}."
    return f"{many(len(numbers), 'ticket')} will keep the customer: {which}."


def missing(found: "Sequence[Missing]") -> str:
    """What pairing still needs, short enough for a title line (R7.1); '' when nothing is missing."""
    return f"Missing: {', '.join(one.short for one in found)}" if found else ""


def counts(now: "Counts") -> str:
    """`1,204 recipients · 12 unassigned`."""
    return f"{many(now.recipients, 'recipient')} · {number(now.unassigned_tickets)} unassigned"


def inbox_trouble(inboxes: "Sequence[InboxLine]", zone: tzinfo, now: datetime | None = None) -> str:
    """The first enabled inbox's error with its next try, or that nobody fetches its mail; '' when all is well."""
    moment = now or datetime.now(UTC)
    for inbox in inboxes:
        if inbox.enabled and inbox.last_error:
            again = f" Next try {clock(inbox.next_try, zone, moment)}." if inbox.next_try else ""
            return f"{clean(inbox.name)}: {clean(inbox.last_error)}{again}"
    for inbox in inboxes:
        if inbox.enabled and inbox.next_try and inbox.next_try + _OVERDUE < moment:
            last = clock(inbox.last_success, zone, moment) if inbox.last_success else "never"
            return f"{clean(inbox.name)}: nobody fetches its mail, last {last}."
    return ""


def sending_trouble(now: "Outgoing", zone: tzinfo, moment: datetime | None = None) -> str:
    """Why no mail can be sent at the moment and when it is tried again, '' when all is well."""
    if not now.last_error:
        return ""
    again = f" Next try {clock(now.next_try, zone, moment or datetime.now(UTC))}." if now.next_try else ""
    return f"Sending: {clean(now.last_error)}{again}"


def inbox_health(inboxes: "Sequence[InboxLine]", zone: tzinfo, now: datetime | None = None) -> str:
    """`support ✓ 14:05`, or `3 inboxes ✓ 14:05` with the time of the one that was looked at the longest ago."""
    enabled = [inbox for inbox in inboxes if inbox.enabled]
    if not enabled:
        return "no inbox"
    name = clean(enabled[0].name, limit=20) if len(enabled) == 1 else many(len(enabled), "inbox", "inboxes")
    looked_at = [inbox.last_success for inbox in enabled if inbox.last_success is not None]
    if len(looked_at) < len(enabled):
        return f"{name} …"
    return f"{name} ✓ {clock(min(looked_at), zone, now or datetime.now(UTC))}"


def clock(moment: datetime | None, zone: tzinfo, now: datetime) -> str:
    """`14:05` today, `Mon 14:05` this week, else `2026-03-01`; '' for None."""
    if moment is None:
        return ""
    there, today = moment.astimezone(zone), now.astimezone(zone)
    if there.date() == today.date():
        return f"{there:%H:%M}"
    return f"{there:%a %H:%M}" if abs(today - there) < _WEEK else f"{there:%Y-%m-%d}"


def stamp(moment: datetime | None, zone: tzinfo) -> str:
    """`2026-03-01 14:05`; '' for None."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def customer_details(customer: "CustomerLine") -> str:
    """What tells a customer from another of the same name: `kelly@x.test · kelly · 0171 · Main`."""
    return " · ".join(filter(None, (customer.email, customer.login, customer.phone, customer.partner)))


def size(count: int) -> str:
    """A number of bytes: `812 B`, `4.2 kB`, `1.3 MB`."""
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1_000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def _changed(numbers: Sequence[int], did: str) -> str:
    return f"{many(len(numbers), 'ticket')} {did} ({ticket_numbers(numbers)})" if numbers else "no ticket changed"


def _of(count: int) -> str:
    return f"{many(count, 'ticket')} {'has' if count == 1 else 'have'}"


def _getting(preview: "Preview", *, assign_all: bool) -> list[str]:
    if preview.newest is None:
        return ["No ticket waits for a customer; new tickets will get this one."]
    if assign_all:
        which = _named(preview.newest) if preview.unassigned_count == 1 else _numbers(preview.unassigned, preview)
        return [f"{many(preview.unassigned_count, 'ticket')} will get the customer: {which}."]
    return [f"1 ticket will get the customer: {_named(preview.newest)}."]


def _waiting(preview: "Preview", *, assign_all: bool) -> list[str]:
    others = preview.unassigned_count - 1
    if assign_all or others < 1:
        return []
    which = ticket_numbers([ticket.number for ticket in preview.unassigned[1:]], others)
    return [f"{many(others, 'older ticket')} without a customer will not: {which}."]


def _numbers(tickets: "Sequence[TicketLine]", preview: "Preview") -> str:
    return ticket_numbers([ticket.number for ticket in tickets], preview.unassigned_count)


def _named(ticket: "TicketLine") -> str:
    return f"#{ticket.number} {clean(ticket.subject, limit=60)}"


def replied(done: "Replied") -> str:
    """`Replied in #12; it goes to bob@x.test and kelly@x.test.`"""
    return f"Replied in #{done.number}; it goes to {_listed(done.to) or 'nobody by mail'}."


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


def activity(line: "HistoryLine", zone: tzinfo) -> str:
    """`2026-11-23 14:05 anna changed the status: New → Resolved`."""
    before, after = line.before or {}, line.after or {}
    did = "changed the note" if "note" in after else _DID.get(line.what, f"changed the {clean(line.what)}")
    names = [name for name in dict.fromkeys((*before, *after)) if name in _FIELDS]
    told = [_change_of(name, line, named=not did.endswith(_FIELDS[name])) for name in names]
    return f"{stamp(line.at, zone)} {clean(line.who)} {did}{': ' if told else ''}{', '.join(told)}"


def _change_of(name: str, line: "HistoryLine", *, named: bool) -> str:
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
    return f"Mail goes to {_listed(addresses) or 'nobody'}."


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
                (f"{words} {_listed(whom) if len(whom) <= _FEW else many(len(whom), 'address', 'addresses')}", False)
            )
            if state == "queued" and trouble:
                told.append((f"sending fails: {clean(trouble)}", True))
    for row in rows:
        if row.state not in _WELL:
            said = f": {clean(row.last_error)}" if row.last_error else ""
            told.append((f"{row.state} for {clean(row.to, limit=80)}{said}", row.state != "dropped"))
    return told


def mail_told(row: "OutboxRow") -> list[str]:
    """One mail in words: to whom and why, what it is, what the server said."""
    event = BY_KEY[row.event].title if row.event in BY_KEY else row.event
    name = f"{clean(row.to_name, limit=60)} " if row.to_name else ""
    why = f", {_WHY[row.why]}" if row.why in _WHY else ""
    doubt = "It may have arrived already. " if row.uncertain else ""
    said = f"The server said: {clean(row.last_error)}" if row.last_error else ""
    return [f"To {name}<{clean(row.to, limit=80)}>{why}: {event}", clean(row.subject), f"{doubt}{said}"]


def _listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


# what stands in the history of a ticket; what is not here is for the program, such as ids of messages
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
    "open": "opened the ticket",
    "reply": "replied",
    "note": "added a note",
    "merge": "merged it",
    "merged": "merged another ticket into it",
    "cc": "added to Cc",
    "cc-remove": "took out of Cc",
    "watcher": "added a watcher",
    "watcher-remove": "took off a watcher",
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
