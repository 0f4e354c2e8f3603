"""`recipients worker` as a process: quick, quiet, one at a time, and gone when it is told to go."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mail.demo.server import MailServer
from store.db import database
from store.queries import lists
from store.services import inboxes, lease
from tests.helpdesk import ANNA, USER, add_inbox, count, helpdesk, program, wait_until
from tests.servers import PASSWORD, message
from tui.background import MailWorker


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD}) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(tmp_path))
    with helpdesk(tmp_path) as url:
        yield url


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def tickets_are(place: Path, wanted: int) -> Callable[[], bool]:
    return lambda: count(place, "ticket") == wanted


def test_R5_2_mail_is_in_the_store_within_a_second_of_its_delivery(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    server.deliver(USER, message("a0@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    with program(desk, "worker") as running:
        wait_until(tickets_are(tmp_path, 1))
        for number in range(2, 12):  # in quick succession: some come while the worker is not waiting
            server.deliver(USER, message(f"a{number}@x.test", "Question"), folder)
            assert wait_until(tickets_are(tmp_path, number)) < 1
            time.sleep(0.013 * number)
        running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert running.wait(5) == 0
        assert time.monotonic() - began < 2
    assert not lease.is_held()


def test_R12_the_windows_worker_ends_with_the_window_and_says_nothing(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    add_inbox(1, "nobody there")
    with program(desk, "worker", "--with-window") as running:
        wait_until(tickets_are(tmp_path, 1))
        assert running.stdin is not None
        running.stdin.close()
        assert running.wait(2) == 0
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read() == running.stderr.read() == b""
    log = tmp_path / "worker.log"
    assert "refused the connection" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_N1_a_server_that_says_nothing_does_not_keep_the_worker(desk: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        add_inbox(silent.getsockname()[1])
        with program(desk, "worker") as running:
            silent.settimeout(10)
            silent.accept()
            running.send_signal(signal.SIGTERM)
            assert running.wait(2) == 0


def test_D6_of_two_workers_one_fetches_and_the_other_takes_over_when_it_dies(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    with program(desk, "worker") as first:
        wait_until(tickets_are(tmp_path, 1))
        with program(desk, "worker") as second:
            time.sleep(1.0)
            assert count(tmp_path, "lease", f"pid = {first.pid}") == 1
            first.kill()
            first.wait()
            server.deliver(USER, message("b@x.test", "Question"), folder)
            wait_until(tickets_are(tmp_path, 2), 8)
            assert count(tmp_path, "lease", f"pid = {second.pid}") == 1


def test_D7_a_store_that_is_put_back_or_gone_under_the_worker_loses_no_mail(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    store, copy, away = (tmp_path / name for name in ("helpdesk.db", "copy.db", "away.db"))
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    with program(desk, "worker"):
        wait_until(tickets_are(tmp_path, 1))
        database.execute_sql("VACUUM INTO ?", (str(copy),))
        server.deliver(USER, message("b@x.test", "Question"), folder)
        wait_until(tickets_are(tmp_path, 2))
        for log in tmp_path.glob("helpdesk.db-*"):
            log.unlink()
        copy.rename(store)
        wait_until(tickets_are(tmp_path, 2))  # the worker writes to the one that lies there now
        for name in ("", "-wal", "-shm"):
            Path(f"{store}{name}").rename(f"{away}{name}")
        wait_until(lambda: "is gone; put it back" in (tmp_path / "worker.log").read_text())
        assert not store.exists()
        server.deliver(USER, message("c@x.test", "Question"), folder)
        for name in ("-wal", "-shm", ""):
            Path(f"{away}{name}").rename(f"{store}{name}")
        wait_until(tickets_are(tmp_path, 3))


def test_R5_1_inboxes_that_are_added_changed_and_removed_are_noticed(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    server.deliver(USER, message("b@x.test", "Question"), f"{folder}2")
    with program(desk, "worker"):
        wait_until(lease.is_held)
        add_inbox(server.imap_port, folder="nowhere")
        wait_until(lambda: "has no folder" in lists.inboxes()[0].last_error)
        inboxes.edit(ANNA, "support", {"folder": folder})
        wait_until(tickets_are(tmp_path, 1))
        wait_until(lambda: lists.inboxes()[0].last_error == "")
        add_inbox(server.imap_port, "second", folder=f"{folder}2")
        wait_until(tickets_are(tmp_path, 2))
        inboxes.remove(ANNA, "second")
        time.sleep(1.5)
        server.deliver(USER, message("c@x.test", "Question"), f"{folder}2")
        server.deliver(USER, message("d@x.test", "Question"), folder)
        wait_until(tickets_are(tmp_path, 3))
        time.sleep(0.3)
        assert count(tmp_path, "recipient", "email = 'c@x.test'") == 0


def test_R12_the_window_starts_a_worker_that_lives_as_long_as_it(
    server: MailServer, desk: str, folder: str, tmp_path: Path
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    worker = MailWorker(desk)
    worker.start()
    wait_until(tickets_are(tmp_path, 1))
    first = worker.pid
    assert first is not None
    subprocess.run(["kill", "-9", str(first)], check=True)
    wait_until(lambda: worker.pid not in (None, first))
    server.deliver(USER, message("b@x.test", "Question"), folder)
    wait_until(tickets_are(tmp_path, 2))
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 2
    assert worker.pid is None
    assert not lease.is_held()


def test_R12_no_worker_of_the_window_while_another_one_works(desk: str) -> None:
    with program(desk, "worker"):
        wait_until(lease.is_held)
        worker = MailWorker(desk)
        worker.start()
        time.sleep(0.5)
        assert worker.pid is None
        worker.stop()


def test_R12_the_worker_ends_when_a_killed_window_cannot_tell_it(desk: str, tmp_path: Path) -> None:
    window = f"""
import time
from store.db import open_store
from tui.background import MailWorker
open_store({desk!r})
MailWorker({desk!r}).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", window]) as running:
        wait_until(lease.is_held)
        running.kill()
    wait_until(lambda: not lease.is_held(), 3)
