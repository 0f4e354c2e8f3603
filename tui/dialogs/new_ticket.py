"""*New ticket*: one that an agent opens for a customer, who is told by mail (R7.3, R11.1, T5)."""

import contextlib
from collections.abc import Iterator

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, Static

from store.errors import BadInput, Problem
from store.services import tickets
from store.services.tickets import Opened
from tui import draft, sentences
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.frame import Dialog, field
from tui.draft import Draft
from tui.events import StoreChanged
from tui.widgets.editor import Editor
from tui.widgets.words import words

_TEXT_LINES = 6


class NewTicketDialog(Dialog[Opened]):
    """Says who will get the message as soon as the customer is chosen; the message is kept as a draft."""

    CSS = "NewTicketDialog TextArea, NewTicketDialog TextArea:focus { border: none; padding: 0; background: $panel; }"
    heading = "New ticket"
    save_label = "Open"
    wide = True
    hint = "Tab next · Ctrl+S open"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.search = CustomerSearch(desk)
        self._subject = Input(id="subject", max_length=500, compact=True)
        self._text = Editor(id="text")
        self._text.styles.height = _TEXT_LINES
        self._told = Static(classes="explained")
        self._draft = Draft(desk, 0, "reply", lambda: self._text.text)

    def fields(self) -> Iterator[Widget]:
        yield field("Customer", self.search)
        yield field("Subject", self._subject)
        yield field("Message", self._text)
        yield field("", self._told)

    def on_mount(self) -> None:
        self._restore()
        self.set_interval(draft.KEEP_SECONDS, self._keep)

    async def on_unmount(self) -> None:
        """Closed, or the window is quit: the message stays."""
        if not self._saving:
            with contextlib.suppress(Problem):  # there is nobody left to tell
                await self._draft.keep()

    def on_store_changed(self, event: StoreChanged) -> None:
        self.search.post_message(StoreChanged())

    async def carry_out(self) -> Opened:
        await self._draft.keep()  # whatever becomes of it, what was written is not lost
        done = await self._open(self._subject.value, self._text.text)
        await self._draft.forget()
        return done

    async def _open(self, subject: str, text: str, *, rehearse: bool = False) -> Opened:
        if self.search.chosen is None:
            self.search.edit()
            raise BadInput("Choose a customer or lead first: type, and press Enter on the right one.")
        return await self.desk.lanes.write(
            tickets.open_for_customer, self.desk.actor, subject, self.search.chosen.id, text, rehearse=rehearse
        )

    @work(group="restore")
    async def _restore(self) -> None:
        try:
            kept = await self._draft.read()
        except Problem as problem:
            self.say(str(problem))
            return
        if kept and not self._text.text:
            self._text.text = kept

    @work(group="keep")
    async def _keep(self) -> None:
        if self._saving:
            return
        try:
            await self._draft.keep()
        except Problem as problem:
            self.say(f"The draft could not be kept: {problem}")

    @on(CustomerSearch.Chosen)
    def _go_on(self) -> None:
        self.say("")
        self._subject.focus()
        self._foresee()

    @on(CustomerSearch.Submitted)
    def _to_subject(self) -> None:
        self._subject.focus()

    @on(Input.Submitted, "#subject")
    def _to_text(self, event: Input.Submitted) -> None:
        event.stop()
        event.prevent_default()
        self._text.focus()

    @work(exclusive=True, group="foresee")
    async def _foresee(self) -> None:
        try:
            foreseen = await self._open("…", "…", rehearse=True)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._told.update(words(sentences.goes_to(foreseen.to), "" if foreseen.to else "$text-warning"))
