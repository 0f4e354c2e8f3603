"""A ticket's other fields: subject, priority, group, type, note; who follows it; merging it; a new one (R11.1)."""

from collections.abc import Iterator

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from store.cleantext import clean
from store.errors import BadInput, Problem
from store.queries import tickets as reading
from store.queries.tickets import ParticipantLine, TicketLine
from store.services import tickets
from tui import sentences
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.frame import Dialog, field
from tui.widgets.words import lines

_FOLLOWING = {
    ("cc", False): (tickets.add_cc, "is in Cc"),
    ("cc", True): (tickets.remove_cc, "is no longer in Cc"),
    ("watcher", False): (tickets.add_watcher, "watches"),
    ("watcher", True): (tickets.remove_watcher, "watches no more"),
}


class TicketDialog(Dialog[str]):
    """A dialog about one ticket, whose `line` it holds."""

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk)
        self.line = line

    async def look_again(self) -> None:
        self.line = await self.desk.lanes.read(reading.one, self.desk.actor, self.line.number)

    def about(self) -> Static:
        """The line that says which ticket this is about."""
        return Static(lines([f"#{self.line.number} {self.line.subject}"]), classes="about")


class EditTicketDialog(TicketDialog):
    """Only what differs is written."""

    heading = "Edit ticket"
    save_label = "Update"
    hint = "Tab next · Ctrl+S update"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        now = {
            "subject": line.subject,
            "priority": line.priority,
            "group": line.group,
            "type": line.type,
            "note": line.note,
        }
        self._shown = {name: clean(value, limit=None) for name, value in now.items()}
        self._inputs = {name: Input(value, id=name, compact=True) for name, value in self._shown.items()}

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        for name, entry in self._inputs.items():
            yield field(name.capitalize(), entry)

    async def carry_out(self) -> str:
        changes = {name: one.value for name, one in self._inputs.items() if one.value != self._shown[name]}
        done = await self.desk.lanes.write(
            tickets.update, self.desk.actor, self.line.number, changes, seen=self.line.version
        )
        return sentences.ticket_updated(done)


class MergeDialog(TicketDialog):
    """Says before Save which ticket the messages go to."""

    heading = "Merge ticket"
    save_label = "Merge"
    hint = "type a number · Ctrl+S merge"

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk, line)
        self._number = Input(placeholder="number of the other ticket", id="into", restrict=r"#?\d*", compact=True)
        self._told = Static(classes="told")

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        yield field("Merge into", self._number)
        yield self._told

    @property
    def into(self) -> int | None:
        """The other ticket's number, None while there is none."""
        digits = self._number.value.removeprefix("#")
        return int(digits) if digits.isdigit() and len(digits) < 16 else None

    async def carry_out(self) -> str:
        if self.into is None:
            raise BadInput("Type the number of the ticket that goes on.")
        done = await self.desk.lanes.write(tickets.merge, self.desk.actor, self.line.number, self.into)
        moved = sentences.many(done.messages, "message")
        return f"Merged #{done.number} into #{done.into}: {moved} moved."

    @on(Input.Changed)
    def _typed(self) -> None:
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        if self.into is None:
            self._told.update("")
            return
        try:
            other = await self.desk.lanes.read(reading.one, self.desk.actor, self.into)
        except Problem as problem:
            self._told.update(lines([str(problem)]))
            return
        whose = other.requester.name if other.requester else "nobody"
        told = [
            f"#{other.number} {other.subject} goes on; its requester stays {whose}.",
            f"All messages of #{self.line.number} move there, its requester becomes Cc, and it is closed.",
            f"Answers to #{self.line.number} find #{other.number}.",
        ]
        self._told.update(lines(told))


class FollowersDialog(TicketDialog):
    """Adds a Cc by address, a watcher by login; a minus before it takes it off."""

    heading = "Cc and watchers"
    save_label = "Add"
    hint = "address = Cc, login = watcher, -… takes off"

    def __init__(self, desk: Desk, line: TicketLine, now: list[ParticipantLine]) -> None:
        super().__init__(desk, line)
        self._now = now
        self._who = Input(placeholder="someone@example.com, or a login", id="who", compact=True)

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        told = [f"{one.kind.capitalize()}: {one.login or one.email}" for one in self._now]
        yield Static(lines(told or ["Nobody besides the requester."]), classes="told")
        yield field("Who", self._who)

    async def carry_out(self) -> str:
        text = self._who.value.strip()
        if not text:
            raise BadInput("Type an e-mail address for Cc, or an administrator's login to watch.")
        removes, who = text.startswith("-"), text.removeprefix("-").strip()
        kind = "cc" if "@" in who else "watcher"
        action, said = _FOLLOWING[kind, removes]
        await self.desk.lanes.write(action, self.desk.actor, self.line.number, who)
        return f"{clean(who, limit=80)} {said}."


class NewTicketDialog(Dialog[int]):
    """A ticket that an agent opens for a customer; gives its number."""

    heading = "New ticket"
    save_label = "Open"
    wide = True
    hint = "Tab next · Ctrl+S open"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.search = CustomerSearch(desk)
        self._subject = Input(id="subject", compact=True, max_length=500)
        self._text = TextArea("", compact=True, tab_behavior="focus", id="text")
        self._text.styles.height = 6

    def fields(self) -> Iterator[Widget]:
        yield field("Customer", self.search)
        yield field("Subject", self._subject)
        yield field("Message", self._text)

    async def carry_out(self) -> int:
        if self.search.chosen is None:
            self.search.edit()
            raise BadInput("Choose a customer or lead first: type, and press Enter on the right one.")
        done = await self.desk.lanes.write(
            tickets.open_for_customer,
            self.desk.actor,
            self._subject.value,
            self.search.chosen.id,
            self._text.text,
        )
        return done.number

    @on(CustomerSearch.Chosen)
    def _go_on(self) -> None:
        self._subject.focus()
