"""`recipients demo`: ready at once, alive, and nothing left behind (R12)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.actor import Actor
from store.db import open_store, session
from store.errors import BadInput
from store.queries import customers, lists, recipients, tickets
from tests.helpdesk import PROGRAM, count, program, wait_until
from tui import demo

AGENT = Actor("demo", "window")


@contextmanager
def world(place: Path) -> Iterator[tuple["subprocess.Popen[bytes]", dict[str, str]]]:
    """The demo's world in a process of its own, and what it announces."""
    command = [sys.executable, "-P", "-m", "mail.demo.world"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    running = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(place)}, **pipes)  # type: ignore[call-overload]
    try:
        yield running, json.loads(running.stdout.readline())
    finally:
        running.kill()
        running.communicate()


def seconds_of_work(pid: int) -> float:
    """The processor time that a process has used (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def nothing_left(place: Path) -> bool:
    return not list(place.iterdir())


def test_R12_the_demo_is_ready_in_three_seconds_and_has_something_of_everything(tmp_path: Path) -> None:
    with world(tmp_path) as (running, told):
        assert seconds_of_work(running.pid) < 3  # the clock on the wall counts what else the machine does
        open_store(told["url"], create=False)
        with session():
            rows = list(recipients.every(AGENT, recipients.Selection()))
            assert len(rows) >= 20
            assert any(row.customer_id for row in rows)
            for flag in ("banned", "denied", "shared"):
                assert any(getattr(row, flag) for row in rows), flag
            assert any(not row.email.isascii() or not row.name.isascii() for row in rows)
            assert any(row.unassigned_tickets > 1 for row in rows)
            assert len(customers.find(AGENT, limit=None)) >= 60
            assert {line.kind for line in customers.find(AGENT, limit=None)} == {"customer", "lead"}
            assert any(line.attachments for line in tickets.messages(AGENT))
            assert lists.inboxes()[0].last_error == ""
        running.stdin.close()  # type: ignore[union-attr]
        running.stdin = None
        assert running.wait(5) == 0
    assert nothing_left(tmp_path)


def test_R12_mail_keeps_arriving_in_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path) as (_, told):
        folder = Path(told["folder"])
        monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(folder))
        before = count(folder, "arrival")
        with program(told["url"], "--as", told["login"], "worker", "--with-window"):
            wait_until(lambda: count(folder, "arrival") >= before + 2, 12)


def test_T1_the_demos_servers_write_nothing_over_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path) as (running, told):
        folder = Path(told["folder"])
        monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(folder))
        with program(told["url"], "--as", told["login"], "smtp", "test", "somebody@x.example") as sending:
            assert sending.wait(10) == 0
        assert "deprecated" in (folder / "world.log").read_text()
        running.terminate()
        assert running.stderr is not None
        assert running.stderr.read() == b""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_R12_the_demo_leaves_nothing_behind_when_it_is_told_to_end(tmp_path: Path, how: signal.Signals) -> None:
    with world(tmp_path) as (running, _):
        running.send_signal(how)
        assert running.wait(5) == 0
    assert nothing_left(tmp_path)


def test_R12_the_demo_leaves_nothing_behind_when_the_window_is_killed(tmp_path: Path) -> None:
    window = """
import subprocess, sys, time
command = [sys.executable, "-P", "-m", "mail.demo.world"]
world = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
print(world.stdout.readline().decode(), flush=True)
time.sleep(60)
"""
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", window], env=env, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert "url" in json.loads(running.stdout.readline())
        assert not nothing_left(tmp_path)
        running.kill()
    wait_until(lambda: nothing_left(tmp_path), 5)


def test_R12_the_demo_names_the_extra_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymap", None)
    with pytest.raises(BadInput, match=r"pip install 'tickets-recipients\[demo\]'"):
        demo._insist_on_extra()


def test_R12_the_demo_without_a_terminal_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([*PROGRAM, "demo"], env=env, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert nothing_left(tmp_path)
