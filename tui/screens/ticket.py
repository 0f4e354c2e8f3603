"""A ticket: its head, its messages, and all that is done with it (R11.1)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from store.actor import Actor
from store.errors import NotFound, Problem
from store.queries import outbox, settings, tickets
from store.queries.outbox import OutboxRow
from store.queries.tickets import MessageLine, ParticipantLine
from store.queries.why import of_messages
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.ticket_actions import Standing, TicketActions, stand
from tui.screens.ticket_text import head, message_lines
from tui.screens.workplace import bindings
from tui.sentences import many
from tui.widgets.cells import fit
from tui.widgets.reader import Reader
from tui.widgets.words import words
from tui.widgets.wrapping import wrap

_LABEL = 11
_WIDE = 110
_LEAST_SIDE, _MOST_SIDE = 38, 54
_MOST_SHOWN, _MOST_LINES = 400, 8


class Read(NamedTuple):
    """A ticket with its messages, who follows it, what became of the mail about it, why none can be sent, the zone."""

    standing: Standing
    messages: list[MessageLine]
    followers: list[ParticipantLine]
    mail: list[OutboxRow]
    trouble: str
    zone: tzinfo


def read(actor: Actor, number: int) -> Read:
    """From the store.  Raises NotFound."""
    return Read(
        stand(actor, number),
        list(tickets.messages(actor, number)),
        tickets.participants(actor, number),
        outbox.lines(actor, ticket=number),
        outbox.outgoing().last_error,
        settings.timezone(),
    )


class TicketScreen(TicketActions):
    """Head and messages; follows the store while it is open."""

    place = "ticket"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("ticket"), Binding("enter", "act('menu')", show=False)]
    AUTO_FOCUS = "Reader"

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__(desk)
        self._number = number
        self._head = Static(id="head")
        self._facts = Static()
        self._side = VerticalScroll(self._facts, id="side", can_focus=False)
        self._reader = Reader()
        self._changed = asyncio.Event()
        self._read: Read | None = None
        self._folded = True

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self._head
        yield Horizontal(self._reader, self._side)
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say(f"Tickets / #{self._number}")
        self.show_keys()
        self._changed.set()
        self._keep_up()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._changed.set()

    def on_resize(self) -> None:
        self._show_head()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "fold": self._fold,
            "why": self._why,
            "next": lambda: self._go(1),
            "previous": lambda: self._go(-1),
            "back": self.dismiss,
            **super().handlers(),
        }

    @work(group="follow")
    async def _keep_up(self) -> None:
        """One read after the other, so that none is given up however often the store changes."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                found = await self.desk.lanes.read(read, self.desk.actor, self._number)
            except NotFound as gone:
                self._blank(gone)
                continue
            except Problem as problem:
                self.say(str(problem), "error")
                continue
            if found != self._read:
                self._read = found
                self._show()

    def _blank(self, gone: NotFound) -> None:
        """What he may see no more is not left on his screen (R10.1)."""
        self._read = self.standing = None
        self.absent, self.has_files = str(gone), False
        self.heading.say(f"Tickets / #{self._number}")
        self._head.update("")
        self._facts.update("")
        self._reader.show([])
        self.status.show_right("")
        self.show_keys()
        self.say(str(gone), "error")

    def refresh_now(self) -> None:
        """What this agent did is seen at once."""
        self._changed.set()

    def _show(self) -> None:
        if self._read is None:
            return
        self.standing = self._read.standing
        self.has_files = any(message.attachments for message in self._read.messages)
        ticket = self.standing.line
        self.heading.say(f"Tickets / #{ticket.number} {ticket.subject}")
        self._show_head()
        messages, mail, trouble = self._read.messages, self._read.mail, self._read.trouble
        self._reader.show(message_lines(messages, self._read.zone, folded=self._folded, mail=mail, trouble=trouble))
        self.status.show_right(many(len(self._read.messages), "message"))
        self.show_keys()

    def _show_head(self) -> None:
        """Two columns of labels and values over the messages, or all beside them where there is room."""
        beside = self.size.width >= _WIDE
        self._head.display, self._side.display = not beside, beside
        if self._read is None:
            return
        facts = head(self._read.standing.line, self._read.followers, self._read.zone)
        if beside:
            side = min(_MOST_SIDE, max(_LEAST_SIDE, self.size.width // 3))
            self._side.styles.width = side + 2
            told = (piece for fact in facts for piece in _hanging(*fact, side))
            self._facts.update(Content("\n").join(told))
            return
        width = max(_LABEL + 4, (self.size.width - 3) // 2)
        pairs = [_pair(*fact, width) for fact in facts if fact.value or not fact.seldom]
        rows = (Content("").join(pairs[i : i + 2]) for i in range(0, len(pairs), 2))
        self._head.update(Content("\n").join(rows))

    def _fold(self) -> None:
        self._folded = not self._folded
        self._show()
        self.say("Quoted history is folded." if self._folded else "Quoted history is shown.")

    @work(exclusive=True, group="open")
    async def _why(self) -> None:
        """Of the messages that are in sight."""
        from tui.dialogs.why import WhyDialog

        if self._read is None:
            return
        seen = [self._read.messages[place].id for place in self._reader.marks_in_sight()]
        try:
            found = await self.desk.lanes.read(of_messages, self.desk.actor, self._number, seen)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(WhyDialog(self.desk, found))

    def _go(self, step: int) -> None:
        if not self._reader.next_mark(step):
            self.say("This is the last message." if step > 0 else "This is the first message.", "warning")


def _pair(label: str, value: str, seldom: bool, width: int) -> Content:
    return words(f"{label:<{_LABEL}}", "dim") + Content(fit(value, width - _LABEL - 1) + " ")


def _hanging(label: str, value: str, seldom: bool, width: int) -> Iterator[Content]:
    """The label, and the value in lines beside it; what is long is cut off."""
    pieces = wrap(value[:_MOST_SHOWN] or "–", width - _LABEL)
    for index, piece in enumerate(pieces[:_MOST_LINES]):
        yield words(f"{label if index == 0 else '':<{_LABEL}}", "dim") + words(piece)
