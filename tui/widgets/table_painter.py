"""How the lines of a table look: its columns, titles and rows as strips.  One colour run a line where possible."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import Cell, CellStyle, Run, add_run, fit, row_runs
from tui.widgets.column_layout import Column, Place, furthest_skip, header_text, place_columns

RowT = TypeVar("RowT")
EDGES = 2
_MARK, _THUMB, _MORE_LEFT, _MORE_RIGHT, _UNREAD = "*", "▐", "‹", "›", "…"
_FITTED_LIMIT = 1024


class LineState(NamedTuple):
    """What a row's line shows besides the row.  `stripe` names its ordinary style."""

    cursor: bool
    marked: bool
    thumb: bool
    stripe: str


class Look(NamedTuple):
    """Where styles come from: `style` gives a line's whole style, `ink` what a cell's style puts on top of it."""

    style: Callable[[str], Style]
    ink: Callable[[CellStyle], Style]


def as_cells(row: object) -> Sequence[Cell]:
    """For tables whose rows are cells already."""
    return cast(Sequence[Cell], row)


class TablePainter(Generic[RowT]):
    """Columns in a given width.  `epoch` changes with everything that makes all lines look different."""

    def __init__(self, look: Look) -> None:
        self.columns: tuple[Column, ...] = ()
        self.cells: Callable[[RowT], Sequence[Cell]] = as_cells
        self.sort: tuple[str, bool] | None = None
        self.width = 0
        self.skip = 0
        self.epoch = 0
        self._look = look
        self._places: tuple[Place, ...] = ()
        self._shown_sort: tuple[str, bool] | None = None
        self._shown_width = 0
        self._fitted: dict[int, tuple[RowT, list[Run]]] = {}

    @property
    def body_width(self) -> int:
        """The cells between the mark at the left edge and the scrollbar at the right edge."""
        return max(0, self.width - EDGES)

    def layout(self) -> None:
        """Places the columns anew after `columns`, `sort`, `skip` or `width` was set."""
        before = self._places, self._shown_sort, self._shown_width
        sorted_by = self.sort and self.sort[0]
        self.skip = max(0, min(self.skip, furthest_skip(self.columns, self.body_width, sorted_by=sorted_by)))
        self._places = place_columns(self.columns, self.body_width, skip=self.skip, sorted_by=sorted_by)
        self._shown_sort, self._shown_width = self.sort, self.width
        if before != (self._places, self.sort, self.width):
            self.repaint_all()

    def repaint_all(self) -> None:
        """Nothing painted so far is right any more."""
        self._fitted.clear()
        self.epoch += 1

    def key_at(self, x: int) -> str | None:
        """The column whose title is at cell `x` of the table, None beside them."""
        for place in self._places:
            if place.start <= x - 1 <= place.start + place.width:
                return place.column.key
        return None

    def header(self) -> Strip:
        """The line of titles, with ‹ and › where columns are hidden."""
        hidden_right = bool(self._places) and self._places[-1].index < len(self.columns) - 1
        text = "".join(fit(self._title(place), place.width, place.column.align) + " " for place in self._places)
        line = (_MORE_LEFT if self.skip else " ") + fit(text[:-1], self.body_width)
        return self._strip([(line + (_MORE_RIGHT if hidden_right else " "), "")], "header")

    def row(self, row_id: int, row: RowT | None, state: LineState) -> Strip:
        """A row's line; a row that is not read yet shows as …"""
        runs: list[Run] = []
        add_run(runs, _MARK if state.marked else " ", "")
        for text, style in self._runs(row_id, row):
            add_run(runs, text, "" if state.cursor else style)
        add_run(runs, _THUMB if state.thumb else " ", "")
        return self._strip(runs, "cursor" if state.cursor else "marked" if state.marked else state.stripe)

    def words(self, text: str, *, style: str) -> Strip:
        """A line with a text in its middle."""
        return self._strip([(fit(text, self.width, "center"), "")], style)

    def _title(self, place: Place) -> str:
        descending = self.sort[1] if self.sort and self.sort[0] == place.column.key else None
        return header_text(place.column, place.width, descending)

    def _runs(self, row_id: int, row: RowT | None) -> list[Run]:
        if row is None:
            return [(fit(_UNREAD, self.body_width, "center"), "")]
        known = self._fitted.get(row_id)
        if known is not None and known[0] == row:
            return known[1]
        if len(self._fitted) >= _FITTED_LIMIT:
            self._fitted.clear()
        runs = row_runs(self.cells(row), self._places, self.body_width)
        self._fitted[row_id] = (row, runs)
        return runs

    def _strip(self, runs: Sequence[Run], name: str) -> Strip:
        base = self._look.style(name)
        segments = [Segment(text, base + self._look.ink(style) if style else base) for text, style in runs if text]
        return Strip(segments, self.width)
