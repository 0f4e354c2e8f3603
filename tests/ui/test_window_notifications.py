"""R7.3 in the window: the fourteen events, on and off, and the editor of what they say."""

from pathlib import Path

import pytest
from textual.widgets import Input, TextArea
from window_world import ANNA, BOB, HOSTILE, Driven, add_sender, add_ticket, prepared, window_on

from store.actor import Actor
from store.db import session
from store.queries.settings import every, one
from store.rules.events import EVENTS
from store.services import settings
from store.templates import default_body
from tui.dialogs.template import TemplateDialog
from tui.screens.notifications import NotificationsScreen

FIRST = EVENTS[0].key


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        add_ticket(add_sender("ann@a.test", "Ann"), "The printer")
    return path


def kept(key: str) -> object:
    with session():
        return one(f"notify.{key}")


async def listed(driven: Driven, key: str = "N") -> NotificationsScreen:
    """The list, read."""
    await driven.press(key)
    await driven.until(lambda: isinstance(driven.screen, NotificationsScreen) and "Ticket opened" in driven.text)
    assert isinstance(driven.screen, NotificationsScreen)
    return driven.screen


async def edited(driven: Driven) -> TemplateDialog:
    """The editor of the event under the cursor, its preview shown."""
    await driven.press("e")
    await driven.until(lambda: isinstance(driven.screen, TemplateDialog) and driven.screen.preview != "…")
    assert isinstance(driven.screen, TemplateDialog)
    return driven.screen


@pytest.mark.parametrize(("key", "size"), [("N", (80, 24)), ("ctrl+b", (140, 40))])
async def test_R7_3_the_fourteen_events_are_listed(store: Path, key: str, size: tuple[int, int]) -> None:
    async with window_on(store, size=size) as driven:
        await listed(driven, key)
        rows = [line.split() for line in driven.text.splitlines()[2:16]]
        assert [row[:2] for row in rows] == [event.title.split()[:2] for event in EVENTS]
        assert [("on" in row, "off" in row) for row in rows] == [(event.on, not event.on) for event in EVENTS]
        assert "#{{ticket.id}}" in driven.text
        await driven.press("escape")
        await driven.until(lambda: driven.screen is driven.home)


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_R7_3_a_key_turns_an_event_and_turns_it_back(store: Path, key: str) -> None:
    async with window_on(store) as driven:
        screen = await listed(driven)
        await driven.press("down", "down", key)
        await driven.until(lambda: kept("changes_admin.on") is False)
        await driven.until(lambda: " off " in driven.text.splitlines()[4])
        assert screen.status.text == "Ticket changes (message to admins): off."
        await driven.press(key, key, key)
        await driven.until(lambda: kept("changes_admin.on") is True and screen.status.text.endswith(": on."))
        assert screen.table.cursor_row == 2


async def test_R7_1_the_master_switch_stands_in_the_title(store: Path) -> None:
    async with window_on(store) as driven:
        await listed(driven)
        assert "All are off: press m" in driven.text.splitlines()[0]
        await driven.press("m")
        await driven.until(lambda: "All are off" not in driven.text)
        with session():
            assert one("notifications.enabled") is True


