"""A table of any number of rows whose columns are simply what the rows have: customers, history."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, ClassVar, TypeVar

from store.columns import Kind
from tui.desk import Desk
from tui.screens.recipient_cells import laid_out
from tui.screens.source import Begun
from tui.screens.table_screen import TableScreen
from tui.sentences import number, stamp
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column as Laid
from tui.widgets.data_table import DataTable

RowT = TypeVar("RowT")
_CELLS: dict[Kind, Callable[[Any, tzinfo], Cell]] = {
    "number": lambda value, _: Cell(number(value) if value else ""),
    "text": lambda value, _: Cell("" if value is None else str(value)),
    "flag": lambda value, _: Cell("Yes", "flag") if value else Cell(""),
    "time": lambda value, zone: Cell(stamp(value, zone)),
}


class BrowsedTable(DataTable[Any]):
    """The table."""


class BrowseScreen(TableScreen[RowT]):
    """Give `called` for the title, and what a TableScreen asks for but the table."""

    called: ClassVar[str]
    least: ClassVar[dict[str, int]] = {}
    rowless: ClassVar[tuple[str, ...]] = ()
    """Actions that need no row."""
    AUTO_FOCUS = "BrowsedTable"

    def __init__(self, desk: Desk, begun: Begun[RowT]) -> None:
        super().__init__(desk, begun.columns, begun.zone, begun.page)

    def make_table(self) -> DataTable[RowT]:
        return BrowsedTable(self.nothing_yet, marks=False)

    def lay_out(self) -> tuple[Sequence[Laid], Callable[[RowT], Sequence[Cell]]]:
        readers = [(column.key, _CELLS[column.kind]) for column in self.columns]
        columns = laid_out(self.columns, "id", self.id_width, {}, {"id": 4, **self.least})
        return columns, lambda row: [read(getattr(row, key), self.zone) for key, read in readers]

    def on_mount(self) -> None:
        self.heading.say(f"Tickets / {self.called}")
        super().on_mount()
