"""*Tickets / Customers*: who addresses can be paired with; add, edit, merge, remove, import (R5.10, R12)."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.screen import Screen

from store.cleantext import clean
from store.errors import Problem
from store.queries.customer_list import CustomerRow
from store.queries.lists import partners
from store.reasons import sentence
from tui.actions import Action
from tui.screens.browse_screen import BrowseScreen
from tui.screens.source import CUSTOMERS
from tui.screens.ways import import_
from tui.screens.workplace import bindings


class CustomersScreen(BrowseScreen[CustomerRow]):
    """Customers and leads, newest first."""

    place = "customers"
    source = CUSTOMERS
    called = "Customers"
    example = "search, or filter: lead:yes partner:main paired:no"
    nothing_yet = "No customers yet: n adds one, i imports a file."
    least: ClassVar[dict[str, int]] = {"name": 10, "email": 14}
    BINDINGS: ClassVar[list[BindingType]] = bindings("customers")

    def name_of(self, row_id: int) -> str:
        row = self.table.row(row_id)
        return clean(row.name) if row else f"Customer {row_id}"

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {
            "new": lambda: self._form(None),
            "open": lambda: self._form(self.current()),
            "merge": self._merge,
            "remove": self._remove,
            "import": self._import,
            **super().handlers(),
        }

    def why_not(self, action: Action) -> str:
        needs_row = action.place == self.place and action.id in ("open", "merge", "remove")
        return sentence("no-row") if needs_row and self.current() is None else ""

    @work(exclusive=True, group="open")
    async def _form(self, row: CustomerRow | None) -> None:
        from tui.dialogs.customer import CustomerForm

        try:
            known = await self.desk.lanes.read(partners, self.desk.actor)
        except Problem as problem:
            self.say(str(problem), "error")
        else:
            self._ask(CustomerForm(self.desk, row, [partner.name for partner in known]))

    def _merge(self) -> None:
        from tui.dialogs.customer import MergeCustomerDialog

        if (row := self.current()) is not None:
            self._ask(MergeCustomerDialog(self.desk, row))

    def _remove(self) -> None:
        from tui.dialogs.customer import remove_dialog

        if (row := self.current()) is not None:
            self._ask(remove_dialog(self.desk, row))

    @work(exclusive=True, group="open")
    async def _import(self) -> None:
        try:
            self._ask(await import_(self.desk))
        except Problem as problem:
            self.say(str(problem), "error")

    def _ask(self, dialog: Screen[str]) -> None:
        row_id = self.table.cursor_id
        self.app.push_screen(dialog, lambda told: self._done(row_id, told))

    def _done(self, row_id: int | None, told: str | None) -> None:
        if told is not None:
            self.done_to = row_id
            self.say(told, "success")
            self.refresh_now()
