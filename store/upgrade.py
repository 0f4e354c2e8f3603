"""Bringing a store of an older version up to date: the files in `store/migrations`, each once (THREATS D1, D7).

One process does it, the others wait.  A store that is large enough for it to last is copied first, what is done is
said, and what was done when it was killed stays done.
"""

import time
from collections.abc import Callable
from pathlib import Path

import peewee

from store.errors import DatabaseProblem

Tell = Callable[[str], object]
_MIGRATIONS = Path(__file__).parent / "migrations"
_LARGE_BYTES = 20_000_000  # a copy takes a second for each 100 MB; below this, no migration takes one
_SAY_SECONDS = 1.0


class Progress:
    """How far migrations are, kept in the store: each goes on where it was.  A migration finds it as
    `migrator.progress`."""

    def __init__(self, database: peewee.SqliteDatabase, tell: Tell) -> None:
        self._database = database
        self._tell = tell
        self._said = time.monotonic()
        database.execute_sql('CREATE TABLE IF NOT EXISTS "upgrade" ("name" TEXT PRIMARY KEY, "done" INTEGER NOT NULL)')

    def done(self, name: str) -> int:
        """How far the part of this name is, 0 at first."""
        row = self._database.execute_sql('SELECT "done" FROM "upgrade" WHERE "name" = ?', (name,)).fetchone()
        return int(row[0]) if row else 0

    def keep(self, name: str, done: int) -> None:
        """In the transaction of what was done."""
        self._database.execute_sql('REPLACE INTO "upgrade" VALUES (?, ?)', (name, done))

    def say(self, what: str, share: float | None = None) -> None:
        """Tells how far it is, once a second; what cannot be counted always."""
        now = time.monotonic()
        if share is None or now - self._said >= _SAY_SECONDS:
            self._said = now
            self._tell(f"The store is brought up to date: {what}{'' if share is None else f', {share:.0%}'}")

    def end(self) -> None:
        """All is done."""
        self._database.execute_sql('DROP TABLE "upgrade"')


def bring_up_to_date(database: peewee.SqliteDatabase, path: Path, version: int, tell: Tell) -> None:
    """Brings the open store to `version`, unless another process has done so meanwhile.

    Raises DatabaseProblem where the store is of a newer version, is none, may not be written, or cannot be copied.
    """
    found = database.user_version
    if found > version:
        raise DatabaseProblem(
            f"The store {path} was made by a newer version of this program ({found}, this one knows {version}). "
            "Install the newer version."
        )
    tables = {*database.get_tables()} - {"upgrade"}  # a first start that was killed may have left no more than that
    if tables and "schema_migration" not in tables:
        raise DatabaseProblem(f"{path} is a database of another program; nothing was changed. Name another file.")
    from filelock import FileLock

    try:
        # Peewee's runner does not lock: two first starts at once would both migrate
        with FileLock(f"{path}.lock", mode=0o600):
            if database.user_version < version:
                _migrate(database, path, tell)
                database.user_version = version
    except OSError as error:
        told = f"The store {path} is of an older version and has to be brought up to date, but that cannot be done"
        raise DatabaseProblem(f"{told}: {error.strerror}. Start this once as a user who may write there.") from error


def _migrate(database: peewee.SqliteDatabase, path: Path, tell: Tell) -> None:
    from playhouse.migrations import Runner

    # a table of this name: the copy was made, by one that was killed after it
    if path.stat().st_size >= _LARGE_BYTES and "upgrade" not in database.get_tables():
        _copy_first(path, database.user_version, tell)
    runner = Runner(database, str(_MIGRATIONS))
    runner.migrator.progress = Progress(database, tell)
    runner.up()
    runner.migrator.progress.end()


def _copy_first(path: Path, version: int, tell: Tell) -> None:
    """To go back to, with the older version of the program."""
    from store.copies import copy_to
    from store.errors import Problem

    target = path.with_name(f"{path.name}.version-{version}")
    tell(f"The store is brought up to date. First it is copied to {target}, which may go when all is well.")
    try:
        copy_to(target)
    except Problem as problem:
        raise DatabaseProblem(f"The store was not brought up to date. {problem}") from problem
