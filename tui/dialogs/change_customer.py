"""A ticket's *Customer / Lead*, and the question *Change pair for recipient* (R4.10)."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Static

from store.errors import BadInput, Problem, Refused
from store.queries import tickets as reading
from store.queries.tickets import TicketLine
from store.services import tickets
from tui import sentences
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.frame import Dialog, field
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines

_NOT_SAVED = "Nothing was saved."


class CustomerDialog(Dialog[str]):
    """Chooses the customer of one ticket; *Update* asks where the requester is paired to somebody else."""

    heading = "Customer / Lead"
    save_label = "Update"
    hint = "Enter choose · Space switch · Ctrl+S update"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk)
        self.line = line
        self.search = CustomerSearch(desk)
        self._none = Toggle("No customer", id="none")

    def fields(self) -> Iterator[Widget]:
        now = self.line.customer.name if self.line.customer else "no customer"
        yield Static(lines([f"#{self.line.number} {self.line.subject}", f"Now: {now}"]), classes="told")
        yield field("Give it to", self.search)
        yield field("", self._none)

    async def carry_out(self) -> str:
        customer = self.search.chosen
        if customer is None and not self._none.value:
            self.search.edit()
            raise BadInput("Choose a customer or lead first, or switch on “No customer”.")
        chosen = None if self._none.value or customer is None else customer.id
        try:
            return await self._update(chosen, None)
        except Refused as refused:
            if refused.code != "change-pair" or customer is None:
                raise
            email = str(refused.facts["email"])
        answer = await self.app.push_screen_wait(ChangePairDialog(self.desk, email, customer.label))
        if answer is None:
            raise Problem(_NOT_SAVED)
        return await self._update(chosen, answer)

    async def look_again(self) -> None:
        self.line = await self.desk.lanes.read(reading.one, self.desk.actor, self.line.number)

    async def _update(self, customer: int | None, change_pair: bool | None) -> str:
        done = await self.desk.lanes.write(
            tickets.update,
            self.desk.actor,
            self.line.number,
            {"customer": customer},
            change_pair=change_pair,
            seen=self.line.version,
        )
        return sentences.ticket_updated(done)

    @on(CustomerSearch.Submitted)
    def _submit(self) -> None:
        self.action_save()

    @on(CustomerSearch.Chosen)
    def _chosen(self) -> None:
        self._none.value = False


class ChangePairDialog(Dialog[bool]):
    """Gives True for Yes, False for No, None for Escape: then nothing is saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "save", show=False),
        Binding("n", "no", show=False),
        Binding("enter", "ask_again", show=False),  # one Enter too many must decide nothing
    ]
    heading = "Change pair for recipient"
    save_label = "Yes"
    hint = "y yes · n no · Esc save nothing"
    AUTO_FOCUS = ""

    def __init__(self, desk: Desk, email: str, customer: str) -> None:
        super().__init__(desk)
        self._email, self._customer = email, customer

    def fields(self) -> Iterator[Widget]:
        told = [
            f"Change the pair of {self._email}?",
            f"Yes: this ticket and all new tickets from this e-mail address go to {self._customer}.",
            "No: only this ticket changes.",
            "Other old tickets stay as they are.",
        ]
        yield Static(lines(told), classes="told")
        yield Horizontal(Button("No, only this ticket", id="no", compact=True), classes="field")

    async def carry_out(self) -> bool:
        return True

    def action_ask_again(self) -> None:
        """Enter answers only on a button."""
        self.say("Press y for Yes, n for No, or Esc to save nothing.", style="dim")

    def action_no(self) -> None:
        """Only this ticket changes."""
        self.dismiss(False)

    @on(Button.Pressed, "#no")
    def _no(self) -> None:
        self.action_no()
