"""Rounds of intake from servers that refuse, withhold, guess, or say things in unusual ways (D4, D5, D11, D12, N3)."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from mail import ahead, intake, large
from mail.intake import opened
from mail.poller import Round, drain_and_note, poll_once
from mail.settling import Tally
from store.db import session
from store.models import Arrival, Attachment, InboxState, LargeMessage, Ticket, WithheldMessage
from store.queries.intake import inboxes_to_poll
from store.services import inboxes, lease, settings
from tests.helpdesk import ANNA, add_inbox, helpdesk, wait_until
from tests.mailbox import Answer, Mailbox, some_mails
from tests.scripted import scripted


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(intake, "SERVER_SECONDS", 0.5)
    with helpdesk(tmp_path):
        yield


def box_of(count: int, instead: Answer = lambda tag, command: None, **more: object) -> Mailbox:
    return Mailbox(dict(some_mails(count)), instead, **more)  # type: ignore[arg-type]


def rounds(box: Mailbox, count: int = 1, **values: object) -> list[Round]:
    """So many rounds of an inbox on this mailbox."""
    with scripted(box) as account:
        add_inbox(account.port, **values)
        return [poll_once()[0] for _ in range(count)]


def refusing(tag: str, command: str) -> bytes | None:
    return f"{tag} NO not for you\r\n".encode() if "STORE" in command else None


def test_R5_11_a_message_that_the_server_does_not_give_keeps_nobody_from_the_others() -> None:
    box = box_of(5)

    def broken(tag: str, command: str) -> bytes | None:
        is_in = "BODY" in command and 2 in box.within(command.split()[2])
        return f"{tag} NO [SERVERBUG] 2 is broken\r\n".encode() if is_in else None

    box.instead = broken
    first, second = rounds(box, 2)
    assert (first.opened, first.withheld, first.error, second.fetched, second.withheld) == (4, 1, "", 0, 1)
    assert "2 is broken" in WithheldMessage.get(WithheldMessage.uid == 2).reason
    assert box.seen == {1, 3, 4, 5}


@pytest.mark.parametrize("bad", [1, 3, 5])
def test_R5_11_a_message_that_is_refused_alone_stops_no_inbox(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_MESSAGES", 1)
    box = box_of(5)

    def broken(tag: str, command: str) -> bytes | None:
        return f"{tag} NO it is broken\r\n".encode() if "BODY" in command and command.split()[2] == str(bad) else None

    box.instead = broken
    (done,) = rounds(box)
    assert (done.opened, done.withheld, done.error) == (4, 1, "")


def test_D10_D1_what_a_kill_left_unflagged_is_flagged_though_the_clock_stepped_back() -> None:
    box = box_of(2)
    with scripted(box) as account:
        add_inbox(account.port)
        poll_once()
        box.seen.clear()
        InboxState.update(last_success=datetime.now(UTC) + timedelta(days=2)).execute()
        poll_once()
    assert box.seen == {1, 2}


def test_D5_R5_11_a_message_that_is_listed_but_left_out_is_no_message_that_is_gone() -> None:
    box = box_of(5)

    def silent(tag: str, command: str) -> bytes | None:
        if "BODY" not in command:
            return None
        lines = [box.line(uid, command) for uid in box.within(command.split()[2]) if uid != 2]
        return b"".join(lines) + f"{tag} OK done\r\n".encode()

    box.instead = silent
    (done,) = rounds(box)
    assert (done.opened, done.withheld) == (4, 1)


def test_D5_what_is_gone_is_not_asked_for_again_and_is_no_ticket() -> None:
    box = box_of(5)

    def expunging(tag: str, command: str) -> bytes | None:
        if "BODY" in command and box.mails.pop(2, None):
            return f"{tag} NO [EXPUNGEISSUED] some are gone\r\n".encode()
        return None

    box.instead = expunging
    (done,) = rounds(box)
    assert (done.opened, done.unreadable, done.error) == (4, 0, "")


def test_N3_a_server_that_gives_nothing_at_all_opens_no_empty_tickets() -> None:
    def throttled(tag: str, command: str) -> bytes | None:
        return f"{tag} NO [OVERQUOTA] later\r\n".encode() if "BODY" in command else None

    box = box_of(3, throttled)
    with scripted(box) as account:
        add_inbox(account.port)
        (done,) = poll_once()
        assert (done.fetched, "later" in done.error, Ticket.select().count()) == (0, True, 0)
        box.instead = lambda tag, command: None
        assert poll_once()[0].opened == 3


def lower_case(line: bytes) -> bytes:
    return re.sub(rb"(UID|RFC822.SIZE|FLAGS|INTERNALDATE|BODY)(?= |\[)", lambda found: found[1].lower(), line, count=5)


SYNTAX = {
    "lower case": lower_case,
    "literal8": lambda line: line.replace(b"BODY[] {", b"BODY[] ~{"),
    "no size": lambda line: re.sub(rb"RFC822.SIZE \d+ ", b"", line),
    "no date": lambda line: re.sub(rb'INTERNALDATE "[^"]+" ?', b"", line),
    "split over two answers": lambda line: re.sub(rb"(\* \d+ FETCH \()(UID \d+) FLAGS", rb"\1\2)\r\n\1\2 FLAGS", line),
    "more before": lambda line: line.replace(b"BODY[]", b'X-NOTE {4}\r\nUID  X-LIST (a (b "c)" NIL) UID) BODY[]'),
    "more behind": lambda line: re.sub(
        rb"\((UID \d+) (.*)\)\r\n$", rb"(\2 X-NOTE {3}\r\nabc \1)\r\n", line, flags=re.DOTALL
    ),
    "news in between": lambda line: b"* 9 EXISTS\r\n* 1 EXPUNGE\r\n* 1 FETCH (FLAGS () UID 1)\r\n* 7 RECENT\r\n" + line,
}


@pytest.mark.parametrize("name", SYNTAX)
def test_N3_whatever_the_syntax_allows_is_understood(name: str) -> None:
    box = box_of(3)

    def unusual(tag: str, command: str) -> bytes | None:
        if not command.startswith("UID FETCH"):
            return None
        lines = [SYNTAX[name](box.line(uid, command)) for uid in box.within(command.split()[2])]
        return b"".join(lines) + f"{tag} OK done\r\n".encode()

    box.instead = unusual
    (done,) = rounds(box)
    assert (done.opened, done.unreadable, done.error) == (3, 0, "")
    assert {ticket.subject for ticket in Ticket.select()} == {"Mail 1", "Mail 2", "Mail 3"}
    assert {arrival.uid for arrival in Arrival.select()} == {1, 2, 3}


def test_N3_a_short_body_may_speak_of_uids() -> None:
    def quoted(tag: str, command: str) -> bytes | None:
        line = b'* 1 FETCH (BODY[] "From: a@x.test UID 99 RFC822.SIZE 1" UID 1)\r\n'
        return line + f"{tag} OK .\r\n".encode() if "BODY" in command else None

    (done,) = rounds(box_of(1, quoted))
    assert (done.fetched, Arrival.get().uid) == (1, 1)


def test_D5_an_empty_folder_of_which_the_last_message_may_not_be_asked() -> None:
    def strict(tag: str, command: str) -> bytes | None:
        return f"{tag} BAD no messages\r\n".encode() if command.startswith("UID") else None

    assert rounds(box_of(0, strict))[0].error == ""


def large_message() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ann@x.test", "Plans"
    mail.set_content("Here are the plans.")
    mail.add_attachment(bytes(30_000), maintype="application", subtype="pdf", filename="plans.pdf")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.change(ANNA, "inboxes.largest_bytes", "10000")
    monkeypatch.setattr(intake, "_BEGINNING", 3_000)
    monkeypatch.setattr(large, "_PIECE", 5_000)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_D12_a_size_that_is_only_guessed_cuts_nothing_off(small_pieces: None, factor: float) -> None:
    box = Mailbox({1: large_message()})

    def guessing(tag: str, command: str) -> bytes | None:
        if "SIZE" not in command:
            return None
        line = box.line(1, command)
        guess = b"RFC822.SIZE %d" % (len(box.mails[1]) * factor)
        return re.sub(rb"RFC822.SIZE \d+", guess, line) + f"{tag} OK .\r\n".encode()

    box.instead = guessing
    assert rounds(box)[0].error == ""
    assert (LargeMessage.get().state, Attachment.get().size) == ("done", 30_000)


def interrupted(box: Mailbox) -> None:
    """A server that gives the beginning of the large message and then ends the connection."""
    box.instead = lambda tag, command: b"" if "<5000." in command else None


def test_D4_D12_the_rest_of_a_large_message_follows_from_where_it_lies_now(small_pieces: None) -> None:
    box = Mailbox({1: large_message()})
    interrupted(box)
    with scripted(box) as account:
        add_inbox(account.port)
        assert poll_once()[0].opened == 1
        assert LargeMessage.get().state == "waiting"
        box.mails, box.uidvalidity, box.instead = {4: box.mails[1]}, 8, lambda tag, command: None
        (done,) = poll_once()
    assert (done.ignored, done.error) == (1, "")
    assert (LargeMessage.get().state, Attachment.get().size) == ("done", 30_000)


def test_D4_D12_another_mailbox_gives_no_rest_of_a_message_of_this_one(small_pieces: None) -> None:
    box, other = Mailbox({1: large_message()}), Mailbox(dict(some_mails(1)))
    interrupted(box)
    with scripted(box) as account, scripted(other) as moved:
        add_inbox(account.port)
        poll_once()
        inboxes.edit(ANNA, "support", {"port": moved.port})
        assert poll_once()[0].opened == 1
    assert LargeMessage.get().state == "waiting"


@pytest.mark.parametrize(
    "command", ["CAPABILITY", "LOGIN", "SELECT", "NOOP", "UID FETCH", "BODY", "UID STORE", "LOGOUT"]
)
@pytest.mark.parametrize("answer", ["* BYE down", "{tag} NO no", "{tag} BAD what", "", "* garbage", "{tag} OK"])
def test_N3_whatever_goes_wrong_at_any_command_heals_and_loses_nothing(command: str, answer: str) -> None:
    def failing(tag: str, said: str) -> bytes | None:
        return (answer.format(tag=tag) + "\r\n").encode() if command in said else None

    box = box_of(3, failing)
    with scripted(box) as account:
        add_inbox(account.port)
        poll_once()
        box.instead = lambda tag, said: None
        assert poll_once()[0].error == ""
    assert {arrival.uid for arrival in Arrival.select()} == {1, 2, 3}
    assert Ticket.select().count() == 3


def test_D1_a_round_that_was_stopped_leaves_its_flags_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BATCH_MESSAGES", 1)
    monkeypatch.setattr(ahead, "_FAREWELL_SECONDS", 0.1)
    box, stop = box_of(2), threading.Event()

    def slow(tag: str, command: str) -> None:  # so the connection is busy when the round ends: nothing can be flagged
        if "BODY" in command and command.split()[2] == "2":
            wait_until(lambda: Ticket.select().count() == 1)
            stop.set()
            time.sleep(0.4)

    box.instead = session()(slow)
    with scripted(box) as account:
        add_inbox(account.port)
        (inbox,) = inboxes_to_poll()
        fence = lease.acquire()
        assert fence is not None
        with opened(inbox) as mailbox:
            drain_and_note(mailbox, inbox, fence, Tally(), stop, next_in=60)
        lease.release(fence)
        assert box.seen == set()
        poll_once()
    assert box.seen == {1, 2}
