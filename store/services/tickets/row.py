"""The ticket's row: reading it under the lock, writing it back."""

from collections.abc import Mapping
from datetime import UTC, datetime

from peewee import Expression

from store.actor import Actor
from store.cleantext import clean, storable
from store.errors import BadInput, NotFound
from store.models import Administrator, Message, Ticket
from store.queries import settings
from store.queries.scope import administrator, sees, visible_ticket
from store.reasons import refuse
from store.rules.text import search_text
from store.services import history
from store.services.history import Thing, conflict

_LONGEST_TEXT = 1_000_000


def locked(actor: Actor, number: int, seen: int | None) -> Ticket:
    """The ticket inside the running transaction.

    Raises NotFound when the actor may not see it, Conflict when it is not of version `seen` any more (R10.4).
    """
    row = visible_ticket(actor, number)
    if seen is not None and row.version != seen:
        raise conflict(actor, f"Ticket #{number}", "ticket", number)
    return row


def insist(code: str, number: int, **facts: object) -> None:
    """Raises Refused with the sentence of this reason; nothing when it is ''."""
    if code:
        raise refuse(code, number=number, **facts)


def thing(number: int) -> Thing:
    """How history names a ticket."""
    return Thing("ticket", number, f"#{number}")


def write(row: Ticket, changes: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Writes the changed columns and that the ticket was updated; the fields before and after, for the history."""
    before = {name: getattr(row, name) for name in changes}
    for name, value in {**changes, "updated": datetime.now(UTC), "version": row.version + 1}.items():
        setattr(row, name, value)
    row.search = search_text(row.subject)
    names = (*changes, "updated", "version", "search")
    row.save(only=[Ticket._meta.combined[name] for name in names])
    return before, dict(changes)


def record(actor: Actor, what: str, row: Ticket, changes: Mapping[str, object], change: str) -> None:
    """Writes the changes and the history's row of them."""
    history.record(actor, what, thing(row.id), *write(row, changes), change=change)


def add_message(row: Ticket, direction: str, text: str, author: Administrator | None, **fields: object) -> int:
    """A reply or note in the ticket; its id."""
    values = {"sender_email": "", "sender_name": "", **fields}
    now = datetime.now(UTC)
    message = Message.create(
        ticket=row.id, direction=direction, text=text, author=author and author.id, sent=now, created=now, **values
    )
    return int(message.id)


def written(text: str, what: str) -> str:
    """The text of a reply or note, without NUL and lone surrogates.  Raises BadInput when there is none or too much."""
    kept = storable(text).replace("\r\n", "\n").strip("\n")
    if not kept.strip():
        raise BadInput(f"The {what} is empty, so nothing was done. Write something first.")
    if len(kept) > _LONGEST_TEXT:
        raise BadInput(f"The {what} has more than {_LONGEST_TEXT:,} characters. Shorten it, or attach a file by mail.")
    return kept


def author_of(actor: Actor) -> Administrator | None:
    """The administrator who writes; None for the program."""
    return None if actor.is_program else administrator(actor)


def after_reply(row: Ticket) -> dict[str, object]:
    """R6.3: what an agent's public reply does to the ticket; a closed one is open again."""
    return {"status": str(settings.one("status.agent_reply")), "closed": None}


def assignee_after(row: Ticket, customer: int | None) -> Administrator | None:
    """R10.1: the assignee who would lose sight of the ticket with this customer, and is taken off; None otherwise."""
    mine = Administrator.get_or_none(Administrator.id == row.assignee_id)
    return mine if mine is not None and not (mine.active and sees(mine, customer)) else None


def take_off_unseeing(actor: Actor, among: Expression, change: str) -> tuple[int, ...]:
    """Takes assignees off those of these tickets that they may not see any more (R10.1); the tickets' numbers."""
    lost = []
    for ticket in Ticket.select().where(among & Ticket.assignee.is_null(False)):
        if assignee_after(ticket, ticket.customer_id) is not None:
            record(actor, "assignee", ticket, {"assignee_id": None}, change)
            lost.append(int(ticket.id))
    return tuple(lost)


def watcher(email: str, customer: int | None) -> int:
    """The active administrator with this address, if he may see a ticket of this customer.  Raises as `assignable`."""
    row = Administrator.get_or_none((Administrator.email == email) & Administrator.active)
    if row is None:
        raise NotFound(f"administrator {clean(email, limit=80)}")
    return int(assignable(row.login, customer).id)


def assignable(login: str, customer: int | None) -> Administrator:
    """The active administrator of this login, if he may see a ticket of this customer (R10.1).

    Raises NotFound, Refused.
    """
    row = Administrator.get_or_none((Administrator.login == login) & Administrator.active)
    if row is None:
        raise NotFound(f"administrator {clean(login, limit=80)}")
    if not sees(row, customer):
        raise refuse("assign-unseen", login=clean(row.login))
    return row  # type: ignore[no-any-return]
