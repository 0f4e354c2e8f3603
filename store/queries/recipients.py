"""Reading the Recipients table: a snapshot of ids, then pages of rows by id (R1)."""

import functools
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple

from peewee import JOIN, Expression, Field, ModelSelect, fn

from store.actor import MAIL, Actor
from store.cleantext import clean
from store.db import database
from store.errors import BadInput
from store.filters import Term, parse
from store.models import Administrator, Customer, Inbox, Recipient, Ticket
from store.models.base import moment_of
from store.queries.scope import rights, scoped, visible_recipient
from store.queries.search import among, contains, has, is_like, named
from store.rules.addresses import domain_key, keys_named
from store.rules.pairing import SenderState

_CHUNK = 500
_COMPARE = {"=": eq, ">": gt, "<": lt, ">=": ge, "<=": le}
_INBOX_NAME = fn.COALESCE(Inbox.select(Inbox.name).where(Inbox.id == Recipient.inbox), "")
_SORTS: dict[str, Any] = {
    "id": Recipient.id,
    "email": Recipient.email_key,
    "name": Recipient.name_key,
    "customer": Recipient.customer_key,
    "banned": Recipient.banned,
    "denied": Recipient.denied,
    "shared": Recipient.shared,
    "tickets": Recipient.tickets,
    "unassigned_tickets": Recipient.unassigned_tickets,
    "last_message": Recipient.last_message,
    "first_seen": Recipient.first_seen,
    "inbox": _INBOX_NAME,
    "blocked": Recipient.blocked,
}
_NUMBERS = {
    "id": Recipient.id,
    "tickets": Recipient.tickets,
    "unassigned": Recipient.unassigned_tickets,
    "blocked": Recipient.blocked,
}
_TIMES = {"last": Recipient.last_message, "first": Recipient.first_seen}


class RecipientLine(NamedTuple):
    """One row of the table; times in UTC.  `version` is to be handed back to the services (R10.4)."""

    id: int
    email: str
    name: str
    customer_id: int | None
    customer_name: str | None
    customer_kind: str | None
    banned: bool
    denied: bool
    shared: bool
    tickets: int
    unassigned_tickets: int
    blocked: int
    first_seen: datetime
    last_message: datetime | None
    inbox: str | None
    ban_reason: str
    banned_by: str
    email_key: str
    version: int

    @property
    def paired_to(self) -> str:
        """`Sarah Howell (Lead)`, the name alone for a customer, '' when not paired (R1.1)."""
        if self.customer_id is None:
            return ""
        return f"{self.customer_name} (Lead)" if self.customer_kind == "lead" else str(self.customer_name)


class Selection(NamedTuple):
    """What is shown and in which order: a filter line and a sort column."""

    line: str = ""
    sort: str = "id"
    descending: bool = True


def sort_from(text: str) -> tuple[str, bool]:
    """`COLUMN[:desc]` → the column's key and whether it goes down.  Raises BadInput."""
    key, _, way = text.partition(":")
    if key not in _SORTS or way not in ("", "asc", "desc"):
        raise BadInput(f"Cannot sort by “{clean(text, limit=40)}”. Columns: {', '.join(_SORTS)}; add :desc to go down.")
    return key, way == "desc"


def ids(actor: Actor, selection: Selection, *, limit: int | None = None) -> "array[int]":
    """The ids of all selected recipients in order, 8 bytes each.  Raises BadInput for a filter line it cannot read."""
    query = _selected(actor, selection, Recipient.id).limit(limit)
    return array("q", (row[0] for row in _raw(query)))


def newer_ids(actor: Actor, selection: Selection, above: int) -> "array[int]":
    """The selected recipients with a greater id than `above`, in order: what arrived since a snapshot."""
    query = _selected(actor, selection, Recipient.id).where(Recipient.id > above)
    return array("q", (row[0] for row in _raw(query)))


def count(actor: Actor, line: str = "") -> int:
    """How many recipients a filter line selects."""
    return int(_selected(actor, Selection(line), Recipient.id).order_by().count())


def rows(actor: Actor, wanted: Sequence[int]) -> dict[int, RecipientLine]:
    """The rows of these ids; those that are gone or may not be seen are left out."""
    found: dict[int, RecipientLine] = {}
    unscoped = rights(actor).sees_all
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        if unscoped:
            sql, fixed = _page_sql()
            read = database.execute_sql(sql, (*fixed, json.dumps(list(some)))).fetchall()
        else:
            read = _raw(_lines(actor).where(among(Recipient.id, some)))
        found.update((row[0], _line(row)) for row in read)
    return found


def every(actor: Actor, selection: Selection, *, limit: int | None = None) -> Iterator[RecipientLine]:
    """All selected rows in order, read in pieces so that memory stays flat and writers are not held up."""
    snapshot = ids(actor, selection, limit=limit)
    for start in range(0, len(snapshot), _CHUNK):
        piece = snapshot[start : start + _CHUNK]
        found = rows(actor, piece)
        yield from (found[row_id] for row_id in piece if row_id in found)


def by_email(actor: Actor, email: str) -> RecipientLine:
    """The recipient of this address, read as people paste it (R5.7).  Raises NotFound, BadField."""
    row = visible_recipient(actor, email)
    return rows(actor, [row.id])[row.id]


