"""What is tried in a form is tried as it was typed: the working secret and the settings stay until it is saved."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_window_people import fill
from textual.widgets import Input
from window_world import ANNA, BOB, Driven, prepared, window_on

from mail.demo.server import MailServer
from store.db import session
from store.models import Inbox, InboxState
from store.queries import settings
from store.services import inboxes
from store.services import settings as changing
from tests.servers import PASSWORD
from tests.smtp import TOKEN, Server
from tui.dialogs.first_steps import FirstInbox
from tui.dialogs.inbox import InboxDialog
from tui.dialogs.smtp import SmtpDialog
from tui.screens.inboxes import InboxesScreen

SUPPORT = "support@us.test"
WORKS = f"{PASSWORD}\n"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with the password that works."""
    (tmp_path / "secrets").mkdir()
    path = tmp_path / "secrets" / "mail"
    path.write_text(WORKS)
    path.chmod(0o600)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        pass
    return path


@pytest.fixture
def imap() -> Iterator[MailServer]:
    with MailServer({SUPPORT: PASSWORD}) as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


def state(secret: Path) -> tuple[object, ...]:
    """The file as it is, and that nothing lies beside it."""
    found = secret.stat()
    return found.st_ino, found.st_mtime_ns, secret.read_text(), oct(found.st_mode), os.listdir(secret.parent)


async def opened(driven: Driven) -> InboxDialog:
    await driven.press("I")
    await driven.until(lambda: isinstance(driven.screen, InboxesScreen) and "support" in driven.text)
    await driven.press("enter")
    await driven.until(lambda: isinstance(driven.screen, InboxDialog))
    assert isinstance(driven.screen, InboxDialog)
    return driven.screen


def add_inbox(server: MailServer, secret: Path) -> tuple[object, ...]:
    place = {"host": "127.0.0.1", "port": server.imap_port, "security": "none", "secret": f"file:{secret}"}
    with session():
        inboxes.add(ANNA, "support", {"email": SUPPORT, **place})
    return row()


def row() -> tuple[object, ...]:
    with session():
        return tuple(Inbox.select().tuples().get())


async def test_R12_a_password_that_is_tried_in_an_inbox_form_replaces_nothing_before_it_is_saved(
    store: Path, secret: Path, imap: MailServer
) -> None:
    before, kept = add_inbox(imap, secret), state(secret)
    async with window_on(store, size=(90, 32)) as driven:
        form = await opened(driven)
        await fill(driven, InboxDialog, password="wrong", folder="Elsewhere", port=str(imap.imap_port))
        await driven.press("ctrl+t")
        await driven.until(lambda: "refused the login" in driven.dialog_text)
        assert form.query_one("#password", Input).has_focus
        assert "wrong" not in driven.text
        assert (state(secret), row()) == (kept, before)
        await driven.press("escape", "escape")
        await driven.until(lambda: isinstance(driven.screen, InboxesScreen))
        assert (state(secret), row()) == (kept, before)

        await opened(driven)
        secret.write_text("no longer right\n")
        await fill(driven, InboxDialog, password=PASSWORD)
        await driven.press("ctrl+t")
        await driven.until(
            lambda: "connected, logged in" in driven.dialog_text and "Enter saves it" in driven.dialog_text
        )
        assert secret.read_text() == "no longer right\n"
        await driven.press("enter")
        await driven.until(lambda: "takes the place of what is in it" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, InboxesScreen))
    assert state(secret)[2:] == (WORKS, "0o100600", ["mail"])


async def test_R12_the_saved_secret_is_tried_where_no_password_is_typed(
    store: Path, secret: Path, imap: MailServer
) -> None:
    add_inbox(imap, secret)
    async with window_on(store, size=(90, 32)) as driven:
        await opened(driven)
        await driven.press("ctrl+t")
        await driven.until(lambda: "connected, logged in" in driven.dialog_text)
        assert "Nothing was saved" not in driven.dialog_text
        await fill(driven, InboxDialog, secret="env:NOT_THERE")
        await driven.press("ctrl+t")
        await driven.until(lambda: "no variable NOT_THERE" in driven.dialog_text)
        assert driven.screen.query_one("#secret", Input).has_focus


async def test_R12_a_password_whose_inbox_cannot_be_saved_replaces_nothing(
    store: Path, secret: Path, imap: MailServer
) -> None:
    add_inbox(imap, secret)
    kept = state(secret)
    async with window_on(store, size=(90, 32)) as driven:
        await opened(driven)
        await fill(driven, InboxDialog, password="another")
        with session():
            inboxes.edit(ANNA, "support", {"enabled": False})
        for told in ("takes the place", "was changed"):
            await driven.press("enter")
            await driven.until(lambda told=told: told in driven.dialog_text)
            assert state(secret) == kept
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, InboxesScreen))
    assert state(secret)[2:] == ("another\n", "0o100600", ["mail"])


