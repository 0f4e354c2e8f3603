"""Writing to the customer: who gets it is seen before, drafts survive, a paste is text (R6.3, R7.6, R11.1, T4, T5)."""

import sys
import time
from pathlib import Path

import pytest
from pty_screen import PtyScreen
from textual import events
from textual.widgets import TextArea
from ticket_world import (
    add_ticket_of_kelly,
    add_writer,
    closed,
    hold,
    letters,
    open_ticket,
    opened,
    set_up_mail,
    ticket,
    ticket_window,
    write,
)
from window_world import ANNA, BOB, CLEO, HOSTILE, add_sender, prepared, window_on

from store.db import session
from store.models import Message, Outbox, Recipient, Ticket
from store.services import drafts, settings, tickets
from tui import draft
from tui.dialogs import writing
from tui.dialogs.writing import NoteDialog, ReplyDialog
from tui.screens.ticket import TicketScreen
from tui.widgets.toggle import Toggle

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        set_up_mail()
        assert add_ticket_of_kelly() == 1
    return path


def messages(direction: str) -> list[str]:
    with session():
        return [row.text for row in Message.select().where(Message.direction == direction).order_by(Message.id)]


def kept(kind: str = "reply", number: int = 1) -> str:
    with session():
        return drafts.kept(ANNA, number, kind)  # type: ignore[arg-type]


async def test_R7_6_the_reply_form_says_who_gets_what_and_why_and_it_goes_there(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "f2")
        await driven.until(lambda: "oona@x.test" in driven.dialog_text)
        said = driven.dialog_text
        assert "oona@x.test · the requester" in said
        assert "Request received" in said
        assert "kelly@home.test · profile e-mail" in said
        assert isinstance(dialog.focused, TextArea)
        await write(driven, "Use water.")
        await driven.press("enter", "x", "ctrl+s")
        assert await closed(driven) == "Replied in #1; it goes to oona@x.test and kelly@home.test."
        await driven.until(lambda: "Use water." in driven.text and "Waiting on customer" in driven.text)
    assert letters() == [
        ("oona@x.test", "ticket_received_customer"),
        ("oona@x.test", "new_message_customer"),
        ("kelly@home.test", "new_message_customer"),
    ]
    assert messages("out") == ["Use water.\nx"]
    assert kept() == ""


async def test_R7_6_it_warns_of_banned_bounced_shared_and_re_paired_addresses(store: Path) -> None:
    with session():
        Recipient.update(banned=True).where(Recipient.email == "oona@x.test").execute()
        hold("kelly@home.test")
        tickets.add_cc(ANNA, 1, "form@x.test")
        tickets.add_cc(ANNA, 1, "john@x.test")
        add_sender("form@x.test", "Form", shared=True)
        add_sender("john@x.test", "John", customer=1, customer_key="john doe")
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await driven.until(lambda: "john@x.test" in driven.dialog_text)
        lines = driven.text.splitlines()
        warned = {
            "oona@x.test": "BANNED",
            "kelly@home.test": "BOUNCED",
            "form@x.test": "SHARED",
            "john@x.test": "ANOTHER CUSTOMER",
        }
        for email, warning in warned.items():
            assert next(warning in line for line in lines if email in line), email


async def test_R7_6_who_is_unticked_gets_nothing(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "r")
        await driven.until(lambda: len(dialog.query(Toggle)) == 2)
        await write(driven, "Secret")
        dialog.query(Toggle).last().focus()
        await driven.press("enter")
        await driven.until(lambda: "[ ] kelly@home.test" in driven.dialog_text)
        assert driven.screen is dialog, "Enter on a tick must not send"
        assert messages("out") == []
        await driven.press("ctrl+s")
        assert await closed(driven) == "Replied in #1; it goes to oona@x.test."
    assert {email for email, _ in letters()} == {"oona@x.test"}


async def test_R7_6_an_address_that_comes_while_one_writes_is_shown_and_keeps_what_was_unticked(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "r")
        await driven.until(lambda: len(dialog.query(Toggle)) == 2)
        await write(driven, "Hello")
        dialog.query(Toggle).last().focus()
        await driven.press("space")
        with session():
            tickets.add_cc(ANNA, 1, "boss@x.test")
        await driven.until(lambda: "boss@x.test" in driven.dialog_text)
        await driven.press("ctrl+s")
        await driven.until(lambda: dialog.said.startswith("Ticket #1 was changed by anna"))
        assert "What you entered is kept" in dialog.said
        assert messages("out") == []
        await driven.press("ctrl+s")
        assert await closed(driven) == "Replied in #1; it goes to oona@x.test and boss@x.test."


