"""Text in lines of a given width in cells, cut between words where it can be (THREATS T6)."""

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

from tui.widgets.cells import steady

_LEAST_WIDTH = 8
_CHUNK = 500


def wrap(text: str, width: int) -> list[str]:
    """One line of text, however long, cleaned and in pieces of at most `width` cells (8 at least)."""
    if len(text) <= max(_LEAST_WIDTH, width) and text.isascii() and text.isprintable():
        return [text]  # nearly all lines of mail
    shown = "".join(steady(text[start : start + _CHUNK]) for start in range(0, len(text), _CHUNK))
    room = max(_LEAST_WIDTH, width)
    return [shown] if cell_len(shown) <= room else list(_pieces(shown, room))


def _pieces(text: str, width: int) -> Iterator[str]:
    current = ""
    for word in _words(text, width):
        if current and cell_len(current) + cell_len(word.rstrip()) > width:
            yield current.rstrip()
            current = ""
        current += word
    yield current.rstrip()


def _words(text: str, width: int) -> Iterator[str]:
    """Words with the blanks after them; what is wider than a line is chopped."""
    start = 0
    while start < len(text):
        end = text.find(" ", start + 1)
        while 0 < end < len(text) and text[end] == " ":
            end += 1
        word = text[start : end if end > 0 else len(text)]
        start += len(word)
        yield from chop_cells(word, width) if cell_len(word) > width else (word,)
