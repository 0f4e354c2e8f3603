"""The database: opening, connections, transactions (SQLite: WAL, FULL, IMMEDIATE, mode 0600; THREATS D7, D9, S3).

`open_store` points the models at a database and brings it up to date.  Every thread then works inside `session()`,
and every use case inside `transaction()`.  A query outside of a session raises instead of blocking a window.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import peewee

from store.errors import BadInput, DatabaseProblem, DatabaseUnavailable
from store.rules.text import search_key, search_text

database = peewee.DatabaseProxy()
SCHEMA_VERSION = 14
_BUSY_SECONDS = 10
_LOOK_SECONDS = 0.001
_LOG_PAGES = 1_000


def open_store(url: str, *, create: bool = True, tell: Callable[[str], object] = lambda said: None) -> None:
    """Points the models at `url` (`sqlite:///FILE` or a plain file path) and migrates it if it is older; `tell` hears
    how far that is where it takes longer.

    Raises DatabaseProblem when it cannot be opened, is newer than this program, or is missing while not `create`.
    """
    path = sqlite_path(url)
    if os.path.isdir(path):  # not Path.is_dir, which raises for a name that is too long
        raise DatabaseProblem(f"{path} is a folder; name the store's file in it.")
    if not os.path.exists(path):
        if not create:
            raise DatabaseProblem(f"There is no store at {path}. Make one with: recipients init --login YOU --email E")
        _make_private_file(path)
    connection = peewee.SqliteDatabase(
        str(path),
        autoconnect=False,
        lock_type="IMMEDIATE",
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        pragmas=[
            ("busy_timeout", _BUSY_SECONDS * 1000),
            ("journal_mode", "wal"),
            ("synchronous", "full"),
            ("foreign_keys", 1),
            ("cache_size", -16_000),
            ("temp_store", "memory"),
        ],
    )
    for function in (search_key, search_text):
        connection.register_function(_of_sql(function), function.__name__, deterministic=True)
    database.initialize(connection)
    with session():
        if database.user_version != SCHEMA_VERSION:
            from store.upgrade import bring_up_to_date

            bring_up_to_date(connection, path, SCHEMA_VERSION, tell)


def _of_sql(function: Callable[..., str]) -> Callable[..., str]:
    """The same of SQL's values: numbers are texts, NULL is an empty one."""
    return lambda *values: function(*("" if value is None else str(value) for value in values))


def sqlite_path(url: str) -> Path:
    """The file behind a store URL.  Raises DatabaseProblem for other kinds of database."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "sqlite":
        raise DatabaseProblem(f"This version keeps its store in SQLite only, not in “{scheme}”. Use sqlite:///FILE.")
    # not Path.expanduser, which raises for a user that there is not
    return Path(os.path.expanduser(rest.removeprefix("/") if separator else url)).absolute()


@contextmanager
def session() -> Iterator[None]:
    """An open connection for this thread; database errors become DatabaseProblem.  Nests.

    Raises DatabaseUnavailable when the store's file is gone: SQLite would put an empty one in its place.
    """
    with sentences():
        if not database.is_closed():
            yield
            return
        if identity() is None:
            raise DatabaseUnavailable(f"The store {database.obj.database} is gone; put it back, or start anew.")
        with database.connection_context():
            yield


@contextmanager
def transaction(*, rehearse: bool = False) -> Iterator[None]:
    """One use case: all or nothing, write lock from the start (THREATS D9).  `rehearse` rolls back at the end."""
    with sentences(), ExitStack() as stack:
        outermost = not database.in_transaction()
        block = _begun(stack)
        if outermost:
            insist_on_version()
        yield
        if rehearse:
            block.rollback()


def insist_on_version() -> None:
    """Raises DatabaseProblem when a newer version has brought the store up to date: this one would write it wrongly."""
    if database.user_version > SCHEMA_VERSION:
        raise DatabaseProblem(
            "A newer version of this program has brought the store up to date. Close this one and start it again."
        )


def _begun(stack: ExitStack) -> Any:
    """Waits for the write lock, looking each millisecond: SQLite's own waiting sleeps ever longer, up to 100 ms, and so
    misses the moments in which the importer leaves it free."""
    if database.in_transaction():
        return stack.enter_context(database.atomic())
    until = time.monotonic() + _BUSY_SECONDS
    database.execute_sql("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                return stack.enter_context(database.atomic())
            except peewee.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            time.sleep(_LOOK_SECONDS)
    finally:
        database.execute_sql(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")


@contextmanager
def sentences() -> Iterator[None]:
    """Turns the database's own errors into a sentence that says what to do."""
    try:
        yield
    except (peewee.OperationalError, sqlite3.OperationalError) as error:
        raise DatabaseUnavailable(_sentence(_words(error))) from error
    except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
        raise DatabaseProblem(_sentence(str(error))) from error
    except OverflowError as error:
        raise BadInput("A number is too large: there is nothing with such a number.") from error
    except UnicodeEncodeError as error:
        if error.reason != "surrogates not allowed":
            raise
        raise BadInput("A text holds bytes that are no UTF-8; write it in UTF-8.") from error


@contextmanager
def checkpoints_by_hand() -> Iterator[Callable[[], None]]:
    """Inside, this thread's commits do not copy SQLite's log into the store, as every thousandth page otherwise does
    while others wait; that is what the function does, without the write lock."""
    database.execute_sql("PRAGMA wal_autocheckpoint = 0")
    try:
        yield lambda: database.execute_sql("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        database.execute_sql(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")


def identity() -> tuple[int, int] | None:
    """Which file the store is; another one when it was replaced while connections to the old one are open, None when
    there is none."""
    try:
        found = os.stat(database.obj.database)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def data_version() -> int:
    """A number that changes when another connection commits (SQLite's PRAGMA data_version)."""
    return int(database.data_version)


def interrupter() -> Callable[[], None]:
    """A function by which another thread stops this thread's query: that raises DatabaseUnavailable."""
    connection = database.connection()

    def interrupt() -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed meanwhile: nothing to stop
            connection.interrupt()

    return interrupt


def _words(error: BaseException) -> str:
    """What SQLite said.  When it rolls back by itself (disk full), the rollback that follows fails and hides why."""
    if "no transaction is active" in str(error) and error.__context__ is not None:
        return _words(error.__context__)
    return str(error)


def _sentence(error: str) -> str:
    if "locked" in error or "busy" in error:
        return f"The store was busy for {_BUSY_SECONDS} s (another program is writing); nothing was changed. Try again."
    if "full" in error:
        return "The disk is full; nothing was changed. Make room, then try again."
    if "readonly" in error:
        return "The store may not be written by this user; nothing was changed. Check the file's owner and mode."
    if "not a database" in error or "malformed" in error:
        return f"The store file is damaged or is no store ({error}). Restore it from a backup."
    if "closed" in error:
        return "The database was used outside of a session; this is an error of the program, please report it."
    return f"The database failed ({error}); nothing was changed."


def _make_private_file(path: Path) -> None:
    """SQLite gives -wal and -shm the mode of the main file, so making that 0600 covers all three (THREATS S3)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseProblem(f"The store {path} cannot be made: {error.strerror}.") from error
