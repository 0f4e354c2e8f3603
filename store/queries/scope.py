"""What an actor may see, as SQL: the one gate that every query and use case passes (R10.1, THREATS P1, P2)."""

from typing import Any

from peewee import Expression, fn

from store.actor import Actor
from store.cleantext import clean
from store.db import database
from store.errors import NotFound, Refused
from store.models import Administrator, Base, Customer, Recipient, Ticket
from store.rules.addresses import keys_named
from store.rules.visibility import Rights, may_see


def administrator(actor: Actor) -> Administrator:
    """The actor's row.  Raises Refused when there is no such active administrator."""
    row = Administrator.get_or_none((Administrator.login == actor.login) & Administrator.active)
    if row is None:
        raise _unknown(actor)
    return row  # type: ignore[no-any-return]


def rights(actor: Actor) -> Rights:
    """The actor's rights as they are in this transaction."""
    if actor.is_program:
        return Rights(super=True, partner=None)
    # by hand: every query asks this, and Peewee takes longer to put the question than SQLite to answer it
    asked = database.execute_sql(
        "SELECT role, partner_id FROM administrator WHERE login = ? AND active", (actor.login,)
    )
    found = asked.fetchone()
    if found is None:
        raise _unknown(actor)
    return Rights(super=found[0] == "super", partner=found[1])


def scoped(actor: Actor, table: type[Base]) -> Expression | bool:
    """The condition that limits `table` (Recipient, Ticket or Customer) to what the actor may see; True: no limit."""
    now = rights(actor)
    if now.sees_all:
        return True
    mine = Customer.partner == now.partner
    if table is Customer:
        return mine
    # looked up row by row: IN would first gather all customers of the partner, 100 ms for a page of many
    return fn.EXISTS(Customer.select(Customer.id).where((Customer.id == table.customer) & mine))


def visible(actor: Actor, table: type[Base], row_id: int, what: str) -> Any:
    """The row with this id.  Raises NotFound alike for one that is absent and one that may not be seen."""
    row = table.get_or_none((table.id == row_id) & scoped(actor, table))
    if row is None:
        raise NotFound(what)
    return row


def visible_recipient(actor: Actor, email: str) -> Recipient:
    """The recipient of the address that a person names.  Raises NotFound, BadField."""
    for key in keys_named(email):
        row: Recipient | None = Recipient.get_or_none((Recipient.email_key == key) & scoped(actor, Recipient))
        if row is not None:
            return row
    raise NotFound(f"recipient {clean(email, limit=320)}")


def visible_ticket(actor: Actor, number: int) -> Ticket:
    """The ticket of a number.  Raises NotFound."""
    return visible(actor, Ticket, number, f"ticket #{number}")  # type: ignore[no-any-return]


def sees(administrator: Administrator, customer: int | None) -> bool:
    """Whether this administrator may see a ticket of this customer (R10.1)."""
    partner = None if customer is None else Customer.get_by_id(customer).partner_id
    return may_see(Rights(super=administrator.role == "super", partner=administrator.partner_id), partner)


def _unknown(actor: Actor) -> Refused:
    told = f"There is no administrator with the login “{actor.login}”. Name one with --as LOGIN."
    if Administrator.select().where(Administrator.login == actor.login).exists():
        told = f"“{actor.login}” is switched off and may not work here. Ask a super administrator."
    return Refused("no-administrator", told)
