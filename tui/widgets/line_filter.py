"""The second wall of THREATS T1: whatever a widget forgot to clean does not reach the terminal.

Every line of every widget passes here on its way out.  Append one `NoControls` to the app's `get_line_filters()`.
"""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.widgets.cells import inert


class NoControls(LineFilter):
    """Shows control, bidi, zero-width and surrogate characters as visible ones, caps combining marks, unlinks links.

    A line keeps its width: what became visible takes the place of what stood at the line's end.  A joiner at the edge
    of a segment, as beside the cursor, is judged by the characters on both sides of the edge.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments as they may be painted; the very same list if nothing was wrong."""
        if all(map(_is_harmless, segments)):
            return segments
        width = sum(_width(segment) for segment in segments)
        befores = ["", *(segment.text[-1:] for segment in segments[:-1])]
        afters = [*(segment.text[:1] for segment in segments[1:]), ""]
        edges = zip(befores, afters, strict=True)
        tamed = [_tamed(segment, *edge) for segment, edge in zip(segments, edges, strict=True)]
        return Segment.adjust_line_length(tamed, width)


def _is_harmless(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    if style is not None and style.link:
        return False
    return (text.isascii() and text.isprintable()) or inert(text, limit=None) == text


def _width(segment: Segment) -> int:
    return 0 if segment.control else cell_len(segment.text)


def _tamed(segment: Segment, before: str, after: str) -> Segment:
    if segment.control:
        return segment
    before, after = before if before.isprintable() else "", after if after.isalpha() else ""
    text = inert(f"{before}{segment.text}{after}", limit=None).removeprefix(before).removesuffix(after)
    style = segment.style
    return Segment(text, style.update_link(None) if style and style.link else style)
