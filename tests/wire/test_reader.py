"""Messages are read in a process of their own: the worst of them stops nothing (THREATS D11)."""

import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import reader
from mail.parse import USUAL, Reading, parse
from mail.parsed_json import decoded, encoded
from mail.reader import Reader
from store.rules.message import Attached, Parsed, Report
from tests.helpdesk import wait_until
from tests.servers import message

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_STRATEGIES = {
    "text": _TEXT,
    "subject": _TEXT,
    "references": st.lists(_TEXT).map(tuple),
    "date": st.none() | st.datetimes(timezones=st.just(UTC)),
    "attachments": st.lists(st.builds(Attached, _TEXT, _TEXT, st.integers(0), _TEXT, st.integers(0))).map(tuple),
    "report": st.none() | st.builds(Report, _TEXT, _TEXT, words=_TEXT),
}
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


def test_D11_the_child_knows_no_secret_and_leaves_no_core_file(
    monkeypatch: pytest.MonkeyPatch, reading: Reader
) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "hunter2-of-the-test")
    reading.read(GOOD[:1], USUAL)
    process = Path(f"/proc/{child(reading)}")
    if not process.exists():
        pytest.skip("this system does not tell a process's environment and limits")
    assert b"hunter2" not in (process / "environ").read_bytes()
    core = next(line for line in (process / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


class Marker:
    """What a pickle would make when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch unpickled",)


@pytest.mark.parametrize(
    "answer",
    [
        pickle.dumps(([Marker()], "")),
        b"[" * 100_000,
        b"{}",
        b'{"messages": [], "log": ""}',
        b'{"messages": [{"sender": 1}], "log": ""}',
        json.dumps({"messages": [{**asdict(Parsed()), "text": ["x"]}], "log": ""}).encode(),
        json.dumps({"messages": [{**asdict(Parsed()), "date": "soon"}], "log": ""}).encode(),
        json.dumps({"messages": [{**asdict(Parsed()), "more": "x"}], "log": ""}).encode(),
        json.dumps({"messages": [{**asdict(Parsed()), "report": {"original": True}}], "log": ""}).encode(),
        b"\xff\xfe",
    ],
)
def test_D11_what_the_child_answers_is_data_and_never_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes
) -> None:
    """As a child would that a message has taken over."""
    monkeypatch.chdir(tmp_path)
    said = struct.pack(">Q", len(answer)) + answer
    script = f"import sys\nwhile sys.stdin.buffer.read(1): sys.stdout.buffer.write({said!r}); sys.stdout.flush()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    monkeypatch.setattr(reader, "_started", lambda: subprocess.Popen([sys.executable, "-c", script], **pipes))
    one = Reader(seconds=10)
    assert [parsed.unreadable != "" for parsed in one.read(GOOD[:1], USUAL)] == [True]
    one.close()
    assert not (tmp_path / "unpickled").exists()


@given(st.builds(Parsed, **_STRATEGIES))
def test_D11_all_that_is_known_of_a_message_comes_back_as_it_was(parsed: Parsed) -> None:
    assert decoded(encoded([parsed, Parsed()], "log"), 2) == ([parsed, Parsed()], "log")
