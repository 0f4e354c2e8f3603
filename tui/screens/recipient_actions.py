"""What the keys of the Recipients screen do (R1.3, R2, R4).

A dialog does the work itself and gives back the sentence for the status line; the row is then read again at once.
"""

from collections.abc import Callable, Mapping

from textual import work
from textual.screen import ModalScreen

from store.columns import Column
from store.errors import Problem
from store.queries.recipients import Selection
from tui.screens.listing import Listing
from tui.screens.workplace import Workplace
from tui.seen import Seen
from tui.widgets.filter_bar import FilterBar


class RecipientActions(Workplace):
    """The screen gives `current`, `listing`, `columns`, `bar`, and does `select`, `show_columns`, `refresh_now`."""

    columns: tuple[Column, ...]
    listing: Listing
    bar: FilterBar
    done_to: int | None = None
    """The row that this agent has just changed."""

    def current(self) -> Seen | None:
        raise NotImplementedError

    def select(self, selection: Selection) -> None:
        raise NotImplementedError

    def show_columns(self) -> None:
        raise NotImplementedError

    def refresh_now(self) -> None:
        raise NotImplementedError

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "tickets": self._tickets,
            "pair": self._pair,
            "unpair": self._unpair,
            "ban": self._ban,
            "unban": self._unban,
            "edit": self._edit,
            "search": self.bar.edit,
            "filter": self._choose_filter,
            "sort": self._choose_order,
            "reverse": self._reverse,
            "columns": self._choose_columns,
            "export": self._export,
            "refresh": self._refresh,
            "clear": self._clear,
            "setup": self._setup,
            "notifications": self._notifications,
            "outbox": self._outbox,
            **super().handlers(),
        }

    def sort_by(self, key: str) -> None:
        """As a click on the column's title."""
        from tui.dialogs.sort import order_after

        self._set_order(order_after(key, self._order))

    @property
    def _order(self) -> tuple[str, bool]:
        return self.listing.selection.sort, self.listing.selection.descending

    def _set_order(self, order: tuple[str, bool] | None) -> None:
        if order is not None:
            self.select(self.listing.selection._replace(sort=order[0], descending=order[1]))

    def _reverse(self) -> None:
        self._set_order((self._order[0], not self._order[1]))

    def _choose_order(self) -> None:
        from tui.dialogs.sort import sort_dialog

        self.app.push_screen(sort_dialog(self.desk, self._order), self._set_order)

    def _choose_filter(self) -> None:
        from tui.dialogs.filters import FiltersDialog

        self.app.push_screen(FiltersDialog(self.desk, self.bar.line), self._set_line)

    def _set_line(self, line: str | None) -> None:
        if line is not None:
            self.bar.line = line

    def _clear(self) -> None:
        self.bar.line = ""

    def _choose_columns(self) -> None:
        from tui.dialogs.columns import ColumnsDialog

        self.app.push_screen(ColumnsDialog(self.desk, self.columns), self._set_columns)

    def _set_columns(self, columns: tuple[Column, ...] | None) -> None:
        if columns is not None:
            self.columns = columns
            self.show_columns()
            self.say("The columns are kept.", "success")

    def _refresh(self) -> None:
        self.refresh_now()
        self.say("Read again.")

    def _pair(self) -> None:
        from tui.dialogs.pair import PairDialog

        self._ask(PairDialog)

    def _unpair(self) -> None:
        from tui.dialogs.unpair import UnpairDialog

        self._ask(UnpairDialog)

    def _ban(self) -> None:
        from tui.dialogs.ban import BanDialog

        self._ask(BanDialog)

    def _unban(self) -> None:
        from tui.dialogs.ban import UnbanDialog

        self._ask(UnbanDialog)

    def _edit(self) -> None:
        from tui.dialogs.edit_sender import EditSenderDialog

        self._ask(EditSenderDialog)

    def _ask(self, dialog: Callable[..., ModalScreen[str]]) -> None:
        seen = self.current()
        if seen is not None:
            self.app.push_screen(dialog(self.desk, seen), lambda told: self._done(seen.line.id, told))

    def _done(self, row_id: int, told: str | None) -> None:
        if told is not None:
            self.done_to = row_id
            self.say(told, "success")
            self.refresh_now()

    @work(exclusive=True, group="open")
    async def _tickets(self) -> None:
        """The ticket itself if there is only one."""
        from tui.screens.ticket import TicketScreen
        from tui.screens.tickets import TicketsScreen, numbers

        seen = self.current()
        if seen is None:
            return
        try:
            found, _ = await self.desk.lanes.read(numbers, self.desk.actor, seen.line.id)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            several = len(found) != 1
            self.app.push_screen(TicketsScreen(self.desk, seen) if several else TicketScreen(self.desk, found[0]))

    def _setup(self) -> None:
        from tui.dialogs.setup import SetupDialog

        self.app.push_screen(SetupDialog(self.desk))

    def _notifications(self) -> None:
        from tui.screens.notifications import NotificationsScreen

        self.app.push_screen(NotificationsScreen(self.desk))

    def _outbox(self) -> None:
        from tui.screens.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.desk))

    def _export(self) -> None:
        from tui.dialogs.export import export_menu

        self.app.push_screen(export_menu(self.desk), self._export_as)

    def _export_as(self, form: str | None) -> None:
        from tui.dialogs.export import ExportDialog, print_menu

        if form == "print":
            self.app.push_screen(print_menu(self.desk), self._export_as)
        elif form is not None:
            self.app.push_screen(ExportDialog(self.desk, self.listing.selection, self.columns, form), self._exported)

    def _exported(self, told: str | None) -> None:
        if told is not None:
            self.say(told, "success")
