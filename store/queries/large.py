"""Messages that are too large to be fetched in one piece (THREATS D12)."""

from typing import NamedTuple

from peewee import fn

from store.models import Arrival, Inbox, LargeMessage


class Waiting(NamedTuple):
    """One that is to be fetched from its mailbox; `size` in bytes."""

    id: int
    uid: int
    size: int


def waiting(inbox_id: int, uidvalidity: int) -> list[Waiting]:
    """What is to be fetched from this mailbox, the smallest first."""
    columns = (LargeMessage.id, LargeMessage.uid, LargeMessage.size)
    query = LargeMessage.select(*columns).join(Arrival).join(Inbox)
    mine = (Arrival.inbox == inbox_id) & (LargeMessage.state == "waiting")
    here = (LargeMessage.folder == Inbox.folder) & (LargeMessage.uidvalidity == uidvalidity)
    return [Waiting(*row) for row in query.where(mine & here).order_by(LargeMessage.size).tuples()]


def backlog() -> tuple[int, int]:
    """How many large messages wait, and their bytes."""
    columns = (fn.COUNT(LargeMessage.id), fn.COALESCE(fn.SUM(LargeMessage.size), 0))
    count, size = LargeMessage.select(*columns).where(LargeMessage.state == "waiting").tuples().get()
    return int(count), int(size)
