"""Inboxes and outgoing mail are set up in the window: forms that keep what was typed, and try it (R5.1, R7.1, R7.2)."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widget import Widget
from textual.widgets import Static
from window_world import ANNA, BOB, Driven, prepared, window_on

from mail.demo.server import MailServer
from store.db import open_store, session
from store.models import Inbox, WithheldMessage
from store.queries import settings
from store.services import inboxes as setup
from tests.servers import HAS_DOVECOT, PASSWORD, dovecot
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
            with session():
                assert Inbox.select().count() == 0
            await fill(driven, enabled="+", process_from="2026-01-31T08:00")
            await driven.press("enter")
            await driven.until(lambda: screen.status.text == "Added the inbox support.")
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
        assert "written like" in below["Not"]
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


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_R12_a_password_typed_in_the_form_goes_into_its_file_and_nowhere_else(store: Path) -> None:
    secret, canary = store.parent / "imap-secret", "canary-of-the-form"
    async with window_on(store, size=(80, 24)) as driven:
        await inboxes(driven)
        await driven.press("n")
        await driven.until(lambda: isinstance(driven.screen, InboxDialog))
        await fill(driven, name="support", email=SUPPORT, host="127.0.0.1", port="1", password=canary)
        await driven.press("enter")
        await driven.until(lambda: "Say under Secret into which file it goes" in driven.dialog_text)
        with session():
            assert Inbox.select().count() == 0
        await fill(driven, secret=f"file:{store.parent}/none/imap-secret")
        await driven.press("enter")
        await driven.until(lambda: "cannot be written: No such file or directory" in driven.dialog_text)
        assert canary not in driven.text
        await fill(driven, secret=f"file:{secret}")
        await driven.press("ctrl+t")
        await driven.until(lambda: "refused the connection" in driven.dialog_text)
        assert not secret.exists()
        secret.write_text(f"{canary}\n")
        await fill(driven, password="another")
        await driven.press("enter")
        await driven.until(lambda: "is there already" in driven.dialog_text)
        assert secret.read_text() == f"{canary}\n"
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, InboxesScreen))
    assert (secret.read_text(), mode_of(secret)) == ("another\n", 0o600)
    others = [path.read_bytes() for path in store.parent.iterdir() if path.is_file() and path != secret]
    assert others
    assert not any(word in one for one in others for word in (canary.encode(), b"another"))


async def test_R5_1_escape_stops_waiting_for_a_server_that_hangs_and_keeps_what_was_typed(store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with window_on(store, size=(80, 24)) as driven:
            await inboxes(driven)
            await driven.press("n")
            await driven.until(lambda: isinstance(driven.screen, InboxDialog))
            place = {"host": "127.0.0.1", "port": str(silent.getsockname()[1]), "security": "++"}
            await fill(driven, name="support", email=SUPPORT, secret="env:TEST_MAIL_SECRET", **place)
            await driven.press("ctrl+t")
            await driven.until(lambda: "half a minute to answer; Esc stops waiting" in driven.dialog_text)
            await driven.press("escape")
            await driven.until(lambda: "Stopped waiting" in driven.dialog_text and SUPPORT in driven.text)
            silent.close()  # ends the trial that goes on by itself
            await driven.press("escape")
            await driven.until(lambda: isinstance(driven.screen, InboxesScreen))


async def test_R5_1_a_changed_form_is_closed_by_a_second_escape_only(store: Path) -> None:
    async with window_on(store, size=(80, 24)) as driven:
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await driven.press("escape")
        await driven.until(lambda: not isinstance(driven.screen, SmtpDialog))
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await fill(driven, host="mail.test")
        await driven.press("escape")
        await driven.until(lambda: "Esc once more closes without saving" in driven.dialog_text)
        await fill(driven, host="mail2.test")
        await driven.until(lambda: "Esc once more" not in driven.dialog_text)
        for _ in range(2):
            assert "mail2.test" in driven.text
            await driven.press("escape")
        await driven.until(lambda: not isinstance(driven.screen, SmtpDialog))
    with session():
        assert settings.one("smtp.host") == ""


@pytest.mark.skipif(not HAS_DOVECOT, reason="needs Dovecot for TLS")
async def test_R7_2_an_authority_of_ones_own_is_named_in_the_form_where_it_is_missing(
    store: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with dovecot(tmp_path_factory.mktemp("dovecot")) as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(running.folder / "tls" / "good.pem", running.folder / "tls" / "good.key")
        server = Server(security="starttls", context=context)
        server.start()
        try:
            async with window_on(store, size=(80, 24)) as driven:
                await driven.press("M")
                await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
                await fill(driven, host="localhost", port=str(server.port), sender_email=SUPPORT)
                await driven.press("ctrl+t")
                await driven.until(lambda: "not signed by an authority" in driven.dialog_text)
                assert driven.screen.query_one("#ca_file", Widget).has_focus
                await fill(driven, ca_file="/not/there.pem")
                await driven.press("ctrl+t")
                await driven.until(lambda: "/not/there.pem cannot be used" in driven.dialog_text)
                await fill(driven, ca_file=str(running.ca_file))
                await driven.press("ctrl+t")
                await driven.until(lambda: "The server took the test mail" in driven.dialog_text)
                with session():
                    assert settings.one("smtp.ca_file") == ""
                await driven.press("enter")
                await driven.until(lambda: driven.status == "Saved the settings of outgoing mail.")
        finally:
            server.stop()
    with session():
        assert settings.one("smtp.ca_file") == str(running.ca_file)


async def test_R5_1_what_is_wrong_with_a_field_stands_under_its_text_in_the_colour_of_errors(store: Path) -> None:
    async with window_on(store, size=(80, 24)) as driven:
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await fill(driven, port="many")
        await driven.press("enter")
        await driven.until(lambda: "whole number" in driven.dialog_text)
        wrong = next(one for one in driven.screen.query(".wrong").results(Static) if one.display)
        assert wrong.styles.padding.left == 14
        assert wrong.styles.color.hex == driven.window.theme_variables["text-error"]


async def test_R5_11_the_inboxes_say_what_is_withheld_and_a_key_tries_it_again(store: Path) -> None:
    open_store(str(store))
    with session():
        now, place = datetime.now(UTC), {"email": SUPPORT, "host": "127.0.0.1", "port": 9}
        row = setup.add(ANNA, "support", {**place, "enabled": False})
        where = {"inbox": row, "folder": "INBOX", "uidvalidity": 7, "uid": 4, "kind": "failed", "reason": "it ends"}
        WithheldMessage.create(**where, since=now, last_try=now, next_try=now + timedelta(hours=4))
    async with window_on(store, size=(80, 24)) as driven:
        await inboxes(driven)
        await driven.until(lambda: "1 message withheld: 1 not given by the server" in driven.text)
        await driven.press("l")
        await driven.until(lambda: "1 message of support tried again" in driven.text)
    with session():
        assert WithheldMessage.get().next_try is None
