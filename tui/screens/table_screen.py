"""What the two great tables share: search line, table, a listing that follows the store, columns, order (R1, R11.2)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import ClassVar, Generic

from textual import on, work
from textual.app import ComposeResult

from store.columns import Column
from store.errors import BadInput, Problem
from store.queries.recipients import Selection
from tui.desk import Desk
from tui.events import StoreChanged
from tui.filter_line import finished
from tui.screens.listing import Listing
from tui.screens.source import FirstPage, RowT, Source
from tui.screens.workplace import Workplace
from tui.sentences import number
from tui.suggest import FieldSuggester
from tui.widgets import table_messages
from tui.widgets.column_layout import Column as Laid
from tui.widgets.data_table import DataTable
from tui.widgets.filter_bar import FilterBar

_TYPING_SECONDS = 0.1


class TableScreen(Workplace, Generic[RowT]):
    """Give `source`, `make_table`, `lay_out`, `name_of`; `opened` is what Enter on a row does."""

    source: Source[RowT]
    example: ClassVar[str] = ""
    nothing_yet: ClassVar[str] = ""
    nothing_found: ClassVar[str] = "Nothing is found; Esc shows all again."
    opens: ClassVar[str] = "open"
    """The action that Enter on a row does."""

    def __init__(self, desk: Desk, columns: tuple[Column, ...], zone: tzinfo, page: FirstPage[RowT] | None) -> None:
        super().__init__(desk)
        self.columns, self.zone = columns, zone
        self.bar = FilterBar(self.example, suggester=FieldSuggester(self.source.grammar))
        self.table = self.make_table()
        self.listing = Listing(desk, self.source, self.table, on_count=self._counted, on_problem=self.complain)
        self.id_width = max((len(str(row_id)) for row_id in page.ids), default=1) if page else 1
        self.done_to: int | None = None
        """The row that this agent has just changed."""
        self._page = page
        self._count: int | None = None
        self._wrong = self._expected = ""
        self._complaining = False

    def make_table(self) -> DataTable[RowT]:
        """The table widget, empty."""
        raise NotImplementedError

    def lay_out(self) -> tuple[Sequence[Laid], Callable[[RowT], Sequence[object]]]:
        """How the chosen columns are laid out, and what gives a row's cells."""
        raise NotImplementedError

    def name_of(self, row_id: int) -> str:
        """What a row is called in a sentence."""
        raise NotImplementedError

    def within(self, line: str) -> str:
        """The filter line of what was typed; a screen may add a condition of its own."""
        return line

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.bar
        yield self.table
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.show_columns()
        self._show_order()
        self._keep_up(self._page)
        self.show_keys()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "search": self.bar.edit,
            "filter": self._choose_filter,
            "sort": self._choose_order,
            "reverse": self._reverse,
            "columns": self._choose_columns,
            "export": self._export,
            "refresh": self._refresh,
            "clear": self._clear,
            "back": self._back,
            **super().handlers(),
        }

    def current(self) -> RowT | None:
        """The row under the cursor; None if there is none, or it is not read yet."""
        row_id = self.table.cursor_id
        return None if row_id is None else self.table.row(row_id)

    def select(self, selection: Selection) -> None:
        """Shows another selection from its top."""
        self.listing.choose(selection)
        self._show_order()
        self._keep_up()

    def show_columns(self) -> None:
        """Lays out the table for the chosen columns."""
        columns, cells = self.lay_out()
        self.table.set_columns(columns, cells=cells, keep_rows=True)  # type: ignore[arg-type]

    def refresh_now(self) -> None:
        """After a change by this agent, or because he asked."""
        self.listing.hurry()

    def on_store_changed(self, event: StoreChanged) -> None:
        self.listing.changed()

    def complain(self, text: str) -> None:
        """Says what went wrong while reading, until something could be read again."""
        self._complaining = True
        self.say(text, "error")

    def read_again_well(self) -> None:
        """What was complained of is over."""
        if self._complaining:
            self._complaining = False
            self.say("")

    def sort_by(self, key: str) -> None:
        """As a click on the column's title."""
        from tui.dialogs.sort import order_after

        self._set_order(order_after(key, self._order, self.source.columns))

    @on(DataTable.RowsWanted)
    def _read_rows(self, event: table_messages.RowsWanted) -> None:
        self._put_rows(event.ids, event.turn)

    @work(group="rows")
    async def _put_rows(self, ids: list[int], turn: int) -> None:
        try:
            rows = await self.desk.lanes.read(self.source.rows, self.desk.actor, ids)
        except Problem as problem:
            self.complain(str(problem))
            return
        self.table.put_rows(rows, turn=turn)
        if len(rows) < len(ids):
            self.listing.lacks_rows()
        self.show_keys()

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        if self.status.severity == "warning":
            self.say("")
        self.show_keys()

    @on(DataTable.RowSelected)
    def _entered(self) -> None:
        self.action_act(self.opens)

    @on(DataTable.HeaderSelected)
    def _header_clicked(self, event: table_messages.HeaderSelected) -> None:
        self.sort_by(event.key)

    @on(DataTable.CursorRecordLeft)
    def _record_left(self, event: table_messages.CursorRecordLeft) -> None:
        """R1.7: says so, after what this agent has just done to it if that is why."""
        did = f"{self.status.text} " if self.done_to == event.row_id else ""
        self.done_to = None
        self.say(f"{did}{self.name_of(event.row_id)} left this view; the cursor is on the next row.")

    @on(FilterBar.Changed)
    def _typed(self, event: FilterBar.Changed) -> None:
        self._filter(event.line)

    @on(FilterBar.Left)
    def _left_bar(self) -> None:
        self.table.focus()

    @work(exclusive=True, group="typing")
    async def _filter(self, line: str) -> None:
        """An unfinished condition waits, a wrong one is told beside the line: the last good result stays."""
        await asyncio.sleep(_TYPING_SECONDS)
        typed, self._expected = finished(line, self.source.grammar)
        usable = self.within(typed)
        self._wrong = ""
        try:
            if usable.split() != self.listing.selection.line.split():
                self.select(self.listing.selection._replace(line=usable))
        except BadInput as problem:
            self._wrong = str(problem)
        self._show_note()

    @work(exclusive=True, group="listing")
    async def _keep_up(self, page: FirstPage[RowT] | None = None) -> None:
        await self.listing.keep_up(page)

    def _counted(self, count: int | None) -> None:
        self._count = count
        self._show_note()
        filtered = bool(self.bar.line.strip())
        self.table.placeholder = self.nothing_found if filtered else self.nothing_yet
        if self.listing.id_width > self.id_width:
            self.id_width = self.listing.id_width
            self.show_columns()

    def _show_note(self) -> None:
        """Beside the search line: what is wrong with it, what is expected next, or how much it found."""
        found = "…" if self._count is None else f"{number(self._count)} found"
        filtered = bool(self.listing.selection.line.strip())
        self.bar.tell(self._wrong or self._expected or (found if filtered else ""), wrong=bool(self._wrong))

    def _show_order(self) -> None:
        self.table.set_sort(self.listing.selection.sort, descending=self.listing.selection.descending)

    @property
    def _order(self) -> tuple[str, bool]:
        return self.listing.selection.sort, self.listing.selection.descending

    def _set_order(self, order: tuple[str, bool] | None) -> None:
        if order is not None:
            self.select(self.listing.selection._replace(sort=order[0], descending=order[1]))

    def _reverse(self) -> None:
        self._set_order((self._order[0], not self._order[1]))

    def _choose_order(self) -> None:
        from tui.dialogs.sort import sort_dialog

        self.app.push_screen(sort_dialog(self.desk, self._order, self.source.columns), self._set_order)

    def _choose_filter(self) -> None:
        from tui.dialogs.filters import FiltersDialog

        self.app.push_screen(FiltersDialog(self.desk, self.bar.line, self.source.help), self._set_line)

    def _set_line(self, line: str | None) -> None:
        if line is not None:
            self.bar.line = line

    def _clear(self) -> None:
        self.bar.line = ""

    def _back(self) -> None:
        """Escape clears the search first, then leaves."""
        if self.bar.line.strip():
            self.bar.line = ""
        else:
            self.dismiss()

    def _choose_columns(self) -> None:
        from tui.dialogs.columns import ColumnsDialog

        self.app.push_screen(ColumnsDialog(self.desk, self.columns, self.source.name), self._set_columns)

    def _set_columns(self, columns: tuple[Column, ...] | None) -> None:
        if columns is not None:
            self.columns = columns
            self.show_columns()
            self.say("The columns are kept.", "success")

    def _refresh(self) -> None:
        self.refresh_now()
        self.say("Read again.")

    def _export(self) -> None:
        from tui.dialogs.export import export_menu

        self.app.push_screen(export_menu(self.desk), self._export_as)

    def _export_as(self, form: str | None) -> None:
        from tui.dialogs.export import ExportDialog, print_menu

        if form == "print":
            self.app.push_screen(print_menu(self.desk), self._export_as)
        elif form is not None:
            dialog = ExportDialog(self.desk, self.listing.selection, self.columns, form, self.source.name)
            self.app.push_screen(dialog, self._exported)

    def _exported(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
