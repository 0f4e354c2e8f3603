"""The inboxes: where mail comes from, how each fares, and their forms (R5.1)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.screen import ModalScreen

from store.actor import Actor
from store.errors import Problem
from store.queries import lists
from store.queries.lists import InboxLine
from store.services import inboxes
from store.services.people import insist_on_super
from tui.screens.whole_list import WholeList
from tui.screens.workplace import bindings
from tui.sentences import clock, many, token_trouble, withheld
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column


class InboxesScreen(WholeList[InboxLine]):
    """How each fares, and what went wrong."""

    place = "inboxes"
    called = "Inboxes"
    noun = ("inbox", "inboxes")
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

    def every(self, actor: Actor) -> Sequence[InboxLine]:
        return lists.inboxes()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {**super().handlers(), "test": self._test, "turn": self._turn, "retry": self._retry}

    def told(self, row: InboxLine) -> list[str]:
        again = clock(row.next_try, self.zone, datetime.now(UTC))
        place = f"{row.email}, {row.host}:{row.port}, {row.security}, folder {row.folder}"
        until = clock(row.token_expires, self.zone, datetime.now(UTC))
        token = f"The last sign-in token holds until {until}." if until else ""
        ends = token_trouble(row.token_expires, self.zone)
        if row.withheld:
            token = f"{withheld(row)}; l tries them again. {token}"
        return [place, row.last_error or ends, f"Next try {again}" if again and row.last_error else token]

    def cells(self, row: InboxLine) -> Sequence[Cell]:
        return (
            Cell(row.name),
            Cell(row.email),
            Cell(f"{row.host}:{row.port}"),
            Cell("on" if row.enabled else "off", "" if row.enabled else "dim"),
            Cell(clock(row.last_success, self.zone, datetime.now(UTC))),
            Cell(row.last_error or (withheld(row) if row.withheld else ""), "flag"),
        )

    def form(self, line: InboxLine | None) -> ModalScreen[str]:
        from tui.dialogs.inbox import InboxDialog

        return InboxDialog(self.desk, line)

    def removal(self, line: InboxLine) -> ModalScreen[str]:
        from tui.dialogs.inbox import remove_dialog

        return remove_dialog(self.desk, line.name)

    def _turn(self) -> None:
        row = self.current
        if row is not None:
            told = f"The inbox {row.name} is {'off' if row.enabled else 'on'}."
            self.do(inboxes.edit, row.name, {"enabled": not row.enabled}, told=lambda _: told)

    def _retry(self) -> None:
        row = self.current
        if row is not None:
            self.do(inboxes.retry, row.name, told=lambda count: self._retried(row.name, count))

    def _retried(self, name: str, count: int) -> str:
        found = many(count, "message")
        return f"{found} of {name} tried again as its mail is fetched." if count else f"Nothing of {name} is withheld."

    @work(exclusive=True, group="test")
    async def _test(self) -> None:
        from mail.trial import try_inbox

        row = self.current
        if row is None:
            return
        self.say(f"Connecting to {row.host}:{row.port}…")
        try:
            await self.desk.lanes.read(insist_on_super, self.desk.actor)
            self.say(await self.desk.lanes.abroad(try_inbox, row.name), "success")
        except Problem as problem:
            self.say(str(problem), "error")
