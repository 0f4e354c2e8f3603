"""Files beside the store, for their owner alone (THREATS S3), and the room that is left for them.

FILE.files   what is too large for the store (D12)
FILE.backup  the copy that the worker keeps (D7)
"""

import os
from pathlib import Path

from store import sqlite
from store.db import database
from store.errors import DatabaseProblem

RESERVE_BYTES = 50_000_000
"""What exports and copies leave free on the store's disk, for mail (D8)."""


def store_path() -> Path:
    """The file of the open store."""
    return Path(str(database.obj.database))


def folder() -> Path:
    """The folder of the open store, made when there is none.  Raises DatabaseProblem when it cannot be made."""
    path = Path(f"{store_path()}.files")
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise DatabaseProblem(f"The folder {path} for large messages cannot be made: {error.strerror}.") from error
    return path


def kept_copy() -> Path:
    """The copy of the open store; there is none before the worker has made the first one."""
    return Path(f"{store_path()}.backup")


def shortage() -> int | None:
    """How many bytes are left on the disk of the open store, where that is less than the reserve."""
    if database.obj is None:
        return None
    disk = os.statvfs(store_path().parent)
    left = disk.f_bavail * disk.f_frsize
    return left if left < RESERVE_BYTES else None


def is_read_only() -> bool:
    """Whether this user can read the open store, but not write it."""
    return database.obj is not None and sqlite.is_read_only(str(store_path()))


def takes_from_reserve(descriptor: int) -> bool:
    """Whether this file grows on the disk of the open store, and that has no more left than the reserve."""
    return shortage() is not None and os.fstat(descriptor).st_dev == store_path().parent.stat().st_dev
