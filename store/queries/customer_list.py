"""Reading the list of customers and leads: filtered, sorted, exported, like the other tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, Expression, Field, ModelSelect, fn

from store.actor import Actor
from store.filters import CUSTOMERS as GRAMMAR
from store.filters import Term
from store.models import Customer, Partner, Recipient, Ticket
from store.queries.browse import Browse, aged, compared
from store.queries.recipients import Selection
from store.queries.scope import scoped
from store.queries.search import contains, has

FIRST = Selection("", "id", True)
_PARTNER = fn.COALESCE(Partner.select(Partner.name).where(Partner.id == Customer.partner), "")
_ADDRESSES = fn.COALESCE(Recipient.select(fn.COUNT(Recipient.id)).where(Recipient.customer == Customer.id), 0)
_TICKETS = fn.COALESCE(Ticket.select(fn.COUNT(Ticket.id)).where(Ticket.customer == Customer.id), 0)
_SORTS: dict[str, Any] = {
    "id": Customer.id,
    "name": Customer.name_key,
    "kind": Customer.kind,
    "email": Customer.email,
    "login": Customer.login,
    "phone": Customer.phone,
    "partner": _PARTNER,
    "addresses": _ADDRESSES,
    "tickets": _TICKETS,
    "billing_email": Customer.billing_email,
    "external_id": Customer.external_id,
    "created": Customer.created,
}
_TEXTS: dict[str, Any] = {
    "name": Customer.name,
    "login": Customer.login,
    "email": Customer.email,
    "billing": Customer.billing_email,
    "phone": Customer.phone,
    "partner": _PARTNER,
    "external": Customer.external_id,
}


class CustomerRow(NamedTuple):
    """One customer or lead, how many addresses are paired to it and how many tickets it has."""

    id: int
    name: str
    kind: str
    login: str
    email: str
    billing_email: str
    phone: str
    partner: str | None
    external_id: str | None
    created: datetime
    version: int
    addresses: int
    tickets: int


def _seen(actor: Actor, column: Field) -> ModelSelect:
    return Customer.select(column).where(Customer.deleted.is_null() & scoped(actor, Customer))


def _condition(actor: Actor, term: Term) -> Expression:
    if term.field == "":
        return contains(Customer, str(term.value))
    if term.field == "lead":
        return (Customer.kind == "lead") if term.value else (Customer.kind != "lead")
    if term.field == "paired":
        paired = fn.EXISTS(Recipient.select(Recipient.id).where(Recipient.customer == Customer.id))
        return paired if term.value else ~paired
    if term.field == "id":
        return compared(Customer.id, term)
    if term.field == "created":
        return aged(Customer.created, term)
    found = has(_TEXTS[term.field], str(term.value))
    return found if term.field in ("partner", "external") else contains(Customer, str(term.value)) & found


def _some(actor: Actor, wanted: Sequence[int]) -> dict[int, CustomerRow]:
    own = [getattr(Customer, name) for name in ("id", "name", "kind", "login", "email", "billing_email", "phone")]
    rest = (Partner.name, Customer.external_id, Customer.created, Customer.version, _ADDRESSES, _TICKETS)
    query = Customer.select(*own, *rest).join(Partner, JOIN.LEFT_OUTER)
    rows = query.where(Customer.id.in_(list(wanted)) & Customer.deleted.is_null() & scoped(actor, Customer))
    return {row[0]: CustomerRow(*row) for row in rows.tuples()}


CUSTOMERS = Browse(GRAMMAR, FIRST, _SORTS, _seen, _condition, _some)
