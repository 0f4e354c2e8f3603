"""How wide each column of a table is in a window of a given width: plain values, no Textual.

Too narrow: columns with a short title give first, down to it, then the text columns, each down to its least and in
proportion to what it asked for; what does not fit even then is reached by scrolling sideways, a column at a time.
Too wide: the text columns share what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

Align = Literal["left", "center", "right"]
GAP = 1
_LEAST_TEXT = 8
_ARROWS = {False: "▲", True: "▼"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.  `width` is what it would like, in cells.

    `stretch` marks a text column, which takes what room is left and gives when there is none.  `short` is a title for
    when `title` does not fit; a column that has one can shrink to it.  `least` is the width that it keeps in any case
    (0: 8 for a text column, the short title or `width` for others).
    """

    key: str
    title: str
    width: int
    align: Align = "left"
    short: str = ""
    stretch: bool = False
    least: int = 0

    def least_width(self, *, arrow: bool = False) -> int:
        """The cells that this column must have, one more if its title carries a sort arrow."""
        if self.stretch:
            return min(self.width, self.least or _LEAST_TEXT)
        wanted = max(self.least, cell_len(self.short) + arrow) if self.short else self.least
        return min(self.width, wanted) if wanted else self.width


@dataclass(frozen=True, slots=True)
class Place:
    """A column on the screen: `index` among all columns, `start` and `width` in cells."""

    index: int
    column: Column
    start: int
    width: int


def place_columns(
    columns: Sequence[Column], width: int, *, skip: int = 0, sorted_by: str | None = None
) -> tuple[Place, ...]:
    """The columns that fit `width` cells, whole, with a gap of one cell after each but the last.

    `skip` is how many columns are scrolled out of sight.  The first column always stays, since it says which row this
    is, narrower than it asks if need be.
    """
    shown: list[tuple[int, Column]] = []
    room = width + GAP
    for index, column in enumerate(columns):
        if 0 < index <= skip:
            continue
        room -= column.least_width(arrow=column.key == sorted_by) + GAP
        if room < 0 and shown:
            break
        shown.append((index, column))
    return _lined_up(shown, _fitted([column for _, column in shown], width, sorted_by))


def furthest_skip(columns: Sequence[Column], width: int, *, sorted_by: str | None = None) -> int:
    """How many columns must be skipped to see the last one; 0 if all fit."""
    for skip in range(len(columns)):
        places = place_columns(columns, width, skip=skip, sorted_by=sorted_by)
        if places[-1].index == len(columns) - 1:
            return skip
    return max(0, len(columns) - 1)


def header_text(column: Column, width: int, descending: bool | None) -> str:
    """The title that fits `width` cells, with the arrow of the sort order (None: not sorted by it); the first of
    the long title, the short one, the long one cut off."""
    arrow = "" if descending is None else _ARROWS[descending]
    tails = (f" {arrow}", arrow) if arrow else ("",)
    for title in filter(None, (column.title, column.short)):
        for tail in tails:
            if cell_len(title + tail) <= width:
                return title + tail
    return column.title[: max(0, width - 1 - len(arrow))] + "…" + arrow


def _fitted(shown: Sequence[Column], width: int, sorted_by: str | None) -> list[int]:
    widths = [column.width for column in shown]
    least = [column.least_width(arrow=column.key == sorted_by) for column in shown]
    room = width - GAP * (len(shown) - 1)
    savings = [(widths[i] - least[i], i) for i, column in enumerate(shown) if not column.stretch]
    for _, index in sorted(savings, reverse=True):
        if sum(widths) > room:
            widths[index] = least[index]
    text = [index for index, column in enumerate(shown) if column.stretch]
    if text:
        _share(widths, least, text, room - sum(widths))
    if len(shown) == 1:
        widths[0] = min(widths[0], max(0, room))
    return widths


def _share(widths: list[int], least: list[int], text: list[int], spare: int) -> None:
    """Gives `spare` cells to the text columns, or takes them, in proportion to what they asked for."""
    open_ones = list(text)
    while spare and open_ones:
        asked = sum(widths[index] for index in open_ones)
        left, spare = spare, 0
        for index in open_ones:
            part = round(left * widths[index] / asked) if asked else left
            asked -= widths[index]
            left -= part
            widths[index] += part
            if widths[index] < least[index]:
                spare -= least[index] - widths[index]
                widths[index] = least[index]
        open_ones = [index for index in open_ones if widths[index] > least[index]] if spare else []


def _lined_up(shown: Sequence[tuple[int, Column]], widths: Sequence[int]) -> tuple[Place, ...]:
    places: list[Place] = []
    start = 0
    for (index, column), width in zip(shown, widths, strict=True):
        places.append(Place(index, column, start, width))
        start += width + GAP
    return tuple(places)
