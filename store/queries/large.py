"""Messages that are too large to be fetched in one piece (THREATS D12)."""

from typing import NamedTuple

from peewee import fn

from store.models import Arrival, Inbox, LargeMessage
from store.queries.withheld import rests_not_due


class Waiting(NamedTuple):
    """One that is to be fetched from its mailbox; `size` in bytes."""

    id: int
    uid: int
    size: int


def waiting(inbox_id: int, uidvalidity: int) -> list[Waiting]:
    """What is to be fetched from this mailbox, the smallest first; what was not given lately waits (R5.11)."""
    columns = (LargeMessage.id, LargeMessage.uid, LargeMessage.size)
    query = LargeMessage.select(*columns).join(Arrival).join(Inbox)
    mine = (Arrival.inbox == inbox_id) & (LargeMessage.state == "waiting")
    here = (LargeMessage.folder == Inbox.folder) & (LargeMessage.uidvalidity == uidvalidity)
    later = rests_not_due(inbox_id, uidvalidity)
    found = (Waiting(*row) for row in query.where(mine & here).order_by(LargeMessage.size).tuples())
    return [one for one in found if one.uid not in later]


def backlog() -> tuple[int, int]:
    """How many large messages wait, and their bytes."""
    columns = (fn.COUNT(LargeMessage.id), fn.COALESCE(fn.SUM(LargeMessage.size), 0))
    count, size = LargeMessage.select(*columns).where(LargeMessage.state == "waiting").tuples().get()
    return int(count), int(size)
