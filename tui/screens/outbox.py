"""The outbox: what waits, was sent, failed, bounced or is held back, in the server's words (R7.5)."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from store.actor import Actor
from store.errors import Problem
from store.queries import outbox as reading
from store.queries import settings
from store.queries.outbox import OutboxRow, Outgoing
from store.reasons import sentence
from store.rules.outbox import why_not_drop, why_not_retry
from store.services import outbox
from tui.actions import Action
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.ticket import TicketScreen
from tui.screens.workplace import Workplace, bindings
from tui.sentences import many, stamp
from tui.widgets import table_messages
from tui.widgets.cells import Cell, CellStyle
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable

_COLUMNS = (
    Column("id", "Mail", 6, "right"),
    Column("state", "State", 8),
    Column("to", "To", 26, stretch=True, least=14),
    Column("subject", "Subject", 30, stretch=True, least=10),
    Column("tries", "Tries", 5, "right"),
    Column("when", "Sent / next try", 16, short="When"),
    Column("said", "The server said", 40, stretch=True, least=10),
)
_STYLES: dict[str, CellStyle] = {"failed": "flag", "bounced": "flag", "held": "flag", "sent": "dim", "dropped": "dim"}


class Read(NamedTuple):
    """All mail that may be seen, newest first, how sending fares, and the zone of times."""

    rows: dict[int, OutboxRow]
    fares: Outgoing
    zone: tzinfo


def read(actor: Actor) -> Read:
    """From the store."""
    return Read({row.id: row for row in reading.lines(actor)}, reading.outgoing(), settings.timezone())


class OutboxTable(DataTable[OutboxRow]):
    """The table."""


class OutboxScreen(Workplace):
    """Follows the store while it is open."""

    place = "outbox"
    BINDINGS: ClassVar[list[BindingType]] = bindings("outbox")
    AUTO_FOCUS = "OutboxTable"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table = OutboxTable("No mail was written yet.", marks=False)
        self._rows: dict[int, OutboxRow] = {}
        self._zone: tzinfo = UTC

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say("Tickets / Outbox")
        self.table.set_columns(_COLUMNS, cells=self._cells)
        self.show_keys()
        self._follow()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._follow()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "retry": lambda: self._do(outbox.retry, "is queued"),
            "drop": lambda: self._do(outbox.drop, "is dropped"),
            "lift": self._lift,
            "open": self._open,
            "back": self.dismiss,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        if action.id not in ("retry", "drop", "lift", "open"):
            return ""
        row = self.current
        if row is None:
            return sentence("no-row")
        if action.id == "lift":
            return "" if row.state in ("bounced", "held") else "This address is not held back."
        if action.id == "open":
            return "" if row.ticket is not None else "This mail is about no ticket."
        code = (why_not_retry if action.id == "retry" else why_not_drop)(row.state)
        return sentence(code, id=row.id) if code else ""

    @property
    def current(self) -> OutboxRow | None:
        """The mail under the cursor."""
        return self._rows.get(self.table.cursor_id) if self.table.cursor_id is not None else None

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        try:
            self._rows, fares, self._zone = await self.desk.lanes.read(read, self.desk.actor)
        except Problem as problem:
            self.say(str(problem), "error")
            return
        self.table.forget()
        self.table.show(array("q", self._rows))
        counts = f"{many(fares.queued, 'mail')} waiting · {fares.failed} failed · {fares.held} held"
        self.status.show_right(counts)
        self.heading.show_right(fares.last_error, "sending fails", severity="error")
        self.show_keys()

    @on(DataTable.RowsWanted)
    def _put_rows(self, event: table_messages.RowsWanted) -> None:
        self.table.put_rows({i: self._rows[i] for i in event.ids if i in self._rows}, turn=event.turn)

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self.show_keys()

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_act("open")

    @work(group="do")
    async def _do(self, use_case: Callable[..., None], done: str) -> None:
        row = self.current
        if row is None:
            return
        try:
            await self.desk.lanes.write(use_case, self.desk.actor, row.id, seen=row.version)
            self.say(f"Mail {row.id} to {row.to} {done}.", "success")
        except Problem as problem:
            self.say(str(problem), "error")
        self._follow()

    @work(group="do")
    async def _lift(self) -> None:
        row = self.current
        if row is None:
            return
        try:
            count = await self.desk.lanes.write(outbox.lift, self.desk.actor, row.to)
            self.say(f"{row.to} may be written to again; {many(count, 'held mail')} queued.", "success")
        except Problem as problem:
            self.say(str(problem), "error")
        self._follow()

    def _open(self) -> None:
        row = self.current
        if row is not None and row.ticket is not None:
            self.app.push_screen(TicketScreen(self.desk, row.ticket))

    def _cells(self, row: OutboxRow) -> Sequence[Cell]:
        when = row.sent or (row.next_try if row.state == "queued" else None)
        return (
            Cell(str(row.id)),
            Cell(row.state, _STYLES.get(row.state, "")),
            Cell(row.to),
            Cell(row.subject),
            Cell(str(row.tries)),
            Cell(stamp(when, self._zone)),
            Cell(row.last_error),
        )
