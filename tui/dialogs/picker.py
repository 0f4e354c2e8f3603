"""A list to choose one thing from: Enter or a click takes it, a letter jumps to the next that begins with it."""

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from textual import events, on
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from store.errors import Problem
from store.rules.text import search_key
from tui.desk import Desk
from tui.dialogs.frame import Choices, Dialog
from tui.widgets.words import words

T = TypeVar("T")


class Choice(NamedTuple, Generic[T]):
    """One line of the list: a mark before it (`✓`, `▼`), its title, a word on it, and what choosing it gives.

    `why_not` greys it; choosing it says that sentence.
    """

    title: str
    gives: T
    mark: str = ""
    note: str = ""
    why_not: str = ""


class Picker(Dialog[T], Generic[T]):
    """Gives what the choice gives, None if closed.  `below` is text under the list."""

    save_label = ""

    def __init__(self, desk: Desk, heading: str, choices: Sequence[Choice[T]], *, start: int = 0) -> None:
        super().__init__(desk)
        self.heading = heading
        self.hint = "Enter choose · Esc close"
        self._choices = choices
        self._start = start
        self._options = Choices(*_options(choices))

    def fields(self) -> Iterator[Widget]:
        yield self._options
        if below := self.below():
            yield below

    def below(self) -> Static | None:
        """What stands under the list."""
        return None

    def on_mount(self) -> None:
        self._options.highlighted = self._start
        self._options.focus()

    def on_key(self, event: events.Key) -> None:
        if event.character is None or not event.character.isalnum():
            return
        after = (self._options.highlighted or 0) + 1
        order = [*range(after, len(self._choices)), *range(after)]
        for index in order:
            if search_key(self._choices[index].title).startswith(search_key(event.character)):
                self._options.highlighted = index
                event.stop()
                return

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self._options.highlighted = event.option_index
        self.action_save()

    async def carry_out(self) -> T:
        choice = self._choices[self._options.highlighted or 0]
        if choice.why_not:
            raise Problem(choice.why_not)
        return choice.gives


def _options(choices: Sequence[Choice[T]]) -> Iterator[Option]:
    wide = max((len(choice.title) for choice in choices), default=0)
    for choice in choices:
        title = words(f"{choice.mark or ' '} {choice.title:<{wide}}", "dim" if choice.why_not else "")
        yield Option(title + words(f"  {choice.note}", "dim"))