async def test_R12_a_password_that_is_tried_for_outgoing_mail_replaces_nothing_before_it_is_saved(
    store: Path, secret: Path, smtp: Server
) -> None:
    given = {"host": "127.0.0.1", "port": str(smtp.port), "security": "none", "username": SUPPORT}
    texts = {**given, "secret": f"file:{secret}", "sender_email": SUPPORT}
    with session():
        changing.change_all(ANNA, {f"smtp.{key}": text for key, text in texts.items()})
        before = settings.every()
    kept = state(secret)

    def now() -> object:
        with session():
            return settings.every()

    async with window_on(store, size=(90, 32)) as driven:
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await fill(driven, SmtpDialog, password="wrong", sender_name="Us", enabled="+")
        await driven.press("ctrl+t")
        await driven.until(lambda: "refused the login" in driven.dialog_text)
        assert driven.screen.query_one("#password", Input).has_focus
        assert (state(secret), now()) == (kept, before)
        await fill(driven, SmtpDialog, password=PASSWORD)
        await driven.press("ctrl+t")
        await driven.until(lambda: "took the test mail" in driven.dialog_text)
        assert [one["From"] for one in smtp.read()] == [f"Us <{SUPPORT}>"]
        assert (state(secret), now()) == (kept, before)
        await driven.press("enter")
        await driven.until(lambda: "takes the place" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: driven.status == "Saved the settings of outgoing mail.")
    assert now()["smtp.sender_name"] == "Us"  # type: ignore[index]
    assert state(secret)[0] != kept[0]  # another file took its place, whole
    assert state(secret)[2:] == kept[2:]


async def test_R12_a_password_that_the_first_steps_try_replaces_nothing_before_it_works(
    store: Path, secret: Path, imap: MailServer
) -> None:
    kept = state(secret)
    async with window_on(store, size=(90, 32)) as driven:
        driven.home.action_act("first-steps")
        await driven.until(lambda: isinstance(driven.screen, FirstInbox) and "Go on" in driven.text)
        place = {"host": "127.0.0.1", "port": str(imap.imap_port), "security": "++", "secret": f"file:{secret}"}
        await fill(driven, FirstInbox, email=f"Us <{SUPPORT}>", password="wrong", **place)
        await driven.press("enter")
        await driven.until(lambda: "takes the place" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "refused the login" in driven.dialog_text)
        assert driven.screen.query_one("#password", Input).has_focus
        assert state(secret) == kept
        await fill(driven, FirstInbox, password=PASSWORD)
        await driven.press("enter")
        await driven.until(lambda: not isinstance(driven.screen, FirstInbox))
    assert state(secret)[2:] == (WORKS, "0o100600", ["mail"])
    with session():
        found = Inbox.get()
        assert (found.name, found.email, found.enabled) == ("support", SUPPORT, True)


async def test_R10_1_who_may_not_save_may_not_try(store: Path, tmp_path: Path, imap: MailServer) -> None:
    """A secret's command would run."""
    place = {"host": "127.0.0.1", "port": str(imap.imap_port), "security": "++"}
    async with window_on(store, actor=BOB, size=(90, 32)) as driven:
        await driven.press("M")
        await driven.until(lambda: isinstance(driven.screen, SmtpDialog))
        await fill(
            driven, SmtpDialog, secret=f"command:touch {tmp_path}/ran", sender_email=SUPPORT, username="u", **place
        )
        await driven.press("ctrl+t")
        await driven.until(lambda: "Only a super administrator may do that." in driven.dialog_text)
    assert not (tmp_path / "ran").exists()


async def test_R5_1_the_end_of_a_token_that_is_only_tried_is_not_noted(
    store: Path, secret: Path, imap: MailServer
) -> None:
    add_inbox(imap, secret)
    with session():
        inboxes.note_token(Inbox.get().id, None)
        before = InboxState.get().token_expires
    printed = f'{sys.executable} -c \'print("{{\\"access_token\\": \\"{TOKEN}\\", \\"expires_in\\": 60}}")\''
    async with window_on(store, size=(90, 32)) as driven:
        await opened(driven)
        await fill(driven, InboxDialog, auth="+", secret=f"command:{printed}")
        await driven.press("ctrl+t")
        await driven.until(lambda: "check the token" in driven.dialog_text)
    with session():
        assert InboxState.get().token_expires == before
