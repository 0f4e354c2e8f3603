"""One line for what happened (left) and how things stand (right), cheap to change: some 150 bytes, no layout."""

from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import fit, steady

Severity = Literal["information", "success", "warning", "error"]


class StatusBar(Widget):
    """The line.  Texts may come from outside: they are cleaned, cut to the width and never markup."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status-bar--information",
        "status-bar--success",
        "status-bar--warning",
        "status-bar--error",
        "status-bar--right",
    }
    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        background: $panel;
        color: $foreground;
        & > .status-bar--success { color: $text-success; }
        & > .status-bar--warning { color: $text-warning; }
        & > .status-bar--error { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, left: str = "", right: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left = left
        self._right = right
        self._severity: Severity = "information"

    @property
    def text(self) -> str:
        """What the left side says."""
        return self._left

    @property
    def right(self) -> str:
        """What the right side says."""
        return self._right

    @property
    def severity(self) -> Severity:
        return self._severity

    def say(self, text: str, severity: Severity = "information") -> None:
        """Puts a text on the left."""
        if (text, severity) != (self._left, self._severity):
            self._left, self._severity = text, severity
            self.refresh()

    def show_right(self, text: str) -> None:
        """Puts a text on the right; it gets at most half of the line while there is something on the left."""
        if text != self._right:
            self._right = text
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if width < 2:
            return Strip.blank(width, self.rich_style)
        right = self._right_part(width - 2)
        left = fit(self._left, width - 1 - cell_len(right))
        said = self.get_component_rich_style(f"status-bar--{self._severity}")
        beside = self.get_component_rich_style("status-bar--right")
        if said == beside:
            return Strip([Segment(f" {left}{right}", said)], width)
        return Strip([Segment(f" {left}", said), Segment(right, beside)], width)

    def _right_part(self, room: int) -> str:
        """The right text with a blank on either side."""
        text = steady(self._right)
        if not text:
            return " "
        return f" {fit(text, min(cell_len(text), room // 2 if self._left else room - 1))} "
