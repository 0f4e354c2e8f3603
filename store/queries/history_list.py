"""Reading the whole history as a table: filtered, sorted, exported (R10.2)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from peewee import Expression, Field, ModelSelect

from store.actor import Actor
from store.filters import HISTORY as GRAMMAR
from store.filters import Term
from store.models import History, Recipient
from store.queries import lists
from store.queries.browse import Browse, aged, compared
from store.queries.recipients import Selection
from store.queries.scope import visible, visible_ticket
from store.queries.search import has

FIRST = Selection("", "id", True)
_TEXTS = {
    "who": History.who,
    "what": History.what,
    "of": History.of,
    "via": History.via,
    "kind": History.subject,
    "origin": History.origin,
}
_SORTS: dict[str, Any] = {
    "id": History.id,
    "at": History.at,
    **_TEXTS,
    "changed": History.after,
    "undone": History.undone_by,
}


class Entry(NamedTuple):
    """One row of the history; `change` is the mark of all that one use case did, `undone` whether that was taken back.

    `via` is window, command or mail, `origin` from where he worked; `kind` and `thing` name the row that was changed.
    """

    id: int
    at: datetime
    who: str
    via: str
    what: str
    kind: str
    thing: int | None
    of: str
    before: Any
    after: Any
    change: str
    undone: bool
    origin: str = ""

    @property
    def changed(self) -> str:
        """`status: New → Resolved`; what was made or taken away shows its one side."""
        before, after = self.before or {}, self.after or {}
        names = [name for name in dict.fromkeys((*before, *after)) if not name.endswith("_key") and name != "closed"]
        sides = [
            (name.removesuffix("_id"), [_said(side[name]) for side in (before, after) if name in side])
            for name in names
        ]
        return ", ".join(f"{name}: {' → '.join(side)}" for name, side in sides)

    @property
    def told(self) -> str:
        """`status: New → Resolved`, or what was done where no field says more."""
        return self.changed or self.what


def of_ticket(actor: Actor, number: int) -> list[Entry]:
    """What was changed in one ticket, newest first, with names instead of ids.  Raises NotFound."""
    visible_ticket(actor, number)
    return _of(actor, "ticket", number)


def of_recipient(actor: Actor, recipient_id: int) -> list[Entry]:
    """What was changed at one recipient, newest first, with names instead of ids.  Raises NotFound."""
    visible(actor, Recipient, recipient_id, f"recipient {recipient_id}")
    return _of(actor, "recipient", recipient_id)


def _of(actor: Actor, kind: str, thing: int) -> list[Entry]:
    mine = (History.subject == kind) & (History.subject_id == thing)
    return _entries(actor, History.select().where(mine).order_by(-History.id))


def latest(actor: Actor, kind: str, thing: int | None, of: str = "") -> Entry | None:
    """The last change of a thing that the actor is known to see; of one without an id, by its name."""
    mine = (History.subject == kind) & ((History.subject_id == thing) if thing is not None else (History.of == of))
    rows = History.select().where(mine).order_by(History.id.desc()).limit(1)
    return next(iter(_entries(actor, rows)), None)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return str(len(value))
    return str(value) if value not in (None, "") else "none"


def _seen(actor: Actor, column: Field) -> ModelSelect:
    return History.select(column).where(lists.history_scope(actor))


def _condition(actor: Actor, term: Term) -> Expression:
    text = str(term.value)
    if term.field == "":
        return has(History.of, text) | has(History.who, text) | has(History.what, text)
    if term.field == "ticket":
        return (History.subject == "ticket") & compared(History.subject_id, term)
    if term.field == "at":
        return aged(History.at, term)
    if term.field == "undone":
        return (History.undone_by != "") if term.value else (History.undone_by == "")
    return has(_TEXTS[term.field], text)


def _some(actor: Actor, wanted: Sequence[int]) -> dict[int, Entry]:
    query = History.select().where(History.id.in_(list(wanted)) & lists.history_scope(actor))
    return {entry.id: entry for entry in _entries(actor, query)}


def _entries(actor: Actor, rows: Iterable[History]) -> list[Entry]:
    hidden = lists.hidden_fields(actor)
    return list(lists.with_names(actor, [_entry(row, hidden) for row in rows]))


def _entry(row: History, hidden: Collection[str]) -> Entry:
    before, after = lists.fields_of(row.before, hidden), lists.fields_of(row.after, hidden)
    thing = (row.subject, row.subject_id, row.of)
    return Entry(
        row.id,
        row.at,
        row.who,
        row.via,
        row.what,
        *thing,
        before,
        after,
        row.change,
        bool(row.undone_by),
        row.origin or "",
    )


HISTORY = Browse(GRAMMAR, FIRST, _SORTS, _seen, _condition, _some)
