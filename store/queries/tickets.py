"""Reading tickets and their messages (R11)."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from peewee import JOIN, Expression, fn

from store.actor import Actor
from store.models import Administrator, Attachment, Customer, Message, Participant, Recipient, Ticket
from store.queries.scope import scoped, sees, visible_ticket
from store.queries.search import among
from store.queries.senders import sender_state
from store.rules.message import is_written_by_nobody
from store.rules.ticket import TicketState


class Person(NamedTuple):
    """A customer, requester or administrator as JSON shows them: id or login, name, and kind or e-mail."""

    id: int | str
    name: str
    detail: str


class TicketLine(NamedTuple):
    """One ticket in a list.  `version` is to be handed back to the services (R10.4)."""

    number: int
    subject: str
    status: str
    customer: Person | None
    assignee: Person | None
    requester: Person | None
    priority: str
    group: str
    type: str
    created: datetime
    updated: datetime
    closed: datetime | None
    messages: int
    note: str = ""
    version: int = 0
    merged_into: int | None = None

    @property
    def customer_name(self) -> str:
        """`Sarah Howell (Lead)`, the name alone for a customer, '' for none (R1.1)."""
        if self.customer is None:
            return ""
        return f"{self.customer.name} (Lead)" if self.customer.detail == "lead" else self.customer.name


class ParticipantLine(NamedTuple):
    """Somebody who follows a ticket: `kind` is cc or watcher; a watcher has a login and a name."""

    kind: str
    email: str
    login: str | None
    name: str | None


class Assignee(NamedTuple):
    """An administrator that a ticket may be assigned to, if he may see it."""

    login: str
    name: str
    may_see: bool


class AttachmentLine(NamedTuple):
    """One attachment; `size` in bytes.  `technical`: a part of the mail itself, such as its signature."""

    id: int
    name: str
    type: str
    size: int
    technical: bool = False


class MessageLine(NamedTuple):
    """One message; `sender` is an e-mail address or a login, `name` the edited name where there is one (R4.8).

    `authentication` is what a trusted server says of the sender: pass, fail or none, None where none is trusted.
    `written_by_nobody`: no person wrote it, so it changed no status (R5.4).
    `whole` is the text with what it quotes, where that was left out of `text` (R5.8).
    """

    id: int
    ticket: int
    direction: str
    sender: str
    name: str
    text: str
    attachments: tuple[AttachmentLine, ...]
    message_id: str
    created: datetime
    authentication: str | None = None
    written_by_nobody: bool = False
    whole: str = ""


def every(actor: Actor, *, limit: int | None = None) -> Iterator[TicketLine]:
    """All tickets the actor may see, newest first."""
    return _lines(actor, None, limit)


def opened_by(
    actor: Actor, recipient_id: int, *, unassigned: bool = False, limit: int | None = None
) -> list[TicketLine]:
    """The tickets that an address opened, newest first; with `unassigned` only those without a customer."""
    condition = Ticket.requester == recipient_id
    return list(_lines(actor, condition & Ticket.customer.is_null() if unassigned else condition, limit))


def numbers_opened_by(actor: Actor, recipient_id: int) -> "array[int]":
    """The numbers of the tickets that an address opened, newest first."""
    query = Ticket.select(Ticket.id).where((Ticket.requester == recipient_id) & scoped(actor, Ticket))
    return array("q", (number for (number,) in query.order_by(Ticket.id.desc()).tuples()))


def some(actor: Actor, numbers: Sequence[int]) -> dict[int, TicketLine]:
    """These tickets by number; those that may not be seen are left out."""
    return {line.number: line for line in _lines(actor, among(Ticket.id, numbers), None)}


def one(actor: Actor, number: int) -> TicketLine:
    """The ticket of this number.  Raises NotFound."""
    visible_ticket(actor, number)
    return next(_lines(actor, Ticket.id == number, 1))


def state(actor: Actor, number: int) -> TicketState:
    """What the rules need to know of a ticket, for greying keys.  Raises NotFound."""
    return state_of(visible_ticket(actor, number))


def state_of(ticket: Ticket) -> TicketState:
    """What the rules need to know of this row."""
    requester = Recipient.get_or_none(Recipient.id == ticket.requester_id)
    return TicketState(
        closed=ticket.closed is not None,
        merged=ticket.merged_into_id is not None,
        customer=ticket.customer_id,
        requester=None if requester is None else sender_state(requester),
        requester_customer=None if requester is None else requester.customer_id,
    )


def participants(actor: Actor, number: int) -> list[ParticipantLine]:
    """Who follows a ticket besides its requester, Cc before watchers.  Raises NotFound."""
    visible_ticket(actor, number)
    columns = (Participant.kind, Participant.email, Administrator.login, Administrator.name)
    query = Participant.select(*columns).join(Administrator, JOIN.LEFT_OUTER).where(Participant.ticket == number)
    return [ParticipantLine(*row) for row in query.order_by(Participant.kind, Participant.id).tuples()]


def assignees(actor: Actor, number: int) -> list[Assignee]:
    """Every active administrator, by name, and whether he may see this ticket (R10.1).  Raises NotFound."""
    ticket = visible_ticket(actor, number)
    rows = Administrator.select().where(Administrator.active).order_by(Administrator.name, Administrator.login)
    return [Assignee(row.login, row.name or row.login, sees(row, ticket.customer_id)) for row in rows]


def messages(actor: Actor, number: int | None = None, *, limit: int | None = None) -> Iterator[MessageLine]:
    """The messages of a ticket, oldest first, or of all tickets that the actor may see, in batches of 200."""
    query = (
        Message.select(
            Message.id,
            Message.ticket,
            Message.direction,
            Message.sender_email,
            Message.sender_name,
            Recipient.name,
            Administrator.login,
            Administrator.name,
            Message.text,
            Message.message_id,
            Message.created,
            Message.authentication,
            Message.automatic,
            Message.whole,
        )
        .join(Ticket)
        .switch(Message)
        .join(Recipient, JOIN.LEFT_OUTER)
        .switch(Message)
        .join(Administrator, JOIN.LEFT_OUTER)
        .where(scoped(actor, Ticket))
        .order_by(Message.id)
        .limit(limit)
        .tuples()
    )
    if number is not None:
        query = query.where(Message.ticket == number)
    batch: list[tuple[object, ...]] = []
    for row in query.iterator():
        batch.append(row)
        if len(batch) == 200:
            yield from _with_attachments(batch)
            batch = []
    yield from _with_attachments(batch)


def _lines(actor: Actor, condition: Expression | None, limit: int | None) -> Iterator[TicketLine]:
    count = Message.select(fn.COUNT(Message.id)).where(Message.ticket == Ticket.id)
    query = (
        Ticket.select(
            Ticket.id,
            Ticket.subject,
            Ticket.status,
            Customer.id,
            Customer.name,
            Customer.kind,
            Administrator.login,
            Administrator.name,
            Recipient.id,
            Recipient.name,
            Recipient.email,
            Ticket.priority,
            Ticket.ticket_group,
            Ticket.ticket_type,
            Ticket.created,
            Ticket.updated,
            Ticket.closed,
            count,
            Ticket.note,
            Ticket.version,
            Ticket.merged_into,
        )
        .join(Customer, JOIN.LEFT_OUTER)
        .switch(Ticket)
        .join(Administrator, JOIN.LEFT_OUTER)
        .switch(Ticket)
        .join(Recipient, JOIN.LEFT_OUTER)
        .where(scoped(actor, Ticket))
        .order_by(Ticket.id.desc())
        .limit(limit)
        .tuples()
    )
    for row in (query if condition is None else query.where(condition)).iterator():
        customer, assignee, requester = row[3:6], row[6:8], row[8:11]
        yield TicketLine(
            row[0],
            row[1],
            row[2],
            Person(*customer) if customer[0] is not None else None,
            Person(assignee[0], assignee[1], "") if assignee[0] is not None else None,
            Person(*requester) if requester[0] is not None else None,
            *row[11:],
        )


def _with_attachments(rows: list[tuple[object, ...]]) -> Iterator[MessageLine]:
    found: dict[object, list[AttachmentLine]] = {}
    columns = [getattr(Attachment, name) for name in ("message", *AttachmentLine._fields)]
    query = Attachment.select(*columns).where(Attachment.message.in_([row[0] for row in rows]))
    for message, *rest in query.order_by(Attachment.id).tuples():
        found.setdefault(message, []).append(AttachmentLine(*rest))
    for row in rows:
        (
            identity,
            ticket,
            direction,
            email,
            name,
            edited,
            login,
            author,
            text,
            message_id,
            created,
            vouched,
            automatic,
            whole,
        ) = row
        yield MessageLine(
            identity,  # type: ignore[arg-type]
            ticket,  # type: ignore[arg-type]
            str(direction),
            str(login or email),
            str(author or edited or name),
            str(text),
            tuple(found.get(identity, ())),
            str(message_id),
            created,  # type: ignore[arg-type]
            vouched,  # type: ignore[arg-type]
            is_written_by_nobody(str(automatic)),
            str(whole),
        )
