"""Servers that refuse this and that: what can come in comes in, and what is refused is said (R5.3, N3)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail import large
from mail.intake import opened
from mail.poller import Round, poll_once
from mail.reconcile import reconcile
from store.models import Arrival, Inbox, InboxState, LargeMessage, Message, WithheldMessage
from store.queries import tickets
from store.queries.intake import inboxes_to_poll, settings_of
from store.services import inboxes, settings
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.scripted import Box, Last, scripted
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


def test_R5_11_a_message_that_the_server_cannot_give_is_withheld_and_says_why() -> None:
    box = box_of("One", "Two", "Three")

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        withheld = "BODY" in command and command.split()[2] in ("1:3", "2:3", "2")
        return f"{tag} NO [SERVERBUG] it is damaged\r\n".encode() if withheld else said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert ((done := polled()).fetched, done.withheld, done.error) == (2, 1, "")
        assert subjects() == ["One", "Three"]
        assert "it is damaged" in WithheldMessage.get(WithheldMessage.uid == 2).reason
        assert [command for command in box.heard if "STORE" in command] == ["UID STORE 1,3 +FLAGS.SILENT (\\Seen)"]


def test_D12_a_large_message_that_is_refused_is_said_and_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large, "_PIECE", 20_000)
    settings.change(ANNA, "inboxes.largest_bytes", "20000")
    box = Box({n: message(f"a{n}@x.test", f"Large {n}", f"{n}" * 70 * (400 + n) + "\r\nend") for n in (1, 2)})

    refusing = ["1"]

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        refused = "<0.20000>" in command and command.split()[2] in refusing
        return f"{tag} NO [LIMIT] not today\r\n".encode() if refused else said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert ((done := polled()).opened, done.withheld, done.error) == (2, 1, "")
        assert "[LIMIT] not today" in WithheldMessage.get().reason
        assert [row.state for row in LargeMessage.select().order_by(LargeMessage.id)] == ["waiting", "done"]
        box.messages[3] = message("b@x.test", "Small")
        assert polled().opened == 1
        assert WithheldMessage.get().tries == 1
        WithheldMessage.update(next_try=datetime.now(UTC)).execute()
        polled()
        assert WithheldMessage.get().tries == 2
        refusing.clear()
        inboxes.retry(ANNA, "support")
        assert (polled().withheld, {row.state for row in LargeMessage.select()}) == (0, {"done"})


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


FAULTS = {
    "goodbye": lambda tag, said: Last(b"* BYE going down\r\n"),
    "no": lambda tag, said: f"{tag} NO [UNAVAILABLE] later\r\n".encode(),
    "bad": lambda tag, said: f"{tag} BAD what?\r\n".encode(),
    "half": lambda tag, said: Last(said[: len(said) * 2 // 3]),
    "nonsense": lambda tag, said: b"\xff\0 (((\r\n",
    "news": lambda tag, said: b"* 1 FETCH (FLAGS (\\Seen))\r\n* 9 EXISTS\r\n* 1 RECENT\r\n* 2 EXISTS\r\n" + said,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_N3_whatever_goes_wrong_at_whatever_command_is_said_and_heals(fault: str) -> None:
    box = box_of("One", "Two")
    going_wrong: list[int] = []
    asked: list[str] = []

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command) or b""
        asked.append(command)
        return FAULTS[fault](tag, said) if len(asked) in going_wrong else said

    with scripted(answer) as account:
        add_inbox(account.port)
        commands = 0
        while True:
            commands += 1
            asked.clear()
            going_wrong[:] = [commands]
            done = polled()
            if len(asked) < commands:
                break
            assert "report it" not in done.error
            # behind these the connection is opened again, or asked once more
            assert done.error or fault == "news" or not asked[commands - 1].startswith(("LOGIN", "SELECT", "NOOP"))
            assert Arrival.select().count() <= 2
    assert commands > 6
    assert done.error == ""
    assert subjects() == ["One", "Two"]
    assert Arrival.select().where(Arrival.unreadable != "").count() == 0


def large_box() -> Box:
    return Box({5: message("a@x.test", "Plans", "line of the text\r\n" * 8_000 + "the end", Message_ID="<1@x.test>")})


def no_rest(box: Box) -> Callable[[str, str], bytes | None]:
    """A server that dies when it is asked for more than the beginning of a large message."""
    return lambda tag, command: None if "<0.20000>" in command else box(tag, command)


@pytest.mark.parametrize("how", ["numbered afresh", "another server"])
def test_D4_D12_the_rest_of_a_large_message_is_fetched_where_it_lies_now(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(large, "_PIECE", 20_000)
    settings.change(ANNA, "inboxes.largest_bytes", "20000")
    box = large_box()
    with scripted(no_rest(box)) as account:
        add_inbox(account.port)
        assert (polled().opened, LargeMessage.get().state) == (1, "waiting")
    other = message("b@x.test", "Another", "not these bytes\r\n" * 8_000)
    moved = Box({5: other, 9: box.messages[5]}, uidvalidity=8 if how == "numbered afresh" else 7)
    with scripted(moved) as account:
        inboxes.edit(ANNA, "support", {"port": account.port} if how == "another server" else {})
        if how == "numbered afresh":
            Inbox.update(port=account.port).execute()
        assert ((done := polled()).opened, done.ignored, done.error) == (1, 1, "")
    assert [row.state for row in LargeMessage.select()] == ["done", "done"]
    assert Message.get(Message.subject == "Plans").text.endswith("the end")


def test_D4_a_folder_that_is_numbered_afresh_under_an_open_connection_is_opened_again() -> None:
    box = box_of("One", "Two")
    renumbered: list[str] = []

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        if "BODY" in command and not renumbered:
            renumbered.append(command)
            box.uidvalidity, box.messages = 8, {1: box.messages[2], 2: box.messages[1]}
            return b"* OK [UIDVALIDITY 8] numbered afresh\r\n" + (box(tag, command) or b"")
        return said

    with scripted(answer) as account:
        add_inbox(account.port)
        assert ((done := polled()).fetched, "numbered the folder afresh" in done.error) == (0, True)
        assert (polled().opened, subjects()) == (2, ["One", "Two"])
        assert {row.uidvalidity for row in Arrival.select()} == {8}


def test_N3_an_empty_folder_is_not_asked_for_its_last_message() -> None:
    box = box_of()

    def answer(tag: str, command: str) -> bytes | None:
        if "FETCH" in command and not box.messages:
            return f"{tag} BAD The specified message set is invalid\r\n".encode()
        if command == "NOOP":
            return f"* {len(box.messages)} EXISTS\r\n{tag} OK .\r\n".encode()
        return box(tag, command)

    with scripted(answer) as account:
        add_inbox(account.port)
        (inbox,) = inboxes_to_poll()
        assert polled().error == ""
        with opened(inbox) as open_box:
            assert list(open_box.sizes(0)) == []
            box.messages[1] = message("a@x.test", "One")
            assert [one.uid for window in open_box.sizes(0) for one in window] == [1]


def test_R5_1_what_was_passed_over_is_fetched_when_more_is_wanted_and_nothing_twice() -> None:
    box = box_of("One", "Two", "Three")

    def answer(tag: str, command: str) -> bytes | None:
        said = box(tag, command)
        return said and re.sub(rb"(UID [13] .*?FLAGS \()", rb"\1\\Seen", said)

    with scripted(answer) as account:
        add_inbox(account.port, process="unread", process_from=datetime(2027, 1, 1, tzinfo=UTC))
        assert polled().fetched == 0
        inboxes.edit(ANNA, "support", {"process_from": None})
        assert (polled().fetched, subjects()) == (1, ["Two"])
        inboxes.edit(ANNA, "support", {"process": "all"})
        box.heard.clear()
        assert (polled().fetched, subjects()) == (2, ["One", "Three", "Two"])
        assert [command for command in box.heard if "BODY" in command] == [
            "UID FETCH 1,3 (UID INTERNALDATE BODY.PEEK[])"
        ]
        assert reconcile(settings_of("support")).missing == 0
