"""*Administrators*, *Partners*, *Groups*: who works here, and what they may see (R10.1)."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.screen import ModalScreen

from store.actor import Actor
from store.queries import lists
from store.queries.lists import AdministratorLine, GroupLine, PartnerLine
from store.services import people
from tui.screens.whole_list import WholeList
from tui.screens.workplace import bindings
from tui.sentences import number
from tui.widgets.cells import Cell
from tui.widgets.column_layout import Column

_ROLES = {"super": "super administrator", "administrator": "administrator"}


class AdministratorsScreen(WholeList[AdministratorLine]):
    """Everybody who may use the program, or once might."""

    place = "administrators"
    called = "Administrators"
    noun = ("administrator", "administrators")
    nothing = "There is no administrator."
    BINDINGS: ClassVar[list[BindingType]] = bindings("administrators")
    columns = (
        Column("login", "Login", 12, stretch=True, least=8),
        Column("name", "Name", 20, stretch=True, least=8),
        Column("email", "E-mail", 26, stretch=True, least=14),
        Column("role", "Role", 20, stretch=True, least=10),
        Column("partner", "Partner", 14, stretch=True, least=6),
        Column("state", "State", 5),
    )

    def every(self, actor: Actor) -> Sequence[AdministratorLine]:
        return lists.administrators()

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        return {**super().handlers(), "turn": self._turn}

    def cells(self, row: AdministratorLine) -> Sequence[Cell]:
        return (
            Cell(row.login),
            Cell(row.name),
            Cell(row.email),
            Cell(_ROLES.get(row.role, row.role)),
            Cell(row.partner or "Any"),
            Cell("on" if row.active else "off", "" if row.active else "dim"),
        )

    def told(self, row: AdministratorLine) -> list[str]:
        if not row.active:
            return [f"{row.login} may not use the program any more."]
        if row.role == "super":
            return [f"{row.login} sees everything, and sets everything up."]
        whose = f"what belongs to customers of {row.partner}" if row.partner else "everything"
        return [f"{row.login} sees {whose}; inboxes, mail and people are for super administrators."]

    def form(self, line: AdministratorLine | None) -> ModalScreen[str]:
        from tui.dialogs.people import AdministratorForm

        return AdministratorForm(self.desk, line)

    def _turn(self) -> None:
        row = self.current
        if row is not None:
            told = f"{row.login} {'may not use the program any more' if row.active else 'may use the program again'}."
            self.do(people.edit_administrator, row.login, told=lambda _: told, seen=row.version, active=not row.active)


class PartnersScreen(WholeList[PartnerLine]):
    """The providers that customers belong to."""

    place = "partners"
    called = "Partners"
    noun = ("partner", "partners")
    nothing = "There is no partner yet: n adds one."
    BINDINGS: ClassVar[list[BindingType]] = bindings("partners")
    columns = (
        Column("name", "Partner", 24, stretch=True, least=10),
        Column("customers", "Customers", 9, "right"),
        Column("administrators", "Administrators who see only these", 34, stretch=True, least=12),
    )

    def every(self, actor: Actor) -> Sequence[PartnerLine]:
        return lists.partners(actor)

    def cells(self, row: PartnerLine) -> Sequence[Cell]:
        return Cell(row.name), Cell(number(row.customers)), Cell(", ".join(row.administrators))

    def told(self, row: PartnerLine) -> list[str]:
        return [row.name]

    def form(self, line: PartnerLine | None) -> ModalScreen[str]:
        from tui.dialogs.people import PartnerForm

        return PartnerForm(self.desk, line)

    def removal(self, line: PartnerLine) -> ModalScreen[str]:
        from tui.dialogs.people import remove_partner_dialog

        return remove_partner_dialog(self.desk, line)


class GroupsScreen(WholeList[GroupLine]):
    """Administrators who look after tickets together."""

    place = "groups"
    called = "Groups"
    noun = ("group", "groups")
    nothing = "There is no group yet: n adds one."
    BINDINGS: ClassVar[list[BindingType]] = bindings("groups")
    columns = (
        Column("name", "Group", 24, stretch=True, least=10),
        Column("members", "Members", 44, stretch=True, least=12),
    )

    def every(self, actor: Actor) -> Sequence[GroupLine]:
        return lists.groups()

    def cells(self, row: GroupLine) -> Sequence[Cell]:
        return Cell(row.name), Cell(", ".join(row.members) or "nobody", "" if row.members else "dim")

    def told(self, row: GroupLine) -> list[str]:
        return [f"{row.name}: {', '.join(row.members) or 'nobody is in it'}"]

    def form(self, line: GroupLine | None) -> ModalScreen[str]:
        from tui.dialogs.people import GroupForm

        return GroupForm(self.desk, line)

    def removal(self, line: GroupLine) -> ModalScreen[str]:
        from tui.dialogs.people import remove_group_dialog

        return remove_group_dialog(self.desk, line)
