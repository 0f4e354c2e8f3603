"""What was done, and how things stand, in a person's words.  Needs no Textual: the command line may say the same.

Names and addresses in what the services return are clean text already; what comes from queries is cleaned here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from store.cleantext import clean

if TYPE_CHECKING:
    from store.queries.customers import CustomerLine
    from store.queries.health import Counts, Missing
    from store.queries.lists import HistoryLine, InboxLine
    from store.queries.outbox import OutboxRow
    from store.queries.tickets import TicketLine
    from store.rules.notices import Addressee
    from store.services.pairing import Paired, Preview, Unpaired
    from store.services.recipients import Done
    from store.services.tickets import Replied, Updated

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
    if not done.to:
        return f"Replied in #{done.number}; it goes to nobody by mail."
    return f"Replied in #{done.number}; it goes to {', '.join(done.to)}."


def addressee(one: "Addressee") -> str:
    """Who gets a reply, why, with what warnings, and what else besides the message."""
    why = _WHY.get(one.why, one.why)
    also = " and Request received" if "ticket_received_customer" in one.events else ""
    warned = "".join(f" · {_WARNINGS.get(word, word)}" for word in one.warnings)
    return f"{clean(one.email)} · {why}{also}{warned}"


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
    """`2026-11-23 14:05 anna: status New → Resolved`."""
    before, after = line.before or {}, line.after or {}
    told = [
        f"{name} {clean(before.get(name)) or '–'} → {clean(value) or '–'}"
        for name, value in after.items()
        if not isinstance(value, list | dict)
    ]
    return f"{stamp(line.at, zone)} {clean(line.who)}: {line.what} {', '.join(told)}".rstrip()


def delivery(row: "OutboxRow") -> str:
    """What became of one mail: `To bob@x.test: failed: 550 no such user`."""
    said = f": {row.last_error}" if row.last_error else ""
    doubt = " (perhaps twice)" if row.uncertain and row.state == "sent" else ""
    return f"To {row.to}: {row.state}{doubt}{said}"


_WHY = {
    "requester": "the requester",
    "profile": "profile e-mail",
    "writers": "paired, wrote here",
    "cc": "Cc",
}
_WARNINGS = {
    "banned": "BANNED",
    "bounced": "BOUNCED: held back",
    "shared": "SHARED by several people",
    "re-paired": "PAIRED TO ANOTHER CUSTOMER",
}
