"""A window with a data table, a status bar and a made-up list: for tests through Pilot, and as a program in a pty."""

import asyncio
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence

from textual.app import App, ComposeResult
from textual.filter import LineFilter

from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable
from tui.widgets.line_filter import NoControls
from tui.widgets.status_bar import StatusBar

COLUMNS = (
    Column("id", "Id", 7, "right"),
    Column("email", "Email", 30, stretch=True, least=12),
    Column("name", "Name", 20, stretch=True),
    Column("customer", "Pair to Customer / Lead", 24, short="Customer", stretch=True),
    Column("banned", "Banned", 6, short="Ban"),
    Column("denied", "In deny list", 12, short="Deny"),
    Column("shared", "Shared email", 12, short="Shared"),
)
HOSTILE = (
    "[/b] [urgent]",
    "[@click=app.bell]x[/]",
    "\x1b]0;PWNED\x07\x1b[2Jz",
    "\x9b31mC1",
    "\u202eLRO",
    "宽字符😀👍🏽",
    "e\u0301" * 3 + "❤️🇩🇪",
    "a\nb\tc\ud800",
)


def cells(row_id: int, names: Sequence[str]) -> tuple[Cell, ...]:
    lead = Cell(f"Sarah Howell {row_id} (Lead)", "dim") if row_id % 3 == 0 else Cell("")
    flags = (Cell("Yes" if row_id % every == 0 else "", "flag") for every in (5, 11, 4))
    return (Cell(str(row_id)), Cell(f"user{row_id}@example.com"), Cell(names[row_id % len(names)]), lead, *flags)


def down_from(newest: int) -> "array[int]":
    return array("q", range(newest, 0, -1))


class TableApp(App[None]):
    """Rows come after `delay` seconds; `told` keeps what the table said, oldest first; `deaf` loses questions."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, count: int, *, names: Sequence[str] = ("Anna",), delay: float = 0, walls: Iterable[LineFilter] = ()
    ) -> None:
        super().__init__()
        self.count, self.names, self.delay = count, names, delay
        self.told: list[tuple[object, ...]] = []
        self.asked: list[list[int]] = []
        self.deaf = False
        self._walls = tuple(walls)
        self._readings: set[asyncio.Task[None]] = set()

    @property
    def table(self) -> "DataTable[tuple[Cell, ...]]":
        return self.query_one(DataTable)

    @property
    def lines(self) -> list[str]:
        """What the table has painted."""
        return [strip.text for strip in self.table.render_lines(self.table.size.region)]

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *self._walls]

    def compose(self) -> ComposeResult:
        yield DataTable("No recipients yet")
        yield StatusBar("ready", "inbox ok")

    def on_mount(self) -> None:
        self.table.set_columns(COLUMNS)
        self.table.set_sort("id", descending=True)
        self.table.show(down_from(self.count))
        self.table.focus()

    def read(self, ids: Iterable[int]) -> Mapping[int, tuple[Cell, ...]]:
        return {row_id: cells(row_id, self.names) for row_id in ids}

    def on_data_table_rows_wanted(self, event: DataTable.RowsWanted) -> None:
        self.asked.append(event.ids)
        if self.deaf:
            return
        reading = asyncio.create_task(self._answer(event))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)

    async def _answer(self, event: DataTable.RowsWanted) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        self.table.put_rows(self.read(event.ids), turn=event.turn)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self.told.append(("highlighted", event.row_id, event.cursor_row))
        self.query_one(StatusBar).say(f"row {event.row_id}")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.told.append(("selected", event.row_id))

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        self.told.append(("header", event.key))

    def on_data_table_marks_changed(self, event: DataTable.MarksChanged) -> None:
        self.told.append(("marks", *sorted(event.data_table.marked)))

    def on_data_table_cursor_record_left(self, event: DataTable.CursorRecordLeft) -> None:
        self.told.append(("left", event.row_id))


if __name__ == "__main__":
    TableApp(int(sys.argv[1]), names=HOSTILE, walls=[NoControls()]).run()
