"""Who may poll: one process a store at a time, with fencing (THREATS D6, D10)."""

import contextlib
import os
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.db import identity, transaction
from store.errors import Problem
from store.models import Lease

MAIL_LEASE = "mail"
OUTBOX_LEASE = "outbox"
LEASE_SECONDS = 10
_TTL = timedelta(seconds=LEASE_SECONDS)


class LostLease(Problem):
    """Another process took the lease over; what was fetched is not written, it will be fetched again."""

    exit_status = 3

    def __init__(self) -> None:
        super().__init__(
            "Another program took over the mail, or the store was replaced; this one stopped in the middle of its work."
        )


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of holding a lease: checked and renewed first in every transaction of the holder.

    `store` is the file that the lease lies in: what is written to one that was replaced since would be lost.
    """

    name: str
    owner: str
    term: int
    store: tuple[int, int] | None


def acquire(name: str = MAIL_LEASE, *, owner: str = "") -> Fence | None:
    """Takes the lease if it is free, ours, expired, dated absurdly far ahead, or its holder on this host is dead.

    None when somebody else holds it.
    """
    me = owner or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = datetime.now(UTC)
    with transaction():
        row = Lease.get_or_none(Lease.name == name)
        if row is None:
            Lease.create(name=name, owner=me, host=socket.gethostname(), pid=os.getpid(), term=1, until=now + _TTL)
            return Fence(name, me, 1, identity())
        if row.owner != me and not _is_free(row, now):
            return None
        term = row.term if row.owner == me else row.term + 1
        fields = {"owner": me, "host": socket.gethostname(), "pid": os.getpid(), "term": term, "until": now + _TTL}
        Lease.update(**fields).where(Lease.name == name).execute()
        return Fence(name, me, term, identity())


def hold(fence: Fence) -> None:
    """Renews the lease inside the running transaction.  Raises LostLease when another process has it, or when the store
    was replaced."""
    if identity() != fence.store:
        raise LostLease
    mine = (Lease.name == fence.name) & (Lease.owner == fence.owner) & (Lease.term == fence.term)
    if Lease.update(until=datetime.now(UTC) + _TTL).where(mine).execute() != 1:
        raise LostLease


def renew(fence: Fence) -> None:
    """Renews the lease in a transaction of its own.  Raises LostLease."""
    with transaction():
        hold(fence)


def release(fence: Fence) -> None:
    """Gives the lease back at once, so that the next holder need not wait."""
    with transaction():
        mine = (Lease.name == fence.name) & (Lease.owner == fence.owner)
        Lease.update(until=datetime.now(UTC) - _TTL).where(mine).execute()


def is_held(name: str = MAIL_LEASE) -> bool:
    """Whether some living process holds the lease now."""
    row = Lease.get_or_none(Lease.name == name)
    return row is not None and not _is_free(row, datetime.now(UTC))


def _is_free(row: Lease, now: datetime) -> bool:
    # a clock that stepped back would keep a dead holder for ever: nobody holds for longer than the TTL
    if row.until <= now or row.until > now + _TTL:
        return True
    return row.host == socket.gethostname() and not _is_alive(row.pid)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
