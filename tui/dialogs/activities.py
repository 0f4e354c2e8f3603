"""*Show activities*: who changed what in a ticket or at a recipient, newest first (R10.2)."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from textual.widget import Widget
from textual.widgets import Static

from store.cleantext import clean
from store.queries.history_list import Entry
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.words import lines


class ActivitiesDialog(Dialog[None]):
    """A list to read."""

    save_label = ""
    wide = True
    hint = "↑ ↓ scroll · Esc close"
    AUTO_FOCUS = "#close"

    def __init__(self, desk: Desk, of: str, found: Sequence[Entry], zone: tzinfo) -> None:
        super().__init__(desk)
        self.heading = f"Activities of {clean(of, limit=60)}"
        self._lines = [sentences.activity(line, zone) for line in found]

    def fields(self) -> Iterator[Widget]:
        yield Static(lines(self._lines or ["Nothing was changed yet."]), classes="told")

    async def carry_out(self) -> None:
        return None


class EntryDialog(Dialog[None]):
    """One entry of the history, whole."""

    heading = "History"
    save_label = ""
    wide = True
    hint = "↑ ↓ scroll · Esc close"
    AUTO_FOCUS = "#close"

    def __init__(self, desk: Desk, entry: Entry, zone: tzinfo) -> None:
        super().__init__(desk)
        self._lines = sentences.entry(entry, zone)

    def fields(self) -> Iterator[Widget]:
        yield Static(lines(self._lines), classes="told")

    async def carry_out(self) -> None:
        return None
