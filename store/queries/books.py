"""All that must be known to tell news of some tickets (R7.4), read in a few queries however many tickets they are.

Intake tells fifty at once while it holds the write lock: a query for each fact of each would take a second.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from store.models import (
    AddressHold,
    Administrator,
    Base,
    Customer,
    GroupMember,
    Inbox,
    Message,
    Outbox,
    Participant,
    Recipient,
    Ticket,
    TicketGroup,
)
from store.queries import outbox
from store.queries.search import among
from store.rules.addresses import address_key, split_profile
from store.rules.notices import Circle, Party, may_confirm
from store.rules.settings import Value
from store.rules.visibility import Rights, may_see

RowT = TypeVar("RowT", bound=Base)
_MOST_REFERENCES = 20


class Books:
    """What is known of these tickets, their people and their mail.  Each part is read once, when it is first needed."""

    def __init__(self, numbers: Collection[int], now: dict[str, Value]) -> None:
        self.now = now
        self.tickets = _by_id(Ticket, numbers)

    def circle(self, number: int, parts: Iterable[str]) -> Circle:
        """The parts of a ticket's circle that are asked for."""
        ticket = self.tickets[number]
        found = {part: _PARTS[part](self, ticket) for part in parts}
        return Circle(customer=ticket.customer_id, ours=frozenset(self.inboxes_by_key), **found)

    def confirms(self, number: int, circle: Circle) -> bool:
        """Whether *Request received* is still to be sent for this ticket, and may be (R7.4)."""
        first = self.first_automatic.get(number)
        return first is not None and number not in self.confirmed and may_confirm(circle, automatic=first)

    def reply_to(self, number: int) -> str:
        """The inbox that the ticket came in by, else the first that is enabled: answers must come back to us."""
        enabled = [inbox for inbox in self.inboxes_by_key.values() if inbox.enabled]
        mine = [inbox for inbox in enabled if inbox.id == self.tickets[number].inbox_id]
        return next((str(inbox.email) for inbox in (*mine, *enabled)), "")

    def thread(self, number: int, key: str, audience: str) -> list[str]:
        """The Message-IDs that a mail to this address refers to, oldest first: what customers wrote in the ticket, and
        what this very address got from us.

        Never what another got: an administrator's notification proves who answers it (R5.8, R7.6).
        """
        got = [(created, known) for created, known, to, whose in self.sent[number] if (to, whose) == (key, audience)]
        newest = sorted([*self.written[number], *got])[-_MOST_REFERENCES:]
        return [known for _, known in newest]

    @cached_property
    def requesters(self) -> dict[int, Recipient]:
        """The tickets' requesters by id."""
        return _by_id(Recipient, [t.requester_id for t in self.tickets.values() if t.requester_id is not None])

    @cached_property
    def customers(self) -> dict[int, Customer]:
        """The tickets' customers by id."""
        return _by_id(Customer, [t.customer_id for t in self.tickets.values() if t.customer_id is not None])

    @cached_property
    def administrators(self) -> dict[int, Administrator]:
        """All active administrators by id."""
        rows = Administrator.select().where(Administrator.active).order_by(Administrator.id)
        return {row.id: row for row in rows}

    @cached_property
    def inboxes_by_key(self) -> dict[str, Inbox]:
        """Every inbox by its folded address."""
        return {row.email_key: row for row in Inbox.select().order_by(Inbox.id.desc())}

    @cached_property
    def participants(self) -> dict[int, list[Participant]]:
        """Cc and watchers by ticket."""
        rows = Participant.select().where(among(Participant.ticket, self.tickets)).order_by(Participant.id)
        return _grouped((row.ticket_id, row) for row in rows)

    @cached_property
    def members(self) -> dict[str, set[int]]:
        """The administrators of each group, by its name."""
        found: dict[str, set[int]] = defaultdict(set)
        query = GroupMember.select(TicketGroup.name, GroupMember.administrator).join(TicketGroup)
        for name, administrator in query.tuples():
            found[name].add(administrator)
        return found

    @cached_property
    def writers(self) -> dict[int, list[Recipient]]:
        """By ticket, who of its customer's paired addresses wrote in it."""
        mine = among(Message.ticket, self.tickets) & (Message.direction == "in")
        wrote = list(Message.select(Message.ticket, Message.sender).where(mine).distinct().tuples())
        rows = _by_id(Recipient, [sender for _, sender in wrote if sender is not None])
        pairs = sorted((number, sender) for number, sender in wrote if sender in rows)
        paired = ((n, rows[sender]) for n, sender in pairs)
        return _grouped(
            (n, row) for n, row in paired if row.customer_id is not None and row.customer_id == self.customer_of(n)
        )

    @cached_property
    def known(self) -> dict[str, Recipient]:
        """Recipients among profile and Cc addresses, by folded address."""
        keys = {key for customer in self.customers.values() for _, key in profile_of(customer)}
        keys |= {one.email_key for found in self.participants.values() for one in found}
        return {row.email_key: row for row in Recipient.select().where(among(Recipient.email_key, keys))}

    @cached_property
    def first_automatic(self) -> dict[int, bool]:
        """By ticket, whether its first message from outside was automatic; not there: it has none."""
        mine = among(Message.ticket, self.tickets) & (Message.direction == "in")
        rows = Message.select(Message.ticket, Message.automatic).where(mine).order_by(Message.id.desc())
        return {number: bool(automatic) for number, automatic in rows.tuples()}

    @cached_property
    def confirmed(self) -> set[int]:
        """The tickets whose *Request received* was written already."""
        mine = among(Outbox.ticket, self.tickets) & (Outbox.event == "ticket_received_customer")
        return {number for (number,) in Outbox.select(Outbox.ticket).where(mine).tuples()}

    @cached_property
    def written(self) -> dict[int, list[tuple[datetime, str]]]:
        """By ticket, when customers wrote, and the Message-IDs."""
        mine = among(Message.ticket, self.tickets) & (Message.direction == "in") & (Message.message_id != "")
        rows = Message.select(Message.ticket, Message.created, Message.message_id).where(mine)
        return _grouped((number, (created, known)) for number, created, known in rows.tuples())

    @cached_property
    def sent(self) -> dict[int, list[tuple[datetime, str, str, str]]]:
        """By ticket, when we wrote, the Message-ID, to whom, and as what."""
        columns = (Outbox.ticket, Outbox.created, Outbox.message_id, Outbox.to_key, Outbox.audience)
        rows = Outbox.select(*columns).where(among(Outbox.ticket, self.tickets))
        return _grouped((number, tuple(rest)) for number, *rest in rows.tuples())

    def customer_of(self, number: int) -> int | None:
        """The customer of a ticket."""
        return self.tickets[number].customer_id  # type: ignore[no-any-return]

    def sees(self, administrator: Administrator, customer: int | None) -> bool:
        """Whether this administrator may see a ticket of this customer (R10.1)."""
        partner = None if customer is None else self.customers[customer].partner_id
        return may_see(Rights(super=administrator.role == "super", partner=administrator.partner_id), partner)


