"""Column chooser, sort, filters, help, palette, setup: every dialog by its keys (R1.2, R1.5, R7.1)."""

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input
from window_world import ANNA, BOB, add_sender, closed, open_dialog, prepared, window_on

from store.columns import RECIPIENT_COLUMNS
from store.db import session
from store.models import Inbox, InboxState
from store.services import preferences, settings
from tui import actions
from tui.dialogs.columns import ColumnsDialog
from tui.dialogs.frame import Dialog
from tui.filter_line import GRAMMAR, READY

DEFAULT = ["id", "email", "name", "customer", "banned", "denied", "shared"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        add_sender("ann@a.test", "Ann", tickets=3)
        add_sender("bob@b.test", "Bob", banned=True)
    return path


def kept() -> list[str]:
    with session():
        return [column.key for column in preferences.columns(ANNA)]


@pytest.mark.parametrize("key", ["c", "f4"])
async def test_R1_5_columns_are_shown_hidden_and_kept(store: Path, key: str) -> None:
    async with window_on(store, size=(100, 24)) as driven:
        await open_dialog(driven, key)
        await driven.press("down", "down", "space", *["down"] * 5, "space", "enter")
        await closed(driven)
        assert kept() == ["id", "email", "customer", "banned", "denied", "shared", "tickets"]
        titles = driven.text.splitlines()[2]
        assert "Name" not in titles
        assert "Tickets" in titles
        assert driven.text.splitlines()[4].rstrip(" ▐").endswith("3")
    async with window_on(store, size=(100, 24)) as driven:
        assert "Name" not in driven.text.splitlines()[2]


async def test_R1_5_columns_are_kept_for_each_administrator(store: Path) -> None:
    async with window_on(store) as driven:
        await open_dialog(driven, "c")
        await driven.press("down", "space", "ctrl+s")
        await closed(driven)
    with session():
        assert [column.key for column in preferences.columns(BOB)] == DEFAULT


@pytest.mark.parametrize(("down", "up"), [("ctrl+down", "ctrl+up"), ("J", "K")])
async def test_R1_5_columns_move(store: Path, down: str, up: str) -> None:
    async with window_on(store) as driven:
        await open_dialog(driven, "c")
        await driven.press(down, down, "down", up, "enter")
        await closed(driven)
        assert kept() == ["email", "name", "customer", "id", "banned", "denied", "shared"]
        titles = driven.text.splitlines()[2]
        assert titles.index("Email") < titles.index("Name") < titles.index("Customer") < titles.index("Id")


async def test_R1_5_the_list_is_filtered_by_typing(store: Path) -> None:
    async with window_on(store) as driven:
        dialog = await open_dialog(driven, "c")
        await driven.type("dEnY")
        await driven.until(lambda: "In deny list" in driven.dialog_text and "Email" not in driven.dialog_text)
        assert dialog.query_one(Input).value == "dEnY"
        await driven.press("space", *["backspace"] * 4)
        await driven.until(lambda: "Email" in driven.dialog_text)
        await driven.press("enter")
        await closed(driven)
        assert kept() == [key for key in DEFAULT if key != "denied"]


async def test_R1_5_close_changes_nothing_and_one_column_must_stay(store: Path) -> None:
    async with window_on(store) as driven:
        dialog = await open_dialog(driven, "c")
        for _ in DEFAULT:
            await driven.press("space", "down")
        await driven.press("enter")
        await driven.until(lambda: dialog.said == "At least one column must be shown.")
        await driven.press("ctrl+d")
        await driven.until(lambda: driven.dialog_text.count("[✓]") == len(DEFAULT))
        await driven.press("down", "space", "escape")
        await closed(driven)
        assert kept() == DEFAULT


async def test_R1_5_a_click_switches_a_column(store: Path) -> None:
    async with window_on(store) as driven:
        dialog = await open_dialog(driven, "c")
        assert isinstance(dialog, ColumnsDialog)
        await driven.pilot.click("Choices", offset=(5, 1))
        await driven.until(lambda: "[ ] Email" in driven.dialog_text)
        await driven.pilot.click("#save")
        await closed(driven)
        assert "email" not in kept()


async def test_R1_2_the_sort_dialog_lists_every_column_and_turns_the_present_one(store: Path) -> None:
    async with window_on(store) as driven:
        await open_dialog(driven, "ctrl+o")
        assert all(column.title in driven.dialog_text for column in RECIPIENT_COLUMNS)
        await driven.press("enter")
        await closed(driven)
        await driven.until(lambda: driven.emails == ["ann@a.test", "bob@b.test"])


async def test_R1_2_the_filter_dialog_explains_the_line(store: Path) -> None:
    async with window_on(store) as driven:
        await open_dialog(driven, "f")
        for example, _ in GRAMMAR:
            assert example in driven.dialog_text
        assert [ready.title in driven.dialog_text for ready in READY] == [True] * len(READY)


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_R12_help_lists_every_key(store: Path, key: str) -> None:
    async with window_on(store, size=(100, 60)) as driven:
        await open_dialog(driven, key)
        for action in actions.of("recipients"):
            assert f"{actions.key_name(action.key)} " in driven.dialog_text
            assert action.title in driven.dialog_text
        await driven.press("escape")
        await closed(driven)


async def test_R12_help_scrolls_at_80_by_24(store: Path) -> None:
    async with window_on(store) as driven:
        await open_dialog(driven, "?")
        assert "a minus turns" not in driven.text
        await driven.press(*["pagedown"] * 5)
        await driven.until(lambda: "a minus turns" in driven.text)
        assert "Close" in driven.text


async def test_R12_the_palette_offers_every_action_and_no_screenshot(store: Path) -> None:
    async with window_on(store) as driven:
        titles = [command.title for command in driven.window.get_system_commands(driven.home)]
        wanted = [action.title for action in actions.of("recipients") if action.id != "palette"]
        assert titles == [*wanted, "Theme"]
        await driven.press("ctrl+p")
        await driven.until(lambda: isinstance(driven.screen, CommandPalette))
        await driven.type("unban")
        await driven.until(lambda: "Unban" in driven.text)
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.screen, Dialog))
        assert "The next message from this address gets in again." in driven.dialog_text


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_R12_quit(store: Path, key: str) -> None:
    async with window_on(store) as driven:
        await driven.press(key)
        await driven.until(lambda: driven.window._exit)


