"""A long text to be read: lines of one style each, wrapped to the width, scrolled by keys; only what is seen costs."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.wrapping import wrap

LineStyle = Literal["", "head", "dim", "note", "quote", "bad"]


class Line(NamedTuple):
    """A line as written.  `mark` makes it a place that `next_mark` goes to."""

    text: str
    style: LineStyle = ""
    mark: bool = False


class Reader(ScrollView, can_focus=True):
    """Shows `lines`; what is read stays in sight when they change."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", show=False),
        Binding("down,j", "scroll_down", show=False),
        Binding("pageup", "page_up", show=False),
        Binding("pagedown,space", "page_down", show=False),
        Binding("home,g", "scroll_home", show=False),
        Binding("end,G", "scroll_end", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"reader--{style}" for style in ("head", "dim", "note", "quote", "bad")}
    DEFAULT_CSS = """
    Reader {
        height: 1fr;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        & > .reader--head { color: $text-accent; text-style: bold; }
        & > .reader--dim { color: $foreground 60%; }
        & > .reader--note { color: $text-warning; }
        & > .reader--quote { color: $foreground 60%; }
        & > .reader--bad { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._wrapped: list[Line] = []
        self._width = 0

    @property
    def texts(self) -> list[str]:
        """What can be read, line by line as wrapped."""
        return [line.text for line in self._wrapped]

    def show(self, lines: Sequence[Line]) -> None:
        """Shows other lines."""
        if lines != self._lines:
            self._lines = lines
            self._wrap()

    def action_page_up(self) -> None:
        self.scroll_relative(y=1 - self.size.height, animate=False)

    def action_page_down(self) -> None:
        self.scroll_relative(y=self.size.height - 1, animate=False)

    def action_scroll_up(self) -> None:
        self.scroll_relative(y=-1, animate=False)

    def action_scroll_down(self) -> None:
        self.scroll_relative(y=1, animate=False)

    def action_scroll_home(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        self.scroll_to(y=len(self._wrapped), animate=False)

    def next_mark(self, step: int) -> bool:
        """Goes to the next mark (step 1) or the one before (-1); False if there is none."""
        top = self.scroll_offset.y
        marks = [y for y, line in enumerate(self._wrapped) if line.mark]
        ahead = [y for y in marks if y > top] if step > 0 else [y for y in reversed(marks) if y < top]
        if ahead:
            self.scroll_to(y=ahead[0], animate=False)
        return bool(ahead)

    def marks_in_sight(self) -> range:
        """Which marks, from 0, begin what can be seen now."""
        top = self.scroll_offset.y
        first = sum(line.mark for line in self._wrapped[: top + 1])
        last = sum(line.mark for line in self._wrapped[: top + self.size.height])
        return range(max(first - 1, 0), last)

    def on_resize(self, event: events.Resize) -> None:
        if self.scrollable_content_region.width != self._width:
            self._wrap()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = self.scroll_offset.y + y
        line = self._wrapped[at] if at < len(self._wrapped) else Line("")
        style = self.get_component_rich_style(f"reader--{line.style}") if line.style else self.rich_style
        return Strip([Segment(line.text, style)]).adjust_cell_length(width, self.rich_style)

    def _wrap(self) -> None:
        self._width = self.scrollable_content_region.width
        if self._width:
            self._wrapped = [piece for line in self._lines for piece in wrapped(line, self._width - 1)]
            self.virtual_size = Size(self._width, len(self._wrapped))
            self.refresh()


def wrapped(line: Line, width: int) -> Iterator[Line]:
    """The line in pieces of at most `width` cells; only the first is a mark."""
    pieces = wrap(line.text, width)
    if pieces == [line.text]:
        yield line
        return
    for index, piece in enumerate(pieces):
        yield Line(piece, line.style, line.mark and index == 0)
