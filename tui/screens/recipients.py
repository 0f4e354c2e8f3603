"""*Tickets / Recipients*: every sender address in one table, and who it belongs to (R1)."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from store.cleantext import clean
from store.errors import BadInput, Problem
from store.queries.recipients import Selection
from tui import actions
from tui.actions import Action
from tui.desk import Desk
from tui.events import StoreChanged
from tui.filter_line import finished
from tui.screens.listing import Listing
from tui.screens.opening import FirstPage, Opening
from tui.screens.recipient_actions import RecipientActions
from tui.screens.recipient_cells import cells_of, table_columns
from tui.screens.standing import NOTHING, Standing, show_health, show_missing, standing
from tui.screens.workplace import bindings
from tui.seen import Seen, seen
from tui.sentences import number
from tui.suggest import FieldSuggester
from tui.widgets import table_messages
from tui.widgets.data_table import DataTable
from tui.widgets.filter_bar import FilterBar

_EXAMPLE = "search, or filter: banned:yes domain:example.com tickets:>3"
_NOTHING_YET = "No recipients yet: they come with the first message."
_NOTHING_FOUND = "Nothing is found; Esc shows all again."
_TYPING_SECONDS = 0.1
_CLOCK_SECONDS = 10.0
_LEAST_PAUSE = 0.5
_SHARE = 10


class RecipientTable(DataTable[Seen]):
    """The table."""


class RecipientsScreen(RecipientActions):
    """The window's first screen."""

    place = "recipients"
    BINDINGS: ClassVar[list[BindingType]] = bindings("recipients")
    AUTO_FOCUS = "RecipientTable"

    def __init__(self, desk: Desk, opened: Opening) -> None:
        super().__init__(desk)
        self._opened = opened
        self.bar = FilterBar(_EXAMPLE, suggester=FieldSuggester())
        self.table = RecipientTable(_NOTHING_YET, marks=False)
        self.columns, self.zone = opened.columns, opened.zone
        self.listing = Listing(desk, self.table, on_count=self._counted, on_problem=self._complain)
        self._standing = NOTHING
        self._count: int | None = None
        self._id_width = max((len(str(row_id)) for row_id in opened.page.ids), default=1)
        self._wrong = self._expected = ""
        self._complaining = False
        self._stale = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.bar
        yield self.table
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say("Tickets / Recipients")
        self.show_columns()
        self._show_order()
        self._keep_up(self._opened.page)
        self.show_keys()
        self.call_after_refresh(self._follow_standing)
        self.set_interval(_CLOCK_SECONDS, lambda: show_health(self._standing, self.status))

    def current(self) -> Seen | None:
        """The row under the cursor; None if there is none, or it is not read yet."""
        row_id = self.table.cursor_id
        return None if row_id is None else self.table.row(row_id)

    def why_not(self, action: Action) -> str:
        if self.table.cursor_id is not None and self.current() is None and action.refuses:
            return "That row is still being read."
        return actions.why_not(action, self.current())

    def select(self, selection: Selection) -> None:
        """Shows another selection from its top."""
        self.listing.choose(selection)
        self._show_order()
        self._keep_up()

    def show_columns(self) -> None:
        """Lays out the table for the chosen columns."""
        columns = table_columns(self.columns, id_width=self._id_width)
        self.table.set_columns(columns, cells=cells_of(self.columns, self.zone), keep_rows=True)

    def refresh_now(self) -> None:
        """After a change by this agent, or because he asked."""
        self.listing.hurry()
        self._stale.set()

    def on_store_changed(self, event: StoreChanged) -> None:
        self.listing.changed()
        self._stale.set()

    @on(DataTable.RowsWanted)
    def _read_rows(self, event: table_messages.RowsWanted) -> None:
        self._put_rows(event.ids, event.turn)

    @work(group="rows")
    async def _put_rows(self, ids: list[int], turn: int) -> None:
        try:
            rows = await self.desk.lanes.read(seen, self.desk.actor, ids)
        except Problem as problem:
            self._complain(str(problem))
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
        self.action_act("tickets")

    @on(DataTable.HeaderSelected)
    def _header_clicked(self, event: table_messages.HeaderSelected) -> None:
        self.sort_by(event.key)

    @on(DataTable.CursorRecordLeft)
    def _record_left(self, event: table_messages.CursorRecordLeft) -> None:
        """R1.7: says so, after what this agent has just done to it if that is why."""
        row = self.table.row(event.row_id)
        which = clean(row.line.email) if row else f"Recipient {event.row_id}"
        did = f"{self.status.text} " if self.done_to == event.row_id else ""
        self.done_to = None
        self.say(f"{did}{which} left this view; the cursor is on the next row.")

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
        usable, self._expected = finished(line)
        self._wrong = ""
        try:
            if usable.split() != self.listing.selection.line.split():
                self.select(self.listing.selection._replace(line=usable))
        except BadInput as problem:
            self._wrong = str(problem)
        self._show_note()

    @work(exclusive=True, group="listing")
    async def _keep_up(self, page: FirstPage | None = None) -> None:
        await self.listing.keep_up(page)

    @work(exclusive=True, group="standing")
    async def _follow_standing(self) -> None:
        while True:
            self._stale.clear()
            try:
                self._stand(await self.desk.lanes.read(standing, self.desk.actor))
            except Problem as problem:
                self._complain(str(problem))
            await asyncio.sleep(max(_LEAST_PAUSE, _SHARE * self._standing.cost))
            await self._stale.wait()

    def _stand(self, now: Standing) -> None:
        self._standing = now
        if self._complaining:
            self._complaining = False
            self.say("")
        show_missing(now, self.heading)
        show_health(now, self.status)
        if now.zone != self.zone:
            self.zone = now.zone
            self.show_columns()

    def _counted(self, count: int | None) -> None:
        self._count = count
        self._show_note()
        filtered = bool(self.listing.selection.line.strip())
        self.table.placeholder = _NOTHING_FOUND if filtered else _NOTHING_YET
        if self.listing.id_width > self._id_width:
            self._id_width = self.listing.id_width
            self.show_columns()

    def _show_note(self) -> None:
        """Beside the search line: what is wrong with it, what is expected next, or how much it found."""
        found = "…" if self._count is None else f"{number(self._count)} found"
        filtered = bool(self.listing.selection.line.strip())
        self.bar.tell(self._wrong or self._expected or (found if filtered else ""), wrong=bool(self._wrong))

    def _show_order(self) -> None:
        self.table.set_sort(self.listing.selection.sort, descending=self.listing.selection.descending)

    def _complain(self, text: str) -> None:
        self._complaining = True
        self.say(text, "error")
