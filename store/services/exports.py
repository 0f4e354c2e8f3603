"""Exporting the Recipients table: the actor's scope, his columns, and a line in the history (R1.6, THREATS X3)."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from store import shapes
from store.actor import Actor
from store.columns import Column
from store.db import transaction
from store.export import Exported, Value, export
from store.queries.recipients import RecipientLine, Selection, every
from store.queries.settings import timezone
from store.services import history
from store.services.history import Thing


def export_recipients(
    actor: Actor,
    target: Path,
    selection: Selection,
    columns: Sequence[Column],
    *,
    form: str = "",
    force: bool = False,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Writes what is selected, in its order, with these columns.  Raises as `store.export.export`, BadInput."""
    lines = every(actor, selection, limit=limit)
    done = export(
        target,
        columns,
        (display_row(line, columns) for line in lines),
        format=form,
        force=force,
        zone=timezone(),
        objects=(shapes.recipient(line) for line in every(actor, selection, limit=limit)),
        progress=progress,
        cancelled=cancelled,
    )
    with transaction():
        after = {"rows": done.rows, "filter": selection.line, "columns": [column.key for column in columns]}
        history.record(actor, "export", Thing("export", None, str(done.path)), None, after)
    return done


def display_row(line: RecipientLine, columns: Sequence[Column]) -> tuple[Value, ...]:
    """One row as a person reads it: the paired customer by name, flags and times as such."""
    return tuple(
        _VALUES[column.key](line) if column.key in _VALUES else getattr(line, column.key) for column in columns
    )


def display_rows(
    actor: Actor, selection: Selection, columns: Sequence[Column], *, limit: int | None = None
) -> Iterator[tuple[Value, ...]]:
    """The selected rows as a person reads them, for *Copy* and *Print*."""
    return (display_row(line, columns) for line in every(actor, selection, limit=limit))


_VALUES: dict[str, Callable[[RecipientLine], Any]] = {"customer": lambda line: line.paired_to}
