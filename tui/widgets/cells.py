"""Cells as text of an exact width (THREATS T1, T2, T6).

What comes from outside is cleaned here a second time and never taken for markup.
"""

import os
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size

from store.cleantext import clean
from tui.widgets.column_layout import GAP, Align, Place

CellStyle = Literal["", "flag", "dim", "accent"]
CELL_STYLES: tuple[CellStyle, ...] = ("flag", "dim", "accent")
Run: TypeAlias = tuple[str, CellStyle]
_ELLIPSIS = "…"
_JOINER_OF_LETTERS = re.compile("\u200d(?![\u2000-\u33ff\U0001f000-\U0001faff])")
# Whether this terminal draws an emoji sequence as one picture, two cells wide (its mode 2027).  One that does not draws
# each emoji in it, and all that stands behind is shifted: so it has to be said.
SEQUENCES = os.environ.get("RECIPIENTS_EMOJI") == "sequences"


class Cell(NamedTuple):
    """The text of one cell, as it is kept, and the name of its style ("" is the row's own)."""

    text: str
    style: CellStyle = ""


def inert(text: str, limit: int | None = 500) -> str:
    """What may be painted: `clean`, without the joiners (U+200D) inside words.  Letters are understood without them,
    and terminals, and what measures text here, disagree about the width of what they join."""
    text = clean(text, limit=limit, sequences=SEQUENCES)
    return _JOINER_OF_LETTERS.sub("", text) if "\u200d" in text else text


def steady(text: str) -> str:
    """Displayable text that every terminal gives the same width.

    On top of `inert`: emoji lose what terminals disagree about (presentation selectors, skin tones), flags become their
    two letters, unless this terminal draws sequences; and unassigned characters U+FFFD.
    """
    text = inert(text)
    if text.isascii():
        return text
    return "".join(map(_steady, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _steady(char: str) -> str:
    code = ord(char)
    if SEQUENCES:
        return _assigned(char)
    if 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF:
        return ""
    if 0x1F1E6 <= code <= 0x1F1FF:
        return chr(ord("A") + code - 0x1F1E6)
    return _assigned(char)


def _assigned(char: str) -> str:
    return "\ufffd" if unicodedata.category(char) == "Cn" and cell_len(char) != 2 else char


def fit(text: str, width: int, align: Align = "left") -> str:
    """The text in exactly `width` cells: cleaned, cut off with … or filled with blanks."""
    text = steady(text)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + _ELLIPSIS if width > 0 else ""
    blanks = width - length
    before = {"left": 0, "center": blanks // 2, "right": blanks}[align]
    return " " * before + text + " " * (blanks - before)


def row_runs(cells: Sequence[Cell], places: Sequence[Place], width: int) -> list[Run]:
    """One row in exactly `width` cells, in as few runs of one style as can be: every run costs some 40 bytes."""
    runs: list[Run] = []
    for place in places:
        cell = cells[place.index]
        text = fit(cell.text, place.width, place.column.align)
        add_run(runs, text, cell.style if cell.text else "")
        add_run(runs, " " * GAP, "")
    return _sized(runs, width)


def add_run(runs: list[Run], text: str, style: CellStyle) -> None:
    """Adds a run at the end, joined to the last one if that has the same style; blanks need no style."""
    if runs and runs[-1][1] == style:
        runs[-1] = (runs[-1][0] + text, style)
    elif style:
        shown = text.rstrip(" ")
        runs.append((shown, style))
        if blanks := text[len(shown) :]:
            runs.append((blanks, ""))
    else:
        runs.append((text, style))


def _sized(runs: list[Run], width: int) -> list[Run]:
    """The runs cut off or filled up to `width` cells."""
    sized: list[Run] = []
    for text, style in runs:
        length = cell_len(text)
        if length > width:
            text, length = set_cell_size(text, width), width
        if text:
            sized.append((text, style))
        width -= length
    if width > 0:
        add_run(sized, " " * width, "")
    return sized
