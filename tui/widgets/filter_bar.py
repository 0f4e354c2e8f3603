"""The search line: what is typed on the left, how much it found or what is wrong with it on the right."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from tui.widgets.words import words


class FilterBar(Horizontal):
    """One line.  `Changed` with each key, `Left` when the person has done with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_or_leave", show=False),
        Binding("down", "leave", show=False),
    ]
    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        background: $surface;
        & > .prompt { width: 3; color: $text-accent; padding: 0 1; }
        & > Input, & > Input:focus { width: 1fr; background: $surface; border: none; }
        & > Input:focus { background-tint: $foreground 8%; }
        & > .note { width: auto; max-width: 60%; padding: 0 1; color: $text-muted; }
        & > .note { text-wrap: nowrap; text-overflow: ellipsis; }
        & > .note.-wrong { color: $text-error; }
    }
    """

    class Changed(Message):
        """The line was edited."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    class Left(Message):
        """On to the table."""

    def __init__(self, placeholder: str, *, suggester: Suggester | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._input = Input(placeholder=placeholder, suggester=suggester, compact=True, select_on_focus=False)
        self._beside = Static("", classes="note")
        self._note = ("", False)

    def compose(self) -> ComposeResult:
        yield Static("/", classes="prompt")
        yield self._input
        yield self._beside

    @property
    def line(self) -> str:
        """What stands in the line."""
        return self._input.value

    @line.setter
    def line(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    @property
    def note(self) -> str:
        """What stands beside it."""
        return self._note[0]

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Puts a word beside the line."""
        if (text, wrong) != self._note:
            wider = len(text) != len(self._note[0])
            self._note = (text, wrong)
            self._beside.set_class(wrong, "-wrong")
            self._beside.update(words(text), layout=wider)

    def edit(self) -> None:
        """Puts the cursor into the line."""
        self._input.focus()

    def action_clear_or_leave(self) -> None:
        if self.line:
            self.line = ""
        else:
            self.action_leave()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()
