"""Reading a table of texts from a CSV or XLSX file: its cells, with the numbers that its lines have there."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

from store.cleantext import clean
from store.errors import BadInput, Fault
from store.workbook import Knows, Row, cells_of

_DELIMITERS = (",", ";", "\t", "|")
# what Excel writes at the top of a CSV file, and obeys
_SEPARATOR = re.compile(r'"?sep=(.)"?[ ,;\t]*(?:\r\n?|\n|$)', re.IGNORECASE)
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ZIP = b"PK\x03\x04"


class Table(NamedTuple):
    """A file's first line that is not empty, and the others with their numbers in the file; empty ones are left out.

    `first` is the number of that first line, `notes` are sentences about the reading, `faults` what could not be read.
    `is_ragged`: a line may end before the last column.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    first: int = 1
    notes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_ragged: bool = False


class WrongCoding(BadInput):
    """The file's bytes are no UTF-8, and nothing says what they are."""


def read(file: Path, knows: Knows, encoding: str = "") -> Table:
    """The cells of a file.  `knows` says whether a text is the title of a column; `encoding` is a CSV file's where it
    is neither UTF-8 nor UTF-16.

    Raises BadInput for one that cannot be read, or an ending other than csv or xlsx; WrongCoding.
    """
    is_csv = file.suffix.lower() == ".csv"
    if not is_csv and file.suffix.lower() != ".xlsx":
        raise BadInput(f"{clean(file)} must end in .csv or .xlsx.")
    try:
        table = _csv(file, knows, encoding) if is_csv else _table(*cells_of(file, knows), is_ragged=True)
    except OSError as error:
        raise BadInput(f"{clean(file)} cannot be read: {error.strerror or error}.") from error
    except (BadZipFile, KeyError, ValueError) as error:
        raise BadInput(
            f"{clean(file)} is no {file.suffix[1:]} file that can be read: {clean(error, limit=120)}."
        ) from error
    if not table.header:
        raise BadInput(f"{clean(file)} is empty; its first line must name the columns.")
    return table


def _table(rows: Iterable[Row], notes: Sequence[str], faults: Sequence[Fault], *, is_ragged: bool) -> Table:
    (first, header), *others = [row for row in rows if any(row[1])] or [(1, ())]
    return Table(header, tuple(others), first, tuple(notes), tuple(faults), is_ragged)


def _csv(file: Path, knows: Knows, encoding: str) -> Table:
    data = file.read_bytes()
    if data.startswith(_ZIP):
        raise BadInput(f"{clean(file)} is a workbook, not text: give it the ending .xlsx.")
    text = _decoded(file, data, encoding)
    given = _SEPARATOR.match(text)
    body = text[given.end() :] if given else text
    faults: list[Fault] = []
    rows = list(_records(body, given[1] if given else _delimiter(body, knows), int(bool(given)), faults))
    return _table(rows, (), faults, is_ragged=False)


def _decoded(file: Path, data: bytes, encoding: str) -> str:
    found = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "") or encoding
    try:
        return data.decode(found or _without_mark(data))
    except LookupError as error:
        raise BadInput(f"There is no coding “{clean(found, limit=40)}”. Try cp1252 or latin-1.") from error
    except UnicodeError as error:
        if encoding:
            raise BadInput(f"{clean(file)} is not in {clean(encoding, limit=40)}.") from error
        told = "save it as “CSV UTF-8” (in Excel so called), or say what it is, such as --encoding cp1252."
        raise WrongCoding(f"{clean(file)} is not in UTF-8; {told}") from error


def _without_mark(data: bytes) -> str:
    """Every other byte of most texts in UTF-16 is zero."""
    head = data[:400]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 3 and zeros.count(0) * 2 > len(zeros):
            return name
    return "utf-8"


def _delimiter(text: str, knows: Knows) -> str:
    """The one that makes most titles of the first line, else most cells."""
    head = text.lstrip("\r\n ")[:4_096]

    def rank(delimiter: str) -> tuple[int, int]:
        _, cells = next(_records(head, delimiter, 0, []), (0, ()))
        return sum(map(knows, cells)), len(cells)

    return max(_DELIMITERS, key=rank)


def _records(text: str, delimiter: str, before: int, faults: list[Fault]) -> Iterator[Row]:
    """Each with the number of the line it begins in; a cell in quotes may hold several lines.

    Behind a line that cannot be read the next one is begun with, so that one quote too many swallows no other line.
    """
    lines = list(io.StringIO(text, newline=""))
    at = 0
    while at < len(lines):
        reader = csv.reader((lines[place] for place in range(at, len(lines))), delimiter=delimiter, strict=True)
        begun = at
        try:
            for row in reader:
                yield before + begun + 1, _stripped(row)
                begun = at + reader.line_num
            return
        except csv.Error as error:
            if row := _by_itself(lines[begun], delimiter):
                yield before + begun + 1, _stripped(row)
            else:
                faults.append(Fault(before + begun + 1, "", _why(error)))
            at = begun + 1


def _by_itself(line: str, delimiter: str) -> list[str]:
    """The cells of a line like `"Smith, Anna" <anna@example.com>,0171`, whose quotes are closed, but not as they should
    be (RFC 4180, 2); none where that is in doubt."""
    return next(csv.reader([line], delimiter=delimiter)) if line.count('"') % 2 == 0 else []


def _stripped(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(str.strip, row))


def _why(error: csv.Error) -> str:
    if "field limit" in str(error) or "end of data" in str(error) or "expected after" in str(error):
        return "has a cell that begins with a quote which is not closed."
    return f"cannot be read: {clean(error, limit=120)}."
