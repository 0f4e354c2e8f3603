"""Asked before something is taken away: what will be, and one key that does it."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from textual.widget import Widget
from textual.widgets import Static

from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.words import lines


class SureDialog(Dialog[str]):
    """`told` is what will be; `does` does it and gives the sentence of what was done.  It raises Problem."""

    hint = "Enter yes · Esc close"
    AUTO_FOCUS = "#save"

    def __init__(
        self,
        desk: Desk,
        heading: str,
        told: Sequence[str],
        does: Callable[[], Awaitable[str]],
        *,
        label: str = "Remove",
    ) -> None:
        super().__init__(desk)
        self.heading, self.save_label = heading, label
        self._told, self._does = told, does

    def fields(self) -> Iterator[Widget]:
        yield Static(lines(self._told), classes="told")

    async def carry_out(self) -> str:
        return await self._does()
