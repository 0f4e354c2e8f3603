"""A form of many fields: what is wrong is said below its field, and what was typed stays (R5.1, R7.2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from store.errors import BadInput, Problem
from tui.desk import Desk
from tui.dialogs.frame import Dialog, Step, field
from tui.widgets.cycle import Cycle
from tui.widgets.toggle import Toggle
from tui.widgets.words import words

_TRIED = "It did not work: mend what is marked."
_STEPS = {
    "name": "host",
    "connect": "host",
    "tls": "security",
    "login": "secret",
    "secret": "secret",
    "folder": "folder",
}
_UNSAVED = "Nothing was saved yet: mend what is marked."


class Entry(NamedTuple):
    """One field: its key, its label, its choices if there are only these, and what it looks like when empty.

    The value of a switch is `on` or `off`.
    """

    key: str
    label: str
    choices: tuple[str, ...] = ()
    hint: str = ""
    switch: bool = False


class FormDialog(Dialog[str]):
    """Give `entries`, `check` and `keep`; `foresee` what should be known before it is saved."""

    CSS = "FormDialog .wrong { height: auto; color: $text-error; padding: 0 0 0 14; }"
    entries: Sequence[Entry]
    hint = "Tab next field · Enter save · Esc close"
    wide = True

    def __init__(self, desk: Desk, values: Mapping[str, str]) -> None:
        super().__init__(desk)
        self._widgets = {entry.key: _widget(entry, values.get(entry.key, "")) for entry in self.entries}
        self._wrong = {entry.key: Static(classes="wrong") for entry in self.entries}
        for wrong in self._wrong.values():
            wrong.display = False
        self._told_of: dict[str, str] | None = None

    def fields(self) -> Iterator[Widget]:
        for entry in self.entries:
            yield field(entry.label, self._widgets[entry.key])
            yield self._wrong[entry.key]

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields."""
        return {key: _text(widget) for key, widget in self._widgets.items()}

    def check(self, key: str, text: str) -> None:
        """Raises BadInput when this text cannot stand in this field."""

    async def foresee(self) -> str:
        """What saving would do besides, to be known before; '' for nothing.  Raises Problem."""
        return ""

    async def keep(self) -> str:
        """Saves what was typed; what to say then.  Raises Problem."""
        raise NotImplementedError

    async def carry_out(self) -> str:
        self.insist()
        try:
            if self._told_of != self.typed and (told := await self.foresee()):
                self._told_of = self.typed
                raise Step(f"{told} Enter again saves it.")
            return await self.keep()
        except Problem as problem:
            if not self._point_at(problem):
                raise
            raise BadInput(_UNSAVED if isinstance(problem, BadInput) else _TRIED) from problem

    def insist(self) -> None:
        """Says of every field what is wrong with it.  Raises BadInput if anything is."""
        first = ""
        for key, text in self.typed.items():
            try:
                self.check(key, text)
                told = ""
            except BadInput as problem:
                told = str(problem)
                first = first or key
            self._mark(key, told)
        if first:
            self._widgets[first].focus()
            raise BadInput(_UNSAVED)

    def _point_at(self, problem: Problem) -> bool:
        """Says it below the field that it is about; whether there is one."""
        field = _STEPS.get(getattr(problem, "step", ""), problem.field)
        if field not in self._wrong:
            return False
        self._mark(field, str(problem))
        self._widgets[field].focus()
        return True

    def _mark(self, key: str, told: str) -> None:
        self._wrong[key].update(words(told))
        self._wrong[key].display = bool(told)


class TriedForm(FormDialog):
    """A form with something to be tried: Ctrl+T keeps it and does `try_out`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "try_out", show=False)]
    hint = "Tab next field · Ctrl+T save and test · Enter save · Esc close"

    async def try_out(self) -> str:
        """Tries what was kept; what came of it.  Raises Problem."""
        raise NotImplementedError

    @work(exclusive=True, group="try")
    async def action_try_out(self) -> None:
        try:
            self.insist()
            told = await self.keep()
            self.say(f"{told} Trying…", style="dim")
            self.say(await self.try_out(), style="$text-success")
        except Problem as problem:
            self.say(_TRIED if self._point_at(problem) else str(problem))


def _widget(entry: Entry, value: str) -> Widget:
    if entry.switch:
        return Toggle("", value == "on", id=entry.key)
    if entry.choices:
        return Cycle(entry.choices, value, id=entry.key)
    return Input(value, placeholder=entry.hint, id=entry.key, compact=True)


def _text(widget: Widget) -> str:
    if isinstance(widget, Toggle):
        return "on" if widget.value else "off"
    return widget.value if isinstance(widget, Input | Cycle) else ""