async def test_R12_refresh_and_reverse_and_search_have_keys_without_letters(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("f5")
        assert driven.status == "Read again."
        await driven.press("ctrl+r")
        await driven.until(lambda: driven.emails == ["ann@a.test", "bob@b.test"])
        await driven.press("f3")
        assert driven.window.focused is driven.home.bar.query_one(Input)
        await driven.press("tab")
        assert driven.home.table.has_focus


async def test_R7_1_an_inbox_s_error_stands_in_red_and_setup_has_all_of_it(store: Path) -> None:
    with session():
        inbox = Inbox.create(name="support", email="s@x.test", email_key="s@x.test", host="mail.x.test", port=993)
        InboxState.create(inbox=inbox.id, last_error="The password was refused by mail.x.test.")
        settings.change(ANNA, "notifications.enabled", "on")
    async with window_on(store) as driven:
        await driven.until(lambda: "support: The password was refused by mail.x.test." in driven.text)
        strip = driven.home.status.render_line(0)
        wrong = next(segment for segment in strip if "password" in segment.text)
        assert wrong.style.color.triplet[0] > 200
        assert "Missing: SMTP · !" in driven.text.splitlines()[0]
        await open_dialog(driven, "ctrl+n")
        await driven.until(lambda: "✗ support: The password was refused by mail.x.test." in driven.dialog_text)
        assert "✗ SMTP is not set up ✓ an inbox ✓ ticket notifications" in driven.dialog_text
        await driven.press("I")
        await driven.until(lambda: "s@x.test, mail.x.test:993" in driven.text)
