"""Servers that refuse this and that: what can come in comes in, and what is refused is said (R5.3, N3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mail import large
from mail.poller import Round, poll_once
from store.models import Arrival, InboxState, LargeMessage, Message
from store.queries import tickets
from store.services import inboxes, settings
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.scripted import Box, scripted
from tests.servers import message


@pytest.fixture(autouse=True)
def desk(tmp_path: Path) -> Iterator[str]:
    with helpdesk(tmp_path) as url:
        yield url


def box_of(*subjects: str) -> Box:
    return Box({number: message(f"a{number}@x.test", subject) for number, subject in enumerate(subjects, 1)})


def polled() -> Round:
    (done,) = poll_once()
    return done


def subjects() -> list[str]:
    return sorted(line.subject for line in tickets.every(ANNA))


def test_R5_1_mail_comes_in_from_a_folder_that_is_read_only_and_that_is_said() -> None:
    box = box_of("One")
    box.state = "READ-ONLY"
    with scripted(box) as account:
        add_inbox(account.port)
        assert (done := polled()).opened == 1
        assert "cannot be marked as read (the folder is read-only)" in done.error
        box.messages[2] = message("b@x.test", "Two")
        assert (polled().opened, subjects()) == (1, ["One", "Two"])
        assert InboxState.get().last_error == done.error
        inboxes.edit(ANNA, "support", {"mark_read": False})
        assert (polled().error, InboxState.get().last_error) == ("", "")
    assert not any("STORE" in command for command in box.heard)


def test_R5_1_a_server_that_lets_nothing_be_flagged_stops_no_mail() -> None:
    box = box_of("One")

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        return f"{tag} NO [NOPERM] not yours\r\n".encode() if "STORE" in command else said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert (done := polled()).opened == 1
        assert "cannot be marked as read" in done.error
        assert "NOPERM" in done.error
        box.messages[2] = message("b@x.test", "Two")
        assert (polled().opened, subjects()) == (1, ["One", "Two"])
    assert sum("STORE" in command for command in box.heard) == 2


def test_R5_3_a_message_that_the_server_cannot_give_is_a_ticket_that_says_so() -> None:
    box = box_of("One", "Two", "Three")

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        withheld = "BODY" in command and command.split()[2] in ("1:3", "2")
        return f"{tag} NO [SERVERBUG] it is damaged\r\n".encode() if withheld else said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert ((done := polled()).fetched, done.unreadable, done.error) == (3, 1, "")
        assert subjects() == ["(unreadable message)", "One", "Three"]
        ticket = Arrival.get(Arrival.uid == 2).ticket_id
        assert "it is damaged" in Message.get(Message.ticket == ticket).text
        assert [command for command in box.heard if "STORE" in command] == ["UID STORE 1,3 +FLAGS.SILENT (\\Seen)"]


def test_D12_a_large_message_that_is_refused_is_said_and_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large, "_PIECE", 20_000)
    settings.change(ANNA, "inboxes.largest_bytes", "20000")
    box = Box({n: message(f"a{n}@x.test", f"Large {n}", f"{n}" * 70 * (400 + n) + "\r\nend") for n in (1, 2)})

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        refused = "<0.20000>" in command and command.split()[2] == "1"
        return f"{tag} NO [LIMIT] not today\r\n".encode() if refused else said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert ((done := polled()).opened, "[LIMIT] not today" in done.error) == (2, True)
        assert [row.state for row in LargeMessage.select().order_by(LargeMessage.id)] == ["waiting", "done"]
        box.messages[3] = message("b@x.test", "Small")
        assert polled().opened == 1


@pytest.mark.parametrize("named", [1.6, 0.5], ids=["too large", "too small"])
def test_D12_a_large_message_is_whole_whatever_size_the_server_names(
    monkeypatch: pytest.MonkeyPatch, named: float
) -> None:
    monkeypatch.setattr(large, "_PIECE", 20_000)
    settings.change(ANNA, "inboxes.largest_bytes", "20000")
    box = Box({1: message("a@x.test", "Plans", "line of the text\r\n" * 8_000 + "the end")})

    def answer(tag: str, command: str) -> bytes | None:
        size = len(box.messages[1])
        said = box(tag, command)
        return said and said.replace(b"SIZE %d" % size, b"SIZE %d" % int(size * named))

    with scripted(answer) as account:
        add_inbox(account.port)
        assert (polled().opened, LargeMessage.get().state) == (1, "done")
    assert Message.get().text.endswith("the end")
