"""Unpair, asked before (R4.4)."""

from collections.abc import Iterator

from textual import on, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store.errors import Problem
from store.services import pairing
from store.services.pairing import Unpaired
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import SenderDialog, field
from tui.dialogs.sight import loses_sight
from tui.events import StoreChanged
from tui.seen import Seen
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines, words


class UnpairDialog(SenderDialog):
    """Says whose the address was, and which tickets *Unassign other tickets* would touch."""

    heading = "Unpair"
    save_label = "Unpair"
    hint = "Space switch · Enter unpair"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk, seen)
        self._unassign = Toggle("Unassign other tickets", id="unassign")
        self._told = Static(id="preview")
        self._foreseen: Unpaired | None = None
        self._unseen = ""

    def fields(self) -> Iterator[Widget]:
        told = [f"It will not belong to {self.seen.line.paired_to} any more.", "New tickets will have no customer."]
        yield self.about()
        yield Static(lines(told), classes="told")
        yield field("", self._unassign)
        yield self._told

    def on_mount(self) -> None:
        self._count()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._count()

    async def carry_out(self) -> str:
        line, unassign = self.seen.line, self._unassign.value
        done = await self.desk.lanes.write(
            pairing.unpair, self.desk.actor, line.id, unassign=unassign, seen=line.version
        )
        return sentences.unpaired(done, line.paired_to)

    @work(exclusive=True, group="preview")
    async def _count(self) -> None:
        try:
            self._foreseen = await self.desk.lanes.write(
                pairing.unpair, self.desk.actor, self.seen.line.id, unassign=True, rehearse=True
            )
            self._unseen = await loses_sight(self.desk, self.seen.line.email)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._explain()

    @on(Toggle.Changed)
    def _explain(self) -> None:
        if self._foreseen is not None:
            told = [words(sentences.unpairing_preview(self._foreseen, unassign=self._unassign.value))]
            told += [words(self._unseen, "$text-warning")] * bool(self._unseen)
            self._told.update(Content("\n").join(told))
