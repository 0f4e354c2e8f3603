"""Inboxes and outgoing mail are set up in the window: forms that keep what was typed, and try it (R5.1, R7.1, R7.2)."""

from pathlib import Path

import pytest
from textual.widget import Widget
from window_world import BOB, Driven, prepared, window_on

from mail.demo.server import MailServer
from store.db import session
from store.models import Inbox
from store.queries import settings
from tests.servers import PASSWORD
from tests.smtp import Server
from tui.dialogs.inbox import InboxDialog
from tui.dialogs.smtp import SmtpDialog
from tui.dialogs.sure import SureDialog
from tui.screens.inboxes import InboxesScreen

SUPPORT = "support@us.test"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_MAIL_SECRET", PASSWORD)
    with prepared(tmp_path / "store.db") as path:
        pass
    return path


async def inboxes(driven: Driven) -> InboxesScreen:
    await driven.press("I")
    await driven.until(lambda: isinstance(driven.screen, InboxesScreen) and "Tickets / Inboxes" in driven.text)
    assert isinstance(driven.screen, InboxesScreen)
    return driven.screen


async def fill(driven: Driven, **texts: str) -> None:
    """Types into fields by their keys; `+` turns a switch or a choice once."""
    for key, text in texts.items():
        widget = driven.screen.query_one(f"#{key}", Widget)
        widget.focus()
        await driven.until(lambda widget=widget: widget.has_focus)
        if text.startswith("+"):
            await driven.press(*("space",) * len(text))
        else:
            widget.value = text  # type: ignore[attr-defined]


async def test_R5_1_an_inbox_is_added_tried_changed_and_removed(store: Path) -> None:
    with MailServer({SUPPORT: PASSWORD}) as server:
        async with window_on(store, size=(80, 24)) as driven:
            screen = await inboxes(driven)
            await driven.press("n")
            await driven.until(lambda: isinstance(driven.screen, InboxDialog))
            place = {"email": SUPPORT, "host": "127.0.0.1", "port": "1", "security": "++"}
            await fill(driven, name="support", secret="env:TEST_MAIL_SECRET", **place)
            await driven.press("ctrl+t")
            await driven.until(lambda: "127.0.0.1:1 refused the connection" in driven.dialog_text)
            await fill(driven, port=str(server.imap_port))
            await driven.press("ctrl+t")
            await driven.until(lambda: "connected, logged in, opened INBOX" in driven.dialog_text)
            await fill(driven, enabled="+", process_from="2026-01-31T08:00")
            await driven.press("enter")
            await driven.until(lambda: screen.status.text == "Changed the inbox support.")
            await driven.until(lambda: screen.current and not screen.current.enabled)
            await driven.press("o")
            await driven.until(lambda: screen.current and screen.current.enabled)
            await driven.press("t")
            await driven.until(lambda: "connected, logged in" in screen.status.text)
            with session():
                row = Inbox.get()
            assert (row.name, row.port, row.security, row.process_from.hour) == ("support", server.imap_port, "none", 8)
            await driven.press("d")
            await driven.until(lambda: isinstance(driven.screen, SureDialog))
            await driven.press("enter")
            await driven.until(lambda: "There is no inbox yet" in driven.text)


async def test_R5_1_what_is_wrong_stands_below_its_field_and_what_was_typed_stays(store: Path) -> None:
    async with window_on(store, size=(90, 40)) as driven:
        await inboxes(driven)
        await driven.press("n")
        await driven.until(lambda: isinstance(driven.screen, InboxDialog))
        await fill(driven, name="support", email="nonsense", port="many", secret="hunter2", process_from="soon")
        await driven.press("enter")
        await driven.until(lambda: "Nothing was saved yet" in driven.dialog_text)
        lines = driven.text.splitlines()
        below = {line.split()[1]: lines[place + 1] for place, line in enumerate(lines[:-1]) if len(line.split()) > 1}
        assert "needs its e-mail address" in below["E-mail"]
        assert "needs a server" in below["Server"]
        assert "between 1 and 65535" in below["Port"]
        assert "env:" in below["Secret"]
        assert "written like" in below["From"]
        assert "nonsense" in driven.text
        with session():
            assert Inbox.select().count() == 0


async def test_R7_2_outgoing_mail_is_set_up_and_a_test_mail_is_sent(store: Path) -> None:
    server = Server()
    server.start()
    try:
        async with window_on(store, size=(90, 30)) as driven:
            await driven.press("M")
            await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
            await fill(driven, host="127.0.0.1", port="0", sender_email=SUPPORT, security="++", enabled="+")
            await driven.press("enter")
            await driven.until(lambda: "must lie between 1 and 65535" in driven.dialog_text)
            await fill(driven, port=str(server.port))
            await driven.press("ctrl+t")
            await driven.until(lambda: f"The server took the test mail to {SUPPORT}" in driven.dialog_text)
            await driven.press("enter")
            await driven.until(lambda: driven.status == "Saved the settings of outgoing mail.")
            await driven.until(lambda: "Missing: inbox, notifications" in driven.text)
        assert len(server.taken) == 1
    finally:
        server.stop()
    with session():
        assert (settings.one("smtp.host"), settings.one("smtp.enabled")) == ("127.0.0.1", True)


async def test_R10_1_only_a_super_administrator_may_set_up(store: Path) -> None:
    async with window_on(store, actor=BOB, size=(90, 30)) as driven:
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await fill(driven, host="mail.test")
        await driven.press("enter")
        await driven.until(lambda: "Only a super administrator may do that." in driven.dialog_text)
        assert "mail.test" in driven.text
