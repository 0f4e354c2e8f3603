"""Writing a reply or a note: what is typed is kept as a draft, and a reply shows exactly who gets it (R7.6, T5)."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from store.actor import Actor
from store.db import transaction
from store.errors import Conflict, Problem
from store.queries import notices, settings
from store.queries import tickets as reading
from store.queries.tickets import TicketLine
from store.rules.notices import Addressee
from store.services import tickets
from store.services.drafts import Kind
from store.services.tickets import Replied
from tui import draft, sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.draft import Draft
from tui.events import StoreChanged
from tui.widgets.editor import Editor
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines

_FRAME = 6
_LEAST = 3
_MOST_SHOWN = 8


class WritingDialog(Dialog[str]):
    """A text that is kept each five seconds and at every close, and is there again when the dialog is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "throw_away", show=False),
        Binding("enter", "tick", show=False),  # it must not send what is half written
    ]
    CSS = """
    WritingDialog TextArea, WritingDialog TextArea:focus { border: none; padding: 0; background: $panel; }
    WritingDialog .audience { height: auto; scrollbar-size-vertical: 1; }
    WritingDialog .audience Static { height: auto; }
    """
    AUTO_FOCUS = "Editor"
    wide = True
    kind: ClassVar[Kind] = "note"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk)
        self._unkept = False
        self.line = line
        self._text = Editor()
        self._draft = Draft(desk, line.number, self.kind, lambda: self.text)

    def on_mount(self) -> None:
        self._restore()
        self.set_interval(draft.KEEP_SECONDS, self._keep)
        self._fit()

    async def on_unmount(self) -> None:
        """The window is quit, or failed: the draft stays."""
        if not self._saving:
            with contextlib.suppress(Problem):  # there is nobody left to tell
                await self._draft.keep()

    @property
    def text(self) -> str:
        """What stands in the editor."""
        return self._text.text

    def action_close(self) -> None:
        """Closing loses nothing: the draft is there again next time."""
        if not self._saving:
            self._keep_and_close()

    @work(exclusive=True, group="close")
    async def _keep_and_close(self) -> None:
        try:
            await self._draft.keep()
        except Problem as problem:
            if self._unkept:
                self.dismiss(None)
            self._unkept = True
            self.say(f"The draft could not be kept: {problem} Esc closes without it.")
            return
        self.dismiss(f"Your {self.kind} to #{self.line.number} is kept as a draft." if self.text.strip() else None)

    def action_tick(self) -> None:
        """Enter turns a tick, as the space bar does."""
        if isinstance(self.focused, Toggle):
            self.focused.action_turn()

    def action_throw_away(self) -> None:
        """Empties the editor; the draft goes with it when the dialog is closed."""
        self._text.clear()
        self.say("Thrown away; Ctrl+Z brings it back.", style="dim")

    async def carry_out(self) -> str:
        await self._draft.keep()  # whatever becomes of it, what was written is not lost
        told = await self.hand_in()
        self._draft.end()
        return told

    async def hand_in(self) -> str:
        """Does with the text what it was written for; the sentence about it.  Raises Problem."""
        raise NotImplementedError

    @work(exclusive=True, group="restore")
    async def _restore(self) -> None:
        try:
            kept = await self._draft.read()
        except Problem as problem:
            self.say(str(problem))
            return
        if kept and not self.text:
            self._text.text = kept
            self._text.move_cursor(self._text.document.end)
            self.say("Your draft of before is here again; Ctrl+T throws it away.", style="dim")

    @work(group="keep")
    async def _keep(self) -> None:
        if self._saving:
            return
        try:
            await self._draft.keep()
        except Problem as problem:
            self.say(f"The draft could not be kept: {problem}")

    def _fit(self) -> None:
        """All the height there is goes to the text."""
        super()._fit()
        said = self._said.size.height + 1 if self._said.display else 0
        self._text.styles.height = max(_LEAST, self.size.height - _FRAME - said - self._above())

    def _above(self) -> int:
        """How many lines stand over the text."""
        return 0


