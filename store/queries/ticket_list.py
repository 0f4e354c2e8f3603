"""Reading the ticket list: a snapshot of numbers, then pages of rows (R11.2), as the Recipients table is read."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import eq, ge, gt, le, lt, or_
from typing import Any

from peewee import Expression, Field, ModelSelect, fn

from store.actor import Actor
from store.cleantext import clean
from store.db import database
from store.errors import BadInput
from store.filters import TICKETS, Term, parse
from store.models import Administrator, Customer, Message, Recipient, Ticket
from store.queries import tickets
from store.queries.recipients import Selection
from store.queries.scope import administrator, scoped
from store.queries.search import contains, is_indexed
from store.queries.tickets import TicketLine
from store.rules.addresses import address_key
from store.rules.deny import fold

FIRST = Selection("", "number", True)
_CHUNK = 500
_COMPARE = {"=": eq, ">": gt, "<": lt, ">=": ge, "<=": le}
_MESSAGES = fn.COALESCE(Message.select(fn.COUNT(Message.id)).where(Message.ticket == Ticket.id), 0)
_SORTS: dict[str, Any] = {
    "number": Ticket.id,
    "subject": Ticket.search,
    "status": Ticket.status,
    "requester": fn.COALESCE(Recipient.select(Recipient.name_key).where(Recipient.id == Ticket.requester), ""),
    "customer": fn.COALESCE(Customer.select(Customer.name_key).where(Customer.id == Ticket.customer), ""),
    "assignee": fn.COALESCE(Administrator.select(Administrator.name).where(Administrator.id == Ticket.assignee), ""),
    "priority": Ticket.priority,
    "group": Ticket.ticket_group,
    "type": Ticket.ticket_type,
    "messages": _MESSAGES,
    "created": Ticket.created,
    "updated": Ticket.updated,
    "closed": Ticket.closed,
}
_NUMBERS = {"number": Ticket.id, "messages": _MESSAGES}
_TIMES = {"created": Ticket.created, "updated": Ticket.updated}
_WORDS = {
    "status": Ticket.status,
    "priority": Ticket.priority,
    "group": Ticket.ticket_group,
    "type": Ticket.ticket_type,
}


def sort_from(text: str) -> tuple[str, bool]:
    """`COLUMN[:desc]` → the column's key and whether it goes down.  Raises BadInput."""
    key, _, way = text.partition(":")
    if key not in _SORTS or way not in ("", "asc", "desc"):
        raise BadInput(f"Cannot sort by “{clean(text, limit=40)}”. Columns: {', '.join(_SORTS)}; add :desc to go down.")
    return key, way == "desc"


def ids(actor: Actor, selection: Selection, *, limit: int | None = None) -> "array[int]":
    """The numbers of all selected tickets in order.  Raises BadInput for a filter line it cannot read."""
    query = _selected(actor, selection, Ticket.id).limit(limit)
    return array("q", (row[0] for row in _raw(query)))


def newer_ids(actor: Actor, selection: Selection, above: int) -> "array[int]":
    """The selected tickets with a greater number than `above`, in order: what was opened since a snapshot."""
    return array("q", (row[0] for row in _raw(_selected(actor, selection, Ticket.id).where(Ticket.id > above))))


def count(actor: Actor, line: str = "") -> int:
    """How many tickets a filter line selects."""
    return int(_selected(actor, FIRST._replace(line=line), Ticket.id).order_by().count())


def rows(actor: Actor, wanted: Sequence[int]) -> dict[int, TicketLine]:
    """The tickets of these numbers; those that are gone or may not be seen are left out."""
    found: dict[int, TicketLine] = {}
    for start in range(0, len(wanted), _CHUNK):
        found.update(tickets.some(actor, wanted[start : start + _CHUNK]))
    return found


