"""The keys, out of the registry, and what a filter line can say."""

from collections.abc import Iterator

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui import actions
from tui.actions import Place
from tui.desk import Desk
from tui.dialogs.filters import grammar
from tui.dialogs.frame import Dialog
from tui.widgets.words import words

_WIDE = 10


class HelpDialog(Dialog[None]):
    """Scrolls with the arrow keys."""

    heading = "Keys"
    save_label = ""
    wide = True
    hint = "↑ ↓ scroll · Esc close"

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk)
        self._place = place

    def fields(self) -> Iterator[Widget]:
        told = [_line(_keys(action), action.title, action.help) for action in actions.of(self._place)]
        moves = [_line(keys, "", does) for keys, does in actions.MOVES]
        yield Static(Content("\n").join([*told, Content(""), *moves]))
        if self._place == "recipients":
            yield Static(grammar(), classes="grammar")

    async def carry_out(self) -> None:
        return None


def _keys(action: actions.Action) -> str:
    return " ".join(actions.key_name(key) for key in (action.key, action.other) if key) or actions.key_name("")


def _line(keys: str, title: str, does: str) -> Content:
    return words(f"{keys:<{_WIDE}} ", "$text-accent") + words(f"{title}: {does}" if title else does)
