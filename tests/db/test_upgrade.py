"""A store of an older version is brought up to date: copied first, told, and taken up again after a kill (D1, D7)."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store import db, upgrade
from store.db import database, open_store, session, transaction
from store.errors import DatabaseProblem
from store.models import Customer, Ticket
from store.queries import recipients
from store.queries.recipients import Selection
from store.queries.search import contains
from tests.driver import ANNA, Desk

_TABLES = ("recipient", "customer", "ticket")


@pytest.fixture
def old(fresh_store: Path, tmp_path: Path) -> Path:
    """A store whose search texts are folded as version 5 did."""
    path = tmp_path / "store.db"
    shutil.copy(fresh_store, path)
    open_store(str(path))
    with session():
        desk = Desk(path)
        facts = [(f"a{number}@x.test", f"Störung {number}", f"İpek Müller {number}") for number in range(20)]
        mail = [desk.arrived(email, subject, sender_name=name) for email, subject, name in facts]
        desk.settle(*mail, desk.arrived("plain@xn--mller-kva.example", "Plain"))
        for number in range(20):
            desk.customer(f"Işık {number}")
        for table, text in (("recipient", "email || ' ' || name"), ("customer", "name"), ("ticket", "subject")):
            database.execute_sql(f"UPDATE {table} SET search = LOWER({text})")
        database.execute_sql("DELETE FROM schema_migration WHERE name = '0010_search_text'")
        database.execute_sql("PRAGMA user_version = 5")
    return path


def insist_on_all() -> None:
    """Each table finds by the new folding, and its index is whole."""
    with session():
        assert len(recipients.ids(ANNA, Selection("ipek muller"))) == 20
        assert len(recipients.ids(ANNA, Selection("müller.example"))) == 1
        assert Customer.select().where(contains(Customer, "ISIK")).count() == 20
        assert Ticket.select().where(contains(Ticket, "storung")).count() == 20
        for table in _TABLES:
            database.execute_sql(f"INSERT INTO {table}_search({table}_search, rank) VALUES ('integrity-check', 1)")
        assert "upgrade" not in database.get_tables()
        triggers = database.execute_sql("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE '%_search_changed'")
        assert triggers.fetchone() == (3,)


@pytest.mark.parametrize("few", [0, 20_000])
def test_R1_2_what_is_searched_is_folded_anew(old: Path, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(monkeypatch, _FEW=few, _SLICE=7)
    open_store(str(old))
    insist_on_all()


def test_D7_a_large_store_is_copied_first_and_it_is_told(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "_LARGE_BYTES", 1)
    monkeypatch.setattr(upgrade, "_SAY_SECONDS", 0.0)
    edit(monkeypatch, _FEW=0, _SLICE=7)
    told: list[str] = []
    open_store(str(old), tell=told.append)
    insist_on_all()
    copy = old.with_name(f"{old.name}.version-5")
    assert str(copy) in told[0]
    assert any("recipients, " in line and "%" in line for line in told)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (5,)
        assert before.execute(
            "SELECT COUNT(*) FROM recipient WHERE search LIKE '%İpek%' OR search LIKE '%ü%'"
        ).fetchone()[0]


def test_D8_a_large_store_that_cannot_be_copied_stays_as_it_is(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "_LARGE_BYTES", 1)
    monkeypatch.setattr("store.copies.RESERVE_BYTES", 1 << 60)
    with pytest.raises(DatabaseProblem, match=r"not brought up to date.*needs .* MB"):
        open_store(str(old))
    with closing(sqlite3.connect(old)) as left:
        assert left.execute("PRAGMA user_version").fetchone() == (5,)


KILLED = """
import os, sys
from store import db, upgrade
upgrade._LARGE_BYTES, upgrade._SAY_SECONDS = 1, 0.0
import playhouse.migrations
load = playhouse.migrations.Migration.load
def small(self):
    module = load(self)
    if self.name.startswith("0010"):
        module._SLICE, module._FEW = 7, int(sys.argv[3])
    return module
playhouse.migrations.Migration.load = small
left = int(sys.argv[2])
keep = upgrade.Progress.keep
def counted(self, name, done):
    global left
    keep(self, name, done)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
upgrade.Progress.keep = counted
db.open_store(sys.argv[1])
"""


def test_D1_it_goes_on_where_it_was_killed(old: Path) -> None:
    """Killed within slices, whose transactions are lost."""
    copy = old.with_name(f"{old.name}.version-5")
    made = []
    for after in (2, 7):
        done = subprocess.run([sys.executable, "-c", KILLED, str(old), str(after), "0"], check=False)
        assert done.returncode == -9
        made.append(copy.stat().st_mtime_ns)
    assert len(set(made)) == 1  # the copy of before, not of what was half done
    open_store(str(old))
    insist_on_all()


def test_D6_who_runs_with_an_older_version_is_told_to_start_again(desk: Desk) -> None:
    database.execute_sql(f"PRAGMA user_version = {db.SCHEMA_VERSION + 1}")
    with pytest.raises(DatabaseProblem, match=r"newer version.*again"), transaction():
        raise AssertionError("nothing is written any more")
    database.execute_sql(f"PRAGMA user_version = {db.SCHEMA_VERSION}")
    with transaction():
        pass


def edit(monkeypatch: pytest.MonkeyPatch, **constants: int) -> None:
    """The migration with other constants."""
    from playhouse.migrations import Migration

    load = Migration.load

    def changed(self: Migration) -> object:
        module = load(self)
        if self.name.startswith("0010"):
            vars(module).update(constants)
        return module

    monkeypatch.setattr(Migration, "load", changed)
