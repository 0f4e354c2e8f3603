"""*Show/Hide columns* (R1.5): filter by typing, switch with space, move with Ctrl or Shift, kept per administrator."""

from collections.abc import Iterator
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from store.columns import Column
from store.errors import BadInput
from store.rules.text import search_key
from store.services import preferences
from tui.desk import Desk
from tui.dialogs.frame import Choices, Dialog
from tui.widgets.words import words


class ColumnsDialog(Dialog[tuple[Column, ...]]):
    """Gives the columns as they were saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", show=False),
        Binding("ctrl+up,K", "shift(-1)", show=False),
        Binding("ctrl+down,J", "shift(1)", show=False),
        Binding("ctrl+d", "defaults", show=False),
    ]
    heading = "Show/Hide columns"
    hint = "Space switch · J K move · Ctrl+D defaults"

    def __init__(self, desk: Desk, shown: tuple[Column, ...], table: str = "recipients") -> None:
        super().__init__(desk)
        self._table = table
        self._all = preferences.TABLES[table]
        self._shown = {column.key for column in shown}
        self._order = [*shown, *(column for column in self._all if column.key not in self._shown)]
        self._listed: list[Column] = []
        self._line = Input(placeholder="Filter", compact=True)
        self._options = Choices()

    def fields(self) -> Iterator[Widget]:
        yield self._line
        yield self._options

    def on_mount(self) -> None:
        self._list(0)
        self._options.focus()

    def on_key(self, event: events.Key) -> None:
        """Letters go to the filter wherever the focus is; J and K move columns."""
        line = self._line
        if line.has_focus:
            if event.key == "down":
                self._options.focus()
        elif event.key == "backspace":
            line.action_delete_left()
        elif event.character and event.character.isprintable() and event.character not in " JK":
            line.insert_text_at_cursor(event.character)

    async def carry_out(self) -> tuple[Column, ...]:
        keys = [column.key for column in self._order if column.key in self._shown]
        if not keys:
            raise BadInput("At least one column must be shown.")
        return await self.desk.lanes.write(preferences.choose_columns, self.desk.actor, keys, self._table)

    def action_switch(self) -> None:
        if (column := self._current()) is not None:
            self._shown ^= {column.key}
            self._list(self._at)

    def action_shift(self, step: int) -> None:
        """Moves past the next listed column, so that it also works while the list is filtered."""
        column, target = self._current(), self._at + step
        if column is None or not 0 <= target < len(self._listed):
            return
        other = self._order.index(self._listed[target])
        self._order.remove(column)
        self._order.insert(other, column)
        self._list(target)

    def action_defaults(self) -> None:
        self._shown = {column.key for column in self._all if column.shown}
        self._order = list(self._all)
        self._list(0)

    @property
    def _at(self) -> int:
        return self._options.highlighted or 0

    def _current(self) -> Column | None:
        return self._listed[self._at] if self._listed else None

    @on(Input.Changed)
    def _filtered(self) -> None:
        self._list(0)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.action_switch()

    def _list(self, highlighted: int) -> None:
        wanted = search_key(self._line.value)
        self._listed = [column for column in self._order if wanted in search_key(column.title)]
        options = self._options
        options.set_options([Option(self._shown_as(column)) for column in self._listed])
        if self._listed:
            options.highlighted = highlighted

    def _shown_as(self, column: Column) -> Content:
        shown = column.key in self._shown
        return words("[✓] " if shown else "[ ] ", "$text-success" if shown else "dim") + words(column.title)
