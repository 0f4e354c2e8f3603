"""From nothing to a working inbox in the window alone (R12, R7.1): the first start, and the first steps."""

import socket
import sys
from pathlib import Path

import pytest
from pty_screen import PtyScreen
from test_window_people import fill
from window_world import ANNA, prepared, window_on

from mail.demo.server import MailServer
from store.db import open_store, session
from store.models import Administrator, Inbox
from store.queries import health, settings
from store.rules.providers import provider_of
from tests.servers import PASSWORD, message
from tui.dialogs.first_steps import FirstInbox, FirstSmtp
from tui.dialogs.sure import SureDialog
from tui.first_start import FirstStart, YouForm

ROOT = Path(__file__).parents[2]
SUPPORT = "support@us.test"


async def test_R12_the_first_start_makes_the_store_and_its_super_administrator(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.db"
    start = FirstStart(f"sqlite:///{path}", "anna")
    async with start.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(start.screen, YouForm)
        await pilot.press("enter")
        await pilot.pause()
        assert not path.exists()
        assert start.screen._widgets["email"].has_focus
        await pilot.press(*"anna@us.test", "enter")
        for _ in range(100):
            await pilot.pause(0.02)
            if start.made is not None:
                break
    assert start.made == (f"sqlite:///{path}", "anna")
    assert path.stat().st_mode & 0o777 == 0o600
    open_store(str(path))
    with session():
        row = Administrator.get()
    assert (row.login, row.email, row.role) == ("anna", "anna@us.test", "super")


async def test_R7_1_the_first_steps_try_each_thing_and_end_with_mail_that_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_MAIL_SECRET", PASSWORD)
    with prepared(tmp_path / "store.db") as path:
        pass
    with MailServer({SUPPORT: PASSWORD}) as server:
        server.deliver(SUPPORT, message("oona@x.test", "Question"))
        async with window_on(path, size=(90, 32)) as driven:
            driven.home.action_act("first-steps")
            await driven.until(lambda: isinstance(driven.screen, FirstInbox))
            await driven.type("support@gmail.com")
            await driven.until(lambda: "imap.gmail.com" in driven.text and "app password" in driven.dialog_text)
            await fill(driven, FirstInbox, email=SUPPORT, secret="env:NOT_THERE", host="127.0.0.1", security="++")
            await fill(driven, FirstInbox, port=str(server.imap_port))
            await driven.press("enter")
            await driven.until(lambda: "no variable NOT_THERE" in driven.dialog_text)
            with session():
                assert not Inbox.get().enabled
            await fill(driven, FirstInbox, secret="env:TEST_MAIL_SECRET")
            await driven.press("enter")
            await driven.until(lambda: isinstance(driven.screen, FirstSmtp))
            assert SUPPORT in driven.text
            await fill(driven, FirstSmtp, host="127.0.0.1", port=str(server.smtp_port), security="++")
            await driven.press("enter")
            await driven.until(lambda: isinstance(driven.screen, SureDialog), 15)
            assert [envelope.rcpt_tos for envelope in server.sent] == [[SUPPORT]]
            await driven.press("enter")
            await driven.until(lambda: driven.status.startswith("All is set up."))
    with session():
        assert health.missing() == []
        inbox = Inbox.get()
        assert (inbox.name, inbox.enabled, inbox.email) == ("support", True, SUPPORT)
        assert settings.one("smtp.admin_email") == "anna@helpdesk.test"


async def test_R7_1_a_step_that_is_passed_over_stays_named(tmp_path: Path) -> None:
    with prepared(tmp_path / "store.db") as path:
        pass
    async with window_on(path, actor=ANNA, size=(90, 32)) as driven:
        driven.home.action_act("first-steps")
        await driven.until(lambda: isinstance(driven.screen, FirstInbox))
        await driven.type(SUPPORT)
        await fill(driven, FirstInbox, secret="env:NOT_THERE")
        await driven.press("enter")
        await driven.until(lambda: "no variable NOT_THERE" in driven.dialog_text)
        for form in (FirstInbox, FirstSmtp, SureDialog):
            await driven.until(lambda form=form: isinstance(driven.screen, form))
            await driven.press("escape")
        await driven.until(lambda: driven.status.startswith("Still missing"))
        driven.home.action_act("first-steps")  # what was begun is gone on with
        await driven.until(lambda: isinstance(driven.screen, FirstInbox) and "env:NOT_THERE" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: "no variable NOT_THERE" in driven.dialog_text)
        for form in (FirstInbox, FirstSmtp, SureDialog):
            await driven.until(lambda form=form: isinstance(driven.screen, form))
            await driven.press("escape")
        await driven.until(lambda: driven.status.startswith("Still missing: SMTP, inbox, notifications"))


def test_R12_without_a_store_the_program_says_welcome_and_escape_leaves_nothing(tmp_path: Path) -> None:
    store = tmp_path / "none" / "store.db"
    command = [sys.executable, "-m", "tui.cli.main", "--db", f"sqlite:///{store}", "--as", "anna"]
    with PtyScreen(command, PYTHONPATH=f"{ROOT}", RECIPIENTS_LOG_DIR=f"{tmp_path}") as screen:
        screen.wait_for("Welcome to Tickets")
        screen.press("\x1b")
        screen.settle(1.0)
        assert screen.process.wait(10) == 0
    assert not store.parent.exists()


@pytest.mark.parametrize(
    ("email", "imap", "smtp", "known"),
    [
        ("a@gmail.com", "imap.gmail.com", "smtp.gmail.com", True),
        ("a@GoogleMail.com ", "imap.gmail.com", "smtp.gmail.com", True),
        ("a@outlook.com", "outlook.office365.com", "smtp.office365.com", True),
        ("a@firm.example", "imap.firm.example", "smtp.firm.example", False),
    ],
)
def test_R5_1_servers_are_filled_in_from_the_address(email: str, imap: str, smtp: str, known: bool) -> None:
    found = provider_of(email)
    assert found is not None
    assert (found.imap.host, found.smtp.host, found.known) == (imap, smtp, known)


@pytest.mark.parametrize("email", ["", "a", "a@", "gmail.com", "a@localhost"])
def test_R5_1_nothing_is_guessed_without_a_domain(email: str) -> None:
    assert provider_of(email) is None


def test_R12_the_program_ends_at_once_while_a_server_is_tried_that_hangs(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    command = [sys.executable, "-m", "tui.cli.main", "--db", store, "--as", "anna"]
    env = {"PYTHONPATH": f"{ROOT}", "RECIPIENTS_LOG_DIR": f"{tmp_path}", "HOME": f"{tmp_path}"}
    with socket.create_server(("127.0.0.1", 0)) as silent, PtyScreen(command, **env) as screen:
        screen.wait_for("Welcome to Tickets")
        screen.press("\t", "anna@us.test", "\r")
        screen.wait_for("First steps, 1 of 3")
        screen.press(
            SUPPORT,
            "\t",
            PASSWORD,
            *"\t\t\t",
            "\x15",
            "127.0.0.1",
            "\t",
            "\x05\x15",
            f"{silent.getsockname()[1]}",
            "\r",
        )
        screen.wait_for("Esc stops waiting")
        screen.press("\x11")
        assert screen.process.wait(5) == 0
    assert not [path for path in tmp_path.iterdir() if "secret" in path.name]  # it was tried, in memory


async def test_R12_a_store_that_cannot_be_made_is_said_beside_its_field(tmp_path: Path) -> None:
    start = FirstStart(f"sqlite:///{tmp_path / 'store.db'}", "anna")
    async with start.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        form = start.screen
        assert isinstance(form, YouForm)

        async def told(*texts: str) -> None:
            await pilot.press("enter")
            for _ in range(100):
                await pilot.pause(0.02)
                said = [form.said, *(str(wrong.content) for wrong in form._wrong.values() if wrong.display)]
                if all(any(text in one for one in said) for text in texts):
                    return
            raise AssertionError(said)

        store, login = form._widgets["store"], form._widgets["login"]
        form._widgets["email"].value = "anna@us.test"
        store.value, login.value = str(tmp_path), "berta"
        await told(f"Later you start it with “recipients --db sqlite:///{tmp_path} --as berta”.")
        await told("is a folder; name the store's file in it")
        assert store.has_focus
        (tmp_path / "notes").write_text("Nothing of ours.")
        store.value = str(tmp_path / "notes")
        await told("Later you start it with")
        await told("is no store")
    assert start.made is None
    assert (tmp_path / "notes").read_text() == "Nothing of ours."
