"""Administrators, partners, groups and settings in the window (R10.1, R5.1, R6.3)."""

from pathlib import Path

import pytest
from textual.widget import Widget
from window_world import ANNA, BOB, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Administrator, GroupMember, Partner, Ticket
from store.queries import settings
from store.services import groups, people, tickets
from tui.dialogs.people import AdministratorForm, GroupForm, PartnerForm
from tui.dialogs.settings import MailSettings, TicketSettings
from tui.dialogs.setup import SetupDialog
from tui.dialogs.sure import SureDialog
from tui.dialogs.ticket_fields import known_values
from tui.screens.followed_list import FollowedList


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        oona = add_sender("oona@x.test")
        add_ticket(oona, "One", customer=1)
    return path


async def to(driven: Driven, way: str, screen: type) -> None:
    """Through Setup, as somebody who knows no key."""
    await driven.press("!")
    await driven.until(lambda: isinstance(driven.screen, SetupDialog))
    while way not in driven.screen._options.highlighted_option.prompt.plain:
        await driven.press("down")
    await driven.press("enter")
    await driven.until(lambda: isinstance(driven.screen, screen))


async def fill(driven: Driven, form: type, **texts: str) -> None:
    """Types into the fields of a form once it is open; `+` turns a choice or switch."""
    await driven.until(lambda: isinstance(driven.screen, form))
    for key, text in texts.items():
        widget = driven.screen.query_one(f"#{key}", Widget)
        widget.focus()
        await driven.until(lambda widget=widget: widget.has_focus)
        if text.startswith("+"):
            await driven.press(*("space",) * len(text))
        else:
            widget.value = text  # type: ignore[attr-defined]


async def said(driven: Driven, told: str) -> None:
    screen = driven.screen
    assert isinstance(screen, FollowedList), driven.text
    await driven.until(lambda: told in screen.status.text)


async def test_R10_1_an_administrator_is_added_changed_and_switched_off(store: Path) -> None:
    async with window_on(store, size=(100, 30)) as driven:
        await to(driven, "Administrators", FollowedList)
        await driven.until(lambda: "cleo@helpdesk.test" in driven.text)
        await driven.press("n")
        await fill(driven, AdministratorForm, email="nonsense", partner="Nowhere")
        await driven.press("enter")
        await driven.until(lambda: "needs a login" in driven.dialog_text and "needs an e-mail" in driven.dialog_text)
        await fill(driven, AdministratorForm, login="dora", email="dora@helpdesk.test")
        await driven.press("enter")
        await driven.until(lambda: "There is no partner Nowhere" in driven.dialog_text)
        await fill(driven, AdministratorForm, partner="Other")
        await driven.press("enter")
        await driven.until(lambda: not isinstance(driven.screen, AdministratorForm))
        await said(driven, "Added the administrator dora.")
        await driven.press("G")
        await driven.until(lambda: driven.screen.current and driven.screen.current.login == "dora")
        await driven.press("o")
        await said(driven, "dora may not use the program any more.")
    with session():
        dora = Administrator.get(login="dora")
    assert (dora.partner_id, dora.active, dora.role) == (2, False, "administrator")


async def test_R10_1_who_would_lose_sight_of_a_ticket_is_said_before_save(store: Path) -> None:
    with session():
        tickets.update(ANNA, 1, {"assignee": "bob"})
    async with window_on(store, size=(100, 30)) as driven:
        await driven.press("A")
        await driven.until(lambda: "bob@helpdesk.test" in driven.text)
        await driven.press("j", "enter")
        await fill(driven, AdministratorForm, partner="Other")
        await driven.press("enter")
        await driven.until(lambda: "may not see #1 any more" in driven.dialog_text)
        with session():
            assert Ticket.get_by_id(1).assignee is not None
        await driven.press("enter")
        await driven.until(lambda: not isinstance(driven.screen, AdministratorForm))
        await said(driven, "was taken off")
    with session():
        assert Ticket.get_by_id(1).assignee is None


async def test_R10_4_the_second_who_changes_an_administrator_is_told(store: Path) -> None:
    async with window_on(store, size=(100, 30)) as driven:
        await driven.press("A")
        await driven.until(lambda: "bob@helpdesk.test" in driven.text)
        await driven.press("j", "enter")
        await fill(driven, AdministratorForm, name="Robert")
        with session():
            people.edit_administrator(ANNA, "bob", name="Bobby")
        await driven.press("enter")
        await driven.until(lambda: "bob was changed by anna since you opened it" in driven.dialog_text)
        assert "since you opened it (name: bob → Bobby)" in driven.dialog_text
        assert "Robert" in driven.text
        with session():
            assert Administrator.get(login="bob").name == "Bobby"
        await driven.press("enter")
        await driven.until(lambda: not isinstance(driven.screen, AdministratorForm))
    with session():
        assert Administrator.get(login="bob").name == "Robert"


