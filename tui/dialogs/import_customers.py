"""Importing customers from a file: which column is what, a dry run line by line, then all or nothing (R12)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, Static

from store import importing
from store.cleantext import clean
from store.errors import BadInput, BadLines, Problem
from store.importing import Table, WrongCoding
from store.queries.lists import partners
from store.services import customer_import
from store.services.customer_import import Imported
from store.services.customers import FIELDS
from tui.desk import Desk
from tui.dialogs.frame import Dialog, Step, field
from tui.sentences import import_counts, import_line, many, number
from tui.widgets.cycle import Cycle
from tui.widgets.words import lines, words

_SKIP = "(skip)"
_NAMED = "(each line names it)"
_SHOWN = 8
_OLD_CODING = "cp1252"


class ImportDialog(Dialog[str]):
    """Enter reads the file; then tries it; then, when nothing was changed since, does it."""

    heading = "Import customers"
    save_label = "Go on"
    wide = True
    hint = "Tab next · Enter go on · Esc close"

    def __init__(self, desk: Desk, known: Sequence[str]) -> None:
        super().__init__(desk)
        self._partner = Cycle((*known, _NAMED), "", id="partner")
        self._path = Input(placeholder="customers.csv or customers.xlsx", id="file", compact=True)
        self._columns = Vertical(id="columns")
        self._told = Static(classes="explained")
        self._cycles: list[Cycle] = []
        self._table: Table | None = None
        self._read = ""
        self._tried: tuple[str, ...] | None = None
        self._asked = ""
        """The file that is read in the old coding if Enter is pressed again."""

    def fields(self) -> Iterator[Widget]:
        yield field("File", self._path)
        yield field("Partner", self._partner)
        yield self._columns
        yield self._told

    async def carry_out(self) -> str:
        path = Path(self._path.value.strip()).expanduser()
        if self._table is None or self._read != self._path.value:
            await self._open(path)
            raise Step("Say what each column is; Enter tries it, and changes nothing yet.")
        partner = "" if self._partner.value == _NAMED else self._partner.value
        wanted = (self._read, partner, *self._fields)
        rehearse = self._tried != wanted
        try:
            read = importing.mapped(self._table, self._fields)
            done = await self.desk.lanes.write(
                customer_import.import_all,
                self.desk.actor,
                read.lines,
                partner=partner,
                rehearse=rehearse,
                faults=read.faults,
            )
        except Problem as problem:
            self._tried = None
            told = [fault.sentence for fault in problem.faults] if isinstance(problem, BadLines) else []
            self._told.update(lines(_first(told), "$text-error"))
            if told:
                raise BadInput(f"{many(len(told), 'fault')}, as said above. Nothing was imported.") from problem
            raise
        if not rehearse:
            return f"Imported {import_counts(done, rehearse=False)} from {clean(path.name)}."
        self._tried = wanted
        self._told.update(lines(_lines(done, read.notes)))
        raise Step(f"Would import {import_counts(done, rehearse=False)}. Enter again imports them.")

    @property
    def _fields(self) -> tuple[str, ...]:
        return tuple("" if one.value == _SKIP else one.value for one in self._cycles)

    async def _open(self, path: Path) -> None:
        self._tried = None
        coding = _OLD_CODING if self._asked == self._path.value else ""
        try:
            table = await self.desk.lanes.apart(importing.read, path, coding)
        except WrongCoding as problem:
            self._asked = self._path.value
            told = (
                f"{clean(path.name)} is not in UTF-8. Enter again reads it in Windows-1252, as old programs write it."
            )
            raise Step(told) from problem
        await self._columns.remove_children()
        guessed = importing.guess(table.header)
        self._cycles = [Cycle((_SKIP, *FIELDS), guess or _SKIP) for guess in guessed]
        for cell, cycle in zip(table.header, self._cycles, strict=True):
            await self._columns.mount(field(clean(cell, limit=12) or "(no name)", cycle))
        sample = table.rows[0][1] if table.rows else ()
        self._told.update(words(f"{many(len(table.rows), 'line')}; the first: {clean(', '.join(sample), limit=120)}"))
        self._table, self._read = table, self._path.value


async def import_dialog(desk: Desk) -> ImportDialog:
    """The dialog, which knows the partners.  Raises Problem."""
    return ImportDialog(desk, [partner.name for partner in await desk.lanes.read(partners, desk.actor)])


def _lines(done: Sequence[Imported], notes: Sequence[str]) -> list[str]:
    noted = [f"line {one.line}: {one.note}" for one in done if one.note]
    shown = [import_line(one, rehearse=True) for one in done]
    return [*notes, *_first(noted), *_first(shown)]


def _first(told: Sequence[str]) -> list[str]:
    more = len(told) - _SHOWN
    return [*told[:_SHOWN], *[f"and {number(more)} more"] * (more > 0)]
