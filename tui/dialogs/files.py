"""*Show all files*: what is attached to a ticket, saved safely to a folder (R11.1, THREATS X2)."""

import os
from collections.abc import Iterator
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Input, Static

from store.actor import Actor
from store.errors import BadInput
from store.queries import attachments
from store.queries.attachments import FileLine
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog, field
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines


class FilesDialog(Dialog[str]):
    """Each file can be unticked; none is written over another."""

    heading = "Files"
    hint = "Space untick · Ctrl+S save"

    def __init__(self, desk: Desk, number: int, files: list[FileLine]) -> None:
        super().__init__(desk)
        self._number = number
        self._files = files
        self._ticks = [Toggle(f"{one.name or 'without a name'} · {sentences.size(one.size)}", True) for one in files]
        self._folder = Input(str(Path.home()), id="folder", compact=True)

    def fields(self) -> Iterator[Widget]:
        if not self._files:
            yield Static(lines(["This ticket has no files."]), classes="told")
        yield from self._ticks
        yield field("Save to", self._folder)

    async def carry_out(self) -> str:
        ids = [one.id for one, tick in zip(self._files, self._ticks, strict=True) if tick.value]
        if not ids:
            raise BadInput("There is no file to save.")
        folder = Path(os.path.expanduser(self._folder.value.strip()))
        saved = await self.desk.lanes.apart(_save, self.desk.actor, self._number, ids, folder)
        return f"Saved {sentences.many(len(saved), 'file')} to {folder}."


def _save(actor: Actor, number: int, ids: list[int], folder: Path) -> list[Path]:
    from mail.attachments import save

    return save(attachments.sources(actor, number, ids), folder)