async def test_R7_3_who_may_not_is_told(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        screen = await listed(driven)
        assert {"turn", "template", "master"} <= set(screen.keys.off)
        for key in ("space", "e", "m"):
            await driven.press(key)
            assert screen.status.text == "Only a super administrator may do that."
        assert driven.screen is screen
        assert kept(f"{FIRST}.on") is True


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_R7_3_subject_and_text_are_shown_on_a_real_ticket_while_one_types(
    store: Path, size: tuple[int, int]
) -> None:
    async with window_on(store, size=size) as driven:
        await listed(driven)
        dialog = await edited(driven)
        assert dialog.query_one(Input).value == EVENTS[0].subject
        assert dialog.query_one(TextArea).text == default_body(FIRST).rstrip("\n")
        assert "As it would be for ticket #1." in dialog.preview
        await driven.until(lambda: "#1 Request received: The printer" in driven.text)
        await driven.press("end")
        await driven.type("!")
        await driven.press("tab")
        await driven.type("{{ticket.id}}!")
        await driven.until(lambda: "The printer!" in dialog.preview and "1!Hello Ann," in dialog.preview)
        await driven.until(lambda: "1!Hello Ann," in driven.text)
        assert dialog.wrong == ("", "")
        await driven.press("ctrl+s")
        await driven.until(lambda: isinstance(driven.screen, NotificationsScreen))
        assert driven.screen.status.text == "Ticket received (message to customer): the template is kept."
        assert kept(f"{FIRST}.subject") == EVENTS[0].subject + "!"
        assert str(kept(f"{FIRST}.body")).startswith("{{ticket.id}}!Hello{% if")
        await driven.until(lambda: "own" in driven.text.splitlines()[2])


async def test_R7_3_what_is_wrong_is_said_beside_its_field_and_is_not_kept(store: Path) -> None:
    async with window_on(store) as driven:
        await listed(driven)
        dialog = await edited(driven)
        await driven.press("home", "delete")
        await driven.until(lambda: "does not find the ticket's number" in dialog.wrong[0])
        assert dialog.wrong[1] == ""
        await driven.press("tab")
        await driven.type("{{x}}")
        await driven.until(lambda: "line 1: there is no “x” here" in dialog.wrong[1])
        await driven.until(lambda: "there is no “x” here" in driven.text)
        assert "What is wrong is left as the default." in dialog.preview
        assert " Save " in driven.text
        await driven.press("ctrl+s")
        await driven.until(lambda: "does not find the ticket's number" in dialog.said)
        assert dialog.query_one(TextArea).text.startswith("{{x}}")
        assert dialog.query_one(Input).value == EVENTS[0].subject[1:]
        assert (kept(f"{FIRST}.subject"), kept(f"{FIRST}.body")) == ("", "")
        await driven.press("ctrl+r")
        await driven.until(lambda: dialog.wrong == ("", ""))
        assert not dialog.unsaved


async def test_R7_3_escape_says_first_what_is_not_saved(store: Path) -> None:
    async with window_on(store) as driven:
        await listed(driven)
        dialog = await edited(driven)
        await driven.type("x")
        await driven.press("escape")
        await driven.until(lambda: dialog.said == "Not saved yet: Ctrl+S saves, Esc once more closes without saving.")
        await driven.type("y")
        await driven.until(lambda: dialog.said == "")
        await driven.press("escape", "escape")
        await driven.until(lambda: isinstance(driven.screen, NotificationsScreen))
        assert kept(f"{FIRST}.subject") == ""
        await edited(driven)
        await driven.press("escape")
        await driven.until(lambda: isinstance(driven.screen, NotificationsScreen))


async def test_R10_4_who_saves_over_another_s_change_is_told_and_may_go_on(store: Path) -> None:
    async with window_on(store) as driven:
        await listed(driven)
        dialog = await edited(driven)
        await driven.press("end")
        await driven.type("?")
        with session():
            settings.change(Actor("anna", "command"), f"notify.{FIRST}.body", "Hers {{ ticket.id }}")
        await driven.press("ctrl+s")
        await driven.until(lambda: "What you entered is kept" in dialog.said)
        assert kept(f"{FIRST}.subject") == ""
        await driven.press("ctrl+s")
        await driven.until(lambda: isinstance(driven.screen, NotificationsScreen))
        assert kept(f"{FIRST}.subject") == EVENTS[0].subject + "?"


async def test_R7_3_without_a_ticket_one_is_made_up(tmp_path: Path) -> None:
    with prepared(tmp_path / "store.db") as path:
        pass
    async with window_on(path) as driven:
        await listed(driven)
        dialog = await edited(driven)
        assert "a made-up ticket, as there is none yet" in dialog.preview
        assert "#4711 Request received: The printer does not print" in dialog.preview


async def test_T1_T2_hostile_texts_do_nothing(store: Path) -> None:
    with session():
        add_ticket(add_sender("evil@e.test", HOSTILE), HOSTILE, text=HOSTILE)
        settings.change_all(
            ANNA,
            {
                "notify.new_ticket_admin.subject": f"#{{{{ticket.id}}}} {HOSTILE}",
                "notify.new_ticket_admin.body": HOSTILE,
            },
        )
    async with window_on(store) as driven:
        await listed(driven)
        await driven.press("down")
        dialog = await edited(driven)
        await driven.until(lambda: "[/b]" in dialog.preview)
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(driven.text)
        assert not dialog.unsaved


async def test_R1_7_the_list_follows_what_others_change(store: Path) -> None:
    async with window_on(store) as driven:
        await listed(driven)
        with session():
            settings.change(Actor("anna", "command"), "notify.closed_admin.on", "on")
        await driven.until(lambda: " on " in driven.text.splitlines()[10])
        with session():
            assert every()["notify.closed_admin.on"] is True
