"""Changing a ticket's fields by hand, and the question of R4.10."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import Actor
from store.cleantext import clean, storable
from store.db import transaction
from store.errors import BadInput
from store.models import Customer, Recipient, Ticket
from store.queries import settings
from store.queries.scope import scoped
from store.queries.tickets import state_of
from store.reasons import refuse
from store.rules import ticket as rule
from store.services import history, senders
from store.services.notices import News, announce
from store.services.pairing import live_customer, pair_fields
from store.services.tickets.row import assignable, assignee_after, author_of, insist, locked, thing, write

Value = str | int | None
_COLUMNS = {"customer": "customer_id", "assignee": "assignee_id", "group": "ticket_group", "type": "ticket_type"}
_TEXTS = {"status": 60, "priority": 60, "group": 60, "type": 60, "subject": 500, "note": 4_000}
_TOLD = ("subject", "priority", "status", "group", "type")


@dataclass(frozen=True, slots=True)
class Updated:
    """What was changed, by name; the address whose pair changed too, '' if none; the login of an assignee who would
    have lost sight of the ticket and was taken off, '' if none."""

    number: int
    changed: tuple[str, ...] = ()
    pair_changed: str = ""
    assignee_removed: str = ""


def update(
    actor: Actor,
    number: int,
    changes: Mapping[str, Value],
    *,
    change_pair: bool | None = None,
    seen: int | None = None,
    rehearse: bool = False,
) -> Updated:
    """Changes customer (id or None), assignee (login or None), status, priority, group, type, subject, note.

    Where R4.10 asks, `change_pair` is the answer: True, future tickets of the requester follow; False, only this one.
    Raises Refused `change-pair` when it is asked and None; Refused, NotFound, Conflict, BadInput: nothing is saved.
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, number, seen)
        insist(rule.why_not_write(state_of(row)), number, into=row.merged_into_id)
        wanted = {name: value for name, value in _read(actor, row, changes).items() if value != _now(row, name)}
        return _change(actor, row, wanted, change_pair)


def close(actor: Actor, number: int, *, seen: int | None = None, rehearse: bool = False) -> Updated:
    """Sets the status of closed tickets (R6.3).  Raises Refused when it is closed already, NotFound, Conflict."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, seen)
        insist(rule.why_not_close(state_of(row)), number)
        return _change(actor, row, {"status": str(settings.one("status.closed"))}, None)


def reopen(actor: Actor, number: int, *, seen: int | None = None, rehearse: bool = False) -> Updated:
    """Opens a closed ticket again (R6.3).  Raises Refused when it is open or merged, NotFound, Conflict."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, seen)
        insist(rule.why_not_reopen(state_of(row)), number, into=row.merged_into_id)
        return _change(actor, row, {"status": str(settings.one("status.reopened"))}, None)


def _change(actor: Actor, row: Ticket, wanted: dict[str, Value], change_pair: bool | None) -> Updated:
    if not wanted:
        return Updated(row.id)
    mark = history.new_change()
    pair_changed = _change_pair(actor, row, wanted, change_pair, mark)
    removed = _unseeing_assignee(row, wanted)
    columns = dict(_columns(row, wanted))
    told = [(name, _shown(_now(row, name)), _shown(wanted[name])) for name in wanted if name in _TOLD]
    was_closed = row.closed is not None
    before, after = write(row, columns)
    for aspect in _aspects(columns):
        fields = {c: before[c] for c in aspect}, {c: after[c] for c in aspect}
        history.record(actor, _name(aspect[0]), thing(row.id), *fields, change=mark)
    announce(_news(actor, row, wanted, told, mark, was_closed=was_closed))
    return Updated(row.id, tuple(wanted), pair_changed, removed)


def _read(actor: Actor, row: Ticket, changes: Mapping[str, Value]) -> dict[str, Value]:
    """The changes under their names, each checked; the assignee as an id."""
    read: dict[str, Value] = {}
    for name, value in changes.items():
        if name == "customer":
            read[name] = None if value is None else live_customer(actor, int(value)).id
        elif name == "assignee":
            customer = read.get("customer", row.customer_id) if "customer" in changes else row.customer_id
            read[name] = assignable(str(value), _id(customer)).id if value is not None else None
        elif name in _TEXTS:
            read[name] = _text(name, str(value or ""))
        else:
            raise BadInput(f"A ticket has no {clean(name, limit=30)}. It has: customer, assignee, {', '.join(_TEXTS)}.")
    return read


