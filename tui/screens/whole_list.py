"""A list of few things, read whole: inboxes, administrators, partners, groups."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from textual.screen import ModalScreen

from store.actor import Actor
from store.queries import settings
from store.reasons import sentence
from tui.actions import Action
from tui.desk import Desk
from tui.screens.followed_list import FollowedList, Ids
from tui.sentences import many


class _Row(Protocol):
    @property
    def id(self) -> int: ...


LineT = TypeVar("LineT", bound=_Row)


class WholeList(FollowedList[LineT], Generic[LineT]):
    """Give `called`, `noun`, `every`, and what a FollowedList asks for; `new`, `open` and `remove` are its actions."""

    called: ClassVar[str]
    noun: ClassVar[tuple[str, str]]
    free: ClassVar[tuple[str, ...]] = ("new",)
    """Actions that need no row."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.lines: dict[int, LineT] = {}

    def every(self, actor: Actor) -> Sequence[LineT]:
        """All of them, from the store, in order."""
        raise NotImplementedError

    def form(self, line: LineT | None) -> ModalScreen[str]:
        """The form of one of them; None: of a new one."""
        raise NotImplementedError

    def removal(self, line: LineT) -> ModalScreen[str]:
        """Asked before one is removed."""
        raise NotImplementedError

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "new": lambda: self.ask(self.form(None)),
            "open": lambda: self.ask(self.form(self.current)),
            "remove": self._remove,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        mine = action.place == self.place and action.id not in (*self.free, "back")
        return sentence("no-row") if mine and self.current is None else ""

    async def look(self) -> Ids:
        found, self.zone = await self.desk.lanes.read(self._read, self.desk.actor)
        self.lines = {line.id: line for line in found}
        self.heading.say(f"Tickets / {self.called}")
        self.status.show_right(many(len(found), *self.noun))
        return array("q", self.lines)

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, LineT]:
        return {row_id: self.lines[row_id] for row_id in ids if row_id in self.lines}

    def ask(self, dialog: ModalScreen[Any]) -> None:
        """Opens a dialog; what it did is said, and seen at once."""
        self.app.push_screen(dialog, self._done)

    def _remove(self) -> None:
        if self.current is not None:
            self.ask(self.removal(self.current))

    def _read(self, actor: Actor) -> tuple[Sequence[LineT], tzinfo]:
        return self.every(actor), settings.timezone()

    def _done(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
        self.refresh_now()
