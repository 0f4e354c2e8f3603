"""R10.1: before an agent of one partner saves what takes something out of his own sight, the dialog says so."""

from pathlib import Path

import pytest
from window_world import ANNA, BOB, CLEO, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Recipient
from store.services import customers, deny, inboxes, pairing, people, tickets
from tui.dialogs.change_customer import CustomerDialog
from tui.dialogs.edit_sender import EditSenderDialog
from tui.dialogs.undo import UndoDialog
from tui.dialogs.unpair import UnpairDialog
from tui.screens.recipients import RecipientsScreen
from tui.screens.ticket import TicketScreen

SAID = "You will not see"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Oona belongs to John Doe of Main, for which Bob works."""
    with prepared(tmp_path / "store.db") as path:
        add_ticket(add_sender("oona@x.test"), "One")
        pairing.pair(ANNA, 1, 1, assign_all=True)
    return path


async def test_R10_1_unpairing_sharing_and_taking_the_customer_off(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        await driven.press("P")
        await driven.until(lambda: isinstance(driven.screen, UnpairDialog) and SAID in driven.dialog_text)
        await driven.press("escape", "e")
        await driven.until(lambda: isinstance(driven.screen, EditSenderDialog))
        assert SAID not in driven.dialog_text
        await driven.press("tab", "space")
        await driven.until(lambda: SAID in driven.dialog_text)
        await driven.press("escape", "enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Hello" in driven.text)
        await driven.press("c")
        await driven.until(lambda: isinstance(driven.screen, CustomerDialog))
        driven.screen.query_one("#none").focus()
        await driven.press("space")
        await driven.until(lambda: f"{SAID} #1 any more" in driven.dialog_text)
        await driven.press("escape", "escape", "P")
        await driven.until(lambda: isinstance(driven.screen, UnpairDialog))
        await driven.press("enter")
        await driven.until(lambda: "Unpaired oona@x.test" in driven.status)
    with session():
        assert Recipient.get().customer is None


async def test_R10_1_undoing_a_pair(store: Path) -> None:
    with session():
        pairing.unpair(ANNA, 1)
        pairing.pair(ANNA, 1, 1)
    async with window_on(store, actor=BOB) as driven:
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Hello" in driven.text)
        await driven.press("u")
        await driven.until(lambda: isinstance(driven.screen, UndoDialog) and SAID in driven.dialog_text)


async def test_R10_1_nothing_is_said_to_one_who_sees_all(store: Path) -> None:
    async with window_on(store, actor=ANNA) as driven:
        await driven.press("P")
        await driven.until(lambda: isinstance(driven.screen, UnpairDialog) and "1 ticket" in driven.dialog_text)
        assert SAID not in driven.dialog_text


async def test_R10_1_P2_a_ticket_that_went_out_of_sight_is_taken_off_the_screen(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Hello" in driven.text)
        with session():
            customers.edit(ANNA, 1, {"partner": "Other"})
        await driven.until(lambda: "There is no ticket #1" in driven.text)
        assert "Hello" not in driven.text
        assert "oona" not in driven.text
        await driven.press("r")
        await driven.press("escape")
        await driven.until(lambda: isinstance(driven.screen, RecipientsScreen))


async def test_P2_a_window_ends_when_its_administrator_is_switched_off(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Hello" in driven.text)
        with session():
            people.edit_administrator(ANNA, "bob", active=False)
        await driven.until(lambda: driven.window.return_code == 1)


async def test_R10_1_P2_a_list_that_one_may_not_see_any_more_is_emptied(store: Path) -> None:
    with session():
        deny.add(ANNA, "subject", "contain", "secret word")
    async with window_on(store, actor=CLEO) as driven:
        await driven.press("D")
        await driven.until(lambda: "secret word" in driven.text)
        with session():
            people.edit_administrator(ANNA, "cleo", partner="Main")
        await driven.until(lambda: "The deny list is for" in driven.text)
        assert "secret word" not in driven.text


async def test_R10_1_only_a_super_administrator_tries_an_inbox(store: Path) -> None:
    with session():
        inboxes.add(ANNA, "support", {"email": "support@us.test", "host": "localhost", "port": 9})
    async with window_on(store, actor=CLEO) as driven:
        await driven.press("I")
        await driven.until(lambda: "support@us.test" in driven.text)
        await driven.press("t")
        await driven.until(lambda: "Only a super administrator" in driven.text)


async def test_R10_1_an_assignee_who_loses_sight_is_named_before_the_address_is_unpaired(store: Path) -> None:
    with session():
        tickets.update(ANNA, 1, {"assignee": "bob"})
    async with window_on(store, actor=ANNA) as driven:
        await driven.press("P")
        await driven.until(lambda: isinstance(driven.screen, UnpairDialog) and "1 ticket" in driven.dialog_text)
        assert "assignee" not in driven.dialog_text
        await driven.press("space")
        await driven.until(lambda: "The assignee of #1 may not see it then" in " ".join(driven.dialog_text.split()))
        await driven.press("enter")
        await driven.until(lambda: "is taken off" in driven.status)
