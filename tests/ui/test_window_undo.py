"""Undo and activities in the window (R10.2, R10.3)."""

from pathlib import Path

import pytest
from window_world import ANNA, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Recipient, Ticket
from store.services import pairing, tickets
from tui.dialogs.activities import ActivitiesDialog
from tui.dialogs.undo import UndoDialog


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Oona with two tickets."""
    with prepared(tmp_path / "store.db") as path:
        oona = add_sender("oona@x.test")
        for subject in ("One", "Two"):
            add_ticket(oona, subject)
    return path


async def dialog(driven: Driven) -> None:
    await driven.until(lambda: isinstance(driven.screen, UndoDialog))


async def test_R10_3_undo_says_first_what_it_takes_back(store: Path) -> None:
    with session():
        pairing.pair(ANNA, 1, 4, assign_all=True)
    async with window_on(store) as driven:
        await driven.press("u")
        await dialog(driven)
        assert "What anna did on" in driven.dialog_text
        assert "#1: customer Kelly Sanders → none" in driven.dialog_text
        assert "oona@x.test: customer Kelly Sanders → none" in driven.dialog_text
        await driven.press("escape")
        await driven.press("u")
        await dialog(driven)
        await driven.press("enter")
        await driven.until(lambda: driven.status.startswith("Took back what anna did on"))
        await driven.press("u")
        await dialog(driven)
        assert "Kelly Sanders is taken off the lists" in driven.dialog_text
        await driven.press("escape")
        await driven.press("v")
        await driven.until(lambda: isinstance(driven.screen, ActivitiesDialog))
        assert "Activities of oona@x.test" in driven.text
        assert "anna took back" in driven.dialog_text
        assert "anna paired" in driven.dialog_text
    with session():
        assert Recipient.get().customer_id is None
        assert [ticket.customer_id for ticket in Ticket.select()] == [None, None]


async def test_R10_3_the_last_change_of_a_ticket_is_taken_back_from_the_ticket(store: Path) -> None:
    with session():
        tickets.close(ANNA, 2)
    async with window_on(store) as driven:
        await driven.press("t", "5")
        await driven.until(lambda: "Two" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: "Tickets / #2 Two" in driven.text and "Resolved" in driven.text)
        await driven.press("u")
        await dialog(driven)
        assert "#2: status Resolved → New" in driven.dialog_text
        await driven.press("enter")
        await driven.until(lambda: "Took back what anna did" in driven.text)
    with session():
        assert (Ticket.get_by_id(2).status, Ticket.get_by_id(2).closed) == ("New", None)
