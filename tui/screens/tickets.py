"""The tickets that one address opened (R11.1)."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from store.actor import Actor
from store.errors import Problem
from store.queries import settings, tickets
from store.queries.tickets import TicketLine
from store.reasons import sentence
from store.services.tickets import Opened
from tui.actions import Action
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.ticket import TicketScreen
from tui.screens.workplace import Workplace, bindings
from tui.seen import Seen
from tui.sentences import goes_to, many, stamp
from tui.widgets import table_messages
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable

_COLUMNS = (
    Column("number", "Ticket", 7, "right"),
    Column("subject", "Subject", 36, stretch=True, least=12),
    Column("status", "Status", 16, stretch=True),
    Column("customer", "Customer / Lead", 20, short="Customer", stretch=True),
    Column("messages", "Messages", 8, "right", short="Msgs"),
    Column("created", "Created", 16),
)


def numbers(actor: Actor, recipient_id: int) -> "tuple[array[int], tzinfo]":
    """The numbers of an address's tickets, newest first, and the zone of times."""
    return tickets.numbers_opened_by(actor, recipient_id), settings.timezone()


class TicketTable(DataTable[TicketLine]):
    """The table."""


class TicketsScreen(Workplace):
    """Tickets newest first; Enter reads one."""

    place = "tickets"
    BINDINGS: ClassVar[list[BindingType]] = bindings("tickets")
    AUTO_FOCUS = "TicketTable"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk)
        self._seen = seen
        self.table = TicketTable("No tickets.", marks=False)
        self._zone: tzinfo = UTC

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say(f"Tickets / {self._seen.line.email}")
        self.table.set_columns(_COLUMNS, cells=self._cells)
        self.show_keys()
        self._follow()

    def on_store_changed(self, event: StoreChanged) -> None:
        self.table.forget()
        self._follow()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "open": self._open,
            "new": self._new,
            "outbox": self._outbox,
            "back": self.dismiss,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        return sentence("no-row") if action.id == "open" and self.table.cursor_id is None else ""

    @work(exclusive=True)
    async def _follow(self) -> None:
        try:
            found, self._zone = await self.desk.lanes.read(numbers, self.desk.actor, self._seen.line.id)
        except Problem as problem:
            self.say(str(problem), "error")
            return
        self.table.show(found)
        self.status.show_right(many(len(found), "ticket"))
        self.show_keys()

    @on(DataTable.RowsWanted)
    def _read_rows(self, event: table_messages.RowsWanted) -> None:
        self._put_rows(event.ids, event.turn)

    @work(group="rows")
    async def _put_rows(self, ids: list[int], turn: int) -> None:
        try:
            self.table.put_rows(await self.desk.lanes.read(tickets.some, self.desk.actor, ids), turn=turn)
        except Problem as problem:
            self.say(str(problem), "error")

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_act("open")

    def _open(self) -> None:
        if (number := self.table.cursor_id) is not None:
            self.app.push_screen(TicketScreen(self.desk, number))

    def _new(self) -> None:
        from tui.dialogs.new_ticket import NewTicketDialog

        self.app.push_screen(NewTicketDialog(self.desk), self._opened)

    def _opened(self, done: Opened | None) -> None:
        """The new ticket may be another address's, so it is shown at once."""
        if done is not None:
            screen = TicketScreen(self.desk, done.number)
            self.app.push_screen(screen)
            screen.say(f"Opened #{done.number}. {goes_to(done.to)}", "success")

    def _outbox(self) -> None:
        from tui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    def _cells(self, line: TicketLine) -> Sequence[Cell]:
        return (
            Cell(str(line.number)),
            Cell(line.subject),
            Cell(line.status),
            Cell(line.customer_name),
            Cell(str(line.messages)),
            Cell(stamp(line.created, self._zone)),
        )
