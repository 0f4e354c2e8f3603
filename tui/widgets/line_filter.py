"""The second wall of THREATS T1: whatever a widget forgot to clean does not reach the terminal.

Every line of every widget passes here on its way out.  Append one `NoControls` to the app's `get_line_filters()`.
"""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from store.cleantext import clean


class NoControls(LineFilter):
    """Shows control, bidi, zero-width and surrogate characters as visible ones, caps combining marks, unlinks links.

    A line keeps its width: what became visible takes the place of what stood at the line's end.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments as they may be painted; the very same list if nothing was wrong."""
        if all(map(_harmless, segments)):
            return segments
        width = sum(_width(segment) for segment in segments)
        return Segment.adjust_line_length([_tamed(segment) for segment in segments], width)


def _harmless(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    if style is not None and style.link:
        return False
    return (text.isascii() and text.isprintable()) or clean(text, limit=None) == text


def _width(segment: Segment) -> int:
    return 0 if segment.control else cell_len(segment.text)


def _tamed(segment: Segment) -> Segment:
    if segment.control:
        return segment
    style = segment.style
    return Segment(clean(segment.text, limit=None), style.update_link(None) if style and style.link else style)