def _id(value: Value) -> int | None:
    return None if value is None else int(value)


def _text(name: str, value: str) -> str:
    kept = storable(value).strip()
    if len(kept) > _TEXTS[name]:
        raise BadInput(f"The {name} has more than {_TEXTS[name]:,} characters. Shorten it.")
    if not kept and name in ("status", "subject"):
        raise BadInput(f"A ticket needs a {name}; it keeps its old one.")
    return kept


def _now(row: Ticket, name: str) -> Value:
    return getattr(row, _COLUMNS.get(name, name))  # type: ignore[no-any-return]


def _change_pair(actor: Actor, row: Ticket, wanted: dict[str, Value], answer: bool | None, mark: str) -> str:
    """R4.10; the address whose pair is changed, '' when none is."""
    if "customer" not in wanted or not rule.asks_for_pair(state_of(row), _id(wanted["customer"])):
        return ""
    requester = Recipient.get_or_none((Recipient.id == row.requester_id) & scoped(actor, Recipient))
    if requester is None:  # of another partner: its pair is neither told nor changed (R10.1)
        return ""
    customer = Customer.get_by_id(wanted["customer"])
    if answer is None:
        raise refuse("change-pair", email=clean(requester.email), customer=clean(customer.name))
    if not answer:
        return ""
    fields = senders.write(requester, pair_fields(customer, "agent"))
    history.record(actor, "pair", senders.thing(requester), *fields, change=mark)
    return clean(requester.email)


def _unseeing_assignee(row: Ticket, wanted: dict[str, Value]) -> str:
    """Takes off an assignee who would lose sight of the ticket (R10.1); his login."""
    if "customer" not in wanted or "assignee" in wanted:
        return ""
    lost = assignee_after(row, _id(wanted["customer"]))
    if lost is None:
        return ""
    wanted["assignee"] = None
    return str(lost.login)


def _columns(row: Ticket, wanted: Mapping[str, Value]) -> Iterator[tuple[str, object]]:
    for name, value in wanted.items():
        yield _COLUMNS.get(name, name), value
        if name == "status":
            closes = value == settings.one("status.closed")
            yield "closed", (row.closed or datetime.now(UTC)) if closes else None


def _aspects(columns: Mapping[str, object]) -> list[tuple[str, ...]]:
    """One row of the history for each thing that a person would say was changed."""
    return [("status", "closed") if column == "status" else (column,) for column in columns if column != "closed"]


def _name(column: str) -> str:
    return next((name for name, mine in _COLUMNS.items() if mine == column), column)


def _shown(value: Value) -> str:
    return "" if value is None else str(value)


def _news(
    actor: Actor,
    row: Ticket,
    wanted: Mapping[str, Value],
    told: list[tuple[str, str, str]],
    mark: str,
    *,
    was_closed: bool,
) -> Iterator[News]:
    """R7.3, R7.4: changes by hand are told; pairing, the customer and the assignment itself are not *changes*."""
    me = author_of(actor)
    mine = frozenset({me.email_key}) if me is not None else frozenset()
    now_closed = row.closed is not None
    events = [
        ("changes_admin", bool(told)),
        ("assigned_admin", wanted.get("assignee") is not None),
        ("assigned_group", bool(wanted.get("group"))),
        ("closed_admin", now_closed and not was_closed),
        ("opened_admin", was_closed and not now_closed),
        ("closed_customer", now_closed and not was_closed),
        ("opened_customer", was_closed and not now_closed),
        ("watchers", True),
    ]
    for event, holds in events:
        if holds:
            hidden = frozenset() if event.endswith("_customer") else mine
            yield News(event, row.id, mark=mark, actor=me.name if me else "", changes=tuple(told), without=hidden)
