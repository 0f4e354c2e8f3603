"""What an administrator may see, by the pure rule, and every public query asked for everything (R10.1, P1)."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from store.actor import Actor
from store.columns import TICKET_COLUMNS
from store.models import (
    Administrator,
    Arrival,
    Base,
    Customer,
    History,
    Message,
    Outbox,
    Participant,
    Recipient,
    RefusedMessage,
    Ticket,
)
from store.queries import (
    attachments,
    customers,
    deny,
    history_list,
    lists,
    notices,
    notifications,
    outbox,
    recipients,
    refused,
    returned,
    settings,
    ticket_choice,
    tickets,
    why,
)
from store.queries.customer_list import CUSTOMERS
from store.queries.history_list import HISTORY
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.rules.visibility import Rights, may_see
from store.services import deny as deny_services
from store.services import drafts, exports, pairing, undo

WORD = re.compile(r"q[a-z]\d+q")


def words(found: object) -> set[str]:
    """Every word of the test in whatever a function gave, looked through to its bottom."""
    if isinstance(found, str):
        return set(WORD.findall(found.lower()))
    if isinstance(found, bytes):
        return words(found.decode("latin-1"))
    if isinstance(found, Mapping):
        return words(list(found.keys())) | words(list(found.values()))
    if isinstance(found, list | tuple | set | frozenset):
        return {word for part in found for word in words(part)}
    if hasattr(found, "__dataclass_fields__"):
        return {word for name in found.__dataclass_fields__ for word in words(getattr(found, name))}
    return words(list(found.__data__.values())) if isinstance(found, Base) else set()


def raw(text: str | None) -> set[str]:
    """The words of a text."""
    return set(WORD.findall((text or "").lower()))


def rights_of(row: Administrator) -> Rights:
    return Rights(super=row.role == "super", partner=row.partner_id)


class Sight:
    """What an administrator may see, by the pure rule over all rows."""

    def __init__(self, row: Administrator) -> None:
        self.rights = rights_of(row)
        self.partner_of = {c.id: c.partner_id for c in Customer.select()}
        self.customers = {c.id for c in Customer.select() if self._sees(c.partner_id)}
        self.recipients = {r.id for r in Recipient.select() if self._sees(self.partner_of.get(r.customer_id))}
        self.tickets = {t.id for t in Ticket.select() if self._sees(self.partner_of.get(t.customer_id))}

    def _sees(self, partner: int | None) -> bool:
        return may_see(self.rights, partner)

    def versions_unseen(self) -> dict[tuple[str, int], int]:
        """The versions, by now, of what could not be seen when this was made."""
        seen = {Recipient: self.recipients, Ticket: self.tickets, Customer: self.customers}
        return {
            (table.__name__, row.id): row.version
            for table, mine in seen.items()
            for row in (() if self.rights.sees_all else table.select())
            if row.id not in mine
        }

    def foreign(self, found: object) -> set[str]:
        """The words in what was found that are not for this administrator."""
        return set() if self.rights.sees_all else words(found) - self.words

    @cached_property
    def words(self) -> set[str]:
        """The words of what may be seen; of a ticket also those of who wrote in it, and of who was written to."""
        found = words([c for c in Customer.select() if c.id in self.customers])
        mine = [r for r in Recipient.select() if r.id in self.recipients]
        found |= words([(r.email, r.name, r.ban_reason) for r in mine])
        people_seen = {r.id: (r.email, r.name) for r in Recipient.select()}
        for ticket in Ticket.select().where(Ticket.id.in_(list(self.tickets))):
            found |= raw(ticket.subject) | words(people_seen.get(ticket.requester_id, ()))
        for message in Message.select().where(Message.ticket.in_(list(self.tickets))):
            found |= words(message) | words(people_seen.get(message.sender_id, ()))
        for table in (Participant, Outbox):
            found |= words(list(table.select().where(table.ticket.in_(list(self.tickets)))))
        for row in History.select().where(History.subject.in_(("ticket", "recipient"))):
            if row.subject_id in (self.tickets if row.subject == "ticket" else self.recipients):
                found |= {word for word in words(row) if word[1] != "c"}  # a customer's name only if it may be seen
        for row in History.select().where(History.subject.in_(("customer", "lead"))):
            found |= words(row) if row.subject_id in self.customers else set()
        for row in RefusedMessage.select():
            if row.recipient_id in self.recipients:
                found |= words(row)
        return found


def everything() -> set[str]:
    """The words of all customers, senders and tickets."""
    return {word for table in (Customer, Recipient, Ticket) for word in words(list(table.select()))}


def readers(actor: Actor) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every public query, asked for everything there is, by its place in the program."""
    numbers = [t.id for t in Ticket.select(Ticket.id)]
    ids = [r.id for r in Recipient.select(Recipient.id)]
    messages = [m.id for m in Message.select(Message.id)]
    letters = [o.id for o in Outbox.select(Outbox.id)]
    kept = [r.id for r in RefusedMessage.select(RefusedMessage.id)]
    of_tickets: dict[str, Callable[[int], object]] = {
        "queries.attachments.files": lambda n: attachments.files(actor, n),
        "queries.attachments.sources": lambda n: attachments.sources(actor, n, messages),
        "queries.history_list.of_ticket": lambda n: history_list.of_ticket(actor, n),
        "queries.notices.reply_audience": lambda n: notices.reply_audience(actor, n),
        "queries.notifications.preview": lambda n: notifications.preview(actor, "new_message_customer", "", "", n),
        "queries.outbox.lines": lambda n: outbox.lines(actor, ticket=n),
        "queries.outbox.numbers": lambda n: _known(outbox.numbers(actor, ticket=n), Outbox, "ticket_id", n),
        "queries.tickets.one": lambda n: tickets.one(actor, n),
        "queries.tickets.state": lambda n: tickets.state(actor, n),
        "queries.tickets.participants": lambda n: tickets.participants(actor, n),
        "queries.tickets.assignees": lambda n: tickets.assignees(actor, n),
        "queries.tickets.messages": lambda n: list(tickets.messages(actor, n)),
        "queries.ticket_choice.find": lambda n: ticket_choice.find(actor, str(n), besides=0),
        "queries.why.of_messages": lambda n: why.of_messages(actor, n, messages),
        "services.drafts.kept": lambda n: drafts.kept(actor, n, "note"),
        "services.undo.newest": lambda n: undo.newest(actor, kind="ticket", thing=n),
    }
    of_recipients: dict[str, Callable[[int], object]] = {
        "queries.history_list.of_recipient": lambda i: history_list.of_recipient(actor, i),
        "queries.refused.by_ban": lambda i: refused.some(actor, refused.by_ban(actor, i)),
        "queries.tickets.opened_by": lambda i: tickets.opened_by(actor, i),
        "queries.tickets.numbers_opened_by": lambda i: tickets.some(actor, tickets.numbers_opened_by(actor, i)),
        "queries.recipients.by_email": lambda i: recipients.by_email(actor, Recipient.get_by_id(i).email),
        "services.pairing.preview": lambda i: pairing.preview(actor, i),
        "services.undo.newest": lambda i: undo.newest(actor, kind="recipient", thing=i),
    }
    whole: dict[str, Callable[[], object]] = {
        "queries.customers.find": lambda: customers.find(actor, "q", limit=None),
        "queries.customers.with_unreadable_email": lambda: list(customers.with_unreadable_email(actor)),
        "queries.deny.every": lambda: deny.every(actor, settings.timezone()),
        "queries.deny.would_catch": lambda: deny.would_catch(
            actor, deny_services.checked("email", "contain", "x.test")
        ),
        "queries.lists.outbox": lambda: list(lists.outbox(actor)),
        "queries.lists.history": lambda: list(lists.history(actor)),
        "queries.lists.partners": lambda: lists.partners(actor),
        "queries.lists.partner_names": lambda: lists.partner_names(actor),
        "queries.notifications.notifications": lambda: notifications.notifications(actor),
        "queries.notifications.newest_ticket": lambda: ticket_of(notifications.newest_ticket(actor)),
        "queries.outbox.some": lambda: outbox.some(actor, letters),
        "queries.outbox.holds": lambda: outbox.holds(actor),
        "queries.outbox.held": lambda: outbox.held(actor),
        "queries.returned.about_us": lambda: returned.about_us(actor),
        "queries.returned.causes": lambda: returned.causes(actor),
        "queries.recipients.rows": lambda: recipients.rows(actor, ids),
        "queries.recipients.every": lambda: list(recipients.every(actor, Selection("x.test"))),
        "queries.refused.every": lambda: list(refused.every(actor)),
        "queries.refused.some": lambda: refused.some(actor, kept),
        "queries.refused.every, ignored": lambda: list(refused.every(actor, kind="ignored")),
        "queries.refused.some, ignored": lambda: refused.some(actor, kept, kind="ignored"),
        "queries.ticket_choice.find": lambda: ticket_choice.find(actor, "q", besides=0),
        "queries.tickets.every": lambda: list(tickets.every(actor)),
        "queries.tickets.some": lambda: tickets.some(actor, numbers),
        "queries.tickets.messages": lambda: list(tickets.messages(actor)),
        "services.undo.newest": lambda: undo.newest(actor),
        "CUSTOMERS": lambda: list(CUSTOMERS.every(actor, CUSTOMERS.first)),
        "HISTORY": lambda: list(HISTORY.every(actor, HISTORY.first)),
        "TICKETS": lambda: list(TICKETS.every(actor, Selection("q", "customer", True))),
        "services.exports.display_rows": lambda: list(
            exports.display_rows(actor, TICKETS.first, TICKET_COLUMNS, table="tickets")
        ),
    }
    yield from whole.items()
    for name, ask in of_tickets.items():
        yield from ((name, _bound(ask, number)) for number in numbers)
    for name, ask in of_recipients.items():
        yield from ((name, _bound(ask, row_id)) for row_id in ids)
    for customer in Customer.select(Customer.id):
        yield "queries.customers.one", _bound(lambda i: customers.one(actor, i), customer.id)
    for letter in letters:
        yield "queries.outbox.one", _bound(lambda i: outbox.one(actor, i), letter)
    for message in kept:
        yield "queries.refused.original", _bound(lambda i: refused.original(actor, i), message)
        yield "queries.refused.original, ignored", _bound(lambda i: refused.original(actor, i, kind="ignored"), message)
        yield "queries.why.of_refused", _bound(lambda i: why.of_refused(actor, i), message)
        yield "queries.why.of_refused, ignored", _bound(lambda i: why.of_refused(actor, i, kind="ignored"), message)
    for arrival in Arrival.select():
        yield "queries.why.decisions", _bound(lambda known: why.decisions(actor, known), arrival.message_id)
    for change in {row.change for row in History.select(History.change)}:
        yield "services.undo.look", _bound(lambda mark: undo.look(actor, mark), change)


def ticket_of(number: int | None) -> object:
    """The ticket behind a number that was given: its subject is in what was given away."""
    return None if number is None else Ticket.get_by_id(number).subject


def _known(found: Any, table: type[Base], column: str, wanted: int) -> object:
    return [row.to for row in table.select().where(table.id.in_(list(found))) if getattr(row, column) == wanted]


def _bound(ask: Callable[[Any], object], thing: Any) -> Callable[[], object]:
    return lambda: ask(thing)
