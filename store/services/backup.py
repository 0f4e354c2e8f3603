"""A copy of the store to fall back on: looked through, and only then in the place of the one before (THREATS D7).

The copy holds the place up to which each mailbox was read.  A store that is put back from it therefore fetches again
what has come since: nothing is lost as long as it lies on the mail server, and nothing is doubled.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from store.actor import Actor
from store.copies import copy_to as copy_store
from store.db import transaction
from store.export.files import exists
from store.files import kept_copy
from store.queries import settings
from store.queries.scope import rights
from store.reasons import refuse
from store.services import history
from store.services.history import Thing

_HOUR = 3_600.0
_OTHERWISE = ", or set store.backup_hours to 0"


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
    copy_store(target, otherwise=_OTHERWISE)
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
    copy_store(place, otherwise=_OTHERWISE)
    with transaction():
        history.record(actor, "backup", Thing("store", None, place.name), None, {"file": str(place)})
    return place
