"""Merging a customer into another one that is the same: all that was the one's is the other's then (R5.10)."""

from dataclasses import dataclass

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.models import Customer, Recipient, Ticket
from store.reasons import refuse
from store.services import history, senders
from store.services.customers import locked, retire
from store.services.pairing import pair_fields
from store.services.tickets.row import record, take_off_unseeing


@dataclass(frozen=True, slots=True)
class Merged:
    """The names of the two customers, the addresses and tickets that went over, and the tickets whose assignee may
    not see them any more and was taken off."""

    name: str
    into: str
    addresses: tuple[str, ...]
    tickets: tuple[int, ...]
    unassigned: tuple[int, ...]


def merge(actor: Actor, customer_id: int, into: int, *, seen: int | None = None, rehearse: bool = False) -> Merged:
    """The customer's addresses are unpaired from it and paired to `into`, its tickets get `into`, and it is found no
    more.  `into` keeps its own fields.  Raises NotFound, Refused, Conflict (`seen` is the version looked at)."""
    with transaction(rehearse=rehearse):
        row, target = locked(actor, customer_id, seen), locked(actor, into)
        if row.id == target.id:
            raise refuse("merge-self")
        mark = history.new_change()
        addresses = tuple(_repair(actor, row, target, mark))
        tickets = tuple(_hand_over(actor, row, target, mark))
        unassigned = take_off_unseeing(actor, Ticket.customer == target.id, mark)
        retire(actor, row, "merge-customer", mark, target.id)
    return Merged(clean(row.name), clean(target.name), addresses, tickets, unassigned)


def _repair(actor: Actor, row: Customer, target: Customer, mark: str) -> list[str]:
    emails = []
    for recipient in Recipient.select().where(Recipient.customer == row.id).order_by(Recipient.id):
        fields = senders.write(recipient, pair_fields(target, "agent"))
        history.record(actor, "pair", senders.thing(recipient), *fields, change=mark)
        emails.append(clean(recipient.email))
    return emails


def _hand_over(actor: Actor, row: Customer, target: Customer, mark: str) -> list[int]:
    numbers = []
    for ticket in Ticket.select().where(Ticket.customer == row.id).order_by(Ticket.id):
        record(actor, "customer", ticket, {"customer_id": target.id}, mark)
        numbers.append(int(ticket.id))
    return numbers
