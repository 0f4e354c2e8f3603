"""Reading the ticket list: a snapshot of numbers, then pages of rows (R11.2), as the Recipients table is read."""

from functools import reduce
from operator import or_
from typing import Any

from peewee import Expression, Field, ModelSelect, fn

from store.actor import Actor
from store.errors import BadField
from store.filters import TICKETS as GRAMMAR
from store.filters import Term
from store.models import Administrator, Customer, Message, Recipient, Ticket
from store.queries import tickets
from store.queries.browse import Browse, aged, compared
from store.queries.recipients import Selection
from store.queries.scope import administrator, scoped
from store.queries.search import contains, has, is_indexed, is_like, named
from store.rules.addresses import keys_named

FIRST = Selection("", "number", True)
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


def _seen(actor: Actor, column: Field) -> ModelSelect:
    return Ticket.select(column).where(scoped(actor, Ticket))


def _condition(actor: Actor, term: Term) -> Expression:
    if term.field == "":
        return _found(actor, str(term.value))
    if term.field in ("open", "closed"):
        return Ticket.closed.is_null(term.value is (term.field == "open"))
    if term.field == "unassigned":
        return Ticket.customer.is_null(bool(term.value))
    if term.field == "mine":
        return _mine(actor, bool(term.value))
    if term.field in _NUMBERS:
        return compared(_NUMBERS[term.field], term)
    if term.field in _TIMES:
        return aged(_TIMES[term.field], term)
    return _text(actor, term.field, str(term.value))


def _found(actor: Actor, word: str) -> Expression:
    """R11.2, R1.2: in the subject, the requester's e-mail and name, the customer's names and addresses."""
    theirs = _requested(_named(actor, word))
    customers = Ticket.customer.in_(Customer.select(Customer.id).where(contains(Customer, word)))
    ways = (contains(Ticket, word), theirs, customers)
    if not is_indexed(word):
        return reduce(or_, ways)
    # each way by its own index; an OR of them would look at every ticket
    return Ticket.id.in_(reduce(or_, (Ticket.select(Ticket.id).where(way) for way in ways)))


def _mine(actor: Actor, wanted: bool) -> Expression:
    me = 0 if actor.is_program else administrator(actor).id
    return Ticket.assignee == me if wanted else Ticket.assignee.is_null() | (Ticket.assignee != me)


def _text(actor: Actor, field: str, value: str) -> Expression:
    if field in _WORDS:
        return has(_WORDS[field], value)
    if field == "subject":
        return contains(Ticket, value)
    if field == "customer":
        return _customer(value)
    if field == "assignee":
        if value.lower() == "none":
            return Ticket.assignee.is_null()
        return Ticket.assignee.in_(Administrator.select(Administrator.id).where(is_like(Administrator.login, value)))
    return _requested(_sender(actor, value))


def _sender(actor: Actor, value: str) -> Expression:
    """A whole address, else a part of what a recipient is found by."""
    try:
        return Recipient.email_key.in_(keys_named(value, "requester"))
    except BadField:
        if "@" in value:
            raise
    return _named(actor, value)


def _requested(who: Expression) -> Expression:
    return Ticket.requester.in_(Recipient.select(Recipient.id).where(who))


def _named(actor: Actor, word: str) -> Expression:
    """Recipients by e-mail, name and paired customer's name; by the last only those that the actor may see: a ticket
    may be seen whose requester is paired to another partner's customer (R10.1)."""
    found, seen = contains(Recipient, word), scoped(actor, Recipient)
    if seen is True:
        return found
    return found & (seen | has(Recipient.email, word) | has(Recipient.name, word))


def _customer(value: str) -> Expression:
    """An id, `none`, or a part of the name."""
    if value.lower() == "none":
        return Ticket.customer.is_null()
    if value.isascii() and value.isdigit() and len(value) < 16:
        return Ticket.customer == int(value)
    return Ticket.customer.in_(named(Customer, value))


TICKETS = Browse(GRAMMAR, FIRST, _SORTS, _seen, _condition, tickets.some)
