"""A table of any number of rows, of which only those on the screen exist (R1.1, R1.7).

It has the message names, keys and style classes of Textual's own `DataTable`, and a row cursor.  It differs in that it
holds ids only and asks for rows by message; that cursor and marks belong to ids; that it repaints just the lines that
changed; and that its scrollbar is a character in the row's last cell, since every change of colour costs 40 bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets import table_messages
from tui.widgets.cells import CELL_STYLES, Cell, CellStyle
from tui.widgets.column_layout import Column
from tui.widgets.row_window import Ids, RowCache, RowWindow
from tui.widgets.table_painter import LineState, Look, TablePainter, as_cells

RowT = TypeVar("RowT")
HOLD_SECONDS = 0.05
_WHEEL_LINES = 3


class DataTable(Widget, Generic[RowT], can_focus=True):
    """The table.  `set_columns`, `show` ids, answer every `RowsWanted` by `put_rows`.

    The row type is the caller's; `cells` of `set_columns` turns a row into its cells when it is painted.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Select", show=False, id="table.select"),
        Binding("space", "toggle_mark", "Mark", show=False, id="table.mark"),
        Binding("up,k", "cursor_up", "Up", show=False, id="table.up"),
        Binding("down,j", "cursor_down", "Down", show=False, id="table.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="table.page_down"),
        Binding("home,ctrl+home,g", "scroll_top", "Top", show=False, id="table.top"),
        Binding("end,ctrl+end,G", "scroll_bottom", "Bottom", show=False, id="table.bottom"),
        Binding("left", "columns_left", "Columns left", show=False, id="table.left"),
        Binding("right", "columns_right", "Columns right", show=False, id="table.right"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "datatable--header",
        "datatable--cursor",
        "datatable--marked",
        "datatable--odd-row",
        "datatable--even-row",
        "datatable--placeholder",
        *(f"datatable--{style}" for style in CELL_STYLES),
    }
    DEFAULT_CSS = """
    DataTable {
        height: 1fr;
        background: $surface;
        color: $foreground;
        & > .datatable--header { background: $panel; color: $foreground; text-style: bold; }
        & > .datatable--even-row { background: $surface-lighten-1 50%; }
        & > .datatable--marked { color: $text-accent; text-style: bold; }
        & > .datatable--flag { color: #b3131f; }
        &:dark > .datatable--flag { color: #ff5f6d; }
        &:ansi > .datatable--flag { color: ansi_red; }
        & > .datatable--dim { color: $foreground 60%; }
        &:ansi > .datatable--dim { text-style: dim; }
        & > .datatable--accent { color: $text-accent; }
        & > .datatable--placeholder { color: $foreground 60%; }
        & > .datatable--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .datatable--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &:nocolor > .datatable--cursor { text-style: underline; }
        &:nocolor:focus > .datatable--cursor { text-style: reverse; }
    }
    """

    placeholder: reactive[str] = reactive("", repaint=False)
    """What an empty table says, e.g. "No recipients yet"."""
    zebra_stripes: reactive[bool] = reactive(False, repaint=False)

    RowHighlighted = table_messages.RowHighlighted
    RowSelected = table_messages.RowSelected
    HeaderSelected = table_messages.HeaderSelected
    MarksChanged = table_messages.MarksChanged
    CursorRecordLeft = table_messages.CursorRecordLeft
    RowsWanted = table_messages.RowsWanted

    def __init__(
        self, placeholder: str = "", *, marks: bool = True, id: str | None = None, classes: str | None = None
    ) -> None:
        """Without `marks`, rows cannot be marked by key or click."""
        super().__init__(id=id, classes=classes)
        self._can_mark = marks
        self._window = RowWindow()
        self._rows: RowCache[RowT] = RowCache()
        self._painter: TablePainter[RowT] = TablePainter(Look(self._line_style, self._cell_ink))
        self._line_styles: dict[str, Style] = {}
        self._cell_inks: dict[CellStyle, Style] = {}
        self._painted: dict[int, object] = {}
        self._announced: object = object()
        self._hold: Timer | None = None
        self._late = False
        self._dragging = False
        self.set_reactive(DataTable.placeholder, placeholder)

    @property
    def cursor_id(self) -> int | None:
        """The record under the cursor; None if the table is empty."""
        return self._window.cursor_id

    @property
    def cursor_row(self) -> int:
        """The cursor's position, from 0."""
        return self._window.cursor

    @property
    def row_count(self) -> int:
        return len(self._window)

    @property
    def marked(self) -> set[int]:
        """A copy of the marked ids, some of which the present snapshot may lack."""
        return set(self._window.marked)

    @property
    def visible_ids(self) -> list[int]:
        """The records on the screen."""
        return [self._window.ids[position] for position in self._window.visible]

    def row(self, row_id: int) -> RowT | None:
        """A row that has been read and is still kept, else None."""
        return self._rows.get(row_id)

    def set_columns(
        self,
        columns: Sequence[Column],
        *,
        cells: Callable[[RowT], Sequence[Cell]] | None = None,
        keep_rows: bool = False,
    ) -> None:
        """Shows these columns; rows are read again unless `keep_rows`.  `cells` gives a row's cells, in column order;
        without it rows are sequences of `Cell`."""
        self._painter.columns = tuple(columns)
        self._painter.cells = cells or as_cells
        self._painter.skip = 0
        if not keep_rows:
            self._rows.drop()
        self._painter.repaint_all()
        self._relayout()

    def set_sort(self, key: str | None, *, descending: bool = False) -> None:
        """Shows ▲ or ▼ in the title of column `key`; sorting the ids is up to the caller."""
        self._painter.sort = None if key is None else (key, descending)
        self._relayout()

    def show(self, ids: Ids, *, restart: bool = False) -> None:
        """Shows a new snapshot of ids.  The cursor stays on its record, or goes to the next one if that is gone
        (`CursorRecordLeft`); with `restart` (a new search) it goes to the first."""
        left = self._window.replace(ids, restart=restart)
        if left is not None:
            self.post_message(self.CursorRecordLeft(self, left))
        self._sync()

    def put_rows(self, rows: Mapping[int, RowT], *, turn: int | None = None) -> None:
        """Hands over rows that were read, because `RowsWanted` asked (give its `turn`) or ahead of that."""
        self._rows.put(rows, turn=turn)
        self._sync()

    def forget(self, ids: Sequence[int] | None = None) -> None:
        """These records (None: all) have changed: asks for them again, and shows what they were until they come."""
        self._rows.forget(ids)
        self._sync()

    def move_cursor(self, *, id: int | None = None, index: int | None = None) -> bool:
        """Moves the cursor to a record or a position; False if the table lacks the record."""
        position = index if id is None else self._window.position_of(id)
        if position is not None:
            self._move(lambda window: window.move_to(position))
        return position is not None

    def mark(self, ids: Iterable[int]) -> None:
        """Marks exactly these records."""
        self._window.marked = set(ids)
        self.post_message(self.MarksChanged(self))
        self._sync()

    def action_select_cursor(self) -> None:
        if (row_id := self.cursor_id) is not None:
            self.post_message(self.RowSelected(self, row_id, self.cursor_row))

    def action_toggle_mark(self) -> None:
        if self._can_mark and (row_id := self.cursor_id) is not None:
            self.mark(self._window.marked ^ {row_id})

    def action_cursor_up(self) -> None:
        self._move(lambda window: window.move_to(window.cursor - 1))

    def action_cursor_down(self) -> None:
        self._move(lambda window: window.move_to(window.cursor + 1))

    def action_page_up(self) -> None:
        self._move(lambda window: window.page(-1))

    def action_page_down(self) -> None:
        self._move(lambda window: window.page(1))

    def action_scroll_top(self) -> None:
        self._move(lambda window: window.move_to(0))

    def action_scroll_bottom(self) -> None:
        self._move(lambda window: window.move_to(len(window) - 1))

    def action_columns_left(self) -> None:
        self._skip_columns(self._painter.skip - 1)

    def action_columns_right(self) -> None:
        self._skip_columns(self._painter.skip + 1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self.row_count + 1

    def render_line(self, y: int) -> Strip:
        self._painted[y] = self._look_of(y)
        if y == 0:
            return self._painter.header()
        position = self._window.top + y - 1
        if position >= len(self._window):
            return self._painter.words(self._words(y), style="placeholder")
        row_id = self._window.ids[position]
        return self._painter.row(row_id, self._rows.get(row_id), self._state(position, row_id))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._line_styles.clear()
        self._cell_inks.clear()
        self._painter.repaint_all()

    def watch_placeholder(self) -> None:
        self._sync()

    def watch_zebra_stripes(self) -> None:
        self._sync()

    def on_resize(self, event: events.Resize) -> None:
        self._window.resize(event.size.height - 1)
        self._painter.width = event.size.width
        self._relayout()

    def on_click(self, event: events.Click) -> None:
        position = self._window.top + event.y - 1
        if event.y == 0:
            if key := self._painter.key_at(event.x):
                self.post_message(self.HeaderSelected(self, key))
        elif position in self._window.visible and event.x < self.size.width - 1:
            self.move_cursor(index=position)
            if event.x == 0:
                self.action_toggle_mark()
            elif event.chain == 2:
                self.action_select_cursor()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x == self.size.width - 1 and event.y > 0 and self._window.thumb():
            self._dragging = True
            self.capture_mouse()
            self._drag_thumb(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag_thumb(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(lambda window: window.scroll_to(window.top + _WHEEL_LINES))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(lambda window: window.scroll_to(window.top - _WHEEL_LINES))

    def _drag_thumb(self, event: events.MouseEvent) -> None:
        self._move(lambda window: window.scroll_to(window.top_for_thumb(event.y - 1)))

    def _move(self, change: Callable[[RowWindow], None]) -> None:
        change(self._window)
        self._sync()

    def _skip_columns(self, skip: int) -> None:
        self._painter.skip = skip
        self._relayout()

    def _relayout(self) -> None:
        self._painter.layout()
        self._sync()

    def _sync(self) -> None:
        """After any change: tells of the cursor, asks for rows, and repaints the lines that look different.

        While rows on the screen are not read yet, painting waits for them, so that a jump paints once and not an empty
        page first; but no longer than `HOLD_SECONDS`, after which it asks again in case the answer was lost.
        """
        if not self.is_mounted or not self.size:
            return
        self._announce()
        self._ask()
        if self._window.loaded(self._rows):
            self._late = False
            self._release()
            self._paint()
        elif self._late:
            self._paint()
        elif self._hold is None:
            self._hold = self.set_timer(HOLD_SECONDS, self._stop_waiting)

    def _announce(self) -> None:
        if self.cursor_id != self._announced:
            self._announced = self.cursor_id
            self.post_message(self.RowHighlighted(self, self.cursor_id, self.cursor_row))

    def _ask(self) -> None:
        if ids := self._window.wanted(self._rows):
            self._rows.ask(ids)
            self.post_message(self.RowsWanted(self, ids, self._rows.turn))

    def _stop_waiting(self) -> None:
        self._release()
        self._late = True
        self._rows.ask_again()
        self._sync()

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.stop()
            self._hold = None

    def _paint(self) -> None:
        width, height = self.size
        changed = [y for y in range(height) if self._painted.get(y) != self._look_of(y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _look_of(self, y: int) -> object:
        """Everything that line `y` depends on."""
        epoch = self._painter.epoch
        position = self._window.top + y - 1
        if y == 0 or position >= len(self._window):
            return epoch, self._words(y)
        row_id = self._window.ids[position]
        return epoch, row_id, self._rows.get(row_id), self._state(position, row_id)

    def _state(self, position: int, row_id: int) -> LineState:
        stripe = ("even-row", "odd-row")[position % 2] if self.zebra_stripes else ""
        thumb = position - self._window.top in self._window.thumb()
        return LineState(position == self._window.cursor, row_id in self._window.marked, thumb, stripe)

    def _words(self, y: int) -> str:
        return self.placeholder if not self._window.ids and y == (self.size.height + 1) // 2 else ""

    def _line_style(self, name: str) -> Style:
        if name not in self._line_styles:
            style = self.get_component_rich_style(f"datatable--{name}") if name else self.rich_style
            self._line_styles[name] = style
        return self._line_styles[name]

    def _cell_ink(self, name: CellStyle) -> Style:
        if name not in self._cell_inks:
            whole = self.get_component_rich_style(f"datatable--{name}")
            partial = self.get_component_rich_style(f"datatable--{name}", partial=True)
            self._cell_inks[name] = partial.without_color + Style(color=whole.color)
        return self._cell_inks[name]
