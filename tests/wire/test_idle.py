"""Waiting for news (RFC 2177) on a server that says things at awkward moments."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mail.errors import MailProblem
from mail.imap import connect
from mail.imap_connection import Account
from mail.worker import wait_for_news

ANSWERS = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n",
    "FETCH": b"* 1 FETCH (UID 1)\r\n",
    "LOGOUT": b"* BYE .\r\n",
}


@contextmanager
def scripted(at_idle: bytes, later: bytes = b"", asked: list[float] | None = None) -> Iterator[Account]:
    """A server with one message that answers IDLE with `at_idle` in one packet, and says `later` 0.2 s afterwards.

    With `asked` it notes each NOOP there, and tells of news only when it is asked for the fourth time.
    """

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline().decode():
                tag, *words = line.split()
                command = (words[1] if words and words[0] == "UID" else words[0] if words else tag).upper()
                if command == "NOOP" and asked is not None:
                    asked.append(time.monotonic())
                    if len(asked) == 4:
                        self.wfile.write(b"* 2 EXISTS\r\n")
                if command == "IDLE" and not at_idle:
                    self.wfile.write(f"{tag} NO not now\r\n".encode())
                    continue
                if command == "IDLE":
                    self.wfile.write(at_idle)
                    time.sleep(0.2)
                    self.wfile.write(later)
                    if later.startswith(b"* BYE"):
                        return
                    idling = tag
                    continue
                done = idling if command == "DONE" else tag
                self.wfile.write(ANSWERS.get(command, b"") + f"{done} OK .\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Account("127.0.0.1", server.server_address[1], "u", "p", "none", timeout=3)
        server.shutdown()


@pytest.mark.parametrize(
    ("at_idle", "later"),
    [
        pytest.param(b"+ idling\r\n* 2 EXISTS\r\n", b"", id="in one packet with the answer"),
        pytest.param(b"* 2 EXISTS\r\n+ idling\r\n", b"", id="before the answer"),
        pytest.param(b"+ idling\r\n", b"* 2 EXISTS\r\n", id="later"),
        pytest.param(b"+ idling\r\n* 2 EXI", b"STS\r\n", id="in two halves"),
    ],
)
def test_N2_news_is_heard_however_it_comes(at_idle: bytes, later: bytes) -> None:
    with scripted(at_idle, later) as account, connect(account) as box:
        list(box.sizes(1))
        began = time.monotonic()
        assert box.wait(5, threading.Event())
        assert time.monotonic() - began < 1
        assert list(box.sizes(1)) == []  # the connection still works


def test_N2_a_quiet_wait_ends_in_time_or_when_told() -> None:
    with scripted(b"+ idling\r\n") as account, connect(account) as box:
        list(box.sizes(1))
        began = time.monotonic()
        assert not box.wait(0.6, threading.Event())
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()
        assert not box.wait(60, stop)
        assert time.monotonic() - began < 3


def test_N2_an_idle_that_never_says_anything_costs_a_slice_only() -> None:
    asked: list[float] = []
    with scripted(b"+ idling\r\n", asked=asked) as account, connect(account) as box:
        list(box.sizes(1))
        began = time.monotonic()
        wait_for_news(box, 60, threading.Event(), slice_seconds=0.5)
        assert time.monotonic() - began < 4
    assert len(asked) == 4


def test_N2_a_server_that_refuses_idle_is_polled() -> None:
    with scripted(b"") as account, connect(account) as box:
        list(box.sizes(1))
        assert box.wait(5, threading.Event())
        assert not box.has_idle


def test_N3_a_server_that_says_goodbye_while_idling_is_a_problem_not_a_spin() -> None:
    with scripted(b"+ idling\r\n", b"* BYE going down\r\n") as account, connect(account) as box:
        list(box.sizes(1))
        with pytest.raises(MailProblem):
            box.wait(5, threading.Event())
