"""Reading a table from a CSV or XLSX file for an import: lines of named texts, with their numbers in the file."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

from store.cleantext import clean
from store.errors import BadInput
from store.services.customers import FIELDS

IGNORE = ""
_DELIMITERS = (",", ";", "\t")
_OTHERS = {
    "name": ("full_name", "customer", "customer_name", "company", "kunde"),
    "kind": ("type",),
    "login": ("user", "username", "user_name"),
    "email": ("e_mail", "mail", "emails", "email_address"),
    "billing_email": ("billing", "invoice_email", "billing_e_mail"),
    "phone": ("telephone", "tel", "mobile", "telefon"),
    "partner": ("provider",),
    "external_id": ("id", "number", "customer_id", "customer_number", "kundennummer"),
}


class Table(NamedTuple):
    """A file's first line, and the others with their numbers in the file; empty ones are left out."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(file: Path) -> Table:
    """The cells of a file.  Raises BadInput for one that cannot be read, or an ending other than csv or xlsx."""
    rows = _READERS.get(file.suffix.lower())
    if rows is None:
        raise BadInput(f"{clean(file)} must end in .csv or .xlsx.")
    try:
        numbered = [(number, tuple(row)) for number, row in enumerate(rows(file), 1)]
    except UnicodeError as error:
        raise BadInput(f"{clean(file)} is not in UTF-8; save it as “CSV UTF-8” (in Excel so called).") from error
    except OSError as error:
        raise BadInput(f"{clean(file)} cannot be read: {error.strerror or error}.") from error
    except (csv.Error, BadZipFile, KeyError, ValueError) as error:
        raise BadInput(
            f"{clean(file)} is no {file.suffix[1:]} file that can be read: {clean(error, limit=120)}."
        ) from error
    if not numbered:
        raise BadInput(f"{clean(file)} is empty; its first line must name the columns.")
    return Table(numbered[0][1], tuple((number, row) for number, row in numbered[1:] if any(row)))


def guess(header: Sequence[str]) -> list[str]:
    """For each column the field that its name means, IGNORE for none that is known."""
    found: list[str] = []
    for cell in header:
        name = _plain(cell)
        fits = next((field for field in FIELDS if name == field or name in _OTHERS[field]), IGNORE)
        found.append(IGNORE if fits in found else fits)
    return found


def lines_of(file: Path, named: Mapping[str, str] | None = None) -> list[tuple[int, Mapping[str, str]]]:
    """(line number, field → text) of each line.  `named` says which field a column of another name is, '' for none.

    Raises BadInput as `read`, and for a column that is none.
    """
    table = read(file)
    given = {_plain(column): field for column, field in (named or {}).items()}
    if strange := [column for column in given if column not in map(_plain, table.header)]:
        raise BadInput(f"{clean(file)} has no column “{clean(strange[0], limit=40)}”.")
    fields = [given.get(_plain(cell), _plain(cell)) for cell in table.header]
    for place, name in enumerate(fields, 1):
        if name not in (*FIELDS, IGNORE):
            known = ", ".join(FIELDS)
            told = f"Line 1, column {place}: “{clean(name, limit=40)}” is no column. They are: {known}."
            raise BadInput(f"{told} Say which it is by --map “COLUMN=FIELD”; without a FIELD it is left out.")
    return mapped(table, fields)


def mapped(table: Table, fields: Sequence[str]) -> list[tuple[int, Mapping[str, str]]]:
    """The lines with each column as its field; IGNORE leaves a column out.  Raises BadInput naming line and column."""
    for field in fields:
        if field != IGNORE and list(fields).count(field) > 1:
            raise BadInput(f"Line 1 names the column {field} twice.")
    if "name" not in fields:
        raise BadInput("Line 1: there must be a column name.")
    lines: list[tuple[int, Mapping[str, str]]] = [(number, _named(number, fields, row)) for number, row in table.rows]
    _insist_on_one_line_each(lines)
    return lines


def _insist_on_one_line_each(lines: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Of two lines with one external id the second would take the place of the first."""
    first: dict[str, int] = {}
    for number, line in lines:
        given = line.get("external_id", "")
        if given and first.setdefault(given, number) != number:
            named = f"“{clean(given, limit=40)}” is in line {first[given]} already"
            raise BadInput(f"Line {number}, column external_id: {named}. Nothing was imported.")


def _named(number: int, fields: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if any(row[len(fields) :]):
        raise BadInput(f"Line {number} has more cells than the first line names; is a comma not in quotes?")
    return {field: cell for field, cell in zip(fields, row, strict=False) if field != IGNORE}


def _plain(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_")


def _csv_rows(file: Path) -> Iterator[list[str]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        head = lines.readline(4_096)
        lines.seek(0)
        delimiter = max(_DELIMITERS, key=head.count)
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
