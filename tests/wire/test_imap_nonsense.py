"""Mail servers that answer nonsense, little, late or nothing (D4, D5, D14, N2, N3)."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from mail.errors import MailProblem
from mail.imap import connect
from mail.isolate import Failed
from tests.scripted import fetched, refusal, scripted, uids, usual


@pytest.mark.parametrize(
    "greeting",
    [b"* BYE too many\r\n", b"\xff\xfe\0\r\n", b"HTTP/1.1 400 Bad\r\n", b"* OK\r\n", b"* " + b"x" * 9_000],
)
def test_N3_a_greeting_that_is_none(greeting: bytes) -> None:
    with scripted(lambda tag, command: None, greeting=greeting) as account:
        assert refusal(replace(account, timeout=0.5))[0] == "connect"


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 1 BODY[] {50}\r\nshort",
        b"* 1 FETCH (UID 1 BODY[] {6000000000}\r\nshort",
        b"* 1 FETCH (UID 1 BODY[] {400000000}\r\nshort",
        b"garbage\r\n",
    ],
)
def test_N3_an_answer_cut_short_is_a_problem_not_a_message(said: bytes) -> None:
    answered = threading.Event()

    def answer(tag: str, command: str) -> bytes | None:
        if answered.is_set():
            return None
        if "BODY" in command:
            answered.set()
            return said
        return usual(tag, command)

    with scripted(answer) as account, connect(replace(account, timeout=0.5)) as box:
        with pytest.raises(MailProblem) as caught:
            fetched(box, [1])
        assert caught.value.step == "fetch"


def test_N3_a_length_that_nobody_sends_is_refused_before_it_is_waited_for() -> None:
    lines = b"* 1 FETCH (UID 1 BODY[] {6000000000}\r\nshort"
    with (
        scripted(lambda tag, command: usual(tag, command, FETCH=lines)) as account,
        connect(account) as box,
        pytest.raises(MailProblem, match="announced 6000000000 bytes"),
    ):
        fetched(box, [1])


def test_N3_a_refused_fetch_says_the_servers_words() -> None:
    def answer(tag: str, command: str) -> bytes:
        listed = usual(tag, command, FETCH=b"* 1 FETCH (UID 1)\r\n")
        return f"{tag} NO [SERVERBUG] disk\r\n".encode() if "BODY" in command else listed

    with scripted(answer) as account, connect(account) as box:
        assert "[SERVERBUG] disk" in fetched(box, [1])[0].withheld


def giving(bodies: bytes, *, listed: bytes) -> Callable[[str, str], bytes]:
    """A server that answers a FETCH of bodies in one way, and another one in another."""
    return lambda tag, command: usual(tag, command, FETCH=bodies if "BODY" in command else listed)


def test_R5_3_what_the_server_lists_and_does_not_give_stops_nothing_and_is_not_lost() -> None:
    listed = b"* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n"
    given = b"* 2 FETCH (UID 2 BODY[] {2}\r\nhi)\r\n"
    with scripted(giving(given, listed=listed)) as account, connect(account) as box:
        first, second = fetched(box, [1, 2])
        assert (first.uid, first.raw, "does not give it" in first.withheld) == (1, b"", True)
        assert (second.uid, second.raw, second.withheld) == (2, b"hi", "")
        (alone,) = fetched(box, [1])
        assert "lists message 1, but does not give it" in alone.withheld
        assert "lists message 1, but does not give it" in cast(Failed, box.fetch_piece(1, 0, 100)).why


def test_R5_3_a_batch_that_is_refused_for_one_message_is_asked_for_one_by_one() -> None:
    heard: list[str] = []

    def answer(tag: str, command: str) -> bytes:
        heard.append(command)
        if "BODY" in command and re.match(r"UID FETCH (1:3|2) ", command):
            return f"{tag} NO [SERVERBUG] cannot read it\r\n".encode()
        wanted = [1, 2, 3] if "BODY" not in command else [int(command.split()[2])]
        lines = "".join(f'* {uid} FETCH (UID {uid} BODY[] "{uid}")\r\n' for uid in wanted)
        return usual(tag, command, FETCH=lines.encode())

    with scripted(answer) as account, connect(account) as box:
        assert [(one.uid, one.raw, "SERVERBUG" in one.withheld) for one in fetched(box, [1, 2, 3])] == [
            (1, b"1", False),
            (2, b"", True),
            (3, b"3", False),
        ]


def test_D5_a_fetch_answer_without_body_is_gone_a_short_body_is_a_message() -> None:
    lines = (
        b'* 1 FETCH (UID 1 FLAGS (\\Seen) INTERNALDATE "01-Jan-2026 10:00:00 +0100")\r\n'
        b'* 2 FETCH (BODY[] "a \\"b\\"" UID 2 INTERNALDATE "99-Foo-2026 10:00:00 +0100")\r\n'
        b"* 3 FETCH (UID 3 BODY[] NIL)\r\n"
        b"* 4 FETCH (FLAGS (\\Seen))\r\n"
        b'* 5 FETCH (BODY[] {2}\r\nhi UID 5 INTERNALDATE "31-Dec-2025 23:30:00 -0130")\r\n'
    )
    answer = giving(lines, listed=b"* 2 FETCH (UID 2)\r\n")
    with scripted(answer) as account, connect(account) as box:
        found = {message.uid: message for message in fetched(box, [5, 1, 2, 3])}
    assert [(uid, message.raw) for uid, message in found.items()] == [(2, b'a "b"'), (5, b"hi")]
    assert found[5].received == datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
    assert abs(found[2].received - datetime.now(UTC)) < timedelta(minutes=1)


LOWER = b'uid 7 flags (\\seen) internaldate " 1-jan-2026 00:00:00 +0000" rfc822.size 5 body[] {5}\r\nhello'
KEYWORDS = b'FLAGS (UID 9 \\Seen) UID 7 BODY[] "hello" RFC822.SIZE 5 INTERNALDATE "01-Jan-2026 00:00:00 +0000"'
LITERALS = (
    b'X-L ({2}\r\nUI {4}\r\nD 99) RFC822.SIZE 5 INTERNALDATE "01-Jan-2026 01:00:00 +0100" FLAGS (\\Seen)'
    b" BODY[] ~{5}\r\nhello UID 7 MODSEQ (12))\r\n* 2 FETCH (UID 8 FLAGS (\\Seen)"
)


@pytest.mark.parametrize("items", [LOWER, KEYWORDS, LITERALS], ids=["lower case", "names as flags", "other literals"])
def test_N3_what_the_protocol_allows_is_understood(items: bytes) -> None:
    said = b"* 1 FETCH (" + items + b")\r\n"
    with scripted(lambda tag, command: usual(tag, command, FETCH=said)) as account, connect(account) as box:
        (listed,) = [one for window in box.sizes(0) for one in window]
        (body,) = fetched(box, [7])
    assert (listed.uid, listed.size, listed.seen) == (7, 5, True)
    assert (body.uid, body.raw, body.received) == (7, b"hello", datetime(2026, 1, 1, tzinfo=UTC))


def test_D5_a_body_that_looks_like_an_answer_is_a_body() -> None:
    said = b'* 1 FETCH (BODY[] "UID 9 BODY[] NIL (" UID 7)\r\n'
    with scripted(lambda tag, command: usual(tag, command, FETCH=said)) as account, connect(account) as box:
        assert [(one.uid, one.raw) for one in fetched(box, [7, 9])] == [(7, b"UID 9 BODY[] NIL (")]


def test_D5_what_was_not_asked_for_is_not_listed() -> None:
    lines = b"* 1 FETCH (UID 7 RFC822.SIZE 9 FLAGS ())\r\n* 2 FETCH (UID 9 RFC822.SIZE 9 FLAGS (\\Seen))\r\n"
    with scripted(lambda tag, command: usual(tag, command, FETCH=lines)) as account, connect(account) as box:
        assert uids(box, 7) == [9]
        assert uids(box, 9) == []


def test_D4_without_uidvalidity_the_folder_is_not_used() -> None:
    for said in (b"* 1 EXISTS\r\n", b"* OK [UIDVALIDITY x] .\r\n"):
        with scripted(lambda tag, command, said=said: usual(tag, command, SELECT=said)) as account:
            assert refusal(account)[0] == "folder"


def test_D14_uids_far_apart_are_found_in_few_steps() -> None:
    there = [3, 4, 1_000_000, 3_999_999_999, 4_000_000_000]
    heard: list[str] = []

    def within(words: str) -> list[int]:
        start, _, end = words.replace("*", str(there[-1])).partition(":")
        return [uid for uid in there if int(start) <= uid <= int(end or start)]

    def answer(tag: str, command: str) -> bytes:
        heard.append(command)
        words = command.split()
        if words[:2] == ["UID", "SEARCH"]:
            return usual(tag, command, SEARCH=f"* SEARCH {' '.join(map(str, within(words[3])))}\r\n".encode())
        if words[:2] == ["UID", "FETCH"]:
            lines = "".join(f"* 1 FETCH (UID {uid} RFC822.SIZE 9 FLAGS ())\r\n" for uid in within(words[2]))
            return usual(tag, command, FETCH=lines.encode())
        return usual(tag, command)

    with scripted(answer) as account, connect(account) as box:
        assert uids(box) == there
    assert len(heard) < 100


def test_N2_without_idle_the_wait_is_a_pause_and_a_question() -> None:
    said = {"NOOP": b""}
    with scripted(lambda tag, command: usual(tag, command, **said)) as account, connect(account) as box:
        assert uids(box) == []
        assert not box.wait(0.1, threading.Event())
        said["NOOP"] = b"* 2 EXISTS\r\n"
        assert box.wait(0.1, threading.Event())
