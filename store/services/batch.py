"""A batch of mail inside its transaction: what was known before it, and what it adds, so that the second message of a
batch sees the ticket that the first one opened, and all is read and written in a few statements.

Ids are given out here: the transaction holds the write lock, so nobody else can take them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import Expression

from store import bulk
from store.models import (
    Arrival,
    Attachment,
    Base,
    LargeMessage,
    Message,
    Outbox,
    Participant,
    ProfileAddress,
    RawMessage,
    Recipient,
    RefusedMessage,
    Ticket,
)
from store.rules.message import Arrived, Report
from store.services import history
from store.services.notices import News

_MOST_REFERRED = 5_000
# the order in which rows may refer to each other
_WRITTEN = (RawMessage, Recipient, Ticket, Message, Attachment, Arrival, LargeMessage, RefusedMessage)


@dataclass(slots=True)
class TicketState:
    """A ticket as intake needs it: what R6 asks, and what a reply changes."""

    id: int
    subject: str
    status: str
    closed: datetime | None
    requester: int | None
    customer: int | None
    merged_into: int | None
    version: int
    subjects: set[str] = field(default_factory=set)
    cc: set[str] = field(default_factory=set)
    row: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail of ours that a message refers to, repeats or reports about."""

    id: int
    ticket: int | None
    to_key: str
    audience: str


class Batch:
    """What is known and what is to be written.  Fill with `load`, stage with `add`, end with `write`.

    `news` and `reports` (outbox id, report) are told and noted once all is written.
    """

    def __init__(self) -> None:
        self.settled: set[int] = set()
        self.raws: dict[str, int] = {}
        self.fingerprints: dict[str, int] = {}
        self.rebuilt: dict[str, list[int]] = {}
        self.recipients: dict[str, Recipient] = {}
        self.owners: dict[str, tuple[int, ...]] = {}
        self.tickets: dict[int, TicketState] = {}
        self.referred: dict[str, list[int]] = {}
        self.posted: dict[str, Posted] = {}
        self.news: list[News] = []
        self.reports: list[tuple[int, Report]] = []
        self._new: dict[type[Base], list[dict[str, Any]]] = {table: [] for table in _WRITTEN}
        self._history: list[dict[str, Any]] = []
        self._next: dict[type[Base], int] = {}
        self._changed_tickets: dict[int, datetime] = {}
        self._heard: dict[int, datetime] = {}
        self._blocked: dict[int, int] = {}

    def load(self, inbox: int, folder: str, uidvalidity: int, arrivals: Sequence[Arrived], keys: Iterable[str]) -> None:
        """Reads all that the messages may touch, but the tickets; `keys` are the folded sender addresses."""
        here = (Arrival.inbox == inbox) & (Arrival.folder == folder)
        mine = here & (Arrival.uidvalidity == uidvalidity) & Arrival.uid.in_([a.uid for a in arrivals])
        self.settled = {uid for (uid,) in Arrival.select(Arrival.uid).where(mine).tuples()}
        hashes = [a.sha256 for a in arrivals]
        raws = RawMessage.select(RawMessage.sha256, RawMessage.id).where(RawMessage.sha256.in_(hashes))
        self.raws = dict(raws.tuples())
        if self.raws and _was_rebuilt(here, uidvalidity):
            self.rebuilt = _not_met_again(here, uidvalidity, list(self.raws))
        prints = [a.parsed.fingerprint for a in arrivals if a.parsed.fingerprint]
        # another inbox that takes no strangers does not keep them out of this one
        elsewhere = (Arrival.reason == "unregistered") & (Arrival.inbox != inbox)
        twins = Arrival.select(Arrival.fingerprint, Arrival.id).where(Arrival.fingerprint.in_(prints) & ~elsewhere)
        self.fingerprints = dict(twins.tuples())
        wanted = list(set(keys))
        self.recipients = {row.email_key: row for row in Recipient.select().where(Recipient.email_key.in_(wanted))}
        owners = ProfileAddress.select(ProfileAddress.email_key, ProfileAddress.customer).distinct()
        for key, owner in owners.where(ProfileAddress.email_key.in_(wanted)).tuples():
            self.owners[key] = (*self.owners.get(key, ()), owner)

    def load_posted(self, message_ids: set[str]) -> None:
        """Reads which of these Message-IDs are mail of ours."""
        if not message_ids:
            return
        columns = (Outbox.message_id, Outbox.id, Outbox.ticket, Outbox.to_key, Outbox.audience)
        for message_id, *rest in Outbox.select(*columns).where(Outbox.message_id.in_(list(message_ids))).tuples():
            self.posted[message_id] = Posted(*rest)

    def reported(self, report: Report | None) -> Posted | None:
        """The mail of ours that a delivery report is about: of all that it names the first that is ours."""
        named = (report.original, *report.others) if report is not None else ()
        return next((self.posted[known] for known in named if known in self.posted), None)

    def load_tickets(self, numbers: set[int], message_ids: set[str]) -> None:
        """Reads the tickets of these numbers or with these Message-IDs in them, and what they were merged into.

        Mail of ours has been looked for before: `load_posted`.
        """
        rows = Message.select(Message.message_id, Message.ticket).where(Message.message_id.in_(list(message_ids)))
        # the newest first, and no more: a sender may have used one Message-ID for all his mail
        for message_id, ticket in rows.order_by(Message.id.desc()).limit(_MOST_REFERRED).tuples():
            self.referred.setdefault(message_id, []).append(ticket)
        for message_id, sent in self.posted.items():
            if sent.ticket is not None:
                self.referred.setdefault(message_id, []).append(sent.ticket)
        wanted = numbers | {ticket for tickets in self.referred.values() for ticket in tickets}
        while wanted:
            found = [_state(row) for row in Ticket.select().where(Ticket.id.in_(list(wanted)))]
            self.tickets.update({state.id: state for state in found})
            wanted = {state.merged_into for state in found if state.merged_into} - self.tickets.keys()
        # what agents write in the window has no subject
        titled = (Message.direction == "in") | ((Message.direction == "out") & (Message.subject_key != ""))
        used = Message.select(Message.ticket, Message.subject_key).where(titled).distinct()
        for ticket, key in used.where(Message.ticket.in_(list(self.tickets))).tuples():
            self.tickets[ticket].subjects.add(key)
        told = Outbox.select(Outbox.ticket, Outbox.subject_key).where(Outbox.ticket.in_(list(self.tickets)))
        for ticket, key in told.distinct().tuples():
            self.tickets[ticket].subjects.add(key)
        copied = Participant.select(Participant.ticket, Participant.email_key).where(Participant.kind == "cc")
        for ticket, key in copied.where(Participant.ticket.in_(list(self.tickets))).tuples():
            self.tickets[ticket].cc.add(key)

    def is_new(self, uid: int) -> bool:
        """Whether this UID is met for the first time, here or in an earlier batch."""
        if uid in self.settled:
            return False
        self.settled.add(uid)
        return True

    def met_again(self, sha256: str) -> int | None:
        """The arrival under an earlier UIDVALIDITY that a message with these bytes is (D4); each is met once only."""
        waiting = self.rebuilt.get(sha256)
        return waiting.pop(0) if waiting else None

    def add(self, table: type[Base], **fields: Any) -> int:
        """Stages a row; the id it will have."""
        identity = self._next.setdefault(table, 0) or bulk.next_id(table)
        self._next[table] = identity + 1
        self._new[table].append({"id": identity, **fields})
        return identity

    def open_ticket(self, row: dict[str, Any], key: str) -> TicketState:
        """Stages a new ticket; its state, with the one subject used in it so far."""
        number = self.add(Ticket, **row)
        state = TicketState(
            id=number,
            subject=row["subject"],
            status=row["status"],
            closed=None,
            requester=row["requester"],
            customer=row["customer"],
            merged_into=None,
            version=1,
            subjects={key},
            row=self._new[Ticket][-1],
        )
        self.tickets[number] = state
        return state

    def add_history(self, rows: Sequence[dict[str, Any]]) -> None:
        """Stages history rows as `history.rows_of` makes them."""
        self._history.extend(rows)

    def change_ticket(self, state: TicketState, now: datetime) -> None:
        """Stages what was changed in this state: its status, closed, and that it was updated."""
        if state.row is None:
            self._changed_tickets[state.id] = now
        else:
            state.row.update(status=state.status, closed=state.closed, updated=now)

    def heard_from(self, recipient: Recipient, now: datetime) -> None:
        """Stages the time of the recipient's last message."""
        self._heard[recipient.id] = now

    def blocked(self, recipient: Recipient) -> None:
        """Stages one more refused message of this recipient (R2.3)."""
        self._blocked[recipient.id] = self._blocked.get(recipient.id, 0) + 1

    def write(self) -> None:
        """Writes all that was staged, each table in one statement."""
        for table in _WRITTEN:
            bulk.insert(table, self._new[table])
        history.write(self._history)
        changed = [(self.tickets[number], now) for number, now in self._changed_tickets.items()]
        bulk.update(
            Ticket,
            [
                {"id": t.id, "status": t.status, "closed": t.closed, "updated": now, "version": t.version + 1}
                for t, now in changed
            ],
        )
        bulk.update(Recipient, [{"id": row_id, "last_message": now} for row_id, now in self._heard.items()])
        for row_id, times in self._blocked.items():
            Recipient.update(blocked=Recipient.blocked + times).where(Recipient.id == row_id).execute()


