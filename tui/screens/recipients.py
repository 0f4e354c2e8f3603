"""*Tickets / Recipients*: every sender address in one table, and who it belongs to (R1)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from store.cleantext import clean
from store.errors import Problem
from tui import actions
from tui.actions import Action
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.opening import Opening
from tui.screens.recipient_actions import RecipientActions
from tui.screens.recipient_cells import cells_of, table_columns
from tui.screens.source import RECIPIENTS
from tui.screens.standing import NOTHING, Standing, show_health, show_missing, standing
from tui.screens.workplace import bindings
from tui.seen import Seen
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable

_CLOCK_SECONDS = 10.0
_LEAST_PAUSE = 0.5
_SHARE = 10


class RecipientTable(DataTable[Seen]):
    """The table."""


class RecipientsScreen(RecipientActions):
    """The window's first screen."""

    place = "recipients"
    source = RECIPIENTS
    example = "search, or filter: banned:yes domain:example.com tickets:>3"
    nothing_yet = "No recipients yet: they come with the first message."
    opens = "tickets"
    BINDINGS: ClassVar[list[BindingType]] = bindings("recipients")
    AUTO_FOCUS = "RecipientTable"

    def __init__(self, desk: Desk, opened: Opening) -> None:
        super().__init__(desk, opened.columns, opened.zone, opened.page)
        self._standing = NOTHING
        self._stale = asyncio.Event()

    def make_table(self) -> DataTable[Seen]:
        return RecipientTable(self.nothing_yet, marks=False)

    def lay_out(self) -> tuple[Sequence[Column], Callable[[Seen], Sequence[Cell]]]:
        return table_columns(self.columns, id_width=self.id_width), cells_of(self.columns, self.zone)

    def name_of(self, row_id: int) -> str:
        row = self.table.row(row_id)
        return clean(row.line.email) if row else f"Recipient {row_id}"

    def on_mount(self) -> None:
        self.heading.say("Tickets / Recipients")
        super().on_mount()
        self.call_after_refresh(self._follow_standing)
        self.set_interval(_CLOCK_SECONDS, lambda: show_health(self._standing, self.status))

    def why_not(self, action: Action) -> str:
        if self.table.cursor_id is not None and self.current() is None and action.refuses:
            return "That row is still being read."
        return actions.why_not(action, self.current())

    def refresh_now(self) -> None:
        super().refresh_now()
        self._stale.set()

    def on_store_changed(self, event: StoreChanged) -> None:
        super().on_store_changed(event)
        self._stale.set()

    @work(exclusive=True, group="standing")
    async def _follow_standing(self) -> None:
        while True:
            self._stale.clear()
            try:
                self._stand(await self.desk.lanes.read(standing, self.desk.actor))
            except Problem as problem:
                self.complain(str(problem))
            await asyncio.sleep(max(_LEAST_PAUSE, _SHARE * self._standing.cost))
            await self._stale.wait()

    def _stand(self, now: Standing) -> None:
        self._standing = now
        self.read_again_well()
        show_missing(now, self.heading)
        show_health(now, self.status)
        if now.zone != self.zone:
            self.zone = now.zone
            self.show_columns()
