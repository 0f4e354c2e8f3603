"""The history over all, in the window: filtered, exported, read whole, taken back (R10.2, R10.3)."""

from dataclasses import replace
from pathlib import Path

import pytest
from window_world import ANNA, BOB, CLEO, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Recipient, Ticket
from store.services import pairing, recipients, tickets
from tui.dialogs.activities import EntryDialog
from tui.dialogs.undo import UndoDialog
from tui.screens.history import HistoryScreen


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        oona = add_sender("oona@x.test")
        add_ticket(oona, "One")
        recipients.rename(CLEO, oona, "Oona Smith")
        pairing.pair(ANNA, oona, 4, assign_all=True)
        tickets.close(ANNA, 1)
    return path


async def history(driven: Driven) -> HistoryScreen:
    await driven.press("H")
    await driven.until(lambda: isinstance(driven.screen, HistoryScreen) and "status" in driven.text)
    assert isinstance(driven.screen, HistoryScreen)
    return driven.screen


async def test_R10_2_history_is_filtered_read_and_exported(store: Path, tmp_path: Path) -> None:
    async with window_on(store, size=(110, 30)) as driven:
        screen = await history(driven)
        await driven.press("slash")
        await driven.type("who:cleo what:rename")
        await driven.press("enter")
        await driven.until(
            lambda: screen.current() and screen.current().what == "rename" and len(screen.table.visible_ids) == 1
        )
        assert "oona → Oona Smith" in driven.text
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, EntryDialog))
        assert "cleo, through command" in driven.dialog_text
        assert "name: oona → Oona Smith" in driven.dialog_text
        await driven.press("escape", "x")
        await driven.until(lambda: "Excel" in driven.text)
        await driven.press("down", "down", "down", "enter")
        await driven.until(lambda: "Export: CSV" in driven.text)
        driven.screen.query_one("#path").value = str(tmp_path / "history.csv")  # type: ignore[attr-defined]
        await driven.press("enter")
        await driven.until(lambda: "Wrote 1 row" in screen.status.text)
    assert "oona@x.test" in (tmp_path / "history.csv").read_text(encoding="utf-8-sig")


async def test_S6_opening_a_window_is_in_the_history_with_from_where(store: Path) -> None:
    async with window_on(store, actor=replace(ANNA, origin="uid 7 from 192.0.2.7"), size=(110, 30)) as driven:
        screen = await history(driven)
        await driven.press("slash")
        await driven.type("origin:192.0.2.7")
        await driven.press("enter")
        await driven.until(lambda: screen.current() and len(screen.table.visible_ids) == 1)
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, EntryDialog))
        assert "anna, through window, uid 7 from 192.0.2.7 sign in window anna" in driven.dialog_text


async def test_R10_3_any_entry_is_taken_back_unless_somebody_changed_it_since(store: Path) -> None:
    async with window_on(store, size=(110, 30)) as driven:
        screen = await history(driven)
        await driven.press("slash")
        await driven.type("what:pair")
        await driven.press("enter")
        await driven.until(lambda: screen.current() and screen.current().what == "pair")
        await driven.press("u")
        await driven.until(lambda: isinstance(driven.screen, UndoDialog))
        assert "customer Kelly Sanders → none" in driven.dialog_text
        await driven.press("enter")
        await driven.until(lambda: "Took back what anna did" in screen.status.text)
        await driven.until(lambda: screen.current() and screen.current().undone)
        await driven.press("u")
        await driven.until(lambda: "was taken back already" in screen.status.text)
    with session():
        assert Recipient.get().customer is None
        assert Ticket.get().closed is not None


async def test_R10_1_history_follows_the_scope(store: Path) -> None:
    with session():
        add_ticket(None, "Foreign", customer=4)
        tickets.close(ANNA, 2)
        add_ticket(None, "Mine", customer=1)
        tickets.update(ANNA, 3, {"status": "status of mine"})
    async with window_on(store, actor=BOB, size=(110, 30)) as driven:
        await history(driven)
        assert "#3" in driven.text
        assert "#2" not in driven.text
        assert "oona" not in driven.text
