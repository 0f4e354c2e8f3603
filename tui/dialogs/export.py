"""Export (R1.6): the menu of the picture, then a file's name, then progress that can be stopped."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from textual.app import SuspendNotSupported
from textual.widget import Widget
from textual.widgets import Input, Static

from store.columns import Column
from store.errors import Problem, Refused
from store.export import FORMATS, Exported
from store.queries.recipients import Selection
from store.services.exports import export_table
from tui import printing
from tui.desk import Desk
from tui.dialogs.frame import Dialog, field
from tui.dialogs.picker import Choice, Picker
from tui.sentences import many, number
from tui.widgets.words import words

_MENU = (
    Choice("Print", "print", note="plain text: to a file, a pager or a printer"),
    Choice("Copy", "copy", note="to the clipboard, for a spreadsheet"),
    Choice("Excel", "xlsx"),
    Choice("CSV", "csv"),
    Choice("PDF", "pdf"),
    Choice("JSON Lines", "jsonl", note="for programs"),
    Choice("Markdown", "md"),
    Choice("HTML", "html"),
)
_PRINT_MENU = (
    Choice("To a file", "txt"),
    Choice("To a pager", "pager", note="to read it here"),
    Choice("To a printer", "lp", note="through lp"),
)


def export_menu(desk: Desk) -> Picker[str]:
    """Gives print, copy, or a format's key."""
    return Picker(desk, "Export", _MENU)


def print_menu(desk: Desk) -> Picker[str]:
    """Gives txt, pager or lp."""
    return Picker(desk, "Print", _PRINT_MENU)


class ExportDialog(Dialog[str]):
    """Takes what is selected out of the window; `form` is a format's key, copy, pager or lp.  Escape stops it."""

    save_label = "Export"
    AUTO_FOCUS = "Input, #save"

    def __init__(
        self, desk: Desk, selection: Selection, columns: tuple[Column, ...], form: str, table: str = "recipients"
    ) -> None:
        super().__init__(desk)
        self._table = table
        self.heading = f"Export: {FORMATS[form].title}" if form in FORMATS else form.title()
        self.hint = "Enter export · Esc stop or close"
        self._selection = selection
        self._columns = columns
        self._form = form
        self._path = Input(printing.default_path(form, table), id="path", compact=True)
        self._write_over = ""
        self._stop = False

    def fields(self) -> Iterator[Widget]:
        line = self._selection.line.strip()
        what = f"{self._table.capitalize()} filtered by “{line}”" if line else f"All {self._table}"
        yield Static(words(f"{what}, {many(len(self._columns), 'column')}, as they are sorted."), classes="told")
        if self._form in FORMATS:
            yield field("File", self._path)

    def on_mount(self) -> None:
        if self._form not in FORMATS:
            self.action_save()

    def on_unmount(self) -> None:
        self._stop = True

    def action_close(self) -> None:
        self._stop = True
        super().action_close()

    async def carry_out(self) -> str:
        self._stop = False
        self.say("Reading…", style="dim")
        if self._form == "copy":
            return await self._copy()
        if self._form in FORMATS:
            return await self._to_file()
        with tempfile.TemporaryDirectory(prefix="recipients-") as folder:
            file = Path(folder) / f"{self._table}.txt"
            done = await self._export(file, "txt")
            return await self._out(file, done)

    async def _copy(self) -> str:
        done = await self.desk.lanes.apart(
            printing.copied,
            self.desk.actor,
            self._selection,
            self._columns,
            table=self._table,
            cancelled=lambda: self._stop,
        )
        self.app.copy_to_clipboard(done.text)
        return f"Sent {many(done.rows, 'row')} to the terminal's clipboard."

    async def _to_file(self) -> str:
        path = printing.target_of(self._path.value, self._form)
        force = self._write_over == str(path)
        self._write_over = ""
        try:
            done = await self._export(path, self._form, force=force)
        except Refused as refusal:
            if refusal.code != "exists":
                raise
            self._write_over = str(path)
            raise Problem(f"{path} exists already. Enter writes over it; or give another name.") from refusal
        return f"Wrote {many(done.rows, 'row')} to {done.path}."

    async def _out(self, file: Path, done: Exported) -> str:
        if self._form == "lp":
            told = await self.desk.lanes.apart(printing.print_on_printer, file)
            return f"Sent {many(done.rows, 'row')} to the printer. {told}"
        command = printing.pager()
        try:
            with self.app.suspend():
                printing.show_in_pager(command, file)
        except SuspendNotSupported as error:
            raise Problem("This terminal cannot make room for a pager. Print to a file instead.") from error
        return f"Showed {many(done.rows, 'row')}."

    async def _export(self, path: Path, form: str, *, force: bool = False) -> Exported:
        return await self.desk.lanes.apart(
            export_table,
            self.desk.actor,
            path,
            self._selection,
            self._columns,
            table=self._table,
            form=form,
            force=force,
            progress=self._heard,
            cancelled=lambda: self._stop,
        )

    def _heard(self, rows: int) -> None:
        """Called in the thread of the job, which must not wait for the screen."""
        self.call_later(self._progress, rows)

    def _progress(self, rows: int) -> None:
        if rows:
            self.say(f"{number(rows)} rows so far; Esc stops.", style="dim")
