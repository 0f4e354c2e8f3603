"""A new entry of the deny list with what it would have caught, and taking one away (R3.1, R3.4)."""

import asyncio
from collections.abc import Iterator

from textual import on, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from store.denylist import Entry
from store.errors import Problem
from store.queries.deny import WouldCatch, would_catch
from store.rules.deny import FILTER_TYPES, LOCATIONS
from store.services import deny
from tui.desk import Desk
from tui.dialogs.frame import Choices, Dialog, field
from tui.sentences import deny_entry, many
from tui.widgets.words import words

_TYPING_SECONDS = 0.2


class DenyDialog(Dialog[str]):
    """Shows while one types what the entry would have caught; what is wrong with it is said below its text."""

    heading = "New entry of the deny list"
    save_label = "Add"
    hint = "Tab next field · Enter add · Esc close"
    wide = True
    AUTO_FOCUS = "#filter"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._location = Choices(*(Option(title, id=key) for key, title in LOCATIONS.items()))
        self._type = Choices(*(Option(title, id=key) for key, title in FILTER_TYPES.items()))
        self._filter = Input(id="filter", max_length=1_000, compact=True)
        self._told = Static(id="preview")
        self._typed = asyncio.Event()

    def fields(self) -> Iterator[Widget]:
        yield field("Filter", self._filter)
        yield field("Location", self._location)
        yield field("Filter type", self._type)
        yield self._told

    def on_mount(self) -> None:
        self._location.highlighted = self._type.highlighted = 0
        self._keep_up()

    @on(Input.Changed)
    @on(OptionList.OptionHighlighted)
    def _retyped(self) -> None:
        self._typed.set()

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()

    @work(group="preview")
    async def _keep_up(self) -> None:
        """The newest text only: a look at a million addresses takes a while."""
        while True:
            await self._typed.wait()
            await asyncio.sleep(_TYPING_SECONDS)
            self._typed.clear()
            if not self._filter.value.strip():
                self._told.update("")
                continue
            try:
                entry = deny.checked(*self._given)
                self._told.update(words("Looking at what it would have caught…", "dim"))
                found = await self.desk.lanes.read(would_catch, self.desk.actor, entry)
            except Problem as problem:
                self._told.update(words(str(problem), "$text-error"))
            else:
                self._told.update(_would_have_caught(found))

    @property
    def _given(self) -> tuple[str, str, str]:
        location, kind = self._location.highlighted or 0, self._type.highlighted or 0
        return list(LOCATIONS)[location], list(FILTER_TYPES)[kind], self._filter.value

    async def carry_out(self) -> str:
        entry = await self.desk.lanes.write(deny.add, self.desk.actor, *self._given)
        return f"Added entry {entry.id}: refused when {deny_entry(entry.location, entry.filter_type, entry.filter)}."


class CaughtDialog(Dialog[None]):
    """What an entry that there is would have caught of what got in."""

    heading = "What it catches"
    save_label = ""
    wide = True
    hint = "↑ ↓ scroll · Esc close"
    AUTO_FOCUS = "#close"

    def __init__(self, desk: Desk, entry: Entry) -> None:
        super().__init__(desk)
        self._entry = entry
        self._told = Static(words("One moment…", "dim"))

    def fields(self) -> Iterator[Widget]:
        yield _refused_when(self._entry)
        yield self._told

    def on_mount(self) -> None:
        self._look()

    @work
    async def _look(self) -> None:
        try:
            self._told.update(_would_have_caught(await self.desk.lanes.read(would_catch, self.desk.actor, self._entry)))
        except Problem as problem:
            self.say(str(problem))

    async def carry_out(self) -> None:
        return None


class RemoveDialog(Dialog[str]):
    """Asked before: mail that only this entry kept out gets in again."""

    heading = "Remove an entry"
    save_label = "Remove"
    hint = "Enter remove · Esc close"
    AUTO_FOCUS = "#save"

    def __init__(self, desk: Desk, entry: Entry) -> None:
        super().__init__(desk)
        self._entry = entry

    def fields(self) -> Iterator[Widget]:
        yield _refused_when(self._entry)
        yield Static(words("Mail that no other entry refuses gets in again; what was refused stays where it is."))

    async def carry_out(self) -> str:
        await self.desk.lanes.write(deny.remove, self.desk.actor, self._entry.id, seen=self._entry)
        return f"Removed entry {self._entry.id}."


def _refused_when(entry: Entry) -> Static:
    told = f"Refused when {deny_entry(entry.location, entry.filter_type, entry.filter)}."
    return Static(words(told), classes="told")


def _would_have_caught(found: WouldCatch) -> Content:
    of = f"{many(found.messages, 'message')} of the last {found.messages_looked_at}"
    told = [words(f"It would have caught {many(found.recipients, 'recipient')} and {of}.", "bold")]
    told += [words(f"  {address}") for address in found.recipient_sample]
    told += [words(f"  {line}", "dim") for line in found.message_sample]
    return Content("\n").join(told)
