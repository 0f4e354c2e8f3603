"""A ticket: its head, its messages, and all that is done with it (R11.1)."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from store.actor import Actor
from store.errors import Problem
from store.queries import outbox, settings, tickets
from store.queries.outbox import OutboxRow
from store.queries.tickets import MessageLine, ParticipantLine
from tui.desk import Desk
from tui.events import StoreChanged
from tui.screens.ticket_actions import Standing, TicketActions, stand
from tui.screens.ticket_text import head, message_lines
from tui.screens.workplace import bindings
from tui.sentences import many
from tui.widgets.cells import fit
from tui.widgets.reader import Reader
from tui.widgets.words import words

_LABEL = 11
_WIDE = 110


class Read(NamedTuple):
    """A ticket with its messages, who follows it, what became of the mail about it, and the zone of its times."""

    standing: Standing
    messages: list[MessageLine]
    followers: list[ParticipantLine]
    mail: list[OutboxRow]
    zone: tzinfo


def read(actor: Actor, number: int) -> Read:
    """From the store.  Raises NotFound."""
    return Read(
        stand(actor, number),
        list(tickets.messages(actor, number)),
        tickets.participants(actor, number),
        outbox.lines(actor, ticket=number),
        settings.timezone(),
    )


class TicketScreen(TicketActions):
    """Head and messages; follows the store while it is open."""

    place = "ticket"
    BINDINGS: ClassVar[list[BindingType]] = bindings("ticket")
    AUTO_FOCUS = "Reader"

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__(desk)
        self._number = number
        self._head = Static(id="head")
        self._reader = Reader()
        self._read: Read | None = None
        self._folded = True

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self._head
        yield self._reader
        yield self.status
        yield self.keys

    def on_mount(self) -> None:
        self.heading.say(f"Tickets / #{self._number}")
        self.show_keys()
        self._follow()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._follow()

    def on_resize(self) -> None:
        self._show_head()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "fold": self._fold,
            "next": lambda: self._go(1),
            "previous": lambda: self._go(-1),
            "back": self.dismiss,
            **super().handlers(),
        }

    @work(exclusive=True)
    async def _follow(self) -> None:
        try:
            self._read = await self.desk.lanes.read(read, self.desk.actor, self._number)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self._show()

    def refresh_now(self) -> None:
        """What this agent did is seen at once."""
        self._follow()

    def _show(self) -> None:
        if self._read is None:
            return
        self.standing = self._read.standing
        ticket = self.standing.line
        self.heading.say(f"Tickets / #{ticket.number} {ticket.subject}")
        self._show_head()
        told = message_lines(self._read.messages, self._read.zone, folded=self._folded, mail=self._read.mail)
        self._reader.show(told)
        self.status.show_right(many(len(self._read.messages), "message"))
        self.show_keys()

    def _show_head(self) -> None:
        """Columns of labels and values: two, or three where there is room."""
        if self._read is None:
            return
        pairs = head(self._read.standing.line, self._read.followers, self._read.zone)
        columns = 3 if self.size.width >= _WIDE else 2
        width = max(_LABEL + 4, (self.size.width - 3) // columns)
        rows = (pairs[i : i + columns] for i in range(0, len(pairs), columns))
        self._head.update(Content("\n").join(Content("").join(_pair(*pair, width) for pair in row) for row in rows))

    def _fold(self) -> None:
        self._folded = not self._folded
        self._show()
        self.say("Quoted history is folded." if self._folded else "Quoted history is shown.")

    def _go(self, step: int) -> None:
        if not self._reader.next_mark(step):
            self.say("This is the last message." if step > 0 else "This is the first message.", "warning")


def _pair(label: str, value: str, width: int) -> Content:
    return words(f"{label:<{_LABEL}}", "dim") + Content(fit(value, width - _LABEL - 1) + " ")
