"""Reading the deny list (R3), and what an entry catches (R3.4)."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

from peewee import Expression, Field

from store.actor import Actor
from store.denylist import DenyList, Entry, catches, caught, fault_of
from store.errors import BadInput, Problem
from store.models import DenyEntry, Message, Recipient
from store.queries.scope import rights
from store.queries.search import contains
from store.queries.settings import all_kept
from store.reasons import refuse

VERSION_KEY = "deny.version"
_SAMPLE = 10
_RECENT_MESSAGES = 2_000


class StaleFacts(Problem):
    """The deny list has changed since the messages were looked at: look again, then settle."""


class DenyLine(NamedTuple):
    """One entry in the list; `filtered_today` counts the day of the setting `timezone`."""

    id: int
    location: str
    type: str
    filter: str
    filtered_today: int
    filtered_total: int


class WouldCatch(NamedTuple):
    """What an entry would have caught: counts, and the first few of each in words."""

    recipients: int
    messages: int
    recipient_sample: tuple[str, ...]
    message_sample: tuple[str, ...]
    messages_looked_at: int


def every(actor: Actor, zone: tzinfo) -> list[DenyLine]:
    """All entries, oldest first.  Raises Refused for an administrator with a partner (R10.1)."""
    if not rights(actor).sees_all:
        raise refuse("any-only")
    today = datetime.now(zone).date().isoformat()
    return [
        DenyLine(
            row.id, row.location, row.filter_type, row.filter, row.today if row.today_date == today else 0, row.total
        )
        for row in DenyEntry.select().order_by(DenyEntry.id)
    ]


def current() -> DenyList:
    """The whole list with its version, for intake: all entries that can catch anything."""
    return DenyList(version(), tuple(_usable()))


def of_addresses() -> list[Entry]:
    """The entries with location Email that can catch anything (R3.3)."""
    return list(_usable(DenyEntry.location == "email"))


def faults() -> list[tuple[Entry, str]]:
    """The entries that can catch nothing, and why."""
    return [(entry, fault) for entry in _entries(True) if (fault := fault_of(entry))]


def insist_on(seen: int) -> None:
    """Raises StaleFacts when the list is another one than that of this version."""
    if version() != seen:
        raise StaleFacts("The deny list changed while mail was read.")


def version() -> int:
    """A number that rises whenever the list changes."""
    kept = all_kept(VERSION_KEY).get(VERSION_KEY, "")
    return int(kept) if kept.isdecimal() and kept.isascii() and len(kept) < 16 else 0


def would_catch(actor: Actor, entry: Entry) -> WouldCatch:
    """Recipients and recent messages that an entry would have caught (R3.4).  Raises BadInput, Refused."""
    if not rights(actor).sees_all:
        raise refuse("any-only")
    if fault := fault_of(entry):
        raise BadInput(fault)
    recipients: list[str] = []
    found = 0
    if entry.location == "email":
        for row_id in caught_recipients(entry):
            found += 1
            if found <= _SAMPLE:
                recipients.append(Recipient.get_by_id(row_id).email)
    looked_at = 0
    messages = 0
    sample: list[str] = []
    for sender, subject, text in _recent_messages():
        looked_at += 1
        if catches(entry, ({"email": sender, "subject": subject, "message": text}[entry.location],)):
            messages += 1
            if messages <= _SAMPLE:
                sample.append(f"{sender}: {subject}")
    return WouldCatch(found, messages, tuple(recipients), tuple(sample), looked_at)


def caught_recipients(entry: Entry, *, among: Expression | Field | bool = True) -> Iterator[int]:
    """The ids of recipients whose address an Email entry catches, of those that the condition `among` leaves.

    Every type but regex has its text within the address, so the search index says which rows to look at.
    """
    query = Recipient.select(Recipient.id, Recipient.email, Recipient.email_key).where(among)
    if entry.filter_type != "regex":
        query = query.where(contains(Recipient, entry.filter))
    return caught(entry, query.tuples().iterator())


def _usable(which: Expression | bool = True) -> Iterator[Entry]:
    return (entry for entry in _entries(which) if not fault_of(entry))


def _entries(which: Expression | bool) -> Iterator[Entry]:
    return (entry_of(row) for row in DenyEntry.select().where(which).order_by(DenyEntry.id))


def entry_of(row: DenyEntry) -> Entry:
    """An entry as plain values."""
    return Entry(row.id, row.location, row.filter_type, row.filter)


def _recent_messages() -> Iterator[tuple[str, str, str]]:
    """Sender, subject and text of what came in, newest first; one at a time, texts may be long."""
    incoming = Message.select(Message.sender_email, Message.subject, Message.text).where(Message.direction == "in")
    yield from incoming.order_by(Message.id.desc()).limit(_RECENT_MESSAGES).tuples().iterator()
