"""A ticket's *Customer / Lead*, and the question *Change pair for recipient* (R4.10)."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from store.errors import BadInput, Problem, Refused
from store.queries.tickets import TicketLine
from store.services import tickets
from store.services.tickets import Updated
from tui import sentences
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.frame import Dialog, field
from tui.dialogs.sight import loses_sight
from tui.dialogs.ticket_dialog import TicketDialog
from tui.events import StoreChanged
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines, words


class CustomerDialog(TicketDialog):
    """Chooses the customer of one ticket; *Update* asks where the requester is paired to somebody else."""

    heading = "Customer / Lead"
    save_label = "Update"
    hint = "Enter choose · Space switch · Ctrl+S update"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        self.search = CustomerSearch(desk)
        self._none = Toggle("none: the ticket belongs to no customer", id="none")
        self._told = Static(classes="explained")

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Now", Static(words(sentences.customer_of(self.line), "bold")))
        yield field("Give it to", self.search)
        yield field("", self._none)
        yield field("", self._told)

    def on_store_changed(self, event: StoreChanged) -> None:
        self.search.post_message(StoreChanged())

    async def carry_out(self) -> str:
        chosen = self._chosen()
        try:
            return sentences.ticket_updated(await self._update(chosen, None))
        except Refused as refused:
            if refused.code != "change-pair":
                raise
            question = ChangePairDialog(self.desk, str(refused.facts["email"]), str(refused.facts["customer"]))
        answer = await self.app.push_screen_wait(question)
        if answer is None:
            raise Problem("Nothing was saved.")
        return sentences.ticket_updated(await self._update(chosen, answer))

    def _chosen(self) -> int | None:
        """The customer's id, None for none.  Raises BadInput while nothing is chosen."""
        if self._none.value:
            return None
        if self.search.chosen is None:
            self.search.edit()
            raise BadInput(
                "Choose a customer or lead first: type, and press Enter on the right one; or switch on none."
            )
        return self.search.chosen.id

    async def _update(self, customer: int | None, change_pair: bool | None, *, rehearse: bool = False) -> Updated:
        return await self.desk.lanes.write(
            tickets.update,
            self.desk.actor,
            self.line.number,
            {"customer": customer},
            change_pair=change_pair,
            seen=None if rehearse else self.line.version,
            rehearse=rehearse,
        )

    @on(CustomerSearch.Submitted)
    def _submit(self) -> None:
        self.action_save()

    @on(CustomerSearch.Chosen)
    def _picked(self) -> None:
        self.say("")
        self._none.value = False
        self._foresee()

    @on(Toggle.Changed)
    @work(exclusive=True, group="foresee")
    async def _foresee(self) -> None:
        """Says before Update who would lose sight of the ticket (R10.1)."""
        self._told.update("")
        if self.search.chosen is None and not self._none.value:
            return
        try:
            foreseen = await self._update(self._chosen(), False, rehearse=True)
            unseen = await loses_sight(self.desk, f"#{self.line.number}") if self._none.value else ""
        except Problem as problem:
            self.say(str(problem))
            return
        taken_off = f"{foreseen.assignee_removed} may not see it then, and is taken off as its assignee."
        told = [taken_off] * bool(foreseen.assignee_removed) + [unseen] * bool(unseen)
        self._told.update(lines(told, "$text-warning") if told else "")


class ChangePairDialog(Dialog[bool]):
    """Gives True for Yes, False for No, None for Escape: then nothing is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "forget", show=False),
        Binding("y", "save", show=False),
        Binding("n", "close", show=False),
    ]
    heading = "Change pair for recipient"
    save_label = "Yes"
    close_label = "No"
    hint = "y yes · n no · Esc save nothing"
    AUTO_FOCUS = "#close"  # a key too many changes this ticket only

    def __init__(self, desk: Desk, email: str, customer: str) -> None:
        super().__init__(desk)
        self._email, self._customer = email, customer

    def fields(self) -> Iterator[Widget]:
        told = [
            f"Change the pair of {self._email}?",
            f"Yes: all new tickets from this e-mail address will go to {self._customer}, and this one, too.",
            "No: only this ticket changes.",
            "Other old tickets stay as they are.",
        ]
        yield Static(lines(told), classes="told")

    async def carry_out(self) -> bool:
        return True

    def action_close(self) -> None:
        """No: only this ticket changes."""
        self.dismiss(False)

    def action_forget(self) -> None:
        """Nothing is saved."""
        self.dismiss(None)
