"""Text from outside as Textual content: cleaned, and never taken for markup (THREATS T1, T2, T6)."""

from collections.abc import Iterable

from textual.content import Content

from tui.widgets.cells import steady


def words(text: object, style: str = "") -> Content:
    """One line of text."""
    shown = steady(str(text))
    return Content.styled(shown, style) if style else Content(shown)


def lines(texts: Iterable[str], style: str = "") -> Content:
    """Several lines."""
    return Content("\n").join(words(text, style) for text in texts)
