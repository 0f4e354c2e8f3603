"""Refused mail and the deny list in the window: read, let in, why, what an entry would catch (R2.3, R3, R5.5, R8)."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from window_world import ANNA, BOB, HOSTILE, Driven, prepared, window_on

from store.db import session
from store.models import DenyEntry, Recipient, RefusedMessage, Ticket
from store.services import deny, recipients
from tests.driver import Desk
from tests.servers import message
from tui.dialogs.deny import DenyDialog
from tui.dialogs.refused import RefusedDialog, ReleaseDialog
from tui.dialogs.why import WhyDialog
from tui.screens.deny import DenyScreen
from tui.screens.refused import IgnoredScreen, RefusedScreen


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Oona is banned, and two messages of hers were refused; one of eve by the deny list.

    A mail from the inbox's own address, and one that answers automatically for Bob, were ignored.
    """
    with prepared(tmp_path / "store.db") as path:
        desk = Desk(path)
        desk.arrive("oona@x.test", "Line down")
        recipients.ban(ANNA, desk.row("oona@x.test").id, reason="spam")
        deny.add(ANNA, "subject", "contain", "casino")
        for sender, subject, automatic in (
            ("oona@x.test", "One", ""),
            ("eve@x.test", "Casino", ""),
            ("oona@x.test", "Two", ""),
            ("support@us.test", "Webmail", ""),
            ("bob@helpdesk.test", "Away", "auto-submitted"),
        ):
            raw = message(sender, subject, f"Text of {subject}. \x1b]0;x\x07 [/b] [@click=app.quit]x")
            arrived = desk.arrived(sender, subject, raw=raw, automatic=automatic)
            desk.settle(replace(arrived, sha256=hashlib.sha256(raw).hexdigest()))
    return path


async def shown(driven: Driven) -> RefusedScreen:
    await driven.press("R")
    await driven.until(lambda: isinstance(driven.screen, RefusedScreen) and driven.screen.current)
    assert isinstance(driven.screen, RefusedScreen)
    return driven.screen


async def test_R8_1_it_is_listed_read_and_let_in_with_the_ban_taken_off(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await shown(driven)
        assert "3 messages · 2 banned, 1 deny list" in driven.text
        assert "Banned by anna: spam." in driven.text
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, RefusedDialog) and "Text of Two." in driven.text)
        assert "[@click=app.quit]x" in driven.text
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, ReleaseDialog) and "Unban oona@x.test" in driven.text)
        await driven.press("shift+tab", "shift+tab", "space", "enter")
        await driven.until(lambda: screen.status.text.startswith("Released 3 into the new ticket #2"))
        await driven.until(lambda: " Two " not in driven.text)
        await driven.press("f")
        await driven.press("d")
        await driven.press("enter")
        await driven.until(lambda: "Refused mail / deny list" in driven.text and " One " not in driven.text)
    with session():
        assert not Recipient.get(Recipient.email == "oona@x.test").banned
        assert [ticket.subject for ticket in Ticket.select().order_by(Ticket.id)] == ["Line down", "Two"]


async def test_R5_5_why_is_a_key(store: Path) -> None:
    async with window_on(store) as driven:
        await shown(driven)
        await driven.press("y")
        await driven.until(lambda: isinstance(driven.screen, WhyDialog))
        assert "refused (banned) in inbox support" in driven.dialog_text
        assert "ban: banned" in driven.dialog_text
        await driven.press("escape", "escape")
        await driven.until(lambda: driven.screen is driven.home and driven.emails == ["oona@x.test"])
        await driven.press("enter")
        await driven.until(lambda: "Tickets / #1 Line down" in driven.text and "Text." in driven.text)
        await driven.press("y")
        await driven.until(lambda: isinstance(driven.screen, WhyDialog))
        assert "opened (new) in inbox support sender oona@x.test from From" in driven.dialog_text


