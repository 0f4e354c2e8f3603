"""Waiting for a lease, and holding it while there is work, however long a fetch takes (THREATS D6)."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from store.db import session
from store.errors import DatabaseProblem
from store.reasons import refuse
from store.services import lease
from store.services.lease import LEASE_SECONDS, MAIL_LEASE, Fence, LostLease

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


def lease_within(seconds: float, *, name: str = MAIL_LEASE) -> Fence:
    """The lease of this name, waited for so long.  Raises Refused `busy`."""
    end = time.monotonic() + seconds
    while True:
        fence = None if lease.is_held(name) else lease.acquire(name)
        if fence is not None:
            return fence
        if time.monotonic() >= end:
            raise refuse("busy")
        time.sleep(0.2)
