"""A copy of the store to fall back on: looked through, and only then in the place of the one before (THREATS D7).

The copy holds the place up to which each mailbox was read.  A store that is put back from it therefore fetches again
what has come since: nothing is lost as long as it lies on the mail server, and nothing is doubled.
"""

import glob
import os
import secrets
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from store.actor import Actor
from store.cleantext import clean
from store.db import database, transaction
from store.errors import Problem
from store.export.files import exists
from store.files import RESERVE_BYTES, kept_copy, store_path
from store.queries import settings
from store.queries.scope import rights
from store.reasons import refuse
from store.services import history
from store.services.history import Thing

_HOUR = 3_600.0


def copy_if_due() -> Path | None:
    """The copy that the worker makes beside the store each `store.backup_hours`; None when none is due.

    Raises Problem: the disk has no room for it, or the store is damaged; then the copy before stays.
    """
    hours = int(settings.one("store.backup_hours"))
    target = kept_copy()
    if not hours:
        return None
    with suppress(FileNotFoundError):
        # a clock that stepped back must not put it off for ever (D10)
        if abs(time.time() - target.stat().st_mtime) < hours * _HOUR:
            return None
    _copy(target)
    return target


def copy_to(actor: Actor, target: Path | None = None, *, force: bool = False) -> Path:
    """A copy of the whole store now, in this file or where the worker keeps his; the file, of mode 0600.

    Raises Refused unless the actor is a super administrator, or when the file exists and not `force`; Problem as
    `copy_if_due`.
    """
    if not rights(actor).super:
        raise refuse("super-only")
    if target is not None and not force and os.path.lexists(target):
        raise exists(target)
    place = target or kept_copy()
    _copy(place)
    with transaction():
        history.record(actor, "backup", Thing("store", None, place.name), None, {"file": str(place)})
    return place


def _copy(target: Path) -> None:
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _remove_killed(target)
        _insist_on_room(target.parent)
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


def _insist_on_room(folder: Path) -> None:
    """The last blocks of the disk are for mail (D8)."""
    needed = store_path().stat().st_size + RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        told = f"a copy of the store needs {needed / 1e6:,.0f} MB in {clean(folder)}, and {free / 1e6:,.0f} are free"
        raise Problem(f"No copy was made: {told}. Make room, or set store.backup_hours to 0.")


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