def states(lines: Iterable[RecipientLine]) -> dict[int, SenderState]:
    """What the rules need to know of each of these rows (R1.3)."""
    listed = list(lines)
    keys = [line.email_key for line in listed]
    ours = {key for (key,) in Inbox.select(Inbox.email_key).where(among(Inbox.email_key, keys)).tuples()}
    mine = among(Administrator.email_key, keys) & Administrator.active
    ours.update(key for (key,) in Administrator.select(Administrator.email_key).where(mine).tuples())
    return {
        line.id: SenderState(line.customer_id is not None, line.banned, line.shared, line.email_key in ours)
        for line in listed
    }


@functools.cache
def _page_sql() -> tuple[str, list[Any]]:
    """A page for those who see all, and its parameters but the last, the ids as JSON: putting this together takes as
    long as reading it."""
    sql, parameters = _lines(MAIL).where(among(Recipient.id, [])).sql()
    return sql, parameters[:-1]


def _lines(actor: Actor) -> ModelSelect:
    seen = scoped(actor, Ticket)
    return (
        Recipient.select(
            Recipient.id,
            Recipient.email,
            Recipient.name,
            Customer.id,
            Customer.name,
            Customer.kind,
            Recipient.banned,
            Recipient.denied,
            Recipient.shared,
            _counted(Recipient.tickets, seen),
            _counted(Recipient.unassigned_tickets, seen),
            Recipient.blocked,
            Recipient.first_seen,
            Recipient.last_message,
            Inbox.name,
            Recipient.ban_reason,
            Recipient.banned_by,
            Recipient.email_key,
            Recipient.version,
        )
        .join(Customer, JOIN.LEFT_OUTER)
        .switch(Recipient)
        .join(Inbox, JOIN.LEFT_OUTER)
        .where(scoped(actor, Recipient))
    )


def _line(row: Sequence[Any]) -> RecipientLine:
    """A row as the driver gives it: numbers for flags and times.  Spelled out, since a page has 128 of them."""
    (banned, denied, shared), (first, last) = row[6:9], row[12:14]
    seen = moment_of(first), None if last is None else moment_of(last)
    return RecipientLine._make((*row[:6], banned == 1, denied == 1, shared == 1, *row[9:12], *seen, *row[14:]))


def _counted(field: Any, seen: Expression | bool) -> Any:
    """The counters of a row count all its tickets; who has a partner gets a count of those he may see (R10.1)."""
    if seen is True or field.name not in ("tickets", "unassigned_tickets"):
        return field
    mine = (Ticket.requester == Recipient.id) & seen
    if field.name == "unassigned_tickets":
        mine &= Ticket.customer.is_null()
    return fn.COALESCE(Ticket.select(fn.COUNT(Ticket.id)).where(mine), 0)


def _selected(actor: Actor, selection: Selection, *columns: Field) -> ModelSelect:
    seen = scoped(actor, Ticket)
    field = _counted(_SORTS[selection.sort], seen)
    order = [field.desc() if selection.descending else field.asc()]
    if selection.sort != "id":
        order.append(Recipient.id.desc() if selection.descending else Recipient.id.asc())
    query = Recipient.select(*columns).where(scoped(actor, Recipient)).order_by(*order)
    for term in parse(selection.line):
        condition = _condition(term, seen)
        query = query.where(~condition if term.negated else condition)
    return query


def _condition(term: Term, seen: Expression | bool) -> Expression:
    if term.field == "":
        return contains(Recipient, str(term.value))
    if term.field in ("paired", "unpaired"):
        paired = term.value is (term.field == "paired")
        return Recipient.customer.is_null(not paired)
    if term.field in ("banned", "denied", "shared"):
        return getattr(Recipient, term.field) == term.value
    if term.field in _NUMBERS:
        return _COMPARE[term.comparison](_counted(_NUMBERS[term.field], seen), term.value)
    if term.field in _TIMES:
        return _age(term)
    return _text(term.field, str(term.value))


def _age(term: Term) -> Expression:
    """An age below a week is a moment above now minus a week; a missing moment has no age, so it never matches."""
    moment: Any = datetime.now(UTC) - term.value  # type: ignore[operator]
    turned = {"<": gt, "<=": ge, ">": lt, ">=": le, "=": ge}[term.comparison]
    field = _TIMES[term.field]
    return field.is_null(False) & turned(field, moment)


def _text(field: str, value: str) -> Expression:
    if field == "domain":
        return Recipient.domain == domain_key(value)
    if field == "email":
        return Recipient.email_key.in_(keys_named(value))
    if field == "inbox":
        return Recipient.inbox.in_(Inbox.select(Inbox.id).where(is_like(Inbox.name, value)))
    if field == "customer" and value.isascii() and value.isdigit() and len(value) < 16:
        return Recipient.customer == int(value)
    if field == "customer":
        return Recipient.customer.in_(named(Customer, value))
    return contains(Recipient, value) & has(Recipient.name, value)


def _raw(query: ModelSelect) -> Iterator[tuple[Any, ...]]:
    """The driver's own cursor: five times faster than Peewee's rows for a million ids."""
    return iter(database.execute(query))
