"""The cells of an XLSX workbook as texts, as a person sees them there; the only reader that knows openpyxl."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from store.cleantext import clean
from store.errors import BadInput, Fault

Knows = Callable[[str], bool]
Row = tuple[int, tuple[str, ...]]
_HIDDEN = re.compile(rb'<row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*\br="(\d+)"')
_FORMULA = re.compile(rb"<f[ >/]")
_LEADING_ZEROS = re.compile("0+")
_MOST_NAMED = 5


def cells_of(file: Path, knows: Knows) -> tuple[list[Row], list[str], list[Fault]]:
    """The rows of the sheet that holds the table, with their numbers; sentences about what else there is; the cells
    that hold no value.  `knows` says whether a text is the title of a column.

    Raises BadInput, and what openpyxl and zipfile raise.
    """
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True)
    try:
        sheet, notes = _sheet(book, knows)
        with ZipFile(file) as parts:  # what openpyxl does not tell when it reads row by row
            source = parts.read(sheet._worksheet_path)
        if hidden := [number.decode() for number in _HIDDEN.findall(source)]:
            notes.append(f"Rows that are hidden in the sheet were read, too: {_some(hidden)}.")
        rows, faults = [], []
        for number, cells in _rows(sheet):
            rows.append((number, tuple(map(_text, cells))))
            faults += [
                Fault(number, _letters(place), f"It holds the error {clean(cell.value, limit=20)}.")
                for place, cell in enumerate(cells)
                if cell.data_type == "e"
            ]
        if _FORMULA.search(source):
            faults += _without_value(file, sheet.title, rows)
        return rows, notes, sorted(faults)
    finally:
        book.close()


def _sheet(book: Any, knows: Knows) -> tuple[Any, list[str]]:
    """The visible sheet whose first line has most titles that are known, and what to say of the others."""
    filled = {one.title: next(_filled(one), ()) for one in book.worksheets if one.sheet_state == "visible"}
    titles = [title for title, header in filled.items() if header] or list(filled)
    if not titles:
        raise BadInput("The workbook has no sheet that can be seen.")
    found = max(titles, key=lambda title: sum(map(knows, filled[title])))
    others = [title for title in titles if title != found]
    told = f"Only the sheet “{clean(found, limit=40)}” was read, not {_some(others)}."
    return book[found], [told] if others else []


def _filled(sheet: Any) -> Iterator[tuple[str, ...]]:
    return (row for _, cells in _rows(sheet) if any(row := tuple(map(_text, cells))))


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    sheet.reset_dimensions()  # some programs write that there is one cell
    return enumerate(sheet.iter_rows(), 1)


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    text = str(value).strip()
    if isinstance(value, int) and _LEADING_ZEROS.fullmatch(cell.number_format or ""):
        return text.zfill(len(cell.number_format))  # such as a customer's number that begins with zeros
    return text


def _without_value(file: Path, title: str, rows: Sequence[Row]) -> Iterator[Fault]:
    """Formulas that no spreadsheet program has worked out yet: their cells are empty."""
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    try:
        for (number, cells), (_, row) in zip(_rows(book[title]), rows, strict=False):
            for place, cell in enumerate(cells):
                if cell.data_type == "f" and not row[place]:
                    told = "It holds a formula without a value: open and save the file in a spreadsheet program."
                    yield Fault(number, _letters(place), told)
    finally:
        book.close()


def _letters(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(place + 1))


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return clean(", ".join(names[:_MOST_NAMED]), limit=200) + (f" and {more} more" if more > 0 else "")
