"""Reading a table from a CSV or XLSX file for an import: lines of named texts, with their numbers in the file."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import BadZipFile

from store.cleantext import clean
from store.errors import BadInput
from store.services.customers import FIELDS


def lines_of(file: Path) -> list[tuple[int, Mapping[str, str]]]:
    """(line number, column name → text) of each line that is not empty.

    Raises BadInput for a file that cannot be read, an ending other than csv or xlsx, or a column that is none.
    """
    rows = _READERS.get(file.suffix.lower())
    if rows is None:
        raise BadInput(f"{clean(file)} must end in .csv or .xlsx.")
    try:
        numbered = list(enumerate(rows(file), 1))
    except OSError as error:
        raise BadInput(f"{clean(file)} cannot be read: {error.strerror or error}.") from error
    except (UnicodeError, csv.Error, BadZipFile, KeyError, ValueError) as error:
        raise BadInput(
            f"{clean(file)} is no {file.suffix[1:]} file that can be read: {clean(error, limit=120)}."
        ) from error
    if not numbered:
        raise BadInput(f"{clean(file)} is empty; its first line must name the columns.")
    names = _names(numbered[0][1])
    return [(number, _named(number, names, row)) for number, row in numbered[1:] if any(row)]


def _named(number: int, names: list[str], row: list[str]) -> dict[str, str]:
    if any(row[len(names) :]):
        raise BadInput(f"Line {number} has more cells than the first line names; is a comma not in quotes?")
    return dict(zip(names, row, strict=False))


def _names(header: list[str]) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in header]
    for place, name in enumerate(names, 1):
        if name not in FIELDS:
            raise BadInput(
                f"Line 1, column {place}: “{clean(name, limit=40)}” is no column. They are: {', '.join(FIELDS)}."
            )
        if names.index(name) + 1 != place:
            raise BadInput(f"Line 1 names the column {name} twice.")
    if "name" not in names:
        raise BadInput("Line 1: there must be a column name.")
    return names


def _csv_rows(file: Path) -> Iterator[list[str]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        sample = lines.read(4_096)
        lines.seek(0)
        delimiter = ";" if sample.split("\n")[0].count(";") > sample.split("\n")[0].count(",") else ","
        for row in csv.reader(lines, delimiter=delimiter):
            yield [cell.strip() for cell in row]


def _xlsx_rows(file: Path) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True)
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if cell is None else str(cell).strip() for cell in row]
    finally:
        book.close()


_READERS = {".csv": _csv_rows, ".xlsx": _xlsx_rows}
