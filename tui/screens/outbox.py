"""The outbox: what waits, was sent, failed, bounced or is held back, in the server's words (R7.5)."""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, NamedTuple, TypeAlias

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from store.actor import Actor
from store.errors import Problem
from store.queries import outbox as reading
from store.queries import settings
from store.queries.outbox import OutboxRow
from store.reasons import sentence
from store.rules.outbox import why_not_drop, why_not_retry
from store.services import outbox
from tui import sentences
from tui.actions import Action
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker
from tui.events import StoreChanged
from tui.screens.ticket import TicketScreen
from tui.screens.workplace import Workplace, bindings
from tui.sentences import clock, many
from tui.widgets import table_messages
from tui.widgets.cells import Cell, CellStyle
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable
from tui.widgets.words import lines

Ids: TypeAlias = "array[int]"
_COLUMNS = (
    Column("id", "Mail", 6, "right"),
    Column("state", "State", 8),
    Column("to", "To", 22, stretch=True, least=16),
    Column("ticket", "Ticket", 6, "right"),
    Column("when", "When", 10),
    Column("tries", "Tries", 5, "right"),
    Column("said", "The server said", 40, stretch=True, least=15),
    Column("subject", "Subject", 30, stretch=True, least=10),
)
_STATES = ("queued", "failed", "bounced", "held", "sending", "sent", "dropped")
_STYLES: dict[str, CellStyle] = {"failed": "flag", "bounced": "flag", "held": "flag", "sent": "dim", "dropped": "dim"}


class Read(NamedTuple):
    """The mail that is shown, newest first, how many want to be seen, what the last connection said, the zone."""

    ids: Ids
    counts: dict[str, int]
    trouble: str
    zone: tzinfo


def read(actor: Actor, state: str, ticket: int | None) -> Read:
    """From the store."""
    ids = reading.numbers(actor, state=state, ticket=ticket)
    return Read(ids, reading.counts(actor), reading.outgoing().last_error, settings.timezone())


class OutboxTable(DataTable[OutboxRow]):
    """The table."""


class OutboxScreen(Workplace):
    """All mail, or that of one ticket; follows the store while it is open."""

    place = "outbox"
    BINDINGS: ClassVar[list[BindingType]] = bindings("outbox")
    AUTO_FOCUS = "OutboxTable"

    def __init__(self, desk: Desk, *, ticket: int | None = None) -> None:
        super().__init__(desk)
        self.table = OutboxTable("No mail.", marks=False)
        self._ticket = ticket
        self._state = ""
        self._counts: dict[str, int] = {}
        self._zone: tzinfo = UTC
        self._detail = Static(id="detail")
        self._changed = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table
        yield self._detail
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.table.set_columns(_COLUMNS, cells=self._cells)
        self.show_keys()
        self._changed.set()
        self._keep_up()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._changed.set()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "retry": lambda: self._do(outbox.retry, "is queued"),
            "drop": lambda: self._do(outbox.drop, "is dropped"),
            "lift": self._lift,
            "open": self._open,
            "filter": self._filter,
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
            return "" if row.state in ("bounced", "held") else sentence("outbox-free", email=row.to)
        if action.id == "open":
            return "" if row.ticket is not None else sentence("outbox-alone", id=row.id)
        code = (why_not_retry if action.id == "retry" else why_not_drop)(row.state)
        return sentence(code, id=row.id) if code else ""

    @property
    def current(self) -> OutboxRow | None:
        """The mail under the cursor, None while it is not read."""
        return self.table.row(self.table.cursor_id) if self.table.cursor_id is not None else None

    @work(group="follow")
    async def _keep_up(self) -> None:
        """One read after the other, so that none is given up however often the store changes."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                found = await self.desk.lanes.read(read, self.desk.actor, self._state, self._ticket)
            except Problem as problem:
                self.say(str(problem), "error")
            else:
                self._show(found)

    def _show(self, found: Read) -> None:
        self._counts, self._zone = found.counts, found.zone
        self.table.forget()
        self.table.show(found.ids)
        whose = f"#{self._ticket} / " if self._ticket is not None else ""
        self.heading.say(f"Tickets / {whose}Outbox" + (f" / {self._state}" if self._state else ""))
        self.heading.show_right(f"Sending fails: {found.trouble}" if found.trouble else "", severity="error")
        waiting = ", ".join(f"{count} {state}" for state, count in found.counts.items())
        self.status.show_right(" · ".join(filter(None, (many(len(found.ids), "mail"), waiting))))
        self._moved()

    @on(DataTable.RowsWanted)
    def _read_rows(self, event: table_messages.RowsWanted) -> None:
        self._put_rows(event.ids, event.turn)

    @work(group="rows")
    async def _put_rows(self, ids: list[int], turn: int) -> None:
        try:
            self.table.put_rows(await self.desk.lanes.read(reading.some, self.desk.actor, ids), turn=turn)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self._moved()

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        row = self.current
        self._detail.update(lines(sentences.mail_told(row) if row is not None else [""]), layout=False)
        self.show_keys()

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_act("open")

    def _filter(self) -> None:
        choices = [Choice("all", "", "✓" if not self._state else "")]
        for state in _STATES:
            count = str(self._counts[state]) if state in self._counts else ""
            choices.append(Choice(state, state, "✓" if state == self._state else "", count))
        start = next(place for place, choice in enumerate(choices) if choice.mark)
        self.app.push_screen(Picker(self.desk, "Show mail", choices, start=start), self._set_state)

    def _set_state(self, state: str | None) -> None:
        if state is not None:
            self._state = state
            self._changed.set()

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
        self._changed.set()

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
        self._changed.set()

    def _open(self) -> None:
        row = self.current
        if row is not None and row.ticket is not None:
            self.app.push_screen(TicketScreen(self.desk, row.ticket))

    def _cells(self, row: OutboxRow) -> Sequence[Cell]:
        when = row.sent or (row.next_try if row.state == "queued" else None)
        return (
            Cell(str(row.id)),
            Cell(f"{row.state}{'?' if row.uncertain else ''}", _STYLES.get(row.state, "")),
            Cell(row.to),
            Cell(f"#{row.ticket}" if row.ticket is not None else ""),
            Cell(clock(when, self._zone, datetime.now(UTC))),
            Cell(str(row.tries)),
            Cell(row.last_error),
            Cell(row.subject),
        )