async def test_R8_2_ignored_mail_is_listed_read_explained_and_let_in(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("!")
        await driven.until(lambda: "our own and automatic mail" in driven.text)
        await driven.press("escape", "ctrl+k")
        await driven.until(lambda: isinstance(driven.screen, IgnoredScreen) and driven.screen.current)
        screen = driven.screen
        assert isinstance(screen, IgnoredScreen)
        assert "Tickets / Ignored mail" in driven.text
        assert "2 messages · 1 automatic, 1 own mail" in driven.text
        await driven.press("y")
        await driven.until(lambda: isinstance(driven.screen, WhyDialog))
        assert "ignored (automatic) in inbox support" in driven.dialog_text
        await driven.press("escape", "l")
        await driven.until(lambda: isinstance(driven.screen, ReleaseDialog))
        assert "it goes on to the CUSTOMER" in driven.dialog_text
        await driven.press("escape", "f", "o")
        await driven.press("enter")
        await driven.until(lambda: "Ignored mail / own mail" in driven.text and "1 message ·" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, RefusedDialog) and "Text of Webmail" in driven.text)
        assert "Ignored in inbox support: From an inbox's address" in driven.dialog_text
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, ReleaseDialog) and "It was ignored" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: screen.status.text.startswith("Released 4 into the new ticket #2"))
        await driven.until(lambda: "Nothing was ignored." in driven.text)


async def test_R2_3_unban_offers_what_was_refused_meanwhile(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.until(lambda: driven.cursor is not None)
        await driven.press("B")
        await driven.until(lambda: "Let in the 2 messages that were refused meanwhile" in driven.dialog_text)
        await driven.press("shift+tab", "shift+tab", "space", "enter")
        await driven.until(lambda: "2 refused messages let in (#2, #3)." in driven.status)
    with session():
        assert RefusedMessage.select().where(RefusedMessage.released.is_null()).count() == 3


async def test_R3_4_an_entry_shows_what_it_would_catch_and_is_added_and_removed(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("D")
        await driven.until(lambda: isinstance(driven.screen, DenyScreen) and driven.screen.current)
        screen = driven.screen
        assert isinstance(screen, DenyScreen)
        assert next(line for line in driven.text.splitlines() if "casino" in line).split()[-2:] == ["1", "1"]
        await driven.press("n")
        await driven.until(lambda: isinstance(driven.screen, DenyDialog))
        await driven.press(*"(oona", "tab", "tab", "end")
        await driven.until(lambda: "missing )" in driven.dialog_text or "regex" in driven.dialog_text.lower())
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, DenyDialog) and driven.screen.said)
        assert "(oona" in driven.text
        await driven.press(
            "shift+tab", "shift+tab", *("backspace",) * 5, *"OONA@", "tab", "tab", "home", "down", "down"
        )
        await driven.until(lambda: "It would have caught 1 recipient and 1 message" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "its sender's address begins with “OONA@”" in screen.status.text)
        await driven.press("g")
        await driven.until(lambda: screen.current and screen.current.filter == "OONA@")
        await driven.press("d")
        await driven.press("enter")
        await driven.until(lambda: "Removed entry 2." in driven.text)
    with session():
        assert [entry.filter for entry in DenyEntry.select()] == ["casino"]


async def test_R10_1_an_administrator_with_a_partner_is_told_that_the_list_is_not_for_him(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        await driven.press("D")
        await driven.until(lambda: isinstance(driven.screen, DenyScreen) and "partner Any" in driven.text)
        await driven.press("escape", "R")
        await driven.until(lambda: "Nothing was refused." in driven.text)


async def test_T2_hostile_refused_mail_does_nothing(store: Path) -> None:
    with session():
        RefusedMessage.update(subject=HOSTILE, sender=HOSTILE, rule=HOSTILE).execute()
    async with window_on(store) as driven:
        await shown(driven)
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, RefusedDialog))
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, ReleaseDialog))
        assert "\x1b" not in driven.text
