"""Holding the mail lease while there is work, however long a fetch takes (THREATS D6)."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from store.db import session
from store.errors import DatabaseProblem
from store.services import lease
from store.services.lease import LEASE_SECONDS, Fence, LostLease

_PATIENCE_SECONDS = 0.3
log = logging.getLogger("recipients.mail")


@contextmanager
def kept(fence: Fence) -> Iterator[threading.Event]:
    """Renews the lease from a thread of its own, and gives it back at the end.

    Yields an event that is set when another process has taken the lease.
    """
    lost, done = threading.Event(), threading.Event()
    renewer = threading.Thread(target=_renew, args=(fence, lost, done), name="lease", daemon=True)
    renewer.start()
    try:
        yield lost
    finally:
        done.set()
        renewer.join(_PATIENCE_SECONDS)
        with session():
            lease.release(fence)


def _renew(fence: Fence, lost: threading.Event, done: threading.Event) -> None:
    while not done.wait(LEASE_SECONDS / 3):
        try:
            with session():
                lease.renew(fence)
        except LostLease:
            lost.set()
            return
        except DatabaseProblem as problem:
            log.warning("the lease was not renewed: %s", problem)
