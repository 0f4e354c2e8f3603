"""The forms of administrators, partners and groups (R10.1)."""

from collections.abc import Sequence
from typing import Any

from store.errors import BadInput
from store.queries import lists
from store.queries.lists import AdministratorLine, GroupLine, PartnerLine
from store.services import groups, people
from tui.desk import Desk
from tui.dialogs.form import Entry, FormDialog, insist_on_address
from tui.dialogs.sure import SureDialog
from tui.sentences import many, sight_lost

_ANY = "any"


class AdministratorForm(FormDialog):
    """A new administrator, or one that there is."""

    entries: Sequence[Entry] = (
        Entry("login", "Login", hint="best the name of the user on this machine"),
        Entry("name", "Name", hint="as others see it"),
        Entry("email", "E-mail", hint="anna@example.com"),
        Entry("role", "Role", ("administrator", "super")),
        Entry("partner", "Partner", hint="whose customers are seen; any: all"),
        Entry("active", "Active", switch=True),
    )

    def __init__(self, desk: Desk, line: AdministratorLine | None) -> None:
        self._login = line.login if line is not None else ""
        self._seen = line.version if line is not None else None
        super().__init__(desk, _values(line) if line is not None else {"partner": _ANY, "active": "on"})
        self.heading = f"Administrator {self._login}" if line is not None else "New administrator"

    def check(self, key: str, text: str) -> None:
        if key == "login" and not text.strip():
            raise BadInput("An administrator needs a login.")
        if key == "login" and self._login and text.strip() != self._login:
            raise BadInput("A login stays as it is: the history goes by it.")
        if key == "email":
            insist_on_address(text, "An administrator needs an e-mail address, such as anna@example.com.")

    async def foresee(self) -> str:
        """Tickets that he would be taken off (R10.1)."""
        if not self._login:
            return ""
        done = await self.desk.lanes.write(
            people.edit_administrator, self.desk.actor, self._login, rehearse=True, seen=self._seen, **self._changes
        )
        return sight_lost(done, "would be")

    async def keep(self) -> str:
        values = self._changes
        if self._login:
            done = await self.desk.lanes.write(
                people.edit_administrator, self.desk.actor, self._login, seen=self._seen, **values
            )
            return f"Changed the administrator {done.login}. {sight_lost(done, 'was')}".strip()
        login, email = self.typed["login"].strip(), str(values.pop("email"))
        active = values.pop("active")
        row = await self.desk.lanes.write(people.add_administrator, self.desk.actor, login, email, **values)
        if not active:
            await self.desk.lanes.write(people.edit_administrator, self.desk.actor, row.login, active=False)
        return f"Added the administrator {row.login}."

    async def look_again(self) -> None:
        lines = await self.desk.lanes.read(lists.administrators)
        self._seen = next((line.version for line in lines if line.login == self._login), None)

    @property
    def _changes(self) -> dict[str, Any]:
        typed = {key: text.strip() for key, text in self.typed.items() if key != "login"}
        partner = None if typed["partner"].casefold() in ("", _ANY) else typed["partner"]
        values = {**typed, "partner": partner, "active": typed["active"] == "on"}
        return {key: value for key, value in values.items() if not self._login or key in self.changed}


class PartnerForm(FormDialog):
    """A new partner, or another name for one."""

    entries: Sequence[Entry] = (Entry("name", "Name", hint="Main"),)
    wide = False

    def __init__(self, desk: Desk, line: PartnerLine | None) -> None:
        self._partner = line.name if line is not None else ""
        self._number = line.id if line is not None else None
        super().__init__(desk, {"name": self._partner})
        self.heading = f"Partner {self._partner}" if line is not None else "New partner"

    async def keep(self) -> str:
        if self._partner:
            name = await self.desk.lanes.write(
                people.edit_partner, self.desk.actor, self._partner, self.typed["name"], seen=self._number
            )
            return f"The partner is called {name}."
        row = await self.desk.lanes.write(people.add_partner, self.desk.actor, self.typed["name"])
        return f"Added the partner {row.name}."

    async def look_again(self) -> None:
        lines = await self.desk.lanes.read(lists.partners, self.desk.actor)
        self._partner = next((line.name for line in lines if line.id == self._number), self._partner)


class GroupForm(FormDialog):
    """A new group, or who is in one."""

    entries: Sequence[Entry] = (
        Entry("name", "Name", hint="Billing"),
        Entry("members", "Members", hint="logins, separated by commas"),
    )

    def __init__(self, desk: Desk, line: GroupLine | None) -> None:
        self._group = line.name if line is not None else ""
        self._seen = line.members if line is not None else None
        super().__init__(desk, {"name": self._group, "members": ", ".join(line.members) if line else ""})
        self.heading = f"Group {self._group}" if line is not None else "New group"

    def check(self, key: str, text: str) -> None:
        if key == "name" and self._group and text.strip() != self._group:
            raise BadInput("A group keeps its name: tickets go by it.")

    async def keep(self) -> str:
        name, logins = self.typed["name"].strip(), self.typed["members"].replace(",", " ").split()
        await self.desk.lanes.write(groups.put, self.desk.actor, name, logins, new=not self._group, seen=self._seen)
        return f"{'Changed' if self._group else 'Added'} the group {name}: {many(len(set(logins)), 'member')}."

    async def look_again(self) -> None:
        lines = await self.desk.lanes.read(lists.groups)
        self._seen = next((line.members for line in lines if line.name == self._group), self._seen)


def remove_partner_dialog(desk: Desk, line: PartnerLine) -> SureDialog:
    """Asked before."""

    async def remove() -> str:
        return f"Removed the partner {await desk.lanes.write(people.remove_partner, desk.actor, line.name)}."

    return SureDialog(desk, "Remove a partner", [f"The partner {line.name} is taken off the list."], remove)


def remove_group_dialog(desk: Desk, line: GroupLine) -> SureDialog:
    """Asked before."""
    told = [f"Nobody is told of the group {line.name} any more.", "Its tickets stay, and still name it."]

    async def remove() -> str:
        left = await desk.lanes.write(groups.remove, desk.actor, line.name)
        still = f"; {many(left, 'ticket')} still {'names' if left == 1 else 'name'} it" if left else ""
        return f"Removed the group {line.name}{still}."

    return SureDialog(desk, "Remove a group", told, remove)


def _values(line: AdministratorLine) -> dict[str, str]:
    texts = {key: str(getattr(line, key)) for key in ("login", "name", "email", "role")}
    return {**texts, "partner": line.partner or _ANY, "active": "on" if line.active else "off"}
