"""PDF through fpdf2: A4 across, the head on each page, page numbers."""

import itertools
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import IO, Any

from store.columns import Column
from store.errors import BadInput
from store.export.fonts import FOLDERS, Letters
from store.export.values import Rows, Value, shown

MOST_ROWS = 50_000
_SAMPLE = 1_000
_MARGIN, _PADDING = 10.0, 1.0
_SIZES = (8, 7, 6)
_MM = 25.4 / 72
# no line of A4 holds more, however narrow its letters
_LONGEST_CELL = 500


def held(rows: Rows) -> list[Sequence[Value]]:
    """All rows at once.  Raises BadInput, before any is written, when they are more than 50,000: some 1,500 pages."""
    found = list(itertools.islice(rows, MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise BadInput(f"A PDF holds at most {MOST_ROWS:,} rows here. Filter the table, or take Excel or CSV.")
    return found


def write_pdf(
    file: IO[bytes],
    columns: Sequence[Column],
    rows: Rows,
    zone: tzinfo,
    title: str,
    *,
    total: int,
    folders: Sequence[Path] = FOLDERS,
) -> None:
    """Columns as wide as their first thousand cells; where that is too wide for the page, long cells end in `...`.

    Letters come from the fonts of the computer; a character that none has becomes `?`.  The last page says what was
    cut or replaced.  `total` is the number of rows.
    """
    from fpdf import FPDF

    document: Any = FPDF(orientation="L", format="A4")
    letters = Letters(document, folders)
    texts = ([letters.known(shown(value, zone)) for value in row] for row in rows)
    sample = list(itertools.islice(texts, _SAMPLE))
    table = _Table(document, letters, columns, letters.known(title), sample, total)
    for cells in itertools.chain(sample, texts):
        table.write(cells)
    table.end()
    document.output(file)


class _Table:
    """Rows of one height, in columns of fixed width."""

    def __init__(
        self,
        document: Any,
        letters: Letters,
        columns: Sequence[Column],
        title: str,
        sample: Sequence[Sequence[str]],
        total: int,
    ) -> None:
        # `{nb}` in a name is a name, not the number of pages
        document.alias_nb_pages(None)
        document.set_auto_page_break(False)
        document.set_margin(_MARGIN)
        document.set_title(title)
        self._document, self._letters, self._title = document, letters, title
        self._titles = [column.title for column in columns]
        self._right = [column.kind == "number" for column in columns]
        self._cut = 0
        self._widths = self._layout(sample)
        self._line = self._size * _MM * 1.6
        room = document.h - 2 * _MARGIN - 5 * self._line
        self._rows_a_page = int(room / self._line)
        self._pages = max(1, -(-total // self._rows_a_page))
        self._left_on_page = 0
        self._new_page()

    def write(self, cells: Sequence[str]) -> None:
        if not self._left_on_page:
            self._new_page()
        self._left_on_page -= 1
        self._write_line([self._fitting(text, width) for text, width in zip(cells, self._widths, strict=True)])

    def end(self) -> None:
        """What the reader should know, under the table."""
        missing = self._letters.missing
        self._size = _SIZES[-1]
        self._letters.use(self._size)
        self._y += self._line / 2
        if missing:
            some = ", ".join(f"U+{ord(char):04X}" for char, _ in missing.most_common(5))
            self._note(
                f"? stands for {missing.total():,} characters that no font on this computer has ({some}). "
                "With Noto or DejaVu fonts installed there are more; CSV and Excel hold all."
            )
        if self._cut:
            self._note(f"{self._cut:,} cells were too long for their column and end in “...”; CSV and Excel hold all.")

    def _layout(self, sample: Sequence[Sequence[str]]) -> list[float]:
        """The columns' widths, in the largest letters in which all fit, or the smallest."""
        usable = self._document.w - 2 * _MARGIN
        for self._size in _SIZES:
            self._letters.use(self._size)
            wanted = [
                max(self._letters.width(text[:_LONGEST_CELL]) for text in cells) + 2 * _PADDING
                for cells in zip(self._titles, *sample, strict=True)
            ]
            if sum(wanted) <= usable:
                break
        return _shared(wanted, usable)

    def _new_page(self) -> None:
        document = self._document
        document.add_page()
        self._y = _MARGIN
        right = f"Page {document.page_no()} of {self._pages}"
        room = document.w - 2 * _MARGIN
        self._write_text(self._fitting(self._title, room / 2), _MARGIN, room, right=False)
        self._write_text(right, _MARGIN, room, right=True)
        self._y += 2 * self._line
        self._write_line([self._fitting(text, width) for text, width in zip(self._titles, self._widths, strict=True)])
        document.line(_MARGIN, self._y, document.w - _MARGIN, self._y)
        self._left_on_page = self._rows_a_page

    def _write_line(self, cells: Sequence[str]) -> None:
        x = _MARGIN
        for text, width, right in zip(cells, self._widths, self._right, strict=True):
            if text:
                self._write_text(text, x, width, right=right)
            x += width
        self._y += self._line

    def _write_text(self, text: str, x: float, width: float, *, right: bool) -> None:
        """fpdf2's `text` takes a fifth of the time of its `cell`, but knows nothing of scripts."""
        family = self._letters.family(text)
        if not family:
            self._document.set_xy(x, self._y)
            with self._letters.shaped():
                self._document.cell(width, self._line, text, align="R" if right else "L")
            return
        start = x + width - _PADDING - self._letters.width(text) if right else x + _PADDING
        if family != self._letters.main:
            self._letters.choose(family)
        self._document.text(start, self._y + 0.5 * self._line + 0.3 * self._size * _MM, text)
        if family != self._letters.main:
            self._letters.choose(self._letters.main)

    def _fitting(self, text: str, width: float) -> str:
        room = width - 2 * _PADDING + 0.01
        kept = text[:_LONGEST_CELL]
        if kept == text and self._letters.width(text) <= room:
            return text
        self._cut += 1
        while kept and self._letters.width(f"{kept}...") > room:
            kept = kept[: -max(1, len(kept) // 16)]
        return f"{kept}..."

    def _note(self, text: str) -> None:
        self._write_text(self._letters.known(text), _MARGIN, self._document.w - 2 * _MARGIN, right=False)
        self._y += self._line


def _shared(wanted: Sequence[float], usable: float) -> list[float]:
    """Narrow columns get what they want; the wide ones share what is left."""
    given = dict.fromkeys(range(len(wanted)), 0.0)
    places = sorted(given, key=lambda place: wanted[place])
    for number, place in enumerate(places):
        given[place] = min(wanted[place], usable / (len(places) - number))
        usable -= given[place]
    return list(given.values())
