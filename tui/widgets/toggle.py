"""A switch in a form: `[✓] label`, turned by space or a click, so that Enter is left to save."""

from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.cells import fit


class Toggle(Widget, can_focus=True):
    """One line.  `value` says whether it is on, `label` what it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "turn", show=False)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"toggle--on", "toggle--focus"}
    DEFAULT_CSS = """
    Toggle {
        width: 1fr;
        height: 1;
        & > .toggle--on { color: $text-success; text-style: bold; }
        & > .toggle--focus { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        &:nocolor > .toggle--focus { text-style: reverse; }
    }
    """
    value: reactive[bool] = reactive(False)
    label: reactive[str] = reactive("")

    class Changed(Message):
        """It was turned."""

        def __init__(self, toggle: "Toggle") -> None:
            super().__init__()
            self.toggle = toggle

        @property
        def control(self) -> "Toggle":
            return self.toggle

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Toggle.label, label)
        self.set_reactive(Toggle.value, value)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        box = self.get_component_rich_style("toggle--on") if self.value else self.rich_style
        text = self.get_component_rich_style("toggle--focus") if self.has_focus else self.rich_style
        segments = [Segment("[✓]" if self.value else "[ ]", text if self.has_focus else box)]
        if self.label:
            segments.append(Segment(fit(f" {self.label}", min(len(self.label) + 1, max(0, self.size.width - 3))), text))
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def watch_value(self) -> None:
        self.post_message(self.Changed(self))

    def action_turn(self) -> None:
        self.value = not self.value

    def on_click(self) -> None:
        self.action_turn()
