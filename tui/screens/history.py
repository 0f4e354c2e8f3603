"""*Tickets / History*: all that was changed, by whom, from what to what; and taking any of it back (R10.2, R10.3)."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from store.cleantext import clean
from store.errors import Problem
from store.queries.history_list import Entry
from store.reasons import sentence
from tui.actions import Action
from tui.screens.browse_screen import BrowseScreen
from tui.screens.source import HISTORY
from tui.screens.workplace import bindings


class HistoryScreen(BrowseScreen[Entry]):
    """The newest first; Enter reads one whole."""

    place = "history"
    source = HISTORY
    called = "History"
    example = "search, or filter: who:anna kind:recipient at:<7d"
    nothing_yet = "Nothing was changed yet."
    least: ClassVar[dict[str, int]] = {"at": 16, "who": 6, "what": 8, "of": 12, "changed": 14}
    BINDINGS: ClassVar[list[BindingType]] = bindings("history")

    def name_of(self, row_id: int) -> str:
        return f"Entry {row_id}"

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {"open": self._open, "undo": self._undo, **super().handlers()}

    def why_not(self, action: Action) -> str:
        needs_row = action.place == self.place and action.id in ("open", "undo")
        return sentence("no-row") if needs_row and self.current() is None else ""

    def _open(self) -> None:
        from tui.dialogs.activities import EntryDialog

        if (entry := self.current()) is not None:
            self.app.push_screen(EntryDialog(self.desk, entry, self.zone))

    @work(exclusive=True, group="open")
    async def _undo(self) -> None:
        from tui.dialogs.undo import UndoDialog, look_at

        entry = self.current()
        if entry is None:
            return
        try:
            found = await self.desk.lanes.read(look_at, self.desk.actor, entry.change)
        except Problem as problem:
            self.say(clean(problem), "warning")
        else:
            self.app.push_screen(UndoDialog(self.desk, found), self._undone)

    def _undone(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self.refresh_now()
