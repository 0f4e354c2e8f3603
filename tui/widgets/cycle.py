"""One of a few values in a form: `‹ tls ›`, turned by space or the arrow keys, so that Enter is left to save."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import fit


class Cycle(Widget, can_focus=True):
    """One line.  `value` is the choice that is shown, `note` stands behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"cycle--focus"}
    DEFAULT_CSS = """
    Cycle {
        width: 1fr;
        height: 1;
        & > .cycle--focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        &:nocolor > .cycle--focus { text-style: reverse; }
    }
    """
    value: reactive[str] = reactive("")

    def __init__(self, choices: Sequence[str], value: str, *, note: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices, self._note = choices, f"  {note}" if note else ""
        self.set_reactive(Cycle.value, value if value in choices else choices[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        style = self.get_component_rich_style("cycle--focus") if self.has_focus else self.rich_style
        text = f"‹ {self.value} ›"
        shown = Segment(fit(text, min(len(text), self.size.width)), style)
        note = Segment(fit(self._note, min(len(self._note), max(0, self.size.width - len(text)))), self.rich_style)
        return Strip([shown, note]).adjust_cell_length(self.size.width, self.rich_style)

    def action_turn(self, step: int) -> None:
        self.value = self._choices[(self._choices.index(self.value) + step) % len(self._choices)]

    def on_click(self) -> None:
        self.action_turn(1)