def holds_until(keys: Iterable[str]) -> dict[str, datetime]:
    """Which of these folded addresses get nothing for now, since they bounced, and until when."""
    rows = AddressHold.select(AddressHold.email_key, AddressHold.until).where(among(AddressHold.email_key, keys))
    return dict(rows.where(outbox.is_on_hold(datetime.now(UTC))).tuples())


def profile_of(customer: Customer) -> list[tuple[str, str]]:
    """The addresses of a living customer's profile *Email*, as written and folded (R4.12)."""
    if customer.deleted is not None:
        return []
    return [(text, address_key(text)) for text in split_profile(customer.email)]


def _requester(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    row = books.requesters.get(ticket.requester_id)
    return (_party(row),) if row is not None else ()


def _profile(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    customer = books.customers.get(ticket.customer_id)
    if customer is None:
        return ()
    return tuple(_as_known(books, email, key, customer.name) for email, key in profile_of(customer))


def _writers(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    return tuple(_party(row) for row in books.writers.get(ticket.id, ()))


def _cc(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    rows = books.participants.get(ticket.id, ())
    return tuple(_as_known(books, row.email, row.email_key, "") for row in rows if row.kind == "cc")


def _admins(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    """The assignee; else the SMTP *Admin email*, not if it is that of an administrator who may not see the ticket."""
    if assigned := _assignee(books, ticket):
        return assigned
    email = str(books.now["smtp.admin_email"])
    key = address_key(email)
    theirs = [row for row in books.administrators.values() if row.email_key == key]
    if not key or (theirs and not any(books.sees(one, ticket.customer_id) for one in theirs)):
        return ()
    return (Party(email, key, theirs[0].name if theirs else ""),)


def _assignee(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    return _those_who_see(books, ticket, {ticket.assignee_id})


def _group(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    return _those_who_see(books, ticket, books.members.get(ticket.ticket_group, set()))


def _watchers(books: Books, ticket: Ticket) -> tuple[Party, ...]:
    rows = books.participants.get(ticket.id, ())
    return _those_who_see(books, ticket, {row.administrator_id for row in rows if row.kind == "watcher"})


_PARTS: dict[str, Callable[[Books, Ticket], tuple[Party, ...]]] = {
    "requester": _requester,
    "profile": _profile,
    "writers": _writers,
    "cc": _cc,
    "admins": _admins,
    "assignee": _assignee,
    "group": _group,
    "watchers": _watchers,
}


def _those_who_see(books: Books, ticket: Ticket, wanted: Collection[int | None]) -> tuple[Party, ...]:
    rows = (row for row in books.administrators.values() if row.id in wanted)
    return tuple(Party(row.email, row.email_key, row.name) for row in rows if books.sees(row, ticket.customer_id))


def _as_known(books: Books, email: str, key: str, name: str) -> Party:
    """An address that may be a recipient, too: then what is known of it counts."""
    row = books.known.get(key)
    return _party(row) if row is not None else Party(email, key, name)


def _party(row: Recipient) -> Party:
    return Party(row.email, row.email_key, row.name, row.customer_id, row.banned, row.shared)


def _by_id(table: type[RowT], ids: Collection[int]) -> dict[int, RowT]:
    rows: Sequence[Any] = table.select().where(among(table.id, ids)) if ids else ()
    return {row.id: row for row in rows}


def _grouped(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for number, thing in pairs:
        found[number].append(thing)
    return found
