"""The ticket list in the window: views, search, order, columns, and a cursor that stays on its ticket (R11.2)."""

import csv
from pathlib import Path

import pytest
from textual import events
from window_world import ANNA, BOB, HOSTILE, Driven, add_message, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.services import preferences, tickets
from tui.screens.ticket import TicketScreen
from tui.screens.ticket_list import TicketListScreen


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Tickets 1 to 5: Oona's three (2 closed), Tim's of John Doe, a hostile one of nobody; 4 is anna's."""
    with prepared(tmp_path / "store.db") as path:
        oona, tim = add_sender("oona@x.test", "Oona"), add_sender("tim@y.test", "Tim")
        for subject in ("Printer on fire", "Invoice", "Router"):
            add_ticket(oona, subject)
        add_ticket(tim, "Printer again", customer=1)
        add_ticket(None, HOSTILE)
        tickets.close(ANNA, 2)
        tickets.update(ANNA, 4, {"assignee": "anna"})
    return path


async def opened(driven: Driven, key: str = "t") -> TicketListScreen:
    await driven.press(key)
    await driven.until(lambda: isinstance(driven.screen, TicketListScreen))
    screen = driven.screen
    assert isinstance(screen, TicketListScreen)
    await driven.until(lambda: screen.table.visible_ids and all(map(screen.table.row, screen.table.visible_ids)))
    return screen


def shown(screen: TicketListScreen) -> list[int]:
    return list(screen.table.visible_ids)


@pytest.mark.parametrize("key", ["t", "f10"])
async def test_R11_2_it_opens_on_the_open_ones_and_digits_switch_the_view(store: Path, key: str) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven, key)
        assert shown(screen) == [5, 4, 3, 1]
        for digit, numbers in (
            ("2", [2]),
            ("3", [5, 3, 2, 1]),
            ("4", [4]),
            ("5", [5, 4, 3, 2, 1]),
            ("1", [5, 4, 3, 1]),
        ):
            await driven.press(digit)
            await driven.until(lambda numbers=numbers: shown(screen) == numbers)
        assert "Tickets / List / Open" in driven.text.splitlines()[0]
        await driven.press("escape")
        await driven.until(lambda: driven.screen is driven.home)


async def test_R11_2_search_stays_while_the_view_is_switched_and_escape_drops_it(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven)
        await driven.press("slash")
        await driven.type("printer")
        await driven.until(lambda: shown(screen) == [4, 1])
        await driven.press("enter", "4")
        await driven.until(lambda: shown(screen) == [4])
        await driven.press("escape")
        await driven.until(lambda: screen.bar.line == "")
        assert driven.screen is screen


async def test_R11_2_a_wrong_condition_is_told_and_the_last_result_stays(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven)
        await driven.press("slash")
        await driven.type("printer")
        await driven.until(lambda: shown(screen) == [4, 1])
        driven.window.post_message(events.Paste(" banned:yes"))  # at once: each half-typed word would be searched for
        await driven.until(lambda: "no filter" in driven.text)
        assert shown(screen) == [4, 1]


async def test_R11_2_enter_opens_the_ticket_and_it_comes_back_to_it(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven)
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Printer again" in driven.text)
        await driven.press("escape")
        await driven.until(lambda: driven.screen is screen)
        assert screen.table.cursor_id == 4


async def test_R1_7_the_cursor_stays_on_its_ticket_while_mail_arrives(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven)
        await driven.press("down")
        with session():
            add_ticket(1, "Newest")
        await driven.until(lambda: shown(screen)[0] == 6)
        assert screen.table.cursor_id == 4
        with session():
            add_message(4, 2, "More.")
            tickets.close(ANNA, 4)
        await driven.until(lambda: 4 not in shown(screen))
        await driven.until(lambda: "#4 left this view" in screen.status.text)


async def test_R11_2_sorting_and_columns_are_those_of_this_table_and_kept(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await opened(driven)
        screen.sort_by("subject")
        await driven.until(lambda: shown(screen)[-1] == 3)
        await driven.press("c")
        await driven.until(lambda: "Assigned to" in driven.dialog_text)
        await driven.type("assigned")
        await driven.press("space", "enter")
        await driven.until(lambda: driven.screen is screen and "Assigned" in driven.text)
    with session():
        assert "assignee" in [column.key for column in preferences.columns(ANNA, "tickets")]
        assert "assignee" not in [column.key for column in preferences.columns(ANNA)]


async def test_R11_2_what_is_seen_is_exported(store: Path, tmp_path: Path) -> None:
    async with window_on(store, size=(120, 30)) as driven:
        screen = await opened(driven)
        await driven.press("x")
        await driven.until(lambda: "CSV" in driven.dialog_text)
        await driven.press("c", "c", "enter")
        await driven.until(lambda: "All tickets" in driven.dialog_text or "filtered by" in driven.dialog_text)
        entry = driven.screen.query_one("#path")
        entry.value = str(tmp_path / "out.csv")  # type: ignore[attr-defined]
        await driven.press("enter")
        await driven.until(lambda: driven.screen is screen and "Wrote 4 rows" in screen.status.text)
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        titles, *rows = csv.reader(file)
    assert titles[:4] == ["Ticket", "Subject", "Status", "Requester"]
    assert [row[0] for row in rows] == ["5", "4", "3", "1"]
    assert rows[1][4] == "John Doe"


async def test_R10_1_a_partner_sees_his_customers_tickets_only(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        screen = await opened(driven)
        assert shown(screen) == [4]


async def test_T2_a_hostile_subject_is_text(store: Path) -> None:
    async with window_on(store, size=(120, 30)) as driven:
        await opened(driven)
        assert "[/b]" in driven.text
        assert "\x1b]0" not in driven.text
