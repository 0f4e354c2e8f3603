"""A table of customers for an import: what its columns are, and its lines as named texts, with their numbers."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from store import sheets
from store.cleantext import clean
from store.errors import BadInput, BadLines, Fault
from store.services.customer_import import Line
from store.services.customers import FIELDS
from store.sheets import Table as Table
from store.sheets import WrongCoding as WrongCoding

IGNORE = ""
# as _plain has them; RULES-NEXT's columns will stand here, too
_TITLES = {
    "name": "fullname customer customername company companyname firm client clientname kunde kundenname firma",
    "kind": "",
    "login": "user username loginname benutzer benutzername",
    "email": "mail emails emailaddress emailaddresses mailaddress emailadresse mailadresse",
    "billing_email": "billing billingmail billingemailaddress invoicemail invoiceemail rechnungsmail rechnungsemail",
    "phone": "telephone tel mobile telefon phonenumber telephonenumber phoneno telefonnummer handy",
    "partner": "provider partnername",
    "external_id": "extid customerid customernumber customerno kundennummer",
}
# too common to be taken for it without asking
_PERHAPS = {"type": "kind", "id": "external_id", "number": "external_id"}


class Lines(NamedTuple):
    """Each line's number in the file and field → text; what is wrong with the others, and what to say of the file."""

    lines: list[Line]
    faults: list[Fault]
    notes: tuple[str, ...] = ()


def read(file: Path, encoding: str = "") -> Table:
    """The cells of a file.  Raises BadInput for one that cannot be read, or an ending other than csv or xlsx.

    Raises WrongCoding for a CSV file that is not in UTF-8 or UTF-16, and no `encoding` is said.
    """
    return sheets.read(file, lambda cell: _plain(cell) in _FIELD_OF, encoding)


def guess(header: Sequence[str]) -> list[str]:
    """For each column the field that its title means, IGNORE for none that is known."""
    found: list[str] = []
    for cell in map(_plain, header):
        field = _FIELD_OF.get(cell) or _PERHAPS.get(cell, IGNORE)
        found.append(IGNORE if field in found else field)
    return found


def lines_of(file: Path, named: Mapping[str, str] | None = None, encoding: str = "") -> Lines:
    """The lines of a file.  `named` says which field a column of another title is, '' for none.

    Raises BadInput as `read`, and for a title in `named` that is none; BadLines when no column is the name.
    """
    table = read(file, encoding)
    given = {_plain(title): field for title, field in (named or {}).items()}
    if strange := [title for title in named or {} if _plain(title) not in map(_plain, table.header)]:
        raise BadInput(f"{clean(file)} has no column “{clean(strange[0], limit=40)}”.")
    if wrong := [field for field in given.values() if field not in (*FIELDS, IGNORE)]:
        raise BadInput(f"“{clean(wrong[0], limit=40)}” is no field. They are: {_KNOWN}.")
    fields: list[str | None] = []
    for cell in map(_plain, table.header):
        fields.append(given[cell] if cell in given else _FIELD_OF.get(cell, None if cell else IGNORE))
    return mapped(table, fields)


def mapped(table: Table, fields: Sequence[str | None]) -> Lines:
    """The lines with each column as its field; IGNORE leaves a column out, None is for a title that nobody knows.

    Raises BadLines when no column is the name: without that no line can be looked at.
    """
    faults = [*_faults_of_header(table, fields), *table.faults]
    if "name" not in fields:
        raise BadLines([*faults, Fault(table.first, "", "names no customer: there must be a column name.")])
    kept = [field if field and field not in fields[:place] else IGNORE for place, field in enumerate(fields)]
    lines: list[Line] = []
    for number, row in table.rows:
        if why := _misfit(table, row):
            faults.append(Fault(number, "", why))
        else:
            lines.append((number, {field: cell for field, cell in zip(kept, row, strict=False) if field}))
    return Lines(lines, faults, (*table.notes, *_without_title(table)))


def _faults_of_header(table: Table, fields: Sequence[str | None]) -> Iterator[Fault]:
    strange = [place for place, field in enumerate(fields) if field is None]
    for place, field in enumerate(fields):
        title, column = clean(table.header[place], limit=40), str(place + 1)
        if field is None:
            hint = f" They are: {_KNOWN}. {_BY_MAP}" if place == strange[-1] else ""
            yield Fault(table.first, column, f"“{title}” is no column.{hint}")
        elif field and field in fields[:place]:
            other = fields.index(field)
            told = f"“{title}” is {field}, as is “{clean(table.header[other], limit=40)}” in column {other + 1}"
            yield Fault(table.first, column, f"{told}: it must not be there twice.")


def _misfit(table: Table, row: Sequence[str]) -> str:
    """Why these cells cannot be told apart; what stands behind the last title, empty, does no harm."""
    count, wanted = len(row), len(table.header)
    if any(row[wanted:]):
        return f"has more cells than line {table.first} names; is a separator not in quotes?"
    if count < wanted and not table.is_ragged:
        return f"has {count} {'cell' if count == 1 else 'cells'}, but line {table.first} names {wanted}."
    return ""


def _without_title(table: Table) -> Iterator[str]:
    for place, title in enumerate(table.header):
        if not title and any(row[place] for _, row in table.rows if place < len(row)):
            yield f"Column {place + 1} has no title, so it was left out."


def _plain(title: str) -> str:
    """Case, blanks and marks do not count: `E-Mail` is `email`."""
    return "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())


_KNOWN = ", ".join(FIELDS)
_BY_MAP = "Say which it is by --map “COLUMN=FIELD”; without a FIELD it is left out."
_FIELD_OF = {_plain(title): field for field in FIELDS for title in (field, *_TITLES[field].split())}
