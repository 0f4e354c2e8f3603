"""The store's files deleted, replaced or made read-only under those that use them (THREATS D7, D8)."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.db import database, open_store, session, transaction
from store.errors import DatabaseProblem, DatabaseUnavailable
from store.models import Setting
from store.services import lease
from tests.commandline import Shell
from tests.driver import Desk
from tests.helpdesk import PROGRAM, wait_until
from tui.watch import StoreWatch


def rows(path: Path) -> int:
    """Of settings, by a connection of its own."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT COUNT(*) FROM setting").fetchone()[0])
    finally:
        connection.close()


@contextmanager
def watched() -> Iterator[list[str]]:
    """A watch as the window has it; what it says, `changed` among it."""
    said: list[str] = []
    watch = StoreWatch(lambda: said.append("changed"), said.append)
    watch.start()
    time.sleep(0.1)
    try:
        yield said
    finally:
        watch.stop()


@pytest.mark.parametrize("gone", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_D7_a_log_that_is_deleted_is_opened_again_and_nothing_is_lost(
    fresh_store: Path, tmp_path: Path, gone: tuple[str, ...]
) -> None:
    path = tmp_path / "store.db"
    shutil.copy(fresh_store, path)
    open_store(str(path))
    with watched() as said:
        with session(), transaction():
            Setting.create(key="before", value="1")
        for end in gone:
            Path(f"{path}{end}").unlink()
        time.sleep(0.8)
        with session(), transaction():
            Setting.create(key="after", value="1")
        wait_until(lambda: said[-1:] == ["changed"])
        assert rows(path) == 2
        with session():
            assert database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
    assert rows(path) == 2


def test_D7_who_writes_to_a_log_that_was_deleted_is_told_and_opens_it_again(fresh_store: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(fresh_store, path)
    open_store(str(path))
    with session():
        with transaction():
            Setting.create(key="before", value="1")
        Path(f"{path}-wal").unlink()
        with pytest.raises(DatabaseUnavailable, match="opened again"), transaction():
            raise AssertionError("it would be lost")
    with session(), transaction():
        Setting.create(key="after", value="1")
    assert rows(path) == 2


def test_D7_a_store_that_is_gone_emptied_or_replaced_is_noticed_at_once(fresh_store: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(fresh_store, path)
    open_store(str(path))
    away = tmp_path / "away.db"
    with watched() as said:
        path.rename(away)
        wait_until(lambda: any("is gone" in line for line in said), 1.0)
        assert not path.exists()
        said.clear()
        path.touch()
        wait_until(lambda: any("was emptied" in line for line in said), 1.0)
        with pytest.raises(DatabaseUnavailable, match="emptied"), session():
            pass
        said.clear()
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        away.rename(path)
        wait_until(lambda: "" in said and said[-1] == "changed", 2.0)
        said.clear()
        shutil.copy(fresh_store, away)
        away.rename(path)
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        wait_until(lambda: "changed" in said, 2.0)
        time.sleep(0.6)
        said.clear()
        with session(), transaction():
            Setting.create(key="in the new one", value="1")
        wait_until(lambda: "changed" in said, 1.0)  # it is the new one that is watched now


def test_D7_a_store_of_another_version_in_its_place_is_not_written(desk: Desk) -> None:
    database.execute_sql("PRAGMA user_version = 5")
    with pytest.raises(DatabaseProblem, match=r"older version.*again"), transaction():
        raise AssertionError("it would be written wrongly")


def unprivileged(*words: str, url: str) -> "subprocess.CompletedProcess[str]":
    """A command whose user files have modes for, also where the tests run as root."""
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    environment = {**os.environ, "RECIPIENTS_LOG_DIR": "/nonexistent"}
    command = [*drop, *PROGRAM, "--db", url, "--as", "anna", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root writes whatever the mode")
@pytest.mark.parametrize(
    ("file", "folder", "in_use"),
    [(0o444, 0o755, False), (0o644, 0o555, False), (0o444, 0o555, False), (0o444, 0o555, True)],
)
def test_D8_a_read_only_store_is_read(shell: Shell, file: int, folder: int, in_use: bool) -> None:
    with shell.desk() as desk:
        desk.arrive("bob@x.test")
        lease.release(desk.fence)
        if in_use:  # as after a crash: what was committed stands in the log alone
            for end in ("", "-wal", "-shm"):
                shutil.copy(f"{shell.path}{end}", f"{shell.path}{end}.kept")
    if in_use:
        for end in ("", "-wal", "-shm"):
            os.replace(f"{shell.path}{end}.kept", f"{shell.path}{end}")
    for one in shell.folder.glob("store.db*"):
        one.chmod(file)
    shell.folder.chmod(folder)
    try:
        listed = unprivileged("list", "recipients", "--format", "csv", url=shell.url)
        assert (listed.returncode, "bob@x.test" in listed.stdout, listed.stderr) == (0, True, "")
        for words in (["ban", "bob@x.test"], ["poll", "--once"])[: 1 + in_use]:
            done = unprivileged(*words, url=shell.url)
            assert done.returncode == 3, done
            assert "read-only" in done.stderr, done
            assert "Traceback" not in done.stderr
        doctor = unprivileged("doctor", url=shell.url)
        assert doctor.returncode == 1
        assert "read-only" in doctor.stdout, doctor
    finally:
        shell.folder.chmod(0o755)
