"""Writing a reply or a note: what is typed is kept as a draft, and a reply shows exactly who gets it (R7.6, T5)."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static, TextArea

from store.actor import Actor
from store.cleantext import clean
from store.errors import Problem
from store.queries import notices
from store.queries import tickets as reading
from store.queries.tickets import TicketLine
from store.rules.notices import Addressee
from store.services import drafts, tickets
from store.services.drafts import Kind
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.toggle import Toggle
from tui.widgets.words import lines, words

_KEEP_SECONDS = 5.0
_FRAME = 6
_LEAST = 3


class WritingDialog(Dialog[str]):
    """A text that is kept each five seconds and at every close, and is there again when the dialog is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+d", "throw_away", show=False)]
    CSS = """
    WritingDialog .box { width: 100%; }
    WritingDialog TextArea, WritingDialog TextArea:focus { border: none; padding: 0; background: $panel; }
    WritingDialog .audience { height: auto; }
    """
    AUTO_FOCUS = "TextArea"
    wide = True
    kind: ClassVar[Kind] = "note"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk)
        self.line = line
        self._text = TextArea("", compact=True, soft_wrap=True, tab_behavior="focus")
        self._kept = ""

    def on_mount(self) -> None:
        self._restore()
        self.set_interval(_KEEP_SECONDS, self._keep)
        self._fit()

    @property
    def text(self) -> str:
        """What stands in the editor."""
        return self._text.text

    def action_close(self) -> None:
        """Closing loses nothing: the draft is there again next time."""
        self._keep()
        super().action_close()

    def action_throw_away(self) -> None:
        """Empties the editor; the draft goes with it when the dialog is closed."""
        self._text.text = ""
        self.say("Thrown away; Ctrl+Z brings it back.", style="dim")

    @work(exclusive=True, group="restore")
    async def _restore(self) -> None:
        try:
            kept = await self.desk.lanes.read(drafts.kept, self.desk.actor, self.line.number, self.kind)
        except Problem as problem:
            self.say(str(problem))
            return
        if kept and not self._text.text:
            self._kept = kept
            self._text.text = clean(kept, one_line=False, limit=None)
            self._text.move_cursor(self._text.document.end)
            self.say("Your draft of before is here again; Ctrl+D throws it away.", style="dim")

    @work(group="keep")
    async def _keep(self) -> None:
        text = self._text.text
        if text == self._kept:
            return
        try:
            await self.desk.lanes.write(drafts.keep, self.desk.actor, self.line.number, self.kind, text)
            self._kept = text
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

    async def carry_out(self) -> str:
        await self.desk.lanes.write(tickets.note, self.desk.actor, self.line.number, self._text.text)
        self._kept = self._text.text
        return f"Added a note to #{self.line.number}."

    def _above(self) -> int:
        return 1


class ReplyDialog(WritingDialog):
    """The agent's public reply.  Each address can be unticked; banned, bounced, shared and re-paired ones warn."""

    heading = "Reply"
    save_label = "Send"
    hint = "Ctrl+S send · Tab addresses · Esc keep as draft"
    kind = "reply"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        self.audience: Sequence[Addressee] = ()
        self._ticks: list[Toggle] = []
        self._audience = Vertical(Static("Who gets it is being read…"), classes="audience")

    def fields(self) -> Iterator[Widget]:
        yield self._audience
        yield self._text

    def on_mount(self) -> None:
        super().on_mount()
        self._read_audience()

    @property
    def without(self) -> list[str]:
        """The addresses that were unticked."""
        return [one.email for one, tick in zip(self.audience, self._ticks, strict=True) if not tick.value]

    async def carry_out(self) -> str:
        done = await self.desk.lanes.write(
            tickets.reply,
            self.desk.actor,
            self.line.number,
            self._text.text,
            without=self.without,
            seen=self.line.version,
        )
        self._kept = self._text.text
        return sentences.replied(done)

    async def look_again(self) -> None:
        self.line = await self.desk.lanes.read(reading.one, self.desk.actor, self.line.number)
        self._read_audience()

    @work(exclusive=True, group="audience")
    async def _read_audience(self) -> None:
        try:
            found = await self.desk.lanes.read(_audience, self.desk.actor, self.line.number)
        except Problem as problem:
            self.say(str(problem))
            return
        self.audience = found
        self._ticks = [Toggle(sentences.addressee(one), "bounced" not in one.warnings) for one in found]
        await self._audience.remove_children()
        nobody = "Nobody gets it by mail: ticket notifications are off, or there is no address."
        shown: Sequence[Widget] = self._ticks or [Static(words(nobody, "$text-warning"))]
        await self._audience.mount(*shown)
        self._fit()

    def _above(self) -> int:
        return max(1, len(self._ticks))

    @on(Toggle.Changed)
    def _ticked(self) -> None:
        self.say("")


def _audience(actor: Actor, number: int) -> list[Addressee]:
    return notices.reply_audience(actor, number)
