"""*Merge ticket*: into which, and what will happen, said before (R11.1)."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from store.actor import Actor
from store.cleantext import clean
from store.errors import BadInput, Problem
from store.queries import ticket_choice, tickets
from store.queries.tickets import TicketLine
from store.reasons import sentence
from store.rules import ticket as rule
from store.services import tickets as services
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Choices, field
from tui.dialogs.ticket_dialog import TicketDialog
from tui.widgets.words import lines, words

_PAUSE_SECONDS = 0.08


class Candidate(NamedTuple):
    """A ticket to merge into, and the sentence that says why it cannot be, '' if it can."""

    line: TicketLine
    why_not: str


class MergeDialog(TicketDialog):
    """Finds the other ticket by number or words of its subject; at first those of the same customer or requester."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]
    heading = "Merge ticket"
    save_label = "Merge"
    hint = "↑ ↓ choose · Enter merge"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        self._typed = Input(placeholder="number, or words of the subject", id="into", compact=True)
        self._list = Choices()
        self._list.can_focus = False
        self._list.styles.height = 5
        self._told = Static(classes="explained")
        self._found: Sequence[Candidate] = ()
        self._found_for: str | None = None

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Merge into", self._typed)
        yield self._list
        yield self._told

    def on_mount(self) -> None:
        self._find("")

    @property
    def chosen(self) -> Candidate | None:
        """The ticket under the cursor, if it was found for what is typed."""
        index = self._list.highlighted
        return self._found[index] if index is not None and self._found_for == self._typed.value else None

    async def carry_out(self) -> str:
        chosen = self.chosen
        if chosen is None:
            raise BadInput("Choose the ticket that goes on: type its number, or words of its subject.")
        if chosen.why_not:
            raise Problem(chosen.why_not)
        done = await self.desk.lanes.write(services.merge, self.desk.actor, self.line.number, chosen.line.number)
        return f"Merged #{done.number} into #{done.into}: {sentences.many(done.messages, 'message')} moved."

    def action_move(self, step: int) -> None:
        if self._found:
            self._list.highlighted = max(0, min((self._list.highlighted or 0) + step, len(self._found) - 1))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._find(event.value)

    @on(OptionList.OptionHighlighted)
    def _explain(self) -> None:
        if (chosen := self.chosen) is not None:
            told = [chosen.why_not] if chosen.why_not else sentences.merging_preview(self.line, chosen.line)
            self._told.update(lines(told, "$text-warning" if chosen.why_not else ""))

    @work(exclusive=True, group="find")
    async def _find(self, text: str) -> None:
        if text:
            await asyncio.sleep(_PAUSE_SECONDS)
        try:
            self._found = await self.desk.lanes.read(candidates, self.desk.actor, self.line.number, text)
        except Problem as problem:
            self.say(str(problem))
            return
        self._found_for = text
        self._list.set_options([_option(one) for one in self._found])
        self._list.highlighted = 0 if self._found else None
        if not self._found:
            self._told.update(words("No other ticket is found." if text else "Type to find it.", "dim"))
        self._explain()


def candidates(actor: Actor, number: int, text: str) -> list[Candidate]:
    """Tickets that may be meant.  Raises NotFound."""
    mine = tickets.state(actor, number)
    found = []
    for line in ticket_choice.find(actor, text, besides=number):
        code = rule.why_not_merge(mine, tickets.state(actor, line.number), same=False)
        found.append(Candidate(line, sentence(code, number=number, into=line.number) if code else ""))
    return found


def _option(one: Candidate) -> Option:
    whose = one.line.customer.name if one.line.customer else "no customer"
    title = f"#{one.line.number} {clean(one.line.subject, limit=60)}"
    return Option(words(title, "dim" if one.why_not else "") + words(f"  {whose} · {one.line.status}", "dim"))