class NoteDialog(WritingDialog):
    """An internal note."""

    heading = "Add note"
    save_label = "Add note"
    hint = "Ctrl+S add · Esc keep as draft"
    kind = "note"

    def fields(self) -> Iterator[Widget]:
        yield Static(lines([f"#{self.line.number}: for administrators only; no customer sees it."]), classes="told")
        yield self._text

    async def hand_in(self) -> str:
        await self.desk.lanes.write(tickets.note, self.desk.actor, self.line.number, self.text)
        return f"Added a note to #{self.line.number}."

    def _above(self) -> int:
        return 1


class Look(NamedTuple):
    """Who would get a reply now, and what else there is to know before it goes."""

    audience: tuple[Addressee, ...]
    remarks: tuple[str, ...]


class ReplyDialog(WritingDialog):
    """A public reply; every address that gets it is shown with the reason, and can be unticked (R7.6)."""

    heading = "Reply"
    save_label = "Send"
    hint = "Ctrl+S send · Tab addresses · Esc keep as draft"
    kind = "reply"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        self._look: Look | None = None
        self._ticks: dict[str, Toggle] = {}
        self._unticked: set[str] = set()
        self._audience = VerticalScroll(Static("Who gets it is being read…"), classes="audience", can_focus=False)
        self._audience.styles.max_height = _MOST_SHOWN

    def fields(self) -> Iterator[Widget]:
        yield self._audience
        yield self._text

    def on_mount(self) -> None:
        super().on_mount()
        self._read_audience()

    def on_store_changed(self, event: StoreChanged) -> None:
        """Somebody may have paired, banned or added an address while this is being written."""
        self._read_audience()

    async def hand_in(self) -> str:
        if self._look is None:
            raise Problem("Who gets it is still being read. Try again in a moment.")
        without = [one.email for one in self._look.audience if one.key in self._unticked]
        seen = self.line.version
        done = await self.desk.lanes.write(
            send, self.desk.actor, self.line.number, self.text, self._look.audience, without, seen
        )
        return sentences.replied(done)

    async def look_again(self) -> None:
        self.line = await self.desk.lanes.read(reading.one, self.desk.actor, self.line.number)
        await self._show(await self.desk.lanes.read(look, self.desk.actor, self.line.number))

    @work(exclusive=True, group="audience")
    async def _read_audience(self) -> None:
        try:
            found = await self.desk.lanes.read(look, self.desk.actor, self.line.number)
        except Problem as problem:
            self.say(str(problem))
        else:
            await self._show(found)

    async def _show(self, found: Look) -> None:
        """What was unticked stays so; an address that bounced begins unticked."""
        if found == self._look:
            return
        known = {one.key for one in self._look.audience} if self._look is not None else set()
        self._unticked |= {one.key for one in found.audience if one.key not in known and "bounced" in one.warnings}
        focused = next((key for key, tick in self._ticks.items() if tick.has_focus), None)
        self._ticks = {
            one.key: Toggle(sentences.addressee(one), one.key not in self._unticked) for one in found.audience
        }
        async with self.batch():
            await self._audience.remove_children()
            await self._audience.mount(*self._ticks.values(), Static(lines(found.remarks, "$text-warning")))
        self._look = found  # not before it is shown: the next change of the store cancels this and begins anew
        if focused is not None:
            self._ticks.get(focused, self._text).focus()
        self._fit()

    def _above(self) -> int:
        return min(_MOST_SHOWN, len(self._ticks) + (len(self._look.remarks) if self._look else 1))

    @on(Toggle.Changed)
    def _ticked(self) -> None:
        self._unticked = {key for key, tick in self._ticks.items() if not tick.value}


def look(actor: Actor, number: int) -> Look:
    """Who would get a reply, and what else is to be known.  Raises NotFound."""
    audience = tuple(notices.reply_audience(actor, number))
    watchers = [one.login or "" for one in reading.participants(actor, number) if one.kind == "watcher"]
    return Look(audience, tuple(sentences.reply_remarks(settings.every(), watchers, nobody=not audience)))


def send(
    actor: Actor, number: int, text: str, shown: Collection[Addressee], without: Sequence[str], seen: int
) -> Replied:
    """The reply, if exactly those would get it that the agent was shown (R7.6).  Raises as `tickets.reply`."""
    with transaction():
        audience = notices.reply_audience(actor, number)
        done = tickets.reply(actor, number, text, without=without, seen=seen)
        if tuple(audience) != tuple(shown):
            raise Conflict("Who gets this reply", "")
    return done
