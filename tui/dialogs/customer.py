"""A customer's form, and taking one off or merging it into another (R5.10)."""

from collections.abc import Iterator, Sequence

from textual import on, work
from textual.widget import Widget
from textual.widgets import Static

from store.errors import BadInput, Problem
from store.queries.customer_list import CUSTOMERS, CustomerRow
from store.services import customer_merging, customers
from store.services.customer_merging import Merged
from store.services.customers import FIELDS
from tui.desk import Desk
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.form import Entry, FormDialog
from tui.dialogs.frame import Dialog, field
from tui.dialogs.sure import SureDialog
from tui.sentences import many, ticket_numbers
from tui.widgets.words import lines, words


class CustomerForm(FormDialog):
    """A new customer or lead, or one that there is; its id stays, also when a lead becomes a customer."""

    def __init__(self, desk: Desk, row: CustomerRow | None, partners: Sequence[str]) -> None:
        self.entries = _entries(partners)
        self._customer = row.id if row is not None else None
        self._seen = row.version if row is not None else None
        values = {name: str(getattr(row, name) or "") for name in FIELDS} if row is not None else {}
        super().__init__(desk, values)
        self.heading = f"{row.kind.capitalize()} {row.id}" if row is not None else "New customer or lead"

    def check(self, key: str, text: str) -> None:
        if key == "name" and not text.strip():
            raise BadInput("A customer needs a name.")

    async def foresee(self) -> str:
        """Tickets whose assignee would lose sight of them (R10.1)."""
        if self._customer is None:
            return ""
        done = await self.desk.lanes.write(
            customers.edit, self.desk.actor, self._customer, self.changed, seen=self._seen, rehearse=True
        )
        return f"The assignee of {ticket_numbers(done.unassigned)} would lose sight of it." if done.unassigned else ""

    async def keep(self) -> str:
        if self._customer is None:
            row = await self.desk.lanes.write(customers.add, self.desk.actor, self.typed)
            return f"Added {row.name} ({row.id})."
        done = await self.desk.lanes.write(
            customers.edit, self.desk.actor, self._customer, self.changed, seen=self._seen
        )
        lost = f" Taken off as assignee: {ticket_numbers(done.unassigned)}." if done.unassigned else ""
        return f"Changed {done.name} ({self._customer}).{lost}"

    async def look_again(self) -> None:
        if self._customer is not None:
            found = await self.desk.lanes.read(CUSTOMERS.rows, self.desk.actor, [self._customer])
            self._seen = found[self._customer].version if self._customer in found else None


class MergeCustomerDialog(Dialog[str]):
    """All that is the one's becomes the other's; said before, with numbers."""

    heading = "Merge a customer"
    save_label = "Merge"
    hint = "Type to find · Enter choose · Ctrl+S merge"

    def __init__(self, desk: Desk, row: CustomerRow) -> None:
        super().__init__(desk)
        self._row = row
        self.search = CustomerSearch(desk)
        self._told = Static(classes="explained")

    def fields(self) -> Iterator[Widget]:
        yield field("Merge", Static(words(f"{self._row.name} ({self._row.id})", "bold")))
        yield field("Into", self.search)
        yield field("", self._told)

    @on(CustomerSearch.Submitted)
    def _submit(self) -> None:
        self.action_save()

    @on(CustomerSearch.Chosen)
    @work(exclusive=True, group="foresee")
    async def _foresee(self) -> None:
        self._told.update("")
        try:
            self._told.update(lines(_merging(await self._merge(rehearse=True))))
        except Problem as problem:
            self.say(str(problem))
        else:
            self.say("")

    async def carry_out(self) -> str:
        done = await self._merge()
        return (
            f"Merged {done.name} into {done.into}: {many(len(done.addresses), 'address', 'addresses')}, "
            f"{many(len(done.tickets), 'ticket')}."
        )

    async def _merge(self, *, rehearse: bool = False) -> Merged:
        if self.search.chosen is None:
            self.search.edit()
            raise BadInput("Choose the customer that stays first: type, and press Enter on the right one.")
        return await self.desk.lanes.write(
            customer_merging.merge,
            self.desk.actor,
            self._row.id,
            self.search.chosen.id,
            seen=self._row.version,
            rehearse=rehearse,
        )


def remove_dialog(desk: Desk, row: CustomerRow) -> SureDialog:
    """Asked before; refused while it is paired or has tickets."""

    async def remove() -> str:
        name = await desk.lanes.write(customers.remove, desk.actor, row.id, seen=row.version)
        return f"Removed {name} ({row.id})."

    told = [f"{row.name} ({row.id}) is taken off the lists.", "It must have no paired address and no ticket."]
    return SureDialog(desk, f"Remove a {row.kind}", told, remove)


def _merging(done: Merged) -> list[str]:
    some = ", ".join(done.addresses[:3]) + (" …" if len(done.addresses) > 3 else "")
    told = [
        f"{many(len(done.addresses), 'address', 'addresses')} will be paired to {done.into}"
        + (f": {some}." if some else "."),
        f"{many(len(done.tickets), 'ticket')} will be {done.into}'s"
        + (f": {ticket_numbers(done.tickets)}." if done.tickets else "."),
        f"{done.name} is found no more; {done.into} keeps its own fields.",
    ]
    lost = f"The assignee of {ticket_numbers(done.unassigned)} would lose sight of it, and is taken off."
    return [*told, lost] if done.unassigned else told


def _entries(partners: Sequence[str]) -> tuple[Entry, ...]:
    """The partner is chosen where there are several."""
    partner = Entry("partner", "Partner", tuple(partners)) if partners else Entry("partner", "Partner", hint="Main")
    return (
        Entry("name", "Name", hint="Kelly Sanders"),
        Entry("kind", "Kind", customers.KINDS),
        Entry("email", "E-mail", hint="one address, or several separated by commas"),
        Entry("login", "Login"),
        Entry("phone", "Phone"),
        Entry("billing_email", "Billing e-mail"),
        partner,
        Entry("external_id", "External id", hint="its id in another system, for imports"),
    )