def every(actor: Actor, selection: Selection, *, limit: int | None = None) -> Iterator[TicketLine]:
    """All selected tickets in order, read in pieces so that memory stays flat and writers are not held up."""
    snapshot = ids(actor, selection, limit=limit)
    for start in range(0, len(snapshot), _CHUNK):
        piece = snapshot[start : start + _CHUNK]
        found = rows(actor, piece)
        yield from (found[number] for number in piece if number in found)


def _selected(actor: Actor, selection: Selection, *columns: Field) -> ModelSelect:
    field = _SORTS[selection.sort]
    order = [field.desc() if selection.descending else field.asc()]
    if selection.sort != "number":
        order.append(Ticket.id.desc() if selection.descending else Ticket.id.asc())
    query = Ticket.select(*columns).where(scoped(actor, Ticket)).order_by(*order)
    for term in parse(selection.line, TICKETS):
        condition = _condition(actor, term)
        # a ticket without requester or customer has no answer to some conditions: then they do not hold
        query = query.where(fn.COALESCE(condition, 0) == 0 if term.negated else condition)
    return query


def _condition(actor: Actor, term: Term) -> Expression:
    if term.field == "":
        return _found(str(term.value))
    if term.field in ("open", "closed"):
        return Ticket.closed.is_null(term.value is (term.field == "open"))
    if term.field == "unassigned":
        return Ticket.customer.is_null(bool(term.value))
    if term.field == "mine":
        return _mine(actor, bool(term.value))
    if term.field in _NUMBERS:
        return _COMPARE[term.comparison](_NUMBERS[term.field], term.value)
    if term.field in _TIMES:
        return _age(term)
    return _text(term.field, str(term.value))


def _found(word: str) -> Expression:
    """R11.2, R1.2: in the subject, the requester's e-mail and name, the customer's names and addresses."""
    theirs = Ticket.requester.in_(Recipient.select(Recipient.id).where(contains(Recipient, word)))
    customers = Ticket.customer.in_(Customer.select(Customer.id).where(contains(Customer, word)))
    ways = (contains(Ticket, word), theirs, customers)
    if not is_indexed(word):
        return reduce(or_, ways)
    # each way by its own index; an OR of them would look at every ticket
    return Ticket.id.in_(reduce(or_, (Ticket.select(Ticket.id).where(way) for way in ways)))


def _mine(actor: Actor, wanted: bool) -> Expression:
    me = 0 if actor.is_program else administrator(actor).id
    return Ticket.assignee == me if wanted else Ticket.assignee.is_null() | (Ticket.assignee != me)


def _age(term: Term) -> Expression:
    """An age below a week is a moment above now minus a week."""
    moment: Any = datetime.now(UTC) - term.value  # type: ignore[operator]
    turned = {"<": gt, "<=": ge, ">": lt, ">=": le, "=": ge}[term.comparison]
    return turned(_TIMES[term.field], moment)


def _text(field: str, value: str) -> Expression:
    if field in _WORDS:
        return fn.INSTR(fn.LOWER(_WORDS[field]), value.lower()) > 0
    if field == "subject":
        return contains(Ticket, value)
    if field == "customer":
        return _customer(value)
    if field == "assignee":
        if value.lower() == "none":
            return Ticket.assignee.is_null()
        return Ticket.assignee.in_(Administrator.select(Administrator.id).where(Administrator.login == value))
    who = Recipient.email_key == address_key(value) if "@" in value else contains(Recipient, value)
    return Ticket.requester.in_(Recipient.select(Recipient.id).where(who))


def _customer(value: str) -> Expression:
    """An id, `none`, or a part of the name."""
    if value.lower() == "none":
        return Ticket.customer.is_null()
    if value.isascii() and value.isdigit() and len(value) < 16:
        return Ticket.customer == int(value)
    return Ticket.customer.in_(Customer.select(Customer.id).where(Customer.name_key.contains(fold(value))))


def _raw(query: ModelSelect) -> Iterator[tuple[Any, ...]]:
    """The driver's own cursor: five times faster than Peewee's rows for a million ids."""
    return iter(database.execute(query))
