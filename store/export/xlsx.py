"""Excel through openpyxl, written row by row so that memory stays flat."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import IO, Any

from store.columns import Column
from store.export.values import Value, shown

_MOST_ROWS = 1_048_575
_LONGEST_CELL = 32_000
Rows = Iterable[Sequence[Value]]


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str) -> None:
    """One sheet, and further ones beyond Excel's 1,048,575 rows.  Text is text, never a formula (THREATS X1)."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = _new_sheet(book, columns, title)
    written = 0
    try:
        for row in rows:
            if written == _MOST_ROWS:
                sheet = _new_sheet(book, columns, title)
                written = 0
            sheet.append([_cell(sheet, value, zone) for value in row])
            written += 1
    except BaseException:
        # an open sheet complains on the terminal when it is collected
        for opened in book.worksheets:
            opened.close()
        raise
    book.save(file)


def _new_sheet(book: Any, columns: Sequence[Column], title: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    number = len(book.worksheets) + 1
    sheet = book.create_sheet(title if number == 1 else f"{title} {number}")
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width + 3
    head = []
    for column in columns:
        cell = WriteOnlyCell(sheet, value=column.title)
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"
    return sheet


def _cell(sheet: Any, value: Value, zone: tzinfo) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value=value.astimezone(zone).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm"
        return cell
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = shown(value, zone)[:_LONGEST_CELL]
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value="")
    # openpyxl makes a formula of a text that begins with `=`; said to be a string it is one
    cell._value = text
    cell.data_type = "s"
    return cell
