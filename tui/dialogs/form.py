"""A form of many fields: what is wrong is said below its field, and what was typed stays (R5.1, R7.2)."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from mail.secret import NewSecret, is_laid
from store.errors import BadInput, Problem
from store.rules.addresses import address_in
from tui.desk import Desk
from tui.dialogs.frame import Dialog, Step, field
from tui.widgets.cycle import Cycle
from tui.widgets.line import Line
from tui.widgets.toggle import Toggle
from tui.widgets.words import words

_TRYING = "Trying: a server has half a minute to answer; Esc stops waiting."
_STOPPED = "Stopped waiting for the server. Nothing was saved; Esc once more closes."
_PASSWORD = "typed here, it goes into the file below, for you alone"
PASSWORD = "password"
_TRIED = "It did not work: mend what is marked."
_NOT_SAVED = "Nothing was saved yet: Enter saves it."
_STEPS = {
    "name": "host",
    "connect": "host",
    "tls": "security",
    "login": PASSWORD,
    "secret": "secret",
    "folder": "folder",
    "send": "test_to",
    "arrive": "test_to",
}
_UNSAVED = "Nothing was saved yet: mend what is marked."


class Entry(NamedTuple):
    """One field: its key, its label, its choices if there are only these, and what it looks like when empty or means.

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
        self._kept = self.typed

    def fields(self) -> Iterator[Widget]:
        for entry in self.entries:
            yield from self.rows(entry)

    def rows(self, entry: Entry) -> Iterator[Widget]:
        """A field, and what is wrong with it."""
        yield field(entry.label, self._widgets[entry.key])
        yield self._wrong[entry.key]

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields."""
        return {key: _text(widget) for key, widget in self._widgets.items()}

    @property
    def changed(self) -> dict[str, str]:
        """What was typed since this was read or saved: what another changed meanwhile in other fields stays (R10.4)."""
        return {key: text for key, text in self.typed.items() if text != self._kept[key]}

    @property
    def unsaved(self) -> bool:
        return bool(self.changed)

    def kept(self) -> None:
        """Call it when what stands in the fields is saved and the form stays open."""
        self._kept = self.typed

    @on(Input.Changed)
    @on(Toggle.Changed)
    def _edited(self) -> None:
        self.edited()

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
            await self.foretell()
            return await self.keep()
        except Problem as problem:
            if not self._point_at(problem):
                raise
            raise BadInput(_UNSAVED if isinstance(problem, BadInput) else _TRIED) from problem

    async def foretell(self) -> None:
        """Stops once for what should be known before.  Raises Step, Problem."""
        if self._told_of != self.typed and (told := await self.foresee()):
            self._told_of = self.typed
            raise Step(f"{told} Enter again saves it.")

    def insist(self) -> None:
        """Says of every field what is wrong with it.  Raises BadInput if anything is."""
        first = ""
        for key in self._wrong:
            self._mark(key, "")
        for key, text in self.typed.items():
            try:
                self.check(key, text)
            except BadInput as problem:
                first = first or key
                self._mark(key, str(problem))
        if first:
            self._widgets[first].focus()
            raise BadInput(_UNSAVED)

    def _point_at(self, problem: Problem) -> bool:
        """Says it below the field that it is about; whether there is one."""
        pointed = problem.field, _STEPS.get(getattr(problem, "step", ""), "")
        field = next((key for key in pointed if key in self._wrong), "")
        if not field:
            return False
        self._mark(field, str(problem))
        self._widgets[field].focus()
        return True

    def _mark(self, key: str, told: str) -> None:
        self._wrong[key].update(words(told))
        self._wrong[key].display = bool(told)


class TriedForm(FormDialog):
    """A form with something to be tried: Ctrl+T does `try_out`, which saves nothing, and Escape stops waiting for it.

    A password may be typed beside the secret: it goes into the file that the secret names, and nowhere else (R12).
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "try_out", show=False)]
    hint = "Tab next · Ctrl+T test · Enter save · Esc close"

    def __init__(self, desk: Desk, values: Mapping[str, str]) -> None:
        super().__init__(desk, values)
        self._password = Input(placeholder=_PASSWORD, password=True, id=PASSWORD, compact=True)
        self._widgets[PASSWORD], self._wrong[PASSWORD] = self._password, Static(classes="wrong")
        self._wrong[PASSWORD].display = False
        self._trial: asyncio.Task[str] | None = None

    async def try_out(self) -> str:
        """Tries what was typed, with `password`; what came of it.  Raises Problem."""
        raise NotImplementedError

    def rows(self, entry: Entry) -> Iterator[Widget]:
        if entry.key == "secret":
            yield from super().rows(Entry(PASSWORD, "Password"))
        yield from super().rows(entry)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields, but never the password."""
        return {key: text for key, text in super().typed.items() if key != PASSWORD}

    @property
    def unsaved(self) -> bool:
        return super().unsaved or bool(self._password.value)

    async def foresee(self) -> str:
        there = bool(self._password.value) and await asyncio.to_thread(is_laid, self.typed["secret"])
        return (
            "The file that Secret names is there already: the password takes the place of what is in it."
            if there
            else ""
        )

    @property
    def password(self) -> str:
        """The password that was typed, '' for none."""
        return self._password.value

    @asynccontextmanager
    async def password_kept(self) -> AsyncIterator[None]:
        """Around saving: a password that was typed goes into its file once that went well.  Raises Problem."""
        if not self.password:
            yield
            return
        laid = await asyncio.to_thread(NewSecret, self.typed["secret"], self.password)
        try:
            yield
            await asyncio.to_thread(laid.put)
            self._password.value = ""
        finally:
            await asyncio.to_thread(laid.drop)

    async def tried(self) -> str:
        """`try_out`; what came of it.  Raises Problem, Step when Escape stopped it."""
        self._moment = _TRYING
        self.say(_TRYING, style="dim")
        trial = self._trial = asyncio.create_task(self.try_out())
        try:
            await asyncio.wait([trial])
            if trial.cancelled():
                self._warned = True
                raise Step(_STOPPED)
            return trial.result()
        finally:
            trial.cancel()
            self._trial = None

    def action_close(self) -> None:
        if self._trial is not None:
            self._trial.cancel()
        else:
            super().action_close()

    @work(exclusive=True, group="try")
    async def action_try_out(self) -> None:
        try:
            self.insist()
            told = await self.tried()
            self.say(f"{told} {_NOT_SAVED if self.unsaved else ''}".rstrip(), style="$text-success")
        except Step as step:
            self.say(str(step), style="$text-warning")
        except Problem as problem:
            self.say(_TRIED if self._point_at(problem) else str(problem))


def insist_on_address(text: str, needed: str) -> None:
    """Raises BadInput unless this can be read as one address; `needed` is said where no part of it could be one."""
    try:
        address_in(text)
    except BadInput as problem:
        raise problem if "@" in text else BadInput(needed) from problem


def _widget(entry: Entry, value: str) -> Widget:
    if entry.switch:
        return Toggle(entry.hint, value == "on", id=entry.key)
    if entry.choices:
        return Cycle(entry.choices, value, note=entry.hint, id=entry.key)
    return Line(value, placeholder=entry.hint, id=entry.key, compact=True)


def _text(widget: Widget) -> str:
    if isinstance(widget, Toggle):
        return "on" if widget.value else "off"
    return widget.value if isinstance(widget, Input | Cycle) else ""
