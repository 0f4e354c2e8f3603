"""SQLite under the store: connections, also where nothing may be written, and the files that belong together (D7, D9).

FILE-wal   what was committed and is not yet in FILE; without it that is lost
FILE-shm   what all that have the store open share; two of them disagree
"""

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee

Identity = tuple[int, int] | None
# SQLite cannot make a log in a folder that may not be written, or on a disk that is read-only
_NO_LOG = (sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_CANTOPEN)
LOG_DELETED = "A file of SQLite beside the store (-wal, -shm) was deleted; the store is opened again. Try again."
_SENTENCES = {
    "locked": "was busy for {seconds} s (another program is writing); nothing was changed. Try again.",
    "busy": "was busy for {seconds} s (another program is writing); nothing was changed. Try again.",
    "readonly": "is read-only here: this user may not write its file, its folder or the disk; nothing was changed.",
    "unable to open": "or what SQLite keeps beside it (-wal, -shm) cannot be opened by this user. See to its owner and "
    "mode; on a read-only disk copy all three to where you may write.",
    "disk I/O": "could not be read or written ({error}); nothing was changed. Try again, then look at the disk.",
    "not a database": "file is damaged or is no store ({error}). Restore it from a backup.",
    "malformed": "file is damaged or is no store ({error}). Restore it from a backup.",
}


class Database(peewee.SqliteDatabase):
    """A store in a file.  Where its folder may not be written, and nothing waits in its log, it can be read."""

    def _connect(self) -> sqlite3.Connection:
        try:
            return super()._connect()  # type: ignore[no-any-return]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _NO_LOG or has_log(self.database) or not is_read_only(self.database):
                raise
        # whoever could change it while it is read has a log (https://www.sqlite.org/wal.html, section 5)
        file = f"file:{quote(self.database)}?immutable=1"
        connection = sqlite3.connect(file, uri=True, isolation_level=None, **self.connect_params)
        self._add_conn_hooks(connection)
        return connection


def has_log(file: str) -> bool:
    """Whether something that was committed may stand in the log alone."""
    try:
        return os.stat(f"{file}-wal").st_size > 0
    except FileNotFoundError:
        return False


def identity_of(file: str | Path) -> Identity:
    """Which file has this name; None when there is none."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def log_of(file: str) -> tuple[Identity, Identity]:
    """Which files are the log of the store, and what is shared of it."""
    return identity_of(f"{file}-wal"), identity_of(f"{file}-shm")


def state_of(file: str) -> Any:
    """What differs when a store that nobody may write here was changed elsewhere."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def is_read_only(file: str) -> bool:
    """Whether this user can read the store, but not write it: the file, its folder or the disk."""
    writable = os.access(file, os.W_OK) and (os.access(os.path.dirname(file), os.W_OK) or has_log(file))
    return os.access(file, os.R_OK) and not writable


def sentence_of(error: str, file: str, seconds: float) -> str:
    """What an error of SQLite means for a person, and what to do; `seconds` is how long the lock was waited for."""
    if "is full" in error:
        return "The disk is full; nothing was changed. Make room, then try again."
    if "closed" in error:
        return "The database was used outside of a session; this is an error of the program, please report it."
    if "disk I/O" in error and None in log_of(file):
        return LOG_DELETED
    told = next((told for words, told in _SENTENCES.items() if words in error), "")
    known = f"The store {told.format(error=error, seconds=seconds)}"
    return known if told else f"The database failed ({error}); nothing was changed."
