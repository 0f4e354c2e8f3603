"""The ticket list's columns and cells (R11.2)."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from store.columns import Column as StoreColumn
from store.queries.tickets import TicketLine
from store.rules.lookalikes import marked_name
from tui.screens.recipient_cells import laid_out
from tui.sentences import number, stamp
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column

_SHORT = {"customer": "Customer", "messages": "Msgs", "assignee": "Assigned", "number": "Ticket"}
_LEAST = {"number": 6, "subject": 12, "status": 8, "requester": 8, "customer": 8}
_READ: dict[str, Callable[[TicketLine, tzinfo], Cell]] = {
    "number": lambda line, _: Cell(str(line.number)),
    "subject": lambda line, _: Cell(line.subject, "dim" if line.merged_into else ""),
    "status": lambda line, _: Cell(line.status),
    "requester": lambda line, _: Cell(_requester(line)),
    "customer": lambda line, _: Cell(line.customer_name),
    "assignee": lambda line, _: Cell(line.assignee.name if line.assignee else ""),
    "priority": lambda line, _: Cell(line.priority),
    "group": lambda line, _: Cell(line.group),
    "type": lambda line, _: Cell(line.type),
    "messages": lambda line, _: Cell(number(line.messages)),
    "created": lambda line, zone: Cell(stamp(line.created, zone)),
    "updated": lambda line, zone: Cell(stamp(line.updated, zone)),
    "closed": lambda line, zone: Cell(stamp(line.closed, zone)),
}


def _requester(line: TicketLine) -> str:
    return marked_name(line.requester.name, line.requester.detail) if line.requester else ""


def table_columns(columns: Sequence[StoreColumn], *, id_width: int) -> list[Column]:
    """How the table lays these columns out; `id_width` is how many digits a number has at most."""
    return laid_out(columns, "number", id_width, _SHORT, _LEAST)


def cells_of(columns: Sequence[StoreColumn], zone: tzinfo) -> Callable[[TicketLine], Sequence[Cell]]:
    """A function that gives a row's cells in the order of `columns`, times in `zone`."""
    readers = [_READ[column.key] for column in columns]
    return lambda line: [read(line, zone) for read in readers]
