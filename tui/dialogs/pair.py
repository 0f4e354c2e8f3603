"""*Pairing*: whose address is this? (R4.2, R4.3)"""

from collections.abc import Iterator

from textual import on, work
from textual.widget import Widget
from textual.widgets import Static

from store.errors import BadInput, Problem
from store.services import pairing
from store.services.pairing import Preview
from tui import sentences
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.frame import SenderDialog, field
from tui.events import StoreChanged
from tui.seen import Seen
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines

_EXPLAINED = "Assign all unassigned tickets created from this email address to this Customer/Lead"


class PairDialog(SenderDialog):
    """Chooses a customer or lead for an address and says, before Save, which tickets get it."""

    heading = "Pairing"
    hint = "Enter choose · Space switch · Ctrl+S save"

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk, seen)
        self.search = CustomerSearch(desk)
        self._all = Toggle("Assign all tickets", id="assign-all")
        self._told = Static(id="preview")
        self._preview: Preview | None = None

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Pair to", self.search)
        yield field("", self._all)
        yield field("", Static(_EXPLAINED, classes="explained"))
        yield self._told

    def on_mount(self) -> None:
        self._read_preview()

    def on_store_changed(self, event: StoreChanged) -> None:
        """Mail may have opened another ticket."""
        self.search.post_message(StoreChanged())
        self._read_preview()

    async def carry_out(self) -> str:
        customer, line = self.search.chosen, self.seen.line
        if customer is None:
            self.search.edit()
            raise BadInput("Choose a customer or lead first: type, and press Enter on the right one.")
        done = await self.desk.lanes.write(
            pairing.pair, self.desk.actor, line.id, customer.id, assign_all=self._all.value, seen=line.version
        )
        return sentences.paired(done)

    async def look_again(self) -> None:
        await super().look_again()
        self._read_preview()

    @work(exclusive=True, group="preview")
    async def _read_preview(self) -> None:
        try:
            self._preview = await self.desk.lanes.read(pairing.preview, self.desk.actor, self.seen.line.id)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._show_preview()

    @on(Toggle.Changed)
    def _show_preview(self) -> None:
        if self._preview is not None:
            self._told.update(lines(sentences.pairing_preview(self._preview, assign_all=self._all.value)))

    @on(CustomerSearch.Chosen)
    def _go_on(self) -> None:
        self.say("")
        self._all.focus()

    @on(CustomerSearch.Submitted)
    def _submit(self) -> None:
        self.action_save()
