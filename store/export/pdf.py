"""PDF through fpdf2: A4 across, the head on each page, page numbers."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import IO, Any

from store.columns import Column
from store.errors import BadInput
from store.export.values import Value, shown

MOST_ROWS = 50_000
_MARGIN, _LINE, _SIZE = 10.0, 5.0, 8
_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
)
Rows = Iterable[Sequence[Value]]


def write_pdf(file: IO[bytes], columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str) -> None:
    """At most 50,000 rows, some 900 pages: BadInput beyond, naming the formats for more.

    With DejaVu, Noto or Liberation fonts on the machine every script they know is written; without, characters beyond
    Latin-1 become `?`, and the last page says so.
    """
    page = _Table(columns, title)
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            raise BadInput(f"A PDF holds at most {MOST_ROWS:,} rows here. Filter the table, or take Excel or CSV.")
        page.write(row, zone)
    page.end()
    page.document.output(file)


class _Table:
    """Cells of fixed width, cut where they are too long: the fast way through fpdf2."""

    def __init__(self, columns: Sequence[Column], title: str) -> None:
        from fpdf import FPDF

        self.document: Any = FPDF(orientation="L", format="A4")
        self.document.set_auto_page_break(False)
        self.document.set_margin(_MARGIN)
        self._columns = columns
        self._title = title
        self._font = self._known_font()
        self._replaced = False
        usable = self.document.w - 2 * _MARGIN
        wanted = sum(column.width for column in columns) or 1
        self._widths = [usable * column.width / wanted for column in columns]
        self._new_page()

    def write(self, row: Sequence[Value], zone: tzinfo) -> None:
        if self.document.get_y() > self.document.h - 2 * _MARGIN:
            self._new_page()
        for column, width, value in zip(self._columns, self._widths, row, strict=True):
            text = self._fitting(self._writable(shown(value, zone)), width)
            self.document.cell(width, _LINE, text, align="R" if column.kind == "number" else "L")
        self.document.ln(_LINE)

    def end(self) -> None:
        if self._replaced:
            self.document.ln(_LINE)
            note = "Characters beyond Latin-1 are shown as ?: install the font DejaVu Sans to have them written."
            self.document.cell(0, _LINE, note)

    def _known_font(self) -> str:
        for path in _FONTS:
            if Path(path).exists():
                self.document.add_font("table", fname=path)
                return "table"
        return "Helvetica"

    def _new_page(self) -> None:
        document = self.document
        document.add_page()
        document.set_font(self._font, size=_SIZE + 4)
        document.cell(0, _LINE * 2, f"{self._writable(self._title)} – {document.page_no()}".replace("–", "-"))
        document.ln(_LINE * 2)
        document.set_font(self._font, size=_SIZE)
        for column, width in zip(self._columns, self._widths, strict=True):
            document.cell(width, _LINE, self._fitting(column.title, width), border="B")
        document.ln(_LINE + 1)

    def _writable(self, text: str) -> str:
        if self._font != "Helvetica":
            return text
        written = text.encode("latin-1", "replace").decode("latin-1")
        self._replaced = self._replaced or written != text
        return written

    def _fitting(self, text: str, width: float) -> str:
        room = width - 2 * self.document.c_margin
        if self.document.get_string_width(text) <= room:
            return text
        kept = text[: max(1, int(room / 1.2))]
        while kept and self.document.get_string_width(kept + "...") > room:
            kept = kept[:-1]
        return kept + "..."
