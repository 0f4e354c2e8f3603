"""Pair and unpair: whose is this address? (R4)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.models import Customer, Recipient, Ticket
from store.queries import recipients
from store.queries.scope import visible
from store.queries.search import among
from store.queries.senders import sender_state
from store.queries.tickets import TicketLine, opened_by
from store.reasons import refuse
from store.rules import pairing as rule
from store.rules.deny import fold
from store.services import history
from store.services.history import Thing
from store.services.senders import insist, locked, thing, write


@dataclass(frozen=True, slots=True)
class Paired:
    """The address, its customer, and the numbers of the tickets that got the customer."""

    email: str
    customer_id: int
    customer_name: str
    tickets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unpaired:
    """The address, the customer it had, the numbers of the tickets that lost the customer, and of those among them
    whose assignee may not see them any more and was taken off."""

    email: str
    customer_id: int
    tickets: tuple[int, ...]
    unassigned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What pairing would do to the tickets of an address (R4.3): each that has no customer, and whether it gets it.

    `newest` is the one that gets it without *Assign all tickets*; `unassigned` those that get it with; `kept` counts
    the tickets that have a customer and keep it.
    """

    newest: TicketLine | None
    unassigned: tuple[TicketLine, ...]
    unassigned_count: int
    kept: int


def preview(actor: Actor, recipient_id: int) -> Preview:
    """What the *Pairing* dialog says before Save (R4.2, R4.3).  Lists at most 50 tickets.  Raises NotFound."""
    locked(actor, recipient_id, None)
    row = recipients.rows(actor, [recipient_id])[recipient_id]
    lines = opened_by(actor, recipient_id, unassigned=True, limit=50)
    return Preview(
        newest=lines[0] if lines else None,
        unassigned=tuple(lines),
        unassigned_count=row.unassigned_tickets,
        kept=row.tickets - row.unassigned_tickets,
    )


def pair(
    actor: Actor,
    recipient_id: int,
    customer_id: int,
    *,
    assign_all: bool = False,
    seen: int | None = None,
    rehearse: bool = False,
) -> Paired:
    """Maps an address to a customer or lead; its newest, or with `assign_all` all, waiting tickets follow (R4.1, R4.3).

    A ticket that has a customer is never touched.  Raises Refused (shared, paired, ours), NotFound, Conflict.
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_pair(sender_state(row)), row)
        customer = live_customer(actor, customer_id)
        change = history.new_change()
        history.record(actor, "pair", thing(row), *write(row, pair_fields(customer, "agent")), change=change)
        numbers = _waiting_tickets(row, every=assign_all)
        _set_customer(actor, numbers, None, customer.id, change)
    return Paired(clean(row.email), customer.id, clean(customer.name), tuple(numbers))


def unpair(
    actor: Actor, recipient_id: int, *, unassign: bool = False, seen: int | None = None, rehearse: bool = False
) -> Unpaired:
    """Removes the mapping; with `unassign` the tickets that this address opened lose this customer too (R4.4).

    Raises Refused when it is not paired, NotFound, Conflict.
    """
    from store.services.tickets.row import take_off_unseeing  # tickets pair, too: each needs the other

    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_unpair(sender_state(row)), row)
        customer_id = row.customer_id
        change = history.new_change()
        fields = {"customer_id": None, "customer_key": "", "pair_source": "unpaired"}
        history.record(actor, "unpair", thing(row), *write(row, fields), change=change)
        numbers = _tickets_of_customer(row, customer_id) if unassign else []
        _set_customer(actor, numbers, customer_id, None, change)
        lost = take_off_unseeing(actor, among(Ticket.id, numbers), change) if numbers else ()
    return Unpaired(clean(row.email), customer_id, tuple(numbers), lost)


def pair_fields(customer: Customer, source: str) -> dict[str, object]:
    """The columns of a recipient that a pair sets."""
    return {"customer_id": customer.id, "customer_key": fold(customer.name), "pair_source": source}


def live_customer(actor: Actor, customer_id: int) -> Customer:
    """A customer that addresses and tickets may be given.  Raises NotFound, Refused when it was deleted."""
    customer: Customer = visible(actor, Customer, customer_id, f"customer {customer_id}")
    if customer.deleted is not None:
        raise refuse("customer-deleted", customer=clean(customer.name))
    return customer


def _waiting_tickets(row: Recipient, *, every: bool) -> list[int]:
    waiting = (
        Ticket.select(Ticket.id)
        .where((Ticket.requester == row.id) & Ticket.customer.is_null())
        .order_by(Ticket.id.desc())
    )
    return [number for (number,) in (waiting if every else waiting.limit(1)).tuples()]


def _tickets_of_customer(row: Recipient, customer_id: int) -> list[int]:
    theirs = Ticket.select(Ticket.id).where((Ticket.requester == row.id) & (Ticket.customer == customer_id))
    return [number for (number,) in theirs.order_by(Ticket.id.desc()).tuples()]


def _set_customer(actor: Actor, numbers: Sequence[int], old: int | None, new: int | None, change: str) -> None:
    """One update a few hundred tickets, and one history row a ticket, so that each can be read and undone."""
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        Ticket.update(customer=new, updated=datetime.now(UTC), version=Ticket.version + 1).where(
            Ticket.id.in_(some)
        ).execute()
    rows = [(Thing("ticket", n, f"#{n}"), {"customer_id": old}, {"customer_id": new}) for n in numbers]
    history.record_many(actor, "customer", rows, change=change)
