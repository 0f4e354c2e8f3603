"""Mail that was kept out, refused or ignored: by which rule; read safely, and let in (R8)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import BindingType

from store.actor import Actor
from store.errors import Problem
from store.queries import refused as reading
from store.queries import settings
from store.queries.refused import Kind, RefusedLine
from store.queries.why import of_refused
from store.reasons import sentence
from tui.actions import Action
from tui.desk import Desk
from tui.dialogs.why import WhyDialog
from tui.screens.followed_list import FollowedList, Ids
from tui.screens.workplace import bindings
from tui.sentences import IGNORED, REFUSALS, clock, many, number
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column


class Read(NamedTuple):
    """What is shown, newest first, how many wait by reason, for how many days they are kept, the zone."""

    ids: Ids
    counts: dict[str, int]
    days: int
    zone: tzinfo


def read(actor: Actor, reason: str, kind: Kind) -> Read:
    """From the store."""
    ids, counts = reading.numbers(actor, reason=reason, kind=kind), reading.counts(actor, kind=kind)
    return Read(ids, counts, int(settings.one("refused.keep_days")), settings.timezone())


class KeptOutScreen(FollowedList[RefusedLine]):
    """All of a `kind` that was kept out and not let in; `reasons` by their titles."""

    kind: ClassVar[Kind]
    reasons: ClassVar[Mapping[str, str]]
    columns = (
        Column("id", "No.", 6, "right"),
        Column("received", "Received", 10),
        Column("reason", "Reason", 12),
        Column("sender", "Sender", 26, stretch=True, least=16),
        Column("subject", "Subject", 34, stretch=True, least=14),
        Column("rule", "Rule", 40, stretch=True, least=12),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._counts: dict[str, int] = {}

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "open": self._open,
            "release": self._release,
            "why": self._why,
            "filter": lambda: self.choose_wanted(f"Show {self.kind} mail", self.reasons, self._counts),
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        needs_row = action.id in ("open", "release", "why")
        return sentence("no-row") if needs_row and self.current is None else ""

    async def look(self) -> Ids:
        found = await self.desk.lanes.read(read, self.desk.actor, self.wanted, self.kind)
        self._counts, self.zone = found.counts, found.zone
        which = f" / {self.reasons[self.wanted]}" if self.wanted else ""
        self.heading.say(f"Tickets / {self.kind.capitalize()} mail{which}")
        self.heading.show_right(f"kept for {many(found.days, 'day')}")
        by_reason = ", ".join(f"{number(count)} {self.reasons[reason]}" for reason, count in found.counts.items())
        self.status.show_right(" · ".join(filter(None, (many(len(found.ids), "message"), by_reason))))
        return found.ids

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, RefusedLine]:
        return reading.some(actor, ids, kind=self.kind)

    def told(self, row: RefusedLine) -> list[str]:
        return [f"{row.sender}: {row.subject or '(no subject)'}", f"{row.rule}."]

    def cells(self, row: RefusedLine) -> Sequence[Cell]:
        return (
            Cell(str(row.id)),
            Cell(clock(row.received, self.zone, datetime.now(UTC))),
            Cell(self.reasons[row.reason], "flag"),
            Cell(row.sender or "no sender"),
            Cell(row.subject),
            Cell(row.rule),
        )

    @work(exclusive=True, group="open")
    async def _open(self) -> None:
        from tui.dialogs.refused import RefusedDialog, look

        row = self.current
        if row is None:
            return
        try:
            found = await self.desk.lanes.read(look, self.desk.actor, row.id, self.kind)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(RefusedDialog(self.desk, found), self._read_it)

    def _read_it(self, release: bool | None) -> None:
        if release:
            self._release()

    def _release(self) -> None:
        from tui.dialogs.refused import ReleaseDialog

        row = self.current
        if row is not None:
            self.app.push_screen(ReleaseDialog(self.desk, row, self.kind), self._released)

    def _released(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self.refresh_now()

    @work(exclusive=True, group="open")
    async def _why(self) -> None:
        row = self.current
        if row is None:
            return
        try:
            found = await self.desk.lanes.read(of_refused, self.desk.actor, row.id, kind=self.kind)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self.app.push_screen(WhyDialog(self.desk, found))


class RefusedScreen(KeptOutScreen):
    """What a rule that somebody made keeps out (R8.1)."""

    place = "refused"
    BINDINGS: ClassVar[list[BindingType]] = bindings("refused")
    nothing = "Nothing was refused."
    kind = "refused"
    reasons = REFUSALS


class IgnoredScreen(KeptOutScreen):
    """Our own mail, and administrators' automatic mail (R8.2)."""

    place = "ignored"
    BINDINGS: ClassVar[list[BindingType]] = bindings("ignored")
    nothing = "Nothing was ignored."
    kind = "ignored"
    reasons = IGNORED
