"""Recording what changed (R10.2), in a form that can be explained and taken back (R10.3).

Rows of one use case share a `change`.  `before` and `after` are the fields that changed, as JSON, under the names of
the model's columns, so that undo can compare what is with what was left, and write back what was.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store import bulk
from store.actor import Actor
from store.cleantext import clean
from store.db import database
from store.errors import Conflict
from store.models import SEALED, Administrator, History
from store.queries import history_list
from store.rules.seal import FIRST, seal

_TOLD = 120

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Thing:
    """What was changed: its kind, its id (None for a setting) and its name for a person."""

    kind: str
    id: int | None
    name: str


def new_change() -> str:
    """A fresh mark that ties the rows of one use case together."""
    return secrets.token_hex(8)


def record(
    actor: Actor, what: str, thing: Thing, before: Fields | None, after: Fields | None, *, change: str = ""
) -> None:
    """One row: `actor` did `what` to `thing`.  None: the thing was not there before, or is not there after."""
    record_many(actor, what, [(thing, before, after)], change=change)


def record_many(
    actor: Actor, what: str, rows: Iterable[tuple[Thing, Fields | None, Fields | None]], *, change: str = ""
) -> None:
    """The same `what` done to many things."""
    write(rows_of(actor, what, rows, change=change))


def write(rows: Sequence[Mapping[str, Any]]) -> None:
    """The one way into the table, inside the transaction of what is recorded: rows as `rows_of` makes them, sealed."""
    if not rows:
        return
    found = database.execute_sql('SELECT "seal" FROM "history" ORDER BY "id" DESC LIMIT 1').fetchone()
    last = found[0] or FIRST if found else FIRST
    sealed = []
    for row in rows:
        last = seal(last, [field.db_value(row[field.name]) for field in SEALED])
        sealed.append({**row, "seal": last})
    bulk.insert(History, sealed)


def rows_of(
    actor: Actor, what: str, rows: Iterable[tuple[Thing, Fields | None, Fields | None]], *, change: str = ""
) -> list[dict[str, object]]:
    """The rows that `record_many` writes, for a use case that writes its rows at its end."""
    common = {
        "change": change or new_change(),
        "at": datetime.now(UTC),
        "who": actor.name,
        "administrator": _administrator_id(actor),
        "via": actor.via,
        "origin": actor.origin or None,
        "what": what,
    }
    return [
        {
            **common,
            "subject": thing.kind,
            "subject_id": thing.id,
            "of": thing.name,
            "before": _json(before),
            "after": _json(after),
        }
        for thing, before, after in rows
    ]


def conflict(actor: Actor, what: str, kind: str, row_id: int | None, of: str = "") -> Conflict:
    """To be raised where somebody else changed a thing first: who, and what he changed last (R10.4)."""
    last = history_list.latest(actor, kind, row_id, of)
    return Conflict(what, clean(last.who), clean(last.told, limit=_TOLD)) if last is not None else Conflict(what, "")


def _json(fields: Fields | None) -> str | None:
    return None if fields is None else json.dumps(fields, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _administrator_id(actor: Actor) -> int | None:
    if actor.is_program:
        return None
    row = Administrator.get_or_none(Administrator.login == actor.login)
    return None if row is None else int(row.id)
