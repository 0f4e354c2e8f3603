"""The inboxes: where mail comes from, how each fares, and their forms (R5.1)."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from store.actor import Actor
from store.errors import Problem
from store.queries import lists, settings
from store.queries.lists import InboxLine
from store.reasons import sentence
from store.services import inboxes
from tui.actions import Action
from tui.desk import Desk
from tui.screens.followed_list import FollowedList, Ids
from tui.screens.workplace import bindings
from tui.sentences import clock, many
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column


def read(actor: Actor) -> tuple[list[InboxLine], tzinfo]:
    """From the store, by name."""
    return lists.inboxes(), settings.timezone()


class InboxesScreen(FollowedList[InboxLine]):
    """Few enough to be read whole."""

    place = "inboxes"
    BINDINGS: ClassVar[list[BindingType]] = bindings("inboxes")
    nothing = "There is no inbox yet: n adds one."
    columns = (
        Column("name", "Inbox", 16, stretch=True, least=8),
        Column("email", "E-mail", 26, stretch=True, least=14),
        Column("server", "Server", 24, stretch=True, least=12),
        Column("state", "State", 8),
        Column("fetched", "Fetched", 10),
        Column("said", "What went wrong", 30, stretch=True, least=10),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._lines: dict[int, InboxLine] = {}

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "new": self._new,
            "open": self._edit,
            "test": self._test,
            "turn": self._turn,
            "remove": self._remove,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        needs_row = action.id in ("open", "test", "turn", "remove")
        return sentence("no-row") if needs_row and self.current is None else ""

    async def look(self) -> Ids:
        found, self.zone = await self.desk.lanes.read(read, self.desk.actor)
        self._lines = {line.id: line for line in found}
        self.heading.say("Tickets / Inboxes")
        self.status.show_right(many(len(found), "inbox", "inboxes"))
        return array("q", self._lines)

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, InboxLine]:
        return {row_id: self._lines[row_id] for row_id in ids if row_id in self._lines}

    def told(self, row: InboxLine) -> list[str]:
        again = clock(row.next_try, self.zone, datetime.now(UTC))
        place = f"{row.email}, {row.host}:{row.port}, {row.security}, folder {row.folder}"
        return [place, row.last_error, f"Next try {again}" if again and row.last_error else ""]

    def cells(self, row: InboxLine) -> Sequence[Cell]:
        return (
            Cell(row.name),
            Cell(row.email),
            Cell(f"{row.host}:{row.port}"),
            Cell("on" if row.enabled else "off", "" if row.enabled else "dim"),
            Cell(clock(row.last_success, self.zone, datetime.now(UTC))),
            Cell(row.last_error, "flag"),
        )

    def _new(self) -> None:
        from tui.dialogs.inbox import InboxDialog

        self.app.push_screen(InboxDialog(self.desk, None), self._done)

    def _edit(self) -> None:
        from tui.dialogs.inbox import InboxDialog

        if self.current is not None:
            self.app.push_screen(InboxDialog(self.desk, self.current), self._done)

    def _remove(self) -> None:
        from tui.dialogs.inbox import RemoveInboxDialog

        if self.current is not None:
            self.app.push_screen(RemoveInboxDialog(self.desk, self.current.name), self._done)

    def _turn(self) -> None:
        row = self.current
        if row is not None:
            told = f"The inbox {row.name} is {'off' if row.enabled else 'on'}."
            self.do(inboxes.edit, row.name, {"enabled": not row.enabled}, told=lambda _: told)

    @work(exclusive=True, group="test")
    async def _test(self) -> None:
        from mail.trial import try_inbox

        row = self.current
        if row is None:
            return
        self.say(f"Connecting to {row.host}:{row.port}…")
        try:
            self.say(await self.desk.lanes.apart(try_inbox, row.name), "success")
        except Problem as problem:
            self.say(str(problem), "error")

    def _done(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
        self.refresh_now()
