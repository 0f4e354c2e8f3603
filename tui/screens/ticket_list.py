"""*Tickets / List*: open, closed, unassigned, mine, all (R11.2)."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType

from store.actor import Actor
from store.queries.tickets import TicketLine
from store.reasons import sentence
from store.services.tickets import Opened
from tui.actions import Action
from tui.desk import Desk
from tui.screens import source
from tui.screens.source import TICKETS, Begun
from tui.screens.table_screen import TableScreen
from tui.screens.ticket import TicketScreen
from tui.screens.ticket_cells import cells_of, table_columns
from tui.screens.workplace import bindings
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column as Laid
from tui.widgets.data_table import DataTable

VIEWS: dict[str, tuple[str, str]] = {
    "view-open": ("Open", "open:yes"),
    "view-closed": ("Closed", "closed:yes"),
    "view-unassigned": ("Unassigned", "unassigned:yes"),
    "view-mine": ("Mine", "mine:yes"),
    "view-all": ("All", ""),
}
_FIRST_VIEW = "view-open"


def begin(actor: Actor) -> Begun[TicketLine]:
    """From the store."""
    return source.begin(actor, TICKETS, VIEWS[_FIRST_VIEW][1])


class TicketListTable(DataTable[TicketLine]):
    """The table."""


class TicketListScreen(TableScreen[TicketLine]):
    """The open ones first; 1 to 5 switch the view, whatever is searched for stays."""

    place = "list"
    source = TICKETS
    example = "search, or filter: status:waiting customer:none updated:<7d"
    nothing_yet = "No tickets here."
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")
    AUTO_FOCUS = "TicketListTable"

    def __init__(self, desk: Desk, begun: Begun[TicketLine]) -> None:
        super().__init__(desk, begun.columns, begun.zone, begun.page)
        self.view = _FIRST_VIEW
        self.listing.choose(TICKETS.first._replace(line=VIEWS[_FIRST_VIEW][1]))

    def make_table(self) -> DataTable[TicketLine]:
        return TicketListTable(self.nothing_yet, marks=False)

    def lay_out(self) -> tuple[Sequence[Laid], Callable[[TicketLine], Sequence[Cell]]]:
        return table_columns(self.columns, id_width=self.id_width), cells_of(self.columns, self.zone)

    def name_of(self, row_id: int) -> str:
        return f"#{row_id}"

    def within(self, line: str) -> str:
        return f"{VIEWS[self.view][1]} {line}".strip()

    def on_mount(self) -> None:
        self._show_view()
        super().on_mount()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        views = {name: self._switch(name) for name in VIEWS}
        return {**super().handlers(), **views, "open": self._open, "new": self._new}

    def why_not(self, action: Action) -> str:
        return sentence("no-row") if action.id == "open" and self.table.cursor_id is None else ""

    def _switch(self, name: str) -> Callable[[], None]:
        def switch() -> None:
            self.view = name
            self._show_view()
            self.select(self.listing.selection._replace(line=self.within(self.bar.line)))

        return switch

    def _show_view(self) -> None:
        self.heading.say(f"Tickets / List / {VIEWS[self.view][0]}")
        told = " ".join(f"{key}:{title}" for key, (title, _) in enumerate(VIEWS.values(), 1))
        self.heading.show_right(told)

    def _open(self) -> None:
        if (number := self.table.cursor_id) is not None:
            self.app.push_screen(TicketScreen(self.desk, number))

    def _new(self) -> None:
        from tui.dialogs.new_ticket import NewTicketDialog

        self.app.push_screen(NewTicketDialog(self.desk), self._opened)

    def _opened(self, done: Opened | None) -> None:
        if done is not None:
            self.refresh_now()
            self.app.push_screen(TicketScreen(self.desk, done.number))
