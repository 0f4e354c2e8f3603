"""*Why*: what was decided about a message, as it was kept with its outcome (R5.5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual.widget import Widget
from textual.widgets import Static

from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.words import lines


class WhyDialog(Dialog[None]):
    """A list to read."""

    heading = "Why"
    save_label = ""
    wide = True
    hint = "↑ ↓ scroll · Esc close"
    AUTO_FOCUS = "#close"

    def __init__(self, desk: Desk, found: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(desk)
        self._lines = [line for decision in found for line in sentences.why(decision)]

    def fields(self) -> Iterator[Widget]:
        yield Static(lines(self._lines or ["This message did not come by mail."]), classes="told")

    async def carry_out(self) -> None:
        return None
