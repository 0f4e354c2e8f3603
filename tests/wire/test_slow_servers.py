"""Servers that go on for ever, slowly or without an end; each read brings something (N1, N3)."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mail import imap_client
from mail.errors import MailProblem
from mail.imap import connect
from mail.imap_connection import Account
from tests.scripted import fetched, scripted, usual

TIMEOUT = 0.2
Answer = Callable[[str, str], "bytes | Iterable[bytes] | None"]


def trickled(said: bytes, pause: float = 0.05) -> Iterator[bytes]:
    """A byte at a time: each read brings one, long before its time-out."""
    for number in range(len(said)):
        yield said[number : number + 1]
        time.sleep(pause)


def endless(said: bytes) -> Iterator[bytes]:
    """The same again and again."""
    for _ in itertools.count():
        yield said
        time.sleep(0.01)


WAYS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "a byte at a time": lambda said: trickled(b"* OK " + b"x" * 500 + b"\r\n" + said),
    "without an end": lambda said: endless(b"* OK still here\r\n"),
    "a line without an end": lambda said: endless(b"* OK still here"),
}


def slow_at(name: str, way: Callable[[bytes], Iterator[bytes]]) -> Answer:
    """An ordinary server with one message that answers one command in this way."""
    listed = b"* 1 FETCH (UID 1 RFC822.SIZE 5 FLAGS () BODY[] {5}\r\nhello)\r\n"

    def answer(tag: str, command: str) -> bytes | Iterable[bytes]:
        said = usual(tag, command, FETCH=listed)
        return way(said) if name in command else said

    return answer


@contextmanager
def patient_for(seconds: float) -> Iterator[None]:
    """What fails in here fails in time, and says why."""
    began = time.monotonic()
    with pytest.raises(MailProblem, match=r"had not ended after|did not answer in time"):
        yield
    assert time.monotonic() - began < seconds


def quick(account: Account) -> Account:
    return replace(account, timeout=TIMEOUT)


@pytest.mark.parametrize("way", WAYS)
def test_N1_a_greeting_has_an_end(way: str) -> None:
    with (
        scripted(usual, greeting=lambda: WAYS[way](b"")) as account,
        patient_for(2 * TIMEOUT + 1),
        connect(quick(account)),
    ):
        pass


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["CAPABILITY", "LOGIN", "SELECT"])
def test_N1_getting_in_has_an_end(name: str, way: str) -> None:
    with scripted(slow_at(name, WAYS[way])) as account, patient_for(8 * TIMEOUT + 1), connect(quick(account)):
        pass


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["NOOP", "UID STORE", "RFC822.SIZE", "BODY"])
def test_N1_the_answer_to_a_command_has_an_end(name: str, way: str) -> None:
    # three times: in a folder with one message that alone tells whether it is the message or the server
    with scripted(slow_at(name, WAYS[way])) as account, connect(quick(account)) as box, patient_for(13 * TIMEOUT + 2):
        told = [one.withheld for some in box.sizes(0) for one in some] + [one.withheld for one in fetched(box, [1])]
        box.mark_seen([1])
        raise MailProblem("fetch", "".join(told))


def test_N1_a_server_that_never_lets_go_is_left_nevertheless() -> None:
    with scripted(slow_at("LOGOUT", lambda said: endless(b"* OK still here\r\n"))) as account:
        began = time.monotonic()
        with connect(quick(account)):
            pass
        assert time.monotonic() - began < 6


def literal(pause: float, size: int = 3_200, step: int = 40) -> Answer:
    """A server that sends a message of so many bytes, `step` of them at a time."""

    def answer(tag: str, command: str) -> bytes | Iterable[bytes]:
        if "BODY" not in command:
            return usual(tag, command, FETCH=b"* 1 FETCH (UID 1)\r\n")
        return pieces(tag)

    def pieces(tag: str) -> Iterator[bytes]:
        yield b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % size
        for _ in range(size // step):
            yield b"x" * step
            time.sleep(pause)
        yield b")\r\n" + usual(tag, "done")

    return answer


def test_N1_a_large_message_on_a_slow_line_that_makes_progress_is_not_cut() -> None:
    with scripted(literal(0.03)) as account, connect(quick(account)) as box:
        began = time.monotonic()
        (message,) = fetched(box, [1])
        assert time.monotonic() - began > 4 * TIMEOUT  # longer than any other answer may take
        assert message.raw == b"x" * 3_200


def test_N1_a_message_that_drips_is_cut() -> None:
    with scripted(literal(0.03, step=1)) as account, connect(quick(account)) as box, patient_for(13 * TIMEOUT + 3):
        raise MailProblem("fetch", fetched(box, [1])[0].withheld)


def test_N3_an_answer_of_too_many_lines_is_cut_long_before_the_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_client, "_MOST_OF_LINES", 100_000)
    many = [b"* 1 EXISTS\r\n" * 1_000] * 100
    with (
        scripted(slow_at("NOOP", lambda said: iter(many))) as account,
        connect(account) as box,
        pytest.raises(MailProblem, match="did not end after 100,000 bytes"),
    ):
        box.noop()


def test_N2_a_server_that_only_says_that_it_is_there_has_no_news_and_ends_no_wait() -> None:
    tags: list[str] = []

    def answer(tag: str, command: str) -> bytes | Iterable[bytes]:
        if tag == "DONE":
            return f"{tags[-1]} OK done\r\n".encode()
        if command == "IDLE":
            tags.append(tag)
            return iter([b"+ idling\r\n", *[b"* OK still here\r\n"] * 20])
        return usual(tag, command, CAPABILITY=b"* CAPABILITY IMAP4rev1 IDLE\r\n")

    with scripted(answer) as account, connect(account) as box:
        list(box.sizes(1))
        began = time.monotonic()
        assert not box.wait(0.6, threading.Event())
        assert 0.6 <= time.monotonic() - began < 2
