"""A list that follows the store: its ids are read at once, its rows as they come into sight, details of one below."""

import asyncio
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static

from store.actor import Actor
from store.errors import Problem, Refused
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker
from tui.events import StoreChanged
from tui.screens.workplace import Workplace
from tui.widgets import table_messages
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column
from tui.widgets.data_table import DataTable
from tui.widgets.words import lines

Ids: TypeAlias = "array[int]"
RowT = TypeVar("RowT")


class FollowedTable(DataTable[Any]):
    """The table."""


class FollowedList(Workplace, Generic[RowT]):
    """Give `columns`, `nothing`, `rows`, `cells` and `look`; `told` is what stands below, of the row under the cursor.

    `wanted` is which of the rows are shown, '' for all; see `choose_wanted`.
    """

    columns: ClassVar[Sequence[Column]]
    nothing: ClassVar[str]
    AUTO_FOCUS = "FollowedTable"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table = FollowedTable(self.nothing, marks=False)
        self.zone: tzinfo = UTC
        self.wanted = ""
        self._detail = Static(id="detail")
        self._changed = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table
        yield self._detail
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.table.set_columns(self.columns, cells=self.cells)
        self.show_keys()
        self._changed.set()
        self._keep_up()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._changed.set()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {"back": self.dismiss, **super().handlers()}

    @property
    def current(self) -> RowT | None:
        """The row under the cursor, None while it is not read."""
        return self.table.row(self.table.cursor_id) if self.table.cursor_id is not None else None

    async def look(self) -> Ids:
        """Reads how things stand, shows it in the title and the status line; the ids to show.  Raises Problem."""
        raise NotImplementedError

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, RowT]:
        """These rows, from the store.  Raises Problem."""
        raise NotImplementedError

    def cells(self, row: RowT) -> Sequence[Cell]:
        """A row as the table shows it."""
        raise NotImplementedError

    def told(self, row: RowT) -> list[str]:
        """Up to three lines about a row."""
        raise NotImplementedError

    def refresh_now(self) -> None:
        """What this administrator did is seen at once."""
        self._changed.set()

    def choose_wanted(self, heading: str, kinds: Mapping[str, str], counts: Mapping[str, int]) -> None:
        """Asks which rows to show; `kinds` by their titles."""
        choices = [Choice("all", "", "✓" if not self.wanted else "")]
        for kind, title in kinds.items():
            count = str(counts[kind]) if kind in counts else ""
            choices.append(Choice(title, kind, "✓" if kind == self.wanted else "", count))
        start = next(place for place, choice in enumerate(choices) if choice.mark)
        self.app.push_screen(Picker(self.desk, heading, choices, start=start), self._set_wanted)

    @work(group="do")
    async def do(self, use_case: Callable[..., Any], *facts: Any, told: Callable[[Any], str], **more: Any) -> None:
        """Carries a use case out for this administrator, and says in the status line what came of it."""
        try:
            done = await self.desk.lanes.write(use_case, self.desk.actor, *facts, **more)
            self.say(told(done), "success")
        except Problem as problem:
            self.say(str(problem), "error")
        self._changed.set()

    @work(group="follow")
    async def _keep_up(self) -> None:
        """One read after the other, so that none is given up however often the store changes."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                found = await self.look()
            except Refused as refused:  # what one may not see any more stays on no screen (THREATS P2)
                self.say(str(refused), "error")
                found = array("q")
            except Problem as problem:
                self.say(str(problem), "error")
                continue
            self.table.forget()
            self.table.show(found)
            self._moved()

    def _set_wanted(self, kind: str | None) -> None:
        if kind is not None:
            self.wanted = kind
            self._changed.set()

    @on(DataTable.RowsWanted)
    def _read_rows(self, event: table_messages.RowsWanted) -> None:
        self._put_rows(event.ids, event.turn)

    @work(group="rows")
    async def _put_rows(self, ids: list[int], turn: int) -> None:
        try:
            self.table.put_rows(await self.desk.lanes.read(self.rows, self.desk.actor, ids), turn=turn)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self._moved()

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        row = self.current
        self._detail.update(lines(self.told(row) if row is not None else [""]), layout=False)
        self.show_keys()

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_act("open")
