"""A copy of the open store in another file: checked, and on the disk, before it has its name (THREATS D7)."""

import glob
import os
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from store.cleantext import clean
from store.db import database
from store.errors import Problem
from store.files import RESERVE_BYTES, store_path

_HOUR = 3_600.0


def copy_to(target: Path, *, otherwise: str = "") -> None:
    """The store as it is now, in this file of mode 0600; the file that was there before is replaced.

    Raises Problem: there is no room for it (`otherwise` says what can be done instead), or the store is damaged; then
    what was there stays.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _remove_killed(target)
        _insist_on_room(target.parent, otherwise)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            # one reading transaction however much is written meanwhile; it takes no lock that anybody waits for
            database.execute_sql("VACUUM INTO ?", (str(draft),))
            _insist_on_whole(draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(f"The copy {clean(target)} was not made: {error.strerror}.") from error


def _remove_killed(target: Path) -> None:
    """What copies that were killed have left; one that is under way beside this one is written to all the time."""
    for draft in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if time.time() - draft.stat().st_mtime > _HOUR:
            draft.unlink(missing_ok=True)


def _insist_on_room(folder: Path, otherwise: str) -> None:
    """The last blocks of the disk are for mail (D8)."""
    needed = store_path().stat().st_size + RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        told = f"a copy of the store needs {needed / 1e6:,.0f} MB in {clean(folder)}, and {free / 1e6:,.0f} are free"
        raise Problem(f"No copy was made: {told}. Make room{otherwise}.")


def _insist_on_whole(draft: Path) -> None:
    """Looked through and on the disk before it takes the place of the one before."""
    with closing(sqlite3.connect(f"file:{draft}?mode=ro", uri=True)) as copy:
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Problem(f"The copy of the store is not whole ({clean(found)}); the copy before it stays.")
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
