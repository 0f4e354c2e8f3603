"""Exporting a table: the actor's scope, his columns, and a line in the history (R1.6, R11.2, THREATS X3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store import shapes
from store.actor import Actor
from store.columns import Column
from store.db import transaction
from store.export import Exported, Value, export
from store.queries import recipients
from store.queries.customer_list import CUSTOMERS
from store.queries.history_list import HISTORY
from store.queries.recipients import Selection
from store.queries.settings import timezone
from store.queries.ticket_list import TICKETS
from store.services import history
from store.services.history import Thing


@dataclass(frozen=True, slots=True)
class _Table:
    """How a table is exported: its rows, the JSON object of a row, and columns that are not simply its attributes."""

    title: str
    every: Callable[..., Iterator[Any]]
    shape: Callable[[Any], dict[str, Any]]
    values: dict[str, Callable[[Any], Value]]


_TABLES = {
    "recipients": _Table(
        "Recipients", recipients.every, shapes.recipient, {"customer": lambda line: line.paired_to or None}
    ),
    "tickets": _Table(
        "Tickets",
        TICKETS.every,
        shapes.ticket,
        {
            "customer": lambda line: line.customer_name or None,
            "requester": lambda line: f"{line.requester.name} <{line.requester.detail}>" if line.requester else None,
            "assignee": lambda line: line.assignee.name if line.assignee else None,
        },
    ),
    "customers": _Table("Customers", CUSTOMERS.every, shapes.customer_row, {}),
    "history": _Table("History", HISTORY.every, shapes.history, {}),
}


def export_table(
    actor: Actor,
    target: Path,
    selection: Selection,
    columns: Sequence[Column],
    *,
    table: str = "recipients",
    form: str = "",
    force: bool = False,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Writes what is selected, in its order, with these columns.  Raises as `store.export.export`, BadInput."""
    of = _TABLES[table]
    done = export(
        target,
        columns,
        display_rows(actor, selection, columns, table=table, limit=limit),
        format=form,
        force=force,
        zone=timezone(),
        title=of.title,
        objects=map(of.shape, of.every(actor, selection, limit=limit)),
        progress=progress,
        cancelled=cancelled,
    )
    with transaction():
        after = {"rows": done.rows, "filter": selection.line, "columns": [column.key for column in columns]}
        history.record(actor, "export", Thing("export", None, str(done.path)), None, after)
    return done


def display_row(line: Any, columns: Sequence[Column], table: str = "recipients") -> tuple[Value, ...]:
    """One row as a person reads it: people by name, flags and times as such."""
    values = _TABLES[table].values
    return tuple(values[one.key](line) if one.key in values else getattr(line, one.key) for one in columns)


def display_rows(
    actor: Actor,
    selection: Selection,
    columns: Sequence[Column],
    *,
    table: str = "recipients",
    limit: int | None = None,
) -> Iterator[tuple[Value, ...]]:
    """The selected rows as a person reads them, for *Copy* and *Print*."""
    return (display_row(line, columns, table) for line in _TABLES[table].every(actor, selection, limit=limit))