async def test_R10_4_the_second_who_changes_a_partner_or_a_group_is_told(store: Path) -> None:
    with session():
        groups.add(ANNA, "Billing")
    async with window_on(store, size=(100, 30)) as driven:
        await to(driven, "Groups", FollowedList)
        await driven.press("enter")
        await fill(driven, GroupForm, members="bob")
        with session():
            groups.add_member(ANNA, "Billing", "cleo")
        await driven.press("enter")
        await driven.until(lambda: "The group Billing was changed by anna" in driven.dialog_text)
        with session():
            assert {member.administrator for member in GroupMember.select()} == {3}
        await driven.press("enter")
        await driven.until(lambda: not isinstance(driven.screen, GroupForm))
        await driven.press("escape", "escape")
        await to(driven, "Partners", FollowedList)
        await driven.press("enter")
        await fill(driven, PartnerForm, name="Mine")
        with session():
            people.edit_partner(ANNA, "Main", "Theirs")
        await driven.press("enter")
        await driven.until(lambda: "(name: Main → Theirs)" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "The partner is called Mine." in driven.text)
    with session():
        assert {member.administrator for member in GroupMember.select()} == {2}
        assert {partner.name for partner in Partner.select()} == {"Mine", "Other"}


async def test_R10_1_partners_and_groups_are_kept_in_the_window(store: Path) -> None:
    async with window_on(store, size=(100, 30)) as driven:
        await to(driven, "Partners", FollowedList)
        await driven.press("n")
        await fill(driven, PartnerForm, name="North")
        await driven.press("enter")
        await driven.until(lambda: "Added the partner North." in driven.text)
        await driven.until(lambda: driven.screen.current and driven.screen.current.name == "Main")
        await driven.press("d")
        await driven.until(lambda: isinstance(driven.screen, SureDialog))
        await driven.press("enter")
        await driven.until(lambda: "Main has 3 customers and 1 administrators, so it stays" in driven.dialog_text)
        await driven.press("escape")
        await driven.press("j", "d")
        await driven.until(lambda: isinstance(driven.screen, SureDialog) and "North" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "Removed the partner North." in driven.text)
        await driven.press("escape")
        await to(driven, "Groups", FollowedList)
        await driven.press("n")
        await fill(driven, GroupForm, name="Billing", members="anna, nobody")
        await driven.press("enter")
        await driven.until(lambda: "There is no administrator nobody" in driven.dialog_text)
        await fill(driven, GroupForm, members="anna, bob")
        await driven.press("enter")
        await driven.until(lambda: "Added the group Billing: 2 members." in driven.text)
        await driven.until(lambda: driven.screen.current is not None)
        await driven.press("enter")
        await fill(driven, GroupForm, members="bob")
        await driven.press("enter")
        await driven.until(lambda: "Changed the group Billing: 1 member." in driven.text)
    with session():
        assert [row.name for row in Partner.select().order_by(Partner.id)] == ["Main", "Other"]
        assert [row.administrator_id for row in GroupMember.select()] == [Administrator.get(login="bob").id]


async def test_R6_3_statuses_and_R5_1_all_inboxes_are_set_in_forms(store: Path) -> None:
    async with window_on(store, size=(100, 30)) as driven:
        await to(driven, "Statuses", TicketSettings)
        await fill(driven, TicketSettings, timezone="Mars/Base")
        await driven.press("enter")
        await driven.until(lambda: "“Mars/Base” is no time zone" in driven.dialog_text)
        given = {"status-closed": "Done", "tickets-types": "Fault, Order,", "tickets-statuses": "On hold"}
        await fill(driven, TicketSettings, timezone="Europe/Berlin", **given)
        await driven.press("enter")
        await driven.until(lambda: driven.status == "Saved the settings of tickets.")
        await to(driven, "All inboxes", MailSettings)
        await fill(driven, MailSettings, **{"inboxes-ticket_number": "#("})
        await driven.press("enter")
        await driven.until(lambda: "mend what is marked" in driven.dialog_text)
        await driven.press("escape")
    with session():
        assert (settings.one("status.closed"), settings.one("timezone")) == ("Done", "Europe/Berlin")
        assert known_values(ANNA)["type"] == ["Fault", "Order"]


async def test_R10_1_one_who_is_no_super_administrator_is_told_so(store: Path) -> None:
    async with window_on(store, actor=BOB, size=(100, 30)) as driven:
        await driven.press("A")
        await driven.until(lambda: "anna@helpdesk.test" in driven.text)
        await driven.press("n")
        await fill(driven, AdministratorForm, login="eve", email="eve@x.test")
        await driven.press("enter")
        await driven.until(lambda: "Only a super administrator may do that." in driven.dialog_text)
        await driven.press("escape")
        await driven.until(lambda: "Esc once more closes without saving" in driven.dialog_text)
        await driven.press("escape")
        await driven.press("o")
        await said(driven, "Only a super administrator may do that.")
