"""The keys at the bottom of a screen: one line, of which only the keys that changed are painted again.

Textual's own footer composes itself anew each time a key is greyed, which costs kilobytes on every cursor move.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

_GAP = 2


class KeyHint(NamedTuple):
    """One key: what it does, in a word, and whether it may now.  Lower `rank` stays when the window is narrow."""

    id: str
    key: str
    title: str
    rank: int = 0
    enabled: bool = True

    @property
    def width(self) -> int:
        return cell_len(self.key) + 1 + cell_len(self.title)


class KeyBar(Widget):
    """The line of keys.  A click does what the key does (`Pressed`), also when it is greyed: then it is said why."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--title", "key-bar--off"}
    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        background: $panel;
        color: $foreground;
        & > .key-bar--key { color: $text-accent; text-style: bold; }
        & > .key-bar--off { color: $foreground 40%; }
        &:ansi > .key-bar--off { text-style: dim; }
        &:nocolor > .key-bar--off { text-style: dim; }
    }
    """

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def __init__(self, hints: Sequence[KeyHint] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints = tuple(hints)
        self._placed: list[tuple[int, KeyHint]] = []

    @property
    def off(self) -> list[str]:
        """The ids of the greyed keys."""
        return [hint.id for hint in self._hints if not hint.enabled]

    @property
    def shown(self) -> list[str]:
        """The ids of the keys there is room for."""
        return [hint.id for _, hint in self._placed]

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Shows these keys, in this order."""
        self._hints = tuple(hints)
        before = dict(self._placed)
        self._place()
        if [x for x, _ in self._placed] != list(before):
            self.refresh()
        elif changed := [(x, hint.width) for x, hint in self._placed if before[x] != hint]:
            # one region: for each, Textual sends the line from its beginning
            self.refresh(Region(changed[0][0], 0, sum(changed[-1]) - changed[0][0], 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def render_line(self, y: int) -> Strip:
        key, title, off = (self.get_component_rich_style(f"key-bar--{name}") for name in ("key", "title", "off"))
        segments: list[Segment] = []
        before, gap = " ", " " * _GAP
        for _, hint in self._placed:
            if hint.enabled:
                segments += [Segment(f"{before}{hint.key}", key), Segment(f" {hint.title}{gap}", title)]
            else:
                segments.append(Segment(f"{before}{hint.key} {hint.title}{gap}", off))
            before = ""
        return Strip(segments).adjust_cell_length(self.size.width, title)

    def on_resize(self) -> None:
        self._place()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        for x, hint in self._placed:
            if x <= event.x < x + hint.width:
                self.post_message(self.Pressed(hint.id))

    def _place(self) -> None:
        """Leaves out the highest ranks until the rest fits."""
        kept = list(self._hints)
        while kept and sum(hint.width + _GAP for hint in kept) > self.size.width + 1:
            kept.remove(max(kept, key=lambda hint: hint.rank))
        self._placed = []
        x = 1
        for hint in kept:
            self._placed.append((x, hint))
            x += hint.width + _GAP
