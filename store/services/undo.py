"""Taking a change back while what it left is still as it left it (R10.3, R4.11).

Sent mail stays sent, and undo sends none.  A change is all that one use case did: the rows of the history with one
mark.  Undo writes back what was, as one change of its own, which can be taken back in its turn; an action that somebody
has overtaken since is refused with who and when.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from peewee import Expression

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.models import (
    Administrator,
    Base,
    Customer,
    DenyEntry,
    History,
    Message,
    Outbox,
    Participant,
    Recipient,
    Ticket,
)
from store.models.base import MomentField
from store.queries import lists
from store.queries.scope import rights, scoped, visible
from store.queries.search import among
from store.queries.senders import is_ours, sender_state
from store.reasons import refuse
from store.rules.addresses import address_key
from store.rules.deny import fold
from store.rules.visibility import may_see
from store.services import customers, deny, history, senders
from store.services.history import Thing
from store.services.tickets import row as tickets
from store.services.tickets.row import assignee_after

Fields = Mapping[str, Any]
_TABLES: dict[str, type[Base]] = {"recipient": Recipient, "ticket": Ticket, "customer": Customer, "lead": Customer}
_CUSTOMERS = ("customer", "lead")
_FINAL = ("reply", "note", "open", "release", "add")


class Step(NamedTuple):
    """One row of the history: what was done to which thing, and the fields before and after."""

    id: int
    what: str
    kind: str
    thing: int | None
    of: str
    before: Fields | None
    after: Fields | None
    at: datetime
    who: str


class Undo(NamedTuple):
    """A change that can be taken back, or was: its mark, its steps in order, when it was made and by whom.

    `names` are those behind the ids in its fields.
    """

    change: str
    steps: tuple[Step, ...]
    at: datetime
    who: str
    names: dict[str, dict[int, str]]
    unseen: tuple[str, ...] = ()
    """What the actor would not see any more, since it would have no customer again (R10.1)."""


def newest(actor: Actor, *, kind: str = "", thing: int | None = None) -> Undo:
    """What undo would take back: the last thing that this administrator did to recipients, tickets, customers or the
    deny list, or the last that anybody did to one of them (`kind`, `thing`).

    Raises Refused when there is none, or when it cannot be taken back, NotFound.
    """
    if thing is not None:
        visible(actor, _TABLES[kind], thing, f"{kind} {thing}")
        mine: Expression = (History.subject == kind) & (History.subject_id == thing)
    else:
        mine = (History.who == actor.name) & History.subject.in_((*_TABLES, "deny"))
    open_ = (History.undone_by == "") & (History.what != "undo")
    last = History.select().where(mine & open_).order_by(History.id.desc()).first()
    if last is None:
        raise refuse("undo-none")
    return look(actor, last.change)


def look(actor: Actor, change: str) -> Undo:
    """What taking back this change would do.  Raises Refused when it cannot be taken back, NotFound."""
    found = _change(actor, change)
    _insist(found)
    return found


def undo(actor: Actor, change: str, *, rehearse: bool = False) -> Undo:
    """Takes a change back.  Raises Refused: overtaken since, taken back already, or never to be; NotFound."""
    with transaction(rehearse=rehearse):
        found = look(actor, change)
        mark = history.new_change()
        for step in reversed(found.steps):
            _take_back(actor, step, mark)
        _insist_on_seeing_assignees(found)
        History.update(undone_by=mark).where(History.change == change).execute()
    return found


def _change(actor: Actor, change: str) -> Undo:
    """Raises Refused alike for a change that there is not, and one of what the actor may not see (R10.1)."""
    rows = list(History.select().where((History.change == change) & (History.change != "")).order_by(History.id))
    if not rows or not all(_seen(actor, row) for row in rows):
        raise refuse("undo-none")
    if rows[0].undone_by:
        raise refuse("undo-done", what=rows[0].what, of=clean(rows[0].of))
    steps = tuple(
        Step(
            row.id,
            row.what,
            row.subject,
            row.subject_id,
            row.of,
            None if row.before is None else json.loads(row.before),
            None if row.after is None else json.loads(row.after),
            row.at,
            row.who,
        )
        for row in rows
    )
    return Undo(change, steps, rows[0].at, rows[0].who, _names(actor, steps), _unseen(actor, steps))


def _unseen(actor: Actor, steps: Sequence[Step]) -> tuple[str, ...]:
    if rights(actor).sees_all:
        return ()
    return tuple(step.of for step in steps if step.before and step.before.get("customer_id", 0) is None)


def _names(actor: Actor, steps: Sequence[Step]) -> dict[str, dict[int, str]]:
    ids: dict[str, set[int]] = {"customer_id": set(), "assignee_id": set()}
    for side in (fields for step in steps for fields in (step.before, step.after) if fields):
        for name in ids.keys() & side.keys():
            ids[name].add(side[name])
    theirs = Customer.id.in_(ids["customer_id"]) & scoped(actor, Customer)
    customers = Customer.select(Customer.id, Customer.name).where(theirs)
    logins = Administrator.select(Administrator.id, Administrator.login).where(Administrator.id.in_(ids["assignee_id"]))
    return {
        "customer_id": dict(customers.tuples()),
        "assignee_id": dict(logins.tuples()),
        "partner_id": lists.partner_names(actor),
    }


def _insist(found: Undo) -> None:
    """Raises Refused where a step can never be taken back."""
    for step in found.steps:
        final = step.what in _FINAL and not (step.what == "add" and step.kind in _CUSTOMERS)
        merged = step.what == "undo" and "into" in (step.before or {})  # tickets that are one again are merged again
        if final or merged or step.kind not in (*_TABLES, "deny"):
            raise refuse("undo-final", what=step.what, of=clean(step.of))


def _insist_on_seeing_assignees(found: Undo) -> None:
    """R10.1: rights may have changed since, so that who looked after a ticket may not see it any more."""
    numbers = among(Ticket.id, {step.thing for step in found.steps if step.kind == "ticket"})
    theirs = among(Ticket.customer, {step.thing for step in found.steps if step.kind in _CUSTOMERS})
    for row in Ticket.select().where((numbers | theirs) & Ticket.assignee.is_null(False)):
        lost = assignee_after(row, row.customer_id)
        if lost is not None:
            raise refuse("assign-unseen", login=clean(lost.login))


def _seen(actor: Actor, row: History) -> bool:
    """Whether the actor may see what it was done to; settings, people and the deny list are for those who see all."""
    table = _TABLES.get(row.subject)
    if table is None:
        return rights(actor).sees_all
    return bool(table.select().where((table.id == row.subject_id) & scoped(actor, table)).exists())


def _take_back(actor: Actor, step: Step, mark: str) -> None:
    if step.kind == "deny":
        _deny_back(actor, step, mark)
    elif step.what == "moved":
        _messages_back(actor, step, mark)
    elif step.what == "add":
        _addition_back(actor, step, mark)
    elif step.before is not None and step.after is not None:
        _row_back(actor, step, mark)
    else:
        _follower_back(actor, step, mark)


def _row_back(actor: Actor, step: Step, mark: str) -> None:
    """Writes back the fields of a recipient, a ticket or a customer."""
    assert step.before is not None
    row = _as_left(step)
    fields = {name: _value(row, name, value) for name, value in step.before.items()}
    if isinstance(row, Recipient):
        _restore_recipient(actor, row, fields, mark)
    elif isinstance(row, Customer):
        _restore_customer(actor, row, fields, mark)
    else:
        if fields.get("customer_id") is not None:
            _living_customer(actor, fields["customer_id"])
        tickets.record(actor, "undo", row, fields, mark)


def _addition_back(actor: Actor, step: Step, mark: str) -> None:
    row = _as_left(step)
    if row.deleted is not None:
        raise _overtaken(step)
    customers.take_off(actor, row, "undo", mark)


def _as_left(step: Step) -> Any:
    """The row, if it is still as this step left it."""
    row = _TABLES[step.kind].get_by_id(step.thing)
    for name, left in (step.after or {}).items():
        # a customer that was renamed since is still the same customer
        if name != "customer_key" and _plain(getattr(row, name)) != left:
            raise _overtaken(step)
    return row


def _restore_recipient(actor: Actor, row: Recipient, fields: dict[str, Any], mark: str) -> None:
    """Raises Refused where the rules of today forbid what was (R4.7, R4.12)."""
    customer = _living_customer(actor, fields["customer_id"]) if fields.get("customer_id") is not None else None
    if "customer_key" in fields:
        fields["customer_key"] = fold(customer.name) if customer else ""
    if customer is not None:
        state = sender_state(row)
        if state.ours or (row.shared and fields.get("shared", True)):
            raise refuse("pair-ours" if state.ours else "pair-shared", email=clean(row.email))
    history.record(actor, "undo", senders.thing(row), *senders.write(row, fields), change=mark)


def _restore_customer(actor: Actor, row: Customer, fields: dict[str, Any], mark: str) -> None:
    """Raises Refused where another has its external id now, or the actor may not give it to that partner."""
    external_id, partner = fields.get("external_id"), fields.get("partner_id")
    if external_id and Customer.select().where(Customer.external_id == external_id).exists():
        raise refuse("external-exists", external_id=external_id)
    if partner is not None and not may_see(rights(actor), partner):
        raise refuse("undo-none")
    customers.write(actor, row, fields, "undo", mark)


def _living_customer(actor: Actor, customer_id: int) -> Customer:
    """Of a customer that the actor may not see, not even the name is said (R10.1)."""
    customer: Customer = visible(actor, Customer, customer_id, f"customer {customer_id}")
    if customer.deleted is not None:
        raise refuse("customer-deleted", customer=clean(customer.name))
    return customer


def _messages_back(actor: Actor, step: Step, mark: str) -> None:
    """What merging moved goes back; who followed only because of it follows no more."""
    assert step.before is not None
    assert step.after is not None
    into, moved = step.after["into"], step.before
    for table, ids in ((Message, moved["messages"]), (Outbox, moved["letters"])):
        there = table.id.in_(ids) & (table.ticket == into)
        if table.update(ticket=step.thing).where(there).execute() != len(ids):
            raise _overtaken(step)
    for kind, key in moved["followers"]:
        mine = (Participant.ticket == into) & (Participant.kind == kind) & (Participant.email_key == key)
        Participant.delete().where(mine).execute()
    author = tickets.author_of(actor)
    tickets.add_message(Ticket.get_by_id(into), "note", f"Merging #{step.thing} into this one was taken back.", author)
    tickets.add_message(Ticket.get_by_id(step.thing), "note", f"Merging into #{into} was taken back.", author)
    history.record(actor, "undo", Thing(step.kind, step.thing, step.of), step.after, step.before, change=mark)


def _follower_back(actor: Actor, step: Step, mark: str) -> None:
    """Cc and watchers: added are taken off, taken off are added."""
    ((kind, email),) = (step.after or step.before or {}).items()
    key = address_key(email)
    mine = (Participant.ticket == step.thing) & (Participant.kind == kind) & (Participant.email_key == key)
    there = Participant.get_or_none(mine)
    if (there is None) == (step.after is not None):
        raise _overtaken(step)
    if there is not None:
        there.delete_instance()
    elif kind == "cc" and is_ours(key):
        raise refuse("cc-ours", email=clean(email))
    else:
        customer = Ticket.get_by_id(step.thing).customer_id
        administrator = tickets.watcher(email, customer) if kind == "watcher" else None
        Participant.create(ticket=step.thing, kind=kind, email=email, email_key=key, administrator=administrator)
    history.record(actor, "undo", Thing(step.kind, step.thing, step.of), step.after, step.before, change=mark)


def _deny_back(actor: Actor, step: Step, mark: str) -> None:
    fields = step.after or step.before or {}
    if step.after is None:
        deny.add(actor, fields["location"], fields["filter_type"], fields["filter"], undoing=mark)
        return
    row = DenyEntry.get_or_none(DenyEntry.id == step.thing)
    if row is None or any(getattr(row, name) != left for name, left in fields.items()):  # numbers are used again
        raise _overtaken(step)
    deny.remove(actor, int(row.id), undoing=mark)


def _overtaken(step: Step) -> Exception:
    """Who changed since what this step had changed, and when."""
    kinds = _CUSTOMERS if step.kind in _CUSTOMERS else (step.kind,)
    things = [step.thing, (step.after or {}).get("into")]  # what was merged may have been moved on from there
    later = History.select().where(History.subject.in_(kinds) & History.subject_id.in_(things) & (History.id > step.id))
    since = next((row for row in later.order_by(History.id.desc()) if _touches(row, step)), None)
    who = clean(since.who) if since else "somebody"
    when = f"{since.at:%Y-%m-%d %H:%M} UTC" if since else "since"
    return refuse("undo-overtaken", of=clean(step.of), who=who, when=when)


def _touches(later: History, step: Step) -> bool:
    """Whether a later entry is about what this step changed: the same field; of followers and the deny list, which come
    and go, the same one."""
    sides = [json.loads(side) for side in (later.before, later.after) if side is not None]
    if step.what != "add" and None in (step.before, step.after):
        return (step.after or step.before) in sides
    mine = {*(step.before or ()), *(step.after or ())}
    # what was taken off the lists is overtaken, whatever else became of it
    return any(mine & side.keys() or "deleted" in side for side in sides)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _value(row: Base, name: str, value: Any) -> Any:
    field = row._meta.combined[name]
    if isinstance(field, MomentField) and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
