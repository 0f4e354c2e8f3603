"""Type to find a customer or lead among any number of them, and choose one (R4.2)."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from store.errors import Problem
from store.queries import customers
from store.queries.customers import CustomerLine
from tui.desk import Desk
from tui.events import StoreChanged
from tui.sentences import customer_details
from tui.widgets.cells import steady
from tui.widgets.words import words

_PAUSE_SECONDS = 0.08
_SHOWN = 50


class _Hits(OptionList, can_focus=False):
    """What was found; the arrow keys of the input line move in it."""


class CustomerSearch(Vertical):
    """An input line and what it finds.  `chosen` is None until one is chosen, and again as soon as the text is edited.

    A result is only ever shown, and chosen from, for the text that stands in the line.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(5)", show=False),
        Binding("pageup", "move(-5)", show=False),
    ]

    class Chosen(Message):
        """A customer was chosen."""

    class Submitted(Message):
        """Enter, with a customer chosen already."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.chosen: CustomerLine | None = None
        self._desk = desk
        self._line = Input(placeholder="name, login, id, e-mail or phone", compact=True)
        self._hits = _Hits(markup=False, compact=True)
        self._more = Static("", classes="more")
        self._found: Sequence[CustomerLine] = ()
        self._found_for: str | None = None
        self._choose_when_found = False
        self._aim: int | None = None

    def compose(self) -> ComposeResult:
        yield self._line
        yield self._hits
        yield self._more

    def on_mount(self) -> None:
        self._look_for("")

    def on_store_changed(self, event: StoreChanged) -> None:
        """Customers may have come, gone or been renamed."""
        if self.chosen is None:
            self._look_for(self._line.value, keep=True)

    def edit(self) -> None:
        """Puts the cursor into the line."""
        self._line.focus()

    def action_move(self, step: int) -> None:
        hits = self._hits
        if self.chosen is None and self._found:
            hits.highlighted = max(0, min((hits.highlighted or 0) + step, len(self._found) - 1))
            self._aim = self._found[hits.highlighted].id

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.chosen = self._aim = None
        self._look_for(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self.chosen is not None:
            self.post_message(self.Submitted())
        elif self._found_for == event.value:
            self._choose(self._hits.highlighted)
        else:
            self._choose_when_found = True

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.chosen is None and self._found_for == self._line.value:
            self._choose(event.option_index)

    @work(exclusive=True, group="customer search")
    async def _look_for(self, text: str, *, keep: bool = False) -> None:
        if text and not keep:
            await asyncio.sleep(_PAUSE_SECONDS)
        try:
            found = await self._desk.lanes.read(customers.find, self._desk.actor, text, limit=_SHOWN + 1)
        except Problem as problem:
            self._tell(str(problem))
            return
        if text != self._line.value or self.chosen is not None:
            return
        self._show(found, text)
        if self._choose_when_found:
            self._choose_when_found = False
            self._choose(self._hits.highlighted)

    def _show(self, found: Sequence[CustomerLine], text: str) -> None:
        hits = self._hits
        more = len(found) > _SHOWN
        self._found, self._found_for = found[:_SHOWN], text
        hits.set_options([Option(_shown(customer)) for customer in self._found])
        if self._found:
            ids = [customer.id for customer in self._found]
            hits.highlighted = ids.index(self._aim) if self._aim in ids else 0
        self._tell(f"The first {_SHOWN}: type more to narrow." if more else "" if found else "Nobody is found.")

    def _choose(self, index: int | None) -> None:
        if index is None or index >= len(self._found):
            return
        self.chosen = self._found[index]
        with self.prevent(Input.Changed):
            self._line.value = steady(self.chosen.label)
        self._hits.set_options([Option(Content("✓ ") + _shown(self.chosen))])
        self._tell("Type to choose another.")
        self.post_message(self.Chosen())

    def _tell(self, text: str) -> None:
        self._more.update(words(text, "dim"))


def _shown(customer: CustomerLine) -> Content:
    return words(customer.label) + words(f"  {customer_details(customer)}", "dim")