async def test_R7_6_what_was_not_shown_is_not_sent(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile e-mail that changes at the last moment: the agent sees it first."""
    monkeypatch.setattr(ReplyDialog, "on_store_changed", lambda *_: None, raising=False)
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "r")
        await driven.until(lambda: len(dialog.query(Toggle)) == 2)
        await write(driven, "Hello")
        with session():
            add_writer(1, "kid@x.test")
        await driven.press("ctrl+s")
        await driven.until(lambda: "kid@x.test" in driven.dialog_text and "look again" in dialog.said)
        assert messages("out") == []
        await driven.press("ctrl+s")
        assert "kid@x.test" in await closed(driven)


async def test_R7_6_it_says_why_nobody_gets_it(store: Path) -> None:
    with session():
        settings.change(ANNA, "notifications.enabled", "off")
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await driven.until(lambda: "Nobody gets it by mail: ticket notifications are off" in driven.dialog_text)
        await write(driven, "Hello")
        await driven.press("ctrl+s")
        assert await closed(driven) == "Replied in #1; it goes to nobody by mail."


async def test_R6_3_the_second_of_two_who_answer_is_told(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "r")
        await write(driven, "Mine")
        with session():
            tickets.reply(CLEO, 1, "Theirs")
        await driven.press("ctrl+s")
        await driven.until(lambda: "was changed by cleo since you opened it" in dialog.said)
        assert driven.screen.query_one(TextArea).text == "Mine"
        await driven.press("escape")
        await closed(driven)
    assert messages("out") == ["Theirs"]
    assert kept() == "Mine"


async def test_R11_1_a_note_stays_inside(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "o")
        assert isinstance(dialog, NoteDialog)
        await write(driven, "He is angry.")
        await driven.press("ctrl+s")
        await closed(driven)
        await driven.until(lambda: "internal note" in driven.text and "He is angry." in driven.text)
    assert (messages("note"), messages("out"), letters()) == (["He is angry."], [], [])


async def test_R11_1_an_empty_reply_is_refused_and_the_dialog_stays(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "r")
        await driven.press("ctrl+s")
        await driven.until(lambda: dialog.said.startswith("The reply is empty"))
        assert messages("out") == []


async def test_T5_a_draft_is_kept_while_one_writes_and_is_there_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash: the first window does nothing when it ends."""
    assert draft.KEEP_SECONDS == 5.0
    monkeypatch.setattr(draft, "KEEP_SECONDS", 0.3)
    monkeypatch.setattr(ReplyDialog, "on_unmount", lambda _: None, raising=False)
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await write(driven, "Half a sen")
        await driven.until(lambda: kept() == "Half a sen")
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await driven.until(lambda: driven.screen.query_one(TextArea).text == "Half a sen")
        await write(driven, "tence")
        await driven.press("ctrl+s")
        await closed(driven)
    assert messages("out") == ["Half a sentence"]


async def test_T5_closing_and_quitting_keep_the_draft(store: Path) -> None:
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await write(driven, "One")
        await driven.press("escape")
        assert await closed(driven) == "Your reply to #1 is kept as a draft."
        assert kept() == "One"
        await opened(driven, "r")
        await driven.until(lambda: driven.screen.query_one(TextArea).text == "One")
        await driven.press("ctrl+t", "escape")
        await closed(driven)
        assert kept() == ""
        await opened(driven, "o")
        await write(driven, "He is angry")
        await driven.press("ctrl+q")
    assert (kept("note"), kept("reply")) == ("He is angry", "")


async def test_T5_a_draft_belongs_to_its_writer_and_ticket(store: Path) -> None:
    with session():
        add_ticket_of_kelly("Second")
        drafts.keep(ANNA, 1, "reply", "Anna's")
        drafts.keep(CLEO, 2, "reply", "Cleo's")
    async with ticket_window(store, 2) as driven:
        await opened(driven, "r")
        await driven.pilot.pause(0.1)
        assert driven.screen.query_one(TextArea).text == ""


async def test_T5_what_was_sent_leaves_no_draft_however_long_sending_takes(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: object) -> object:
        time.sleep(0.5)
        return send(*args)

    send = writing.send
    monkeypatch.setattr(writing, "send", slow)
    monkeypatch.setattr(draft, "KEEP_SECONDS", 0.2)
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await write(driven, "Gone")
        await driven.press("ctrl+s")
        await write(driven, " too late")
        await closed(driven)
    assert (kept(), messages("out")) == ("", ["Gone"])


async def test_R7_6_T6_a_reply_is_sent_as_typed_and_shown_as_this_terminal_can(store: Path) -> None:
    text = "می\u200cخواهم 👩\u200d🔧 Donau\u00addampf\tZug"
    async with ticket_window(store) as driven:
        await opened(driven, "f2")
        await driven.until(lambda: "oona@x.test" in driven.dialog_text)
        await write(driven, text)
        await driven.press("left", "left", "left", "left", "left", "right", "ctrl+s")
        await closed(driven)
        await driven.until(lambda: "می\u200cخواهم 👩 Donaudampf" in driven.text)
        assert "\u200d" not in driven.text
    assert messages("out") == [text]
    with session():
        assert text in {row.body.partition("\n")[0] for row in Outbox.select()}


async def test_T4_a_paste_into_the_ticket_does_nothing_and_into_a_reply_is_text(store: Path) -> None:
    text = "xXbPM\rq\x13\x1b[31m\x9bline"
    async with ticket_window(store) as driven:
        driven.window.post_message(events.Paste(text))
        await driven.pilot.pause(0.1)
        assert isinstance(driven.screen, TicketScreen)
        assert ticket().closed is None
        dialog = await opened(driven, "r")
        driven.window.post_message(events.Paste(text))
        await driven.until(lambda: text[:3] in driven.screen.query_one(TextArea).text)
        assert driven.screen is dialog
        assert messages("out") == []
        assert driven.screen.query_one(TextArea).text == "xXbPM\nq[31mline"


def test_T4_a_bracketed_paste_at_a_real_terminal_is_text(store: Path) -> None:
    command = [sys.executable, "-m", "tui.cli.main", "--db", f"sqlite:///{store}", "--as", "anna"]
    with PtyScreen(command, PYTHONPATH=f"{ROOT}", RECIPIENTS_LOG_DIR=f"{store.parent}") as screen:
        screen.wait_for("oona@x.test")
        screen.settle(0.3)
        screen.press("\r")
        screen.wait_for("It burns.")
        screen.press("\x1b[200~xrP\rq\x13\x1b[201~")
        screen.settle(0.3)
        assert any("It burns." in row for row in screen.rows)
        screen.press("r")
        screen.wait_for("the requester")
        screen.press("\x1b[200~One q\rtwo x\x13\x11\x1b[201~")
        screen.wait_for("two x")
        screen.settle(0.2)
        assert any("One q" in row for row in screen.rows)
    assert (messages("out"), ticket().closed) == ([], None)


async def test_T2_hostile_names_and_drafts_in_the_reply_are_text(store: Path) -> None:
    with session():
        Recipient.update(email=f"evil{HOSTILE}@x.test", name=HOSTILE).execute()
        Ticket.update(subject=HOSTILE).execute()
        drafts.keep(ANNA, 1, "reply", HOSTILE)
    async with ticket_window(store) as driven:
        await opened(driven, "r")
        await driven.until(lambda: "[/b] ␛]0;x␇ [@click=app.quit]x" in driven.dialog_text)
        assert "\x1b" not in driven.text
        assert not driven.window._exit


async def test_R10_1_a_ticket_out_of_sight_takes_no_reply(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        driven.window.push_screen(TicketScreen(driven.home.desk, 1))
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and driven.screen.status.text)
        await driven.press("r")
        assert isinstance(driven.screen, TicketScreen)
        assert driven.screen.status.text == "There is no ticket #1, or you may not see it."


async def test_R11_1_a_reply_shows_what_became_of_its_mail(store: Path) -> None:
    with session():
        tickets.reply(ANNA, 1, "Use water.")
        Outbox.update(state="failed", last_error="550 no such user").where(Outbox.to == "kelly@home.test").execute()
        Outbox.update(state="sent").where(Outbox.to == "oona@x.test").execute()
    async with window_on(store) as driven:
        await open_ticket(driven)
        await driven.press("end")
        await driven.until(lambda: "failed for kelly@home.test: 550 no such user" in driven.text)
        assert driven.text.count("oona@x.test") == 3, "the requester, his message, and our mail to him once"
        with session():
            Outbox.update(state="queued", last_error="").execute()
        await driven.until(lambda: "queued for oona@x.test and kelly@home.test" in driven.text)
        with session():
            Outbox.update(state="sent").execute()
            for n in range(3):
                row = Outbox.select().order_by(Outbox.id.desc()).get()
                values = {**row.__data__, "id": None, "to": f"{n}@x.test", "dedupe": str(n), "message_id": f"<{n}>"}
                Outbox.create(**values)
        await driven.until(lambda: "sent to 5 addresses" in driven.text)
