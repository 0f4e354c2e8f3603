"""Several processes at one store: who may poll, who waits, and who is killed in the middle (THREATS D1, D6, D9)."""

import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from store import db
from store.db import open_store, session, transaction
from store.errors import DatabaseUnavailable
from store.models import Arrival, Lease, Message, Recipient, Setting, Ticket
from store.services import lease
from tests.driver import Desk

_POLLER = """
import sys
from pathlib import Path
from store.db import open_store, session
from store.models import Inbox
from store.services import intake, lease
from store.services.lease import LostLease
from tests.driver import Desk
open_store(sys.argv[1], create=False)
with session():
    desk = Desk(Path(sys.argv[1]))
    desk._inbox = Inbox.get()
    print("ready", flush=True)
    while (start := intake.cursor_of(desk.inbox.id)[1]) < 60:
        desk._fence = lease.acquire()
        if desk._fence is None:
            continue
        try:
            start = intake.cursor_of(desk.inbox.id)[1]
            numbers = range(start + 1, min(start + 3, 60) + 1)
            desk.settle(*[desk.arrived(f"a{n % 7}@x.test", f"Subject {n}", uid=n) for n in numbers])
            lease.release(desk._fence)
        except LostLease:
            pass
"""
_FIRST_START = "import sys; from store.db import open_store; print('x', flush=True); open_store(sys.argv[1])"


def _started(code: str, path: Path) -> "subprocess.Popen[bytes]":
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_D6_D1_pollers_that_fight_and_are_killed_settle_each_message_once(desk: Desk) -> None:
    assert desk.inbox.id
    chance = random.Random(6)
    children = [_started(_POLLER, desk.path) for _ in range(3)]
    try:
        for _ in range(4):
            time.sleep(chance.uniform(0, 0.02))
            victim = children.pop(chance.randrange(len(children)))
            victim.kill()
            victim.communicate()
            children.append(_started(_POLLER, desk.path))
        assert [child.wait(30) for child in children] == [0, 0, 0]
    finally:
        for child in children:
            child.kill()
            child.communicate()
    assert [uid for (uid,) in Arrival.select(Arrival.uid).order_by(Arrival.uid).tuples()] == list(range(1, 61))
    assert Ticket.select().count() == Message.select().count() == 60
    assert sum(row.tickets for row in Recipient.select()) == 60
    assert Lease.get().term > 1


def test_D1_a_first_start_that_is_killed_can_be_started_again(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.db"
        child = _started(_FIRST_START, path)
        time.sleep(0.03 * attempt)
        child.kill()
        child.communicate()
        open_store(str(path))
        with session():
            assert Setting.select().count() == 0


def test_D1_a_first_start_that_is_killed_before_the_first_table_can_be_started_again(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as left:
        left.execute('CREATE TABLE "upgrade" ("name" TEXT PRIMARY KEY, "done" INTEGER NOT NULL)')
    open_store(str(path))
    with session():
        assert Setting.select().count() == 0


def test_D9_who_only_reads_is_not_kept_waiting_by_a_writer(desk: Desk) -> None:
    desk.arrive("a@x.test")
    took: list[float] = []

    def read() -> None:
        with session():
            began = time.monotonic()
            assert desk.emails() == ["a@x.test"]
            took.append(time.monotonic() - began)

    with transaction():
        Recipient.update(name="halfway").execute()
        reader = threading.Thread(target=read)
        reader.start()
        reader.join()
    assert took[0] < 1


def test_D9_a_store_that_stays_busy_is_said_and_nothing_is_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with session(), transaction():
            holding.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        holding.wait(10)
        monkeypatch.setattr(db, "_BUSY_SECONDS", 0.05)
        with pytest.raises(DatabaseUnavailable, match="busy"), transaction():
            Setting.create(key="x", value="1")
    finally:
        done.set()
        holder.join()
    assert Setting.select().count() == 0


def test_D6_a_lease_is_given_to_one_of_many_who_ask_at_once(desk: Desk) -> None:
    got: list[object] = []

    def ask() -> None:
        with session():
            got.append(lease.acquire())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert sum(fence is not None for fence in got) == 1
