"""Excel through openpyxl, written row by row so that memory stays flat."""

import errno
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import IO, Any

from store.columns import Column
from store.export.values import Rows, Value, shown

# Excel's own limits
_MOST_ROWS = 1_048_575
_LONGEST_CELL = 32_767
_LONGEST_TITLE = 31
_FIRST_YEAR = 1900
_NO_TITLE = re.compile(r"[\[\]:*?/\\']")
# what no XML may hold, and what Excel itself would read as the code of a character
_NO_XML = re.compile("[\ufffe\uffff]")
_CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str) -> None:
    """One sheet, and further ones beyond Excel's 1,048,575 rows.  Text is text, never a formula (THREATS X1); one of
    more than 32,767 characters ends in `…`.  Raises OSError when the disk refuses."""
    from lxml.etree import SerialisationError

    book = _Book(columns, zone, title)
    try:
        for row in rows:
            book.append(row)
        book.save(file)
    except SerialisationError as error:
        # lxml's word for a full disk is `IO_ENOSPC`
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
        raise OSError(number, os.strerror(number)) from error
    finally:
        book.discard()


class _Book:
    """A workbook that is only written.  openpyxl keeps each sheet in a temporary file until it is saved."""

    def __init__(self, columns: Sequence[Column], zone: tzinfo, title: str) -> None:
        from openpyxl import Workbook

        self._book: Any = Workbook(write_only=True)
        self._columns = columns
        self._zone = zone
        self._title = _NO_TITLE.sub(" ", title)[: _LONGEST_TITLE - 4].strip() or "Table"
        self._open_sheet()

    def append(self, row: Sequence[Value]) -> None:
        if self._rows == _MOST_ROWS:
            self._end_sheet()
            self._open_sheet()
        cells = zip(self._texts, self._times, row, strict=True)
        self._sheet.append([self._filled(text, time, value) for text, time, value in cells])
        self._rows += 1

    def save(self, file: IO[bytes]) -> None:
        self._end_sheet()
        self._book.save(file)

    def discard(self) -> None:
        """Takes away what openpyxl would leave in the folder of temporary files until the program ends."""
        from lxml.etree import SerialisationError

        for sheet in self._book.worksheets:
            if not sheet.closed:
                with suppress(SerialisationError):
                    sheet.close()
            # a saved sheet's file is gone already, and no longer listed
            with suppress(FileNotFoundError, ValueError):
                sheet._writer.cleanup()

    def _open_sheet(self) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        number = len(self._book.worksheets) + 1
        sheet = self._book.create_sheet(self._title if number == 1 else f"{self._title} {number}")
        sheet.freeze_panes = "A2"
        for place, column in enumerate(self._columns, 1):
            sheet.column_dimensions[get_column_letter(place)].width = column.width + 3
        self._sheet, self._rows = sheet, 0
        # a cell is written as soon as it is given: one a column is enough, and twice as quick as one a value
        self._texts = [WriteOnlyCell(sheet) for _ in self._columns]
        self._times = [WriteOnlyCell(sheet) for _ in self._columns]
        for cell in self._times:
            cell.number_format = "yyyy-mm-dd hh:mm"
        heads = [WriteOnlyCell(sheet, value=column.title) for column in self._columns]
        for cell in heads:
            cell.font = Font(bold=True)
        sheet.append(heads)

    def _end_sheet(self) -> None:
        from openpyxl.utils import get_column_letter

        self._sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self._rows + 1}"

    def _filled(self, text: Any, time: Any, value: Value) -> Any:
        if isinstance(value, datetime):
            moment = value.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
            if moment.year >= _FIRST_YEAR:
                time.value = moment
                return time
        elif isinstance(value, int) and not isinstance(value, bool):
            return value
        said = _fitting(shown(value, self._zone))
        if not said:
            return None
        text.value = said
        # openpyxl makes a formula of a text that begins with `=`, an error of `#N/A`: said to be a string it is one
        text.data_type = "s"
        return text


def _fitting(text: str) -> str:
    """The text as Excel can hold and will show it; its length is counted in UTF-16."""
    if "_x" in text:
        text = _CODED.sub("_x005F_", text)
    text = _NO_XML.sub("\ufffd", text)
    if len(text) * 2 <= _LONGEST_CELL or len(coded := text.encode("utf-16-le")) // 2 <= _LONGEST_CELL:
        return text
    return coded[: (_LONGEST_CELL - 1) * 2].decode("utf-16-le", "ignore") + "…"
