"""*Ticket notifications*: the fourteen events, on or off, and what their mail says (R7.3)."""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from store.errors import Problem
from store.queries.notifications import EventLine, Notifications, notifications
from store.reasons import sentence
from store.services import settings
from tui.actions import Action
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.workplace import Workplace, bindings
from tui.widgets import table_messages
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable

_CHANGES = ("turn", "template", "master")
_COLUMNS = (
    Column("title", "Event", 37, stretch=True, least=37),
    Column("on", "Sent", 4),
    Column("subject", "Subject", 60, stretch=True, least=12),
    Column("own", "Text", 4),
)


class EventTable(DataTable[EventLine]):
    """The table; its ids are places in the list, from 1."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "screen.act('turn')", show=False)]


class NotificationsScreen(Workplace):
    """Space or Enter turns an event on or off at once; what somebody else changes is followed."""

    place = "notifications"
    BINDINGS: ClassVar[list[BindingType]] = bindings("notifications")
    AUTO_FOCUS = "EventTable"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table = EventTable("", marks=False)
        self._now: Notifications | None = None
        self._switching = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say("Tickets / Ticket notifications")
        self.table.set_columns(_COLUMNS, cells=_cells)
        self.show_keys()
        self._follow()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._follow()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "turn": self._turn,
            "template": self._edit,
            "master": self._turn_all,
            "back": self.dismiss,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        if self._now is None:
            return "The list is still being read." if action.id in _CHANGES else ""
        return sentence("super-only") if action.id in _CHANGES and not self._now.may_change else ""

    @property
    def current(self) -> EventLine | None:
        """The event under the cursor."""
        return self._now.events[self.table.cursor_row] if self._now is not None else None

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        try:
            await self._read()
        except Problem as problem:
            self.say(str(problem), "error")

    async def _read(self) -> None:
        self._now = await self.desk.lanes.read(notifications, self.desk.actor)
        self.table.forget()
        self.table.show(array("q", range(1, len(self._now.events) + 1)))
        if self._now.enabled:
            self.heading.show_right("")
        else:
            self.heading.show_right("All are off: press m to switch them on", "All are off: m", severity="warning")
        self.show_keys()

    @on(DataTable.RowsWanted)
    def _put_rows(self, event: table_messages.RowsWanted) -> None:
        if self._now is not None:
            self.table.put_rows({row: self._now.events[row - 1] for row in event.ids}, turn=event.turn)

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_act("turn")

    def _turn(self) -> None:
        place = self.table.cursor_row
        self._switch(lambda now: (f"notify.{now.events[place].key}.on", now.events[place].title, now.events[place].on))

    def _turn_all(self) -> None:
        self._switch(lambda now: ("notifications.enabled", "All ticket notifications", now.enabled))

    @work(group="switch")
    async def _switch(self, which: Callable[[Notifications], tuple[str, str, bool]]) -> None:
        """One after the other, so that a key pressed twice switches there and back."""
        async with self._switching:
            if self._now is None:
                return
            key, title, is_on = which(self._now)
            text = "off" if is_on else "on"
            try:
                await self.desk.lanes.write(settings.change_all, self.desk.actor, {key: text}, seen={key: is_on})
                self.say(f"{title}: {text}.", "success")
                await self._read()
            except Problem as problem:
                self.say(str(problem), "error")
                self._follow()

    def _edit(self) -> None:
        from tui.dialogs.template import TemplateDialog

        if (line := self.current) is not None:
            self.app.push_screen(TemplateDialog(self.desk, line), self._edited)

    def _edited(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self._follow()


def _cells(line: EventLine) -> Sequence[Cell]:
    return (
        Cell(line.title),
        Cell("on", "accent") if line.on else Cell("off", "dim"),
        Cell(line.subject, "" if line.on else "dim"),
        Cell("own" if line.own_body else ""),
    )
