"""The deny list: its entries, what each has caught, and what a new one would catch (R3)."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType

from store.actor import Actor
from store.denylist import Entry, fault_of
from store.queries import settings
from store.queries.deny import DenyLine, every
from store.reasons import sentence
from store.rules.deny import FILTER_TYPES, LOCATIONS
from tui.actions import Action
from tui.desk import Desk
from tui.screens.followed_list import FollowedList, Ids
from tui.screens.workplace import bindings
from tui.sentences import deny_entry, many, number
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column


def read(actor: Actor) -> list[DenyLine]:
    """From the store, oldest first.  Raises Refused for an administrator with a partner (R10.1)."""
    return every(actor, settings.timezone())


class DenyScreen(FollowedList[DenyLine]):
    """The list is short enough to be read whole."""

    place = "deny"
    BINDINGS: ClassVar[list[BindingType]] = bindings("deny")
    nothing = "The deny list is empty: n adds an entry."
    columns = (
        Column("id", "No.", 5, "right"),
        Column("location", "Location", 9),
        Column("type", "Filter type", 14),
        Column("filter", "Filter", 30, stretch=True, least=16),
        Column("today", "Filtered today", 14, "right", short="Today"),
        Column("total", "Filtered total", 14, "right", short="Total"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._entries: dict[int, DenyLine] = {}

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {"new": self._new, "open": self._open, "remove": self._remove, **super().handlers()}

    def why_not(self, action: Action) -> str:
        return sentence("no-row") if action.id in ("open", "remove") and self.current is None else ""

    async def look(self) -> Ids:
        found = await self.desk.lanes.read(read, self.desk.actor)
        self._entries = {line.id: line for line in found}
        self.heading.say("Tickets / Deny list")
        caught = f"{number(sum(line.filtered_total for line in found))} filtered"
        self.status.show_right(f"{many(len(found), 'entry', 'entries')} · {caught}")
        return array("q", reversed(self._entries))

    def rows(self, actor: Actor, ids: Sequence[int]) -> Mapping[int, DenyLine]:
        return {row_id: self._entries[row_id] for row_id in ids if row_id in self._entries}

    def told(self, row: DenyLine) -> list[str]:
        if fault := fault_of(_entry(row)):
            return [f"This entry catches nothing: {fault}"]
        return [f"A message is refused when {deny_entry(row.location, row.type, row.filter)}."]

    def cells(self, row: DenyLine) -> Sequence[Cell]:
        return (
            Cell(str(row.id)),
            Cell(LOCATIONS.get(row.location, row.location)),
            Cell(FILTER_TYPES.get(row.type, row.type)),
            Cell(row.filter),
            Cell(number(row.filtered_today)),
            Cell(number(row.filtered_total)),
        )

    def _new(self) -> None:
        from tui.dialogs.deny import DenyDialog

        self.app.push_screen(DenyDialog(self.desk), self._changed_it)

    def _open(self) -> None:
        from tui.dialogs.deny import CaughtDialog

        if self.current is not None:
            self.app.push_screen(CaughtDialog(self.desk, _entry(self.current)))

    def _remove(self) -> None:
        from tui.dialogs.deny import RemoveDialog

        if self.current is not None:
            self.app.push_screen(RemoveDialog(self.desk, _entry(self.current)), self._changed_it)

    def _changed_it(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
            self.refresh_now()


def _entry(line: DenyLine) -> Entry:
    return Entry(line.id, line.location, line.type, line.filter)
