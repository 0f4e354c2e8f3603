"""The outbox: what waits, was sent, failed, bounced or is held back, in the server's words (R7.5)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import BindingType

from store.actor import Actor
from store.errors import Problem
from store.queries import outbox as reading
from store.queries import returned as coming_back
from store.queries import settings
from store.queries.outbox import OutboxRow
from store.reasons import sentence
from store.rules.outbox import why_not_drop, why_not_retry
from store.services import outbox, returned
from tui import sentences
from tui.actions import Action
from tui.desk import Desk
from tui.dialogs.sure import SureDialog
from tui.screens.followed_list import FollowedList, Ids
from tui.screens.ticket import TicketScreen
from tui.screens.workplace import bindings
from tui.sentences import clock, many
from tui.widgets.cells import Cell, CellStyle
from tui.widgets.column_layout import Column

_STATES = ("queued", "failed", "bounced", "held", "sending", "sent", "digested", "dropped")
_AGAIN = ("failed", "bounced", "held", "dropped")
_STYLES: dict[str, CellStyle] = {
    **dict.fromkeys(("failed", "bounced", "held"), "flag"),
    **dict.fromkeys(("sent", "digested", "dropped"), "dim"),
}


class Read(NamedTuple):
    """The mail that is shown, newest first, how many want to be seen, what the last connection said, the zone."""

    ids: Ids
    counts: dict[str, int]
    trouble: str
    refused: str
    zone: tzinfo


def read(actor: Actor, state: str, ticket: int | None) -> Read:
    """From the store."""
    ids = reading.numbers(actor, state=state, ticket=ticket)
    refused = sentences.refused_trouble(coming_back.about_us(actor))
    return Read(ids, reading.counts(actor), reading.outgoing().last_error, refused, settings.timezone())


class OutboxScreen(FollowedList[OutboxRow]):
    """All mail, or that of one ticket."""

    place = "outbox"
    BINDINGS: ClassVar[list[BindingType]] = bindings("outbox")
    nothing = "No mail."
    columns = (
        Column("id", "Mail", 6, "right"),
        Column("state", "State", 8),
        Column("to", "To", 22, stretch=True, least=16),
        Column("ticket", "Ticket", 6, "right"),
        Column("when", "When", 10),
        Column("tries", "Tries", 5, "right"),
        Column("said", "The server said", 40, stretch=True, least=15),
        Column("subject", "Subject", 30, stretch=True, least=10),
    )

    def __init__(self, desk: Desk, *, ticket: int | None = None) -> None:
        super().__init__(desk)
        self._ticket = ticket
        self._counts: dict[str, int] = {}

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "retry": lambda: self._change(outbox.retry, "is queued"),
            "retry-all": self._retry_all,
            "drop": lambda: self._change(outbox.drop, "is dropped"),
            "lift": self._lift,
            "acknowledge": lambda: self.do(returned.acknowledge, told=lambda _: "Acknowledged."),
            "open": self._open,
            "filter": lambda: self.choose_wanted("Show mail", dict(zip(_STATES, _STATES, strict=True)), self._counts),
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        if action.id not in ("retry", "drop", "lift", "open"):
            return ""
        row = self.current
        if row is None:
            return sentence("no-row")
        if action.id == "lift":
            return "" if row.state in ("bounced", "held") else sentence("outbox-free", email=row.to)
        if action.id == "open":
            return "" if row.ticket is not None else sentence("outbox-alone", id=row.id)
        code = (why_not_retry if action.id == "retry" else why_not_drop)(row.state)
        return sentence(code, id=row.id) if code else ""

    async def look(self) -> Ids:
        found = await self.desk.lanes.read(read, self.desk.actor, self.wanted, self._ticket)
        self._counts, self.zone = found.counts, found.zone
        whose = f"#{self._ticket} / " if self._ticket is not None else ""
        self.heading.say(f"Tickets / {whose}Outbox" + (f" / {self.wanted}" if self.wanted else ""))
        fails = f"Sending fails: {found.trouble}" if found.trouble else ""
        refused = f"{found.refused} · o acknowledges" if found.refused else ""
        self.heading.show_right(fails or refused, severity="error")
        waiting = ", ".join(f"{count} {state}" for state, count in found.counts.items())
        self.status.show_right(" · ".join(filter(None, (many(len(found.ids), "mail"), waiting))))
        return found.ids

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, OutboxRow]:
        return reading.some(actor, ids)

    def told(self, row: OutboxRow) -> list[str]:
        return sentences.mail_told(row)

    def cells(self, row: OutboxRow) -> Sequence[Cell]:
        when = row.sent or (row.next_try if row.state in ("queued", "held") else None)
        return (
            Cell(str(row.id)),
            Cell(f"{row.state}{'?' if row.uncertain else ''}", _STYLES.get(row.state, "")),
            Cell(row.to),
            Cell(f"#{row.ticket}" if row.ticket is not None else ""),
            Cell(clock(when, self.zone, datetime.now(UTC))),
            Cell(str(row.tries)),
            Cell(row.last_error),
            Cell(row.subject),
        )

    def _change(self, use_case: Callable[..., None], done: str) -> None:
        row = self.current
        if row is not None:
            self.do(use_case, row.id, seen=row.version, told=lambda _: f"Mail {row.id} to {row.to} {done}.")

    @work(exclusive=True, group="ask")
    async def _retry_all(self) -> None:
        """All that failed, or that is in the state that is shown; asked before, for it may be much and old."""
        state = self.wanted if self.wanted in _AGAIN else "failed"
        try:
            found = await self.desk.lanes.read(reading.numbers, self.desk.actor, state=state, ticket=self._ticket)
        except Problem as problem:
            self.say(str(problem), "error")
            return
        if not found:
            self.say(f"No mail is {state}." if state in _AGAIN[1:] else "No mail failed.")
            return

        async def again() -> str:
            count = await self.desk.lanes.write(outbox.retry_all, self.desk.actor, list(found))
            return f"{many(count, 'mail')} queued."

        told = [f"{many(len(found), f'{state} mail')} will be sent at the next opportunity."]
        self.app.push_screen(SureDialog(self.desk, "Retry all", told, again, label="Send"), self._asked)

    def _asked(self, done: str | None) -> None:
        if done:
            self.say(done, "success")
            self.refresh_now()

    def _lift(self) -> None:
        row = self.current
        if row is not None:
            free = f"{row.to} may be written to again"
            self.do(outbox.lift, row.to, told=lambda count: f"{free}; {many(count, 'held mail')} queued.")

    def _open(self) -> None:
        row = self.current
        if row is not None and row.ticket is not None:
            self.app.push_screen(TicketScreen(self.desk, row.ticket))
