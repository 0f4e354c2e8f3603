"""Messages are read in a process of their own: the worst of them stops nothing (THREATS D11)."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mail import reader
from mail.parse import USUAL, Reading, parse
from mail.reader import Reader
from tests.helpdesk import wait_until
from tests.servers import message

GOOD = [message(f"a{n}@x.test", f"Question {n}") for n in range(3)]


@pytest.fixture
def reading() -> Iterator[Reader]:
    one = Reader(seconds=20.0)
    yield one
    one.close()


def child(one: Reader) -> int:
    assert one._child is not None
    return one._child.pid


def test_D11_the_child_reads_as_the_parser_does(reading: Reader, tmp_path: Path) -> None:
    file = tmp_path / "m.eml"
    file.write_bytes(GOOD[0])
    how = Reading("Reply-To", ("mx.us.test",))
    assert reading.read([*GOOD, file], how) == [parse(raw, how) for raw in (*GOOD, GOOD[0])]
    assert reading.read([], USUAL) == []


def test_D11_a_child_that_died_is_started_anew(reading: Reader) -> None:
    reading.read(GOOD, USUAL)
    before = child(reading)
    os.kill(before, signal.SIGKILL)
    assert [parsed.subject for parsed in reading.read(GOOD, USUAL)] == ["Question 0", "Question 1", "Question 2"]
    assert child(reading) != before


def test_D11_one_that_kills_the_reader_is_unreadable_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a fault in a library written in C would do: here by a module that Python loads at its start."""
    (tmp_path / "sitecustomize.py").write_text(_DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one = Reader(seconds=20.0)
    try:
        found = one.read([GOOD[0], message("a@x.test", "KILL"), GOOD[2]], USUAL)
    finally:
        one.close()
    assert [parsed.subject for parsed in found] == ["Question 0", "", "Question 2"]
    assert "died of it" in found[1].unreadable


_DEADLY = """
import os

import mail.headers

words = mail.headers.decode_words


def decode_words(text):
    if "KILL" in text:
        os.kill(os.getpid(), 11)
    return words(text)


mail.headers.decode_words = decode_words
"""


def test_D11_one_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    monkeypatch.setattr(reader, "_started", lambda: subprocess.Popen(["sleep", "60"], **pipes))
    one = Reader(seconds=0.3)
    began = time.monotonic()
    assert [parsed.unreadable != "" for parsed in one.read(GOOD[:2], USUAL)] == [True, True]
    assert time.monotonic() - began < 5
    one.close()


def test_D13_it_may_use_so_much_memory_and_no_more(reading: Reader) -> None:
    reading.read(GOOD[:1], USUAL)
    limits = Path(f"/proc/{child(reading)}/limits")
    if not limits.exists():
        pytest.skip("this system does not tell a process's limits")
    line = next(line for line in limits.read_text().splitlines() if line.startswith("Max address space"))
    assert line.split()[3] == str(reader._MEMORY)


def test_D11_the_child_ends_with_its_parent() -> None:
    one = Reader()
    one.read(GOOD[:1], USUAL)
    running = one._child
    assert running is not None
    assert running.stdin is not None
    running.stdin.close()  # as the system does when the parent is killed
    wait_until(lambda: running.poll() is not None, 5)
    assert running.returncode == 0
    one.close()
