"""The Recipients table's columns and cells (R1.1)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from store.columns import Column as StoreColumn
from store.columns import Kind
from store.rules.lookalikes import marked_address, marked_name
from tui.seen import Seen
from tui.sentences import number, stamp
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Align, Column

_SHORT = {
    "customer": "Customer",
    "banned": "Ban",
    "denied": "Deny",
    "shared": "Shared",
    "unassigned_tickets": "Unass.",
}
_LEAST = {"id": 4, "email": 14, "name": 8, "customer": 10}
_ALIGN: dict[Kind, Align] = {"number": "right", "text": "left", "flag": "left", "time": "left"}
_READ: dict[str, Callable[[Seen, tzinfo], Cell]] = {
    "id": lambda seen, _: Cell(str(seen.line.id)),
    "email": lambda seen, _: Cell(marked_address(seen.line.email)),
    "name": lambda seen, _: Cell(marked_name(seen.line.name, seen.line.email)),
    "customer": lambda seen, _: Cell(seen.line.paired_to),
    "banned": lambda seen, _: _flag(seen.line.banned),
    "denied": lambda seen, _: _flag(seen.line.denied),
    "shared": lambda seen, _: _flag(seen.line.shared),
    "tickets": lambda seen, _: _number(seen.line.tickets),
    "unassigned_tickets": lambda seen, _: _number(seen.line.unassigned_tickets),
    "last_message": lambda seen, zone: Cell(stamp(seen.line.last_message, zone)),
    "first_seen": lambda seen, zone: Cell(stamp(seen.line.first_seen, zone)),
    "inbox": lambda seen, _: Cell(seen.line.inbox or ""),
    "blocked": lambda seen, _: _number(seen.line.blocked),
}


def table_columns(columns: Sequence[StoreColumn], *, id_width: int) -> list[Column]:
    """How the table lays these columns out; `id_width` is how many digits an id has at most."""
    return laid_out(columns, "id", id_width, _SHORT, _LEAST)


def laid_out(
    columns: Sequence[StoreColumn], key: str, key_width: int, short: Mapping[str, str], least: Mapping[str, int]
) -> list[Column]:
    """Columns for a table; the one named `key` is never narrower than `key_width`."""
    return [
        Column(
            column.key,
            column.title,
            max(column.width, key_width) if column.key == key else column.width,
            _ALIGN[column.kind],
            short=short.get(column.key, ""),
            stretch=column.kind == "text",
            least=max(least[key], key_width) if column.key == key else least.get(column.key, 0),
        )
        for column in columns
    ]


def cells_of(columns: Sequence[StoreColumn], zone: tzinfo) -> Callable[[Seen], Sequence[Cell]]:
    """A function that gives a row's cells in the order of `columns`, times in `zone`."""
    readers = [_READ[column.key] for column in columns]
    return lambda seen: [read(seen, zone) for read in readers]


def _flag(value: bool) -> Cell:
    return Cell("Yes", "flag") if value else Cell("")


def _number(value: int) -> Cell:
    return Cell(number(value) if value else "")
