"""The database: opening, connections, transactions (SQLite: WAL, FULL, IMMEDIATE, mode 0600; THREATS D7, D9, S3).

`open_store` points the models at a database and brings it up to date.  Every thread then works inside `session()`,
and every use case inside `transaction()`.  A query outside of a session raises instead of blocking a window.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import peewee

from store.errors import BadInput, DatabaseProblem, DatabaseUnavailable
from store.rules.text import search_key, search_text
from store.sqlite import LOG_DELETED, Database, Identity, identity_of, log_of, sentence_of, state_of

database = peewee.DatabaseProxy()
SCHEMA_VERSION = 14
_BUSY_SECONDS = 10
_LOOK_SECONDS = 0.001
_LOG_PAGES = 1_000
_opened = threading.local()
"""`log`: which files the log was when this thread's connection was opened."""


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
    connection = Database(
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
    with session(fresh=True):
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
def session(*, fresh: bool = False) -> Iterator[None]:
    """An open connection for this thread; database errors become DatabaseProblem.  Nests.

    Raises DatabaseUnavailable when the store's file is gone or was emptied: SQLite would put an empty store in its
    place.  A `fresh` one may be empty.
    """
    with sentences():
        if not database.is_closed():
            yield
            return
        file = str(database.obj.database)
        if identity() is None:
            raise DatabaseUnavailable(f"The store {file} is gone; put it back, or start anew.")
        if not fresh and os.path.getsize(file) == 0:
            raise DatabaseUnavailable(f"The store {file} was emptied; put it back from a copy: {file}.backup")
        with database.connection_context():
            _opened.log = log_of(file)
            yield


def is_disturbed() -> bool:
    """Whether SQLite's log, which this thread's connection writes to, was deleted or replaced under it."""
    opened = getattr(_opened, "log", None)
    return opened is not None and log_of(str(database.obj.database)) != opened


def rescue_log() -> None:
    """What stands in a log that was deleted is written to the store by who has it open still; nobody else can."""
    if None in log_of(str(database.obj.database)):
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def transaction(*, rehearse: bool = False) -> Iterator[None]:
    """One use case: all or nothing, write lock from the start (THREATS D9).  `rehearse` rolls back at the end."""
    with sentences(), ExitStack() as stack:
        outermost = not database.in_transaction()
        if outermost and is_disturbed():
            rescue_log()
            raise DatabaseUnavailable(LOG_DELETED)
        block = _begun(stack)
        if outermost:
            insist_on_version()
        yield
        if rehearse:
            block.rollback()


def insist_on_version() -> None:
    """Raises DatabaseProblem when the store is of another version by now: this program would write it wrongly."""
    if (found := database.user_version) != SCHEMA_VERSION:
        how = "was brought up to date by a newer" if found > SCHEMA_VERSION else "was replaced by one of an older"
        raise DatabaseProblem(f"The store {how} version of this program. Close this one and start it again.")


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
        raise DatabaseUnavailable(sentence_of(_words(error), database.obj.database, _BUSY_SECONDS)) from error
    except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
        raise DatabaseProblem(sentence_of(str(error), database.obj.database, _BUSY_SECONDS)) from error
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


def identity() -> Identity:
    """Which file the store is; another one when it was replaced while connections to the old one are open, None when
    there is none."""
    return identity_of(database.obj.database)


def file_version() -> object:
    """What differs when the file was replaced, or, where nobody may write it here, was changed elsewhere."""
    file = str(database.obj.database)
    return identity(), state_of(file) if None in log_of(file) else None


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


def _make_private_file(path: Path) -> None:
    """SQLite gives -wal and -shm the mode of the main file, so making that 0600 covers all three (THREATS S3)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseProblem(f"The store {path} cannot be made: {error.strerror}.") from error
