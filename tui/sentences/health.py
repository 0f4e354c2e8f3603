"""How things stand: what is missing, inboxes, sending."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from store.cleantext import clean
from store.rules.clock import is_due
from tui.sentences.words import clock, many, number

if TYPE_CHECKING:
    from store.queries.health import Counts, Missing
    from store.queries.lists import InboxLine
    from store.queries.outbox import Outgoing
    from store.queries.returned import Refused

_OVERDUE = timedelta(seconds=60)
# no inbox is looked at less often (inboxes.poll_seconds); what is further off was set by a clock that was ahead (D10)
_LONGEST_POLL = timedelta(days=1) + _OVERDUE
_TOKEN_SOON = timedelta(minutes=5)


def missing(found: "Sequence[Missing]") -> str:
    """What pairing still needs, short enough for a title line (R7.1); '' when nothing is missing."""
    return f"Missing: {', '.join(one.short for one in found)}" if found else ""


def counts(now: "Counts") -> str:
    """`1,204 recipients · 12 unassigned`."""
    return f"{many(now.recipients, 'recipient')} · {number(now.unassigned_tickets)} unassigned"


def disk_trouble(left: int | None) -> str:
    """That the store's disk has only so many bytes left, '' for None (THREATS D8)."""
    if left is None:
        return ""
    return f"The store's disk has {left / 1e6:,.0f} MB left; when it is full no mail is fetched. Make room."


def read_only_trouble(is_read_only: bool) -> str:
    """That nothing can be written, '' if it can."""
    return (
        "The store is read-only here: it can be read, nothing is kept and no mail is fetched." if is_read_only else ""
    )


def inbox_trouble(inboxes: "Sequence[InboxLine]", zone: tzinfo, now: datetime | None = None) -> str:
    """The first enabled inbox's error with its next try, that nobody fetches its mail, or that its server does not give
    a message; '' when all is well."""
    moment = now or datetime.now(UTC)
    for inbox in inboxes:
        if inbox.enabled and inbox.last_error:
            again = f" Next try {clock(inbox.next_try, zone, moment)}." if inbox.next_try else ""
            return f"{clean(inbox.name)}: {clean(inbox.last_error)}{again}"
    for inbox in inboxes:
        if inbox.enabled and inbox.next_try and is_due(inbox.next_try + _OVERDUE, moment, _LONGEST_POLL):
            last = clock(inbox.last_success, zone, moment) if inbox.last_success else "never"
            return f"{clean(inbox.name)}: nobody fetches its mail, last {last}."
        if inbox.enabled and (ends := token_trouble(inbox.token_expires, zone, moment)):
            return f"{clean(inbox.name)}: {ends}"
        if inbox.enabled and inbox.not_given:
            return f"{clean(inbox.name)}: {withheld(inbox)}."
    return ""


def withheld(inbox: "InboxLine") -> str:
    """How many messages of an inbox are not let in, and why: `2 messages withheld: 1 not given by the server, …`."""
    flagged = inbox.withheld - inbox.not_given
    given = f"{number(inbox.not_given)} not given by the server" if inbox.not_given else ""
    kinds = (given, f"{number(flagged)} flagged \\Deleted or \\Draft" if flagged else "")
    return f"{many(inbox.withheld, 'message')} withheld: {', '.join(filter(None, kinds))}"


def token_trouble(expires: datetime | None, zone: tzinfo, now: datetime | None = None) -> str:
    """That the last sign-in token ends within minutes, or has ended, and no newer one was seen; '' when all is well."""
    moment = now or datetime.now(UTC)
    if expires is None or expires > moment + _TOKEN_SOON:
        return ""
    ends = "ended at" if expires <= moment else "ends at"
    return f"The sign-in token {ends} {clock(expires, zone, moment)}; its command must give a newer one."


def sending_trouble(now: "Outgoing", zone: tzinfo, moment: datetime | None = None) -> str:
    """Why no mail can be sent at the moment and when it is tried again, '' when all is well."""
    if not now.last_error:
        ends = token_trouble(now.token_expires, zone, moment)
        return f"Sending: {ends}" if ends else ""
    again = f" Next try {clock(now.next_try, zone, moment or datetime.now(UTC))}." if now.next_try else ""
    return f"Sending: {clean(now.last_error)}{again}"


def unusable_trouble(told: Sequence[str]) -> str:
    """What is set up so that it cannot be used, the first of it and how many more; '' for nothing."""
    more = f" And {len(told) - 1} more: recipients doctor" if len(told) > 1 else ""
    return f"{told[0]}{more}" if told else ""


def refused_trouble(found: "Refused | None") -> str:
    """That other servers take no mail from us, '' when they do (R5.4)."""
    return f"Mail from us is refused: {many(found.letters, 'letter')}" if found is not None else ""


def held_trouble(emails: Sequence[str]) -> str:
    """That administrators get no notices, since their own address came back; '' when all do."""
    return f"Held back, an administrator's: {clean(', '.join(emails), limit=60)}" if emails else ""


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
