"""A store with an agent and inboxes, for tests that fetch mail from real servers."""

import imaplib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.actor import Actor
from store.db import open_store, session
from store.models import Inbox
from store.services import inboxes, people
from tests.servers import PASSWORD

ANNA = Actor("anna", "command")
USER = "support@demo.test"
PROGRAM = [sys.executable, "-P", "-m", "tui.cli.main"]
os.environ["TEST_MAIL_SECRET"] = PASSWORD


@contextmanager
def helpdesk(folder: Path) -> Iterator[str]:
    """A new store in the folder, open, with the super administrator anna; its URL.  The block is inside a session."""
    path = folder / "helpdesk.db"
    open_store(str(path))
    with session():
        people.start("anna", "anna@helpdesk.test")
        yield f"sqlite:///{path}"


def add_inbox(port: int, name: str = "support", /, **values: object) -> Inbox:
    """An inbox of the embedded server; each value can be another."""
    given = {"email": USER, "host": "127.0.0.1", "port": port, "security": "none", "secret": "env:TEST_MAIL_SECRET"}
    return inboxes.add(ANNA, name, {**given, **values})


@contextmanager
def imap(port: int, user: str = USER) -> Iterator[imaplib.IMAP4]:
    """A connection of its own to the server, to arrange and to check what lies there."""
    client = imaplib.IMAP4("127.0.0.1", port, timeout=10)
    client.login(user, PASSWORD)
    try:
        yield client
    finally:
        client.logout()


def unseen(port: int, folder: str = "INBOX", user: str = USER) -> int:
    """How many messages of the folder are not flagged as read."""
    with imap(port, user) as client:
        client.select(folder, readonly=True)
        return len(client.uid("SEARCH", "UNSEEN")[1][0].split())


@contextmanager
def program(url: str, *words: str, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """The real command in a process of its own; killed at the end if it still runs."""
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = subprocess.Popen([*PROGRAM, "--db", url, "--as", "anna", *words], **{**quiet, **options})
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        if running.stdin is not None and running.stdin.closed:
            running.stdin = None  # communicate would flush it
        running.communicate()


def wait_until(holds: Callable[[], object], seconds: float = 10.0) -> float:
    """Waits until something holds, looking every few milliseconds; the seconds it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it did not come true in time"
        time.sleep(0.01)
    return time.monotonic() - began


def count(folder: Path, table: str, condition: str = "1") -> int:
    """Rows of a table, read over a connection of its own."""
    connection = sqlite3.connect(folder / "helpdesk.db")
    try:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table} WHERE {condition}").fetchone()[0])
    finally:
        connection.close()
