"""What all dialogs share: a box with a title, fields that scroll, a line for what went wrong, buttons always in sight.

A dialog does its work itself and stays open with all that was typed until that succeeded; then it gives back the
sentence for the status line, or None if nothing was done.
"""

from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from store.errors import Conflict, Problem
from tui.desk import Desk
from tui.seen import Seen, see
from tui.widgets.words import words

ResultT = TypeVar("ResultT")
_BORDER_AND_BUTTONS = 4
_LONG_SECONDS = 0.4
_MOMENT = "One moment…"
_UNSAVED = "Not saved yet: Ctrl+S saves, Esc once more closes without saving."


class Step(Problem):
    """Nothing was saved yet: this should be known first, and the same key goes on."""


class Choices(OptionList, inherit_bindings=False):
    """A list in which Enter is left to save, so that `OptionSelected` is a click."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", show=False),
        Binding("down", "cursor_down", show=False),
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
    ]

    def __init__(self, *options: Option) -> None:
        super().__init__(*options, markup=False, compact=True)


class Body(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields; scrolls when the window is too low for them."""


def field(label: str, widget: Widget, *, id: str | None = None) -> Horizontal:
    """A widget with its label on the left."""
    return Horizontal(Label(label, classes="label"), widget, classes="field", id=id)


class Dialog(ModalScreen[ResultT], Generic[ResultT]):
    """Fill `fields`, do the work in `carry_out`.  Widgets that are changed later are attributes: a dialog may be closed
    while something it asked for is on its way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("enter,ctrl+s", "save", "Save", show=False),
        Binding("up", "scroll_body(-1)", show=False),
        Binding("down", "scroll_body(1)", show=False),
        Binding("pageup", "scroll_body(-10)", show=False),
        Binding("pagedown", "scroll_body(10)", show=False),
    ]
    SCOPED_CSS = False  # a scope would keep the rules of a dialog from those that are made of it
    heading = ""
    save_label = "Save"
    close_label = "Close"
    wide = False
    hint = ""
    """The keys of this dialog, shown beside its buttons."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._body = Body(classes="body")
        self._said = Static(id="said")
        self._said.display = False
        self._saving = False
        self._warned = False
        self._moment = _MOMENT

    def compose(self) -> ComposeResult:
        self._body.styles.max_height = self.app.size.height - _BORDER_AND_BUTTONS  # before the first layout, not after
        with Vertical(classes="box") as box:
            box.border_title = self.heading
            box.set_class(self.wide, "wide")
            with self._body:
                yield from self.fields()
            yield self._said
            with Horizontal(classes="buttons"):
                yield Static(words(self.hint), classes="hint")
                yield Button(self.close_label, id="close", compact=True)
                if self.save_label:
                    yield Button(self.save_label, variant="primary", id="save", compact=True)

    def fields(self) -> Iterator[Widget]:
        """The dialog's fields, from top to bottom, which is also the order of Tab."""
        raise NotImplementedError

    async def carry_out(self) -> ResultT:
        """Does what was asked for.  A Problem is told and the dialog stays."""
        raise NotImplementedError

    async def look_again(self) -> None:
        """Reads afresh what somebody else has changed, after a conflict (R10.4)."""

    @property
    def unsaved(self) -> bool:
        """Whether closing now would lose something that was typed."""
        return False

    def edited(self) -> None:
        """Call it when something was typed: closing warns anew."""
        if self._warned:
            self._warned = False
            self.say("")

    @property
    def said(self) -> str:
        """The sentence above the buttons."""
        return str(self._said.content) if self._said.display else ""

    def say(self, text: str, *, style: str = "$text-error") -> None:
        """Puts a sentence above the buttons; '' takes it away."""
        self._said.update(words(text, style))
        self._said.display = bool(text)
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        self._fit()

    def action_close(self) -> None:
        if self._saving:
            return
        if self.unsaved and not self._warned:
            self._warned = True
            self.say(_UNSAVED, style="$text-warning")
        else:
            self.dismiss(None)

    def action_scroll_body(self, lines: int) -> None:
        self._body.scroll_relative(y=lines, animate=False)

    @work(group="save")
    async def action_save(self) -> None:
        if self._saving:
            return
        self._saving, self._warned, self._moment = True, False, _MOMENT
        self.say("")
        waiting = self.set_timer(_LONG_SECONDS, lambda: self.say(self._moment, style="dim"))
        try:
            self.dismiss(await self.carry_out())
        except Step as step:
            self.say(str(step), style="$text-warning")
        except Conflict as conflict:
            waiting.stop()  # it must not take the place of what is told now
            await self._tell_of(conflict)
        except Problem as problem:
            self.say(str(problem))
        finally:
            waiting.stop()
            self._saving = False

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_save()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.action_close()

    @on(Button.Pressed, "#save")
    def _save(self) -> None:
        self.action_save()

    async def _tell_of(self, conflict: Conflict) -> None:
        """What was typed stays, and another Save goes on with it knowingly."""
        self.say(f"{conflict} What you entered is kept: save again to go on with it.")
        try:
            await self.look_again()
        except Problem as problem:
            self.say(str(problem))

    def _fit(self) -> None:
        """Leaves room for the buttons, whatever else there is."""
        beside = _BORDER_AND_BUTTONS + (self._said.size.height + 1 if self._said.display else 0)
        self._body.styles.max_height = max(1, self.size.height - beside)


class SenderDialog(Dialog[str]):
    """A dialog about one recipient, whose `seen` it holds."""

    def __init__(self, desk: Desk, seen: Seen) -> None:
        super().__init__(desk)
        self.seen = seen

    def about(self) -> Static:
        """The line that says whom this is about."""
        line = self.seen.line
        return Static(words(line.email, "bold") + words(f"  {line.name}", "dim"), classes="about")

    async def look_again(self) -> None:
        self.seen = await self.desk.lanes.read(see, self.desk.actor, self.seen.line.id)