def _state(row: Ticket) -> TicketState:
    return TicketState(
        row.id, row.subject, row.status, row.closed, row.requester_id, row.customer_id, row.merged_into_id, row.version
    )


def _was_rebuilt(here: Expression, uidvalidity: int) -> bool:
    """Whether anything of this mailbox was settled under another UIDVALIDITY; two looks into the index."""
    others = (Arrival.uidvalidity < uidvalidity, Arrival.uidvalidity > uidvalidity)
    return any(Arrival.select().where(here & other).exists() for other in others)


def _not_met_again(here: Expression, uidvalidity: int, hashes: Sequence[str]) -> dict[str, list[int]]:
    """By raw hash, what was settled under an earlier UIDVALIDITY and not been seen again under this one.

    The earlier listing that held most of a hash counts, less what this one has had of it: so of equal alarms those
    that were known are duplicates, and a new one is not (R5.2).
    """
    rows = Arrival.select(RawMessage.sha256, Arrival.uidvalidity, Arrival.id).join(RawMessage).where(here)
    listings: dict[str, dict[int, list[int]]] = {}
    for sha256, listing, arrival in rows.where(RawMessage.sha256.in_(hashes)).order_by(Arrival.id).tuples():
        listings.setdefault(sha256, {}).setdefault(listing, []).append(arrival)
    waiting = {}
    for sha256, by_listing in listings.items():
        met = len(by_listing.pop(uidvalidity, ()))
        waiting[sha256] = max(by_listing.values(), key=len, default=[])[met:]
    return waiting
