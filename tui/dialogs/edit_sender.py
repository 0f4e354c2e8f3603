"""*Edit sender*: the name that tickets show, and whether the address is shared (R4.7, R4.8)."""

from collections.abc import Iterator

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, Static

from store.cleantext import field_text
from store.errors import Problem
from store.services import recipients
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import SenderDialog, field
from tui.dialogs.sight import loses_sight
from tui.seen import Seen
from tui.widgets.toggle import Toggle
from tui.widgets.words import words


class EditSenderDialog(SenderDialog):
    """Name and *Shared email*; what was not touched is left as it is."""

    heading = "Edit sender"
    hint = "Space switch · Enter save"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk, seen)
        self._name_before = field_text(seen.line.name)
        self._shared_before = seen.line.shared
        self._typed = Input(self._name_before, id="name", max_length=200, compact=True)
        self._toggle = Toggle("", self._shared_before, id="shared")
        self._explained = Static(classes="explained")
        self._unseen = ""

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Name", self._typed)
        yield field("Shared email", self._toggle)
        yield field("", self._explained)

    def on_mount(self) -> None:
        self._explain()
        if self.seen.line.customer_id is not None:
            self._ask_for_sight()

    @work(group="sight")
    async def _ask_for_sight(self) -> None:
        try:
            self._unseen = await loses_sight(self.desk, self.seen.line.email)
        except Problem as problem:
            self.say(str(problem))
        self._explain()

    async def carry_out(self) -> str:
        line = self.seen.line
        typed, shared = self._typed.value, self._toggle.value
        name = None if typed == self._name_before else typed
        new_shared = None if shared == self._shared_before else shared
        done = await self.desk.lanes.write(
            recipients.edit_sender, self.desk.actor, line.id, name=name, shared=new_shared, seen=line.version
        )
        return sentences.sender_edited(done, name=name, shared=new_shared, customer=line.paired_to)

    async def look_again(self) -> None:
        await super().look_again()
        self._explain()

    @on(Toggle.Changed)
    def _explain(self) -> None:
        """What Save will do to the pair, said before (R4.7)."""
        line, shared = self.seen.line, self._toggle.value
        text = "Pairing will be disabled"
        if shared and line.customer_id is not None:
            text = f"Pairing will be disabled: it is unpaired from {line.paired_to}; its tickets keep their customer."
            text += f" {self._unseen}" if self._unseen else ""
        elif line.shared:
            text = "Pairing is disabled" if shared else "It can be paired again"
        self._explained.update(words(text, "$text-warning" if shared else "dim"))
