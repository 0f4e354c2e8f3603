"""The store as a file: opening, migrating, locking, failing (THREATS D6-D9, S3)."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import peewee
import pytest

from store import db
from store.db import database, open_store, session, sqlite_path, transaction
from store.errors import DatabaseProblem
from store.models import TABLES, Arrival, History, Lease, Recipient, Setting, Ticket
from store.queries import health
from store.services import lease, people
from store.services.lease import LostLease
from tests.driver import ANNA, Desk


def test_S3_the_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    old = os.umask(0)
    try:
        open_store(f"sqlite:///{path}")
        with session():
            Setting.create(key="x", value="1")
            modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert set(modes.values()) == {0o600}, modes
    assert {"store.db", "store.db-wal", "store.db-shm"} <= set(modes)


def test_D7_D9_pragmas_of_every_connection(desk: Desk) -> None:
    asked = {
        name: database.execute_sql(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_D9_a_query_outside_of_a_session_raises_instead_of_blocking(fresh_store: Path) -> None:
    open_store(str(fresh_store))
    with pytest.raises(peewee.InterfaceError):
        Setting.select().count()


def test_D9_two_writers_wait_for_each_other_instead_of_failing(desk: Desk) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            with session():
                for step in range(25):
                    with transaction():
                        assert Setting.select().count() >= 0
                        Setting.create(key=f"{number}-{step}", value="x")
        except BaseException as failure:  # noqa: BLE001 - shown below
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Setting.select().count() == 100


def test_D9_while_mail_comes_in_the_log_is_copied_into_the_store_without_the_write_lock(desk: Desk) -> None:
    store = Path(database.obj.database)
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before = store.stat().st_size
    with db.checkpoints_by_hand() as checkpoint:
        for number in range(3):
            desk.arrive(f"{number}@x.test", raw=bytes([number]) * 3_000_000)
        assert store.stat().st_size == before
        with transaction():
            checkpoint_by_another = threading.Thread(target=_checkpoint)
            checkpoint_by_another.start()
            checkpoint_by_another.join(5)
            assert not checkpoint_by_another.is_alive()
        checkpoint()
        assert store.stat().st_size > before + 8_000_000
    assert database.execute_sql("PRAGMA wal_autocheckpoint").fetchone() == (1_000,)


def _checkpoint() -> None:
    with session(), db.checkpoints_by_hand() as checkpoint:
        checkpoint()


def test_D8_a_full_disk_rolls_back_says_so_and_heals(desk: Desk) -> None:
    desk.arrive("a@x.test")
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    database.execute_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseProblem, match="disk is full"):
        desk.arrive("b@x.test", raw=b"x" * 100_000)
    assert [r.email for r in Recipient.select()] == ["a@x.test"]
    assert Arrival.select().count() == Ticket.select().count() == 1
    database.execute_sql("PRAGMA max_page_count = 1000000")
    desk.uid -= 1
    assert desk.arrive("b@x.test").outcome == "opened"


def test_a_newer_store_a_damaged_one_and_a_missing_one_are_said(fresh_store: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    shutil.copy(fresh_store, newer)
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database at all " * 400)
    for path, words in ((newer, "newer version"), (damaged, "no store"), (tmp_path / "none.db", "no store at")):
        with pytest.raises(DatabaseProblem, match=words):
            open_store(str(path), create=False)


def test_R12_store_urls(tmp_path: Path) -> None:
    assert sqlite_path(f"sqlite:///{tmp_path}/a.db") == tmp_path / "a.db"
    assert sqlite_path("sqlite:///a.db") == Path.cwd() / "a.db"
    with pytest.raises(DatabaseProblem, match="SQLite only"):
        sqlite_path("mysql://x/y")


def test_the_migrated_schema_is_that_of_the_models(desk: Desk, tmp_path: Path) -> None:
    migrated = _schema(desk.path)
    made = tmp_path / "made.db"
    other = peewee.SqliteDatabase(str(made))
    with other.bind_ctx(TABLES):
        other.create_tables(TABLES)
    other.close()
    own = {
        name: sql
        for name, sql in migrated.items()
        if not name.startswith(("recipient_search", "customer_search", "ticket_search"))
    }
    triggers = {name for name, sql in own.items() if sql.startswith("CREATE TRIGGER")}
    assert {name: sql for name, sql in own.items() if name not in triggers and name != "schema_migration"} == _schema(
        made
    )
    assert {"ticket_counted", "ticket_recounted", "ticket_uncounted", "history_kept"} <= triggers


def _schema(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in rows if not name.startswith(("sqlite_", "schema_migration"))}


def test_first_starts_at_once_migrate_once(tmp_path: Path) -> None:
    code = "import sys; from store.db import open_store; open_store(sys.argv[1])"
    path = str(tmp_path / "store.db")
    children = [subprocess.Popen([sys.executable, "-c", code, path], stderr=subprocess.PIPE) for _ in range(5)]
    errors = [child.communicate()[1].decode() for child in children]
    assert [child.returncode for child in children] == [0] * 5, errors


def test_R10_2_the_history_is_append_only(desk: Desk) -> None:
    desk.arrive("a@x.test")
    for statement in (
        "DELETE FROM history",
        "UPDATE history SET who = 'eve'",
        "UPDATE history SET origin = 'x'",
        "UPDATE history SET seal = x'00'",
        "UPDATE history SET rowid = 99",
        "UPDATE history SET oid = 99",
        "REPLACE INTO history SELECT * FROM history",
        "INSERT INTO history SELECT * FROM history WHERE true ON CONFLICT (id) DO UPDATE SET who = 'x'",
        "DELETE FROM history WHERE true",
    ):
        with pytest.raises(peewee.DatabaseError, match="append-only"):
            database.execute_sql(statement)
    assert History.select().count() > 0


def test_S6_what_is_changed_behind_the_programs_back_breaks_the_seals(desk: Desk) -> None:
    desk.arrive("a@x.test")
    desk.arrive("b@x.test")
    people.note_sign_in(replace(ANNA, origin="uid 7 from 192.0.2.7"))
    whole = health.chain()
    assert whole.broken is None
    assert whole.entries == History.select().count()
    assert whole.last == History.select().order_by(History.id.desc()).get().seal.hex()[:16]
    for trigger in ("history_kept", "history_unchanged", "history_not_replaced"):
        database.execute_sql(f"DROP TRIGGER {trigger}")
    for forge in (
        "UPDATE history SET who = 'eve' WHERE id = 2",
        "UPDATE history SET origin = NULL WHERE id = (SELECT MAX(id) FROM history)",
        "UPDATE history SET seal = NULL WHERE id = 2",
        "DELETE FROM history WHERE id = 2",
        (
            "INSERT INTO history (change, at, who, via, what, subject, of, undone_by)"
            " VALUES ('', 1, 'e', '', '', '', '', '')"
        ),
    ):
        with database.atomic() as block:
            database.execute_sql(forge)
            assert health.chain().broken is not None, forge
            block.rollback()
    database.execute_sql("UPDATE history SET undone_by = 'x'")  # that something was undone is an entry of its own
    assert health.chain() == whole


def test_S6_a_store_of_before_gets_its_seals(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(str(path))
    with session():
        people.start("anna", "anna@x.test")
        before = health.chain()
        for statement in (
            *(f"DROP TRIGGER {name}" for name in ("history_not_replaced", "history_unchanged")),
            *(f"ALTER TABLE history DROP COLUMN {name}" for name in ("seal", "origin")),
            "CREATE TRIGGER history_unchanged BEFORE UPDATE OF at ON history BEGIN SELECT RAISE(ABORT, 'no'); END",
            "DELETE FROM schema_migration WHERE name = '0004_sealed'",
            "PRAGMA user_version = 3",
        ):
            database.execute_sql(statement)
    open_store(str(path))
    with session():
        assert health.chain() == before
        assert before.entries > 0


def test_D6_one_holder_with_a_rising_fence(desk: Desk) -> None:
    first = lease.acquire(owner="one")
    assert first is not None
    assert lease.acquire(owner="two") is None
    assert lease.is_held()
    Lease.update(until=datetime.now(UTC) - timedelta(seconds=1)).execute()
    second = lease.acquire(owner="two")
    assert second is not None
    assert second.term == first.term + 1
    with pytest.raises(LostLease):
        lease.renew(first)
    lease.renew(second)
    lease.release(second)
    assert not lease.is_held()


def test_D6_what_a_former_holder_fetched_is_not_written(desk: Desk) -> None:
    arrived = desk.arrived("a@x.test")
    assert desk.fence
    Lease.update(until=datetime.now(UTC) - timedelta(seconds=1)).execute()
    assert lease.acquire(owner="other") is not None
    with pytest.raises(LostLease):
        desk.settle(arrived)
    assert Arrival.select().count() == 0


def test_D6_a_dead_holder_on_this_machine_is_replaced_at_once(desk: Desk) -> None:
    code = (
        "import sys; from store.db import *; open_store(sys.argv[1])\n"
        "from store.services import lease\n"
        "with session(): lease.acquire(); print('held', flush=True)\n"
        "import time; time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(desk.path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert lease.acquire() is None
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    began = time.monotonic()
    assert lease.acquire() is not None
    assert time.monotonic() - began < 1


def test_D10_a_clock_that_stepped_back_does_not_keep_a_dead_holder(desk: Desk) -> None:
    assert lease.acquire(owner="one") is not None
    Lease.update(until=datetime.now(UTC) + timedelta(hours=2), host="elsewhere").execute()
    assert lease.acquire(owner="two") is not None


def test_rehearsal_rolls_back(desk: Desk) -> None:
    with transaction(rehearse=True):
        Setting.create(key="x", value="1")
    assert Setting.select().count() == 0
    assert database.user_version == db.SCHEMA_VERSION
