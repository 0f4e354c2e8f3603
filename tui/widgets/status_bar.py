"""What happened (left) and how things stand (right), in one line if they fit.  Cheap to change: some 150 bytes."""

from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import fit, steady
from tui.widgets.wrapping import wrap

Severity = Literal["information", "success", "warning", "error"]


class StatusBar(Widget):
    """The line.  Texts may come from outside: they are cleaned, kept to the width and never markup."""

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
        height: auto;
        background: $panel;
        color: $foreground;
        & > .status-bar--success { color: $text-success; }
        & > .status-bar--warning { color: $text-warning; }
        & > .status-bar--error { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, left: str = "", right: str = "", *, most_lines: int = 3, id: str | None = None) -> None:
        """It is `most_lines` high at most."""
        super().__init__(id=id)
        self._most_lines = most_lines
        self._left = left
        self._severity: Severity = "information"
        self._rights: tuple[str, ...] = (right,)
        self._right_severity: Severity = "information"

    @property
    def text(self) -> str:
        """What the left side says."""
        return self._left

    @property
    def right(self) -> str:
        """What the right side says if there is room."""
        return self._rights[0]

    @property
    def severity(self) -> Severity:
        return self._severity

    def say(self, text: str, severity: Severity = "information") -> None:
        """Puts a text on the left; one that is too long takes more lines for as long as it stands there."""
        if (text, severity) != (self._left, self._severity):
            self._left, self._severity = text, severity
            self._changed()

    def show_right(self, *texts: str, severity: Severity = "information") -> None:
        """Puts a text on the right: the first that fits beside the left one, for which give shorter ones too.

        If none fits there is none, but an error gets a line of its own.
        """
        if (texts, severity) != (self._rights, self._right_severity):
            self._rights, self._right_severity = texts, severity
            self._changed()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = self._lines(width)
        if width < 2 or y >= len(lines):
            return Strip.blank(width, self.rich_style)
        left, right = lines[y]
        text = f" {left}{' ' * (width - 2 - cell_len(left) - cell_len(right))}"
        said = self.get_component_rich_style(f"status-bar--{self._severity}")
        beside = self.get_component_rich_style(f"status-bar--{self._right_style}")
        if said == beside:
            return Strip([Segment(f"{text}{right} ", said)], width)
        return Strip([Segment(text, said), Segment(f"{right} ", beside)], width)

    @property
    def _right_style(self) -> str:
        return "right" if self._right_severity == "information" else self._right_severity

    def _changed(self) -> None:
        width = self.size.width
        self.refresh(layout=width > 0 and len(self._lines(width)) != self.size.height)

    def _lines(self, width: int) -> list[tuple[str, str]]:
        """What stands left and right on each line."""
        room = max(1, width - 2)
        left = wrap(self._left, room)
        if len(left) > self._most_lines:
            left = [*left[: self._most_lines - 1], fit(" ".join(left[self._most_lines - 1 :]), room)]
        rights = [steady(text) for text in self._rights]
        free = room - cell_len(left[-1]) - (1 if left[-1] else 0)
        right = next((text for text in rights if cell_len(text) <= free), "")
        lines = [*((text, "") for text in left[:-1]), (left[-1], right)]
        if rights and not right and (self._right_severity == "error" or not self._left):
            own = fit(rights[-1], min(cell_len(rights[-1]), room))
            return [*lines, ("", own)] if self._left else [("", own)]
        return lines
