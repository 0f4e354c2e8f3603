"""A copy of the store to fall back on, and the room that is left for mail (THREATS D7, D8)."""

import json
import os
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.actor import Actor
from store.db import database, open_store, session
from store.errors import Problem, Refused
from store.files import kept_copy
from store.models import History
from store.services import backup, people, settings
from tests.commandline import Shell
from tests.driver import ANNA, Desk


def test_D7_a_copy_is_made_when_it_is_due_and_is_for_its_owner_alone(desk: Desk) -> None:
    desk.arrive("a@x.test")
    made = backup.copy_if_due()
    assert made == kept_copy()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert backup.copy_if_due() is None
    yesterday = time.time() - 25 * 3_600
    os.utime(made, (yesterday, yesterday))
    desk.arrive("b@x.test")
    assert backup.copy_if_due() == made
    copy = sqlite3.connect(made)
    assert copy.execute("SELECT COUNT(*) FROM recipient").fetchone() == (2,)
    copy.close()
    assert [one.name for one in made.parent.iterdir() if one.name.endswith(".part")] == []


def test_D7_D10_a_clock_that_was_ahead_does_not_put_the_copy_off(desk: Desk) -> None:
    made = backup.copy_if_due()
    assert made is not None
    ahead = time.time() + 400 * 86_400
    os.utime(made, (ahead, ahead))
    assert backup.copy_if_due() == made


def test_D7_what_a_killed_copy_has_left_goes_and_one_under_way_stays(desk: Desk) -> None:
    killed, running = (kept_copy().with_name(f".{kept_copy().name}.{name}.part") for name in ("00", "11"))
    for draft in (killed, running):
        draft.write_bytes(b"half")
    os.utime(killed, (time.time() - 4_000,) * 2)
    backup.copy_if_due()
    assert (killed.exists(), running.exists()) == (False, True)


def test_D7_no_copy_where_none_is_wanted(desk: Desk) -> None:
    settings.change(ANNA, "store.backup_hours", "0")
    assert backup.copy_if_due() is None
    assert not kept_copy().exists()


def test_D7_a_damaged_store_does_not_take_the_place_of_a_good_copy(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(str(path))
    with session():
        people.start("anna", "anna@helpdesk.test")
        for number in range(400):
            settings.change(ANNA, "notify.closed_admin.body", f"{number} " + "text " * 400)
        good = backup.copy_to(ANNA)
        before = good.read_bytes()
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40_000] = b"\xa5" * 40_000
    path.write_bytes(bytes(data))
    with pytest.raises(Problem, match=r"damaged|not whole"), session():
        backup.copy_to(ANNA)
    assert good.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


def test_D7_the_command_copies_says_so_and_writes_over_nothing(shell: Shell, tmp_path: Path) -> None:
    assert "there is no copy of the store yet" in shell.said("doctor")
    target = tmp_path / "safe.db"
    assert shell.json("backup", str(target)) == {"file": str(target), "size": target.stat().st_size}
    refused = shell.run("backup", str(target))
    assert (refused.status, "exists already" in refused.err) == (1, True)
    assert shell.run("backup", str(target), "--force").status == 0
    assert shell.said("backup").strip() == f"{shell.path}.backup"
    assert "the store was copied" in shell.said("doctor")
    with shell.desk():
        last = History.select().order_by(History.id.desc()).first()
        assert (last.who, last.what, json.loads(last.after)) == ("anna", "backup", {"file": f"{shell.path}.backup"})


def test_D7_a_copy_that_is_old_is_said(shell: Shell) -> None:
    shell.said("backup")
    old = time.time() - 3 * 86_400
    os.utime(f"{shell.path}.backup", (old, old))
    found = shell.run("doctor")
    assert found.status == 1
    assert "and not since" in found.out


def test_R10_1_a_copy_holds_everything_so_it_is_for_super_administrators(shell: Shell) -> None:
    shell.said("admin", "add", "bob", "--email", "bob@helpdesk.test")
    refused = shell.run("backup", login="bob")
    assert (refused.status, "Only a super administrator" in refused.err) == (1, True)
    with shell.desk(), pytest.raises(Refused):
        backup.copy_to(Actor("bob", "command"))


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a disk of its own can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_D8_exports_and_copies_leave_the_last_blocks_of_the_stores_disk_to_mail(
    fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _small_disk(tmp_path / "disk", "40m") as disk:
        shell = Shell(fresh_store, disk, capsys)
        refused = shell.run("export", str(disk / "out.csv"))
        assert (refused.status, "the disk is full" in refused.err) == (1, True)
        assert shell.run("export", str(tmp_path / "out.csv")).status == 0
        refused = shell.run("backup")
        assert (refused.status, "Make room" in refused.err) == (1, True)
        assert sorted(one.name for one in disk.iterdir() if not one.name.startswith("store.db-")) == ["store.db"]
        with shell.desk() as desk:
            assert desk.arrive("a@x.test").outcome == "opened"
