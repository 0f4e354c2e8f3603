"""Reading withheld mail (R5.11): what lies on a server and is not let in, why, and when it is looked at again."""

from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from peewee import Expression, fn

from store.actor import Actor
from store.models import Inbox, WithheldMessage
from store.queries.intake import InboxSettings
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.outbox import LONGEST_DELAY


class WithheldLine(NamedTuple):
    """One withheld message; `size` is in bytes, 0 if unknown, `next_try` None: at once."""

    id: int
    inbox: str
    folder: str
    uid: int
    kind: str
    reason: str
    sender: str
    subject: str
    size: int
    received: datetime | None
    since: datetime
    tries: int
    last_try: datetime
    next_try: datetime | None


class Due(NamedTuple):
    """One to be looked at now; `asked`: a person wants it."""

    uid: int
    kind: str
    asked: bool


def every(actor: Actor) -> list[WithheldLine]:
    """All withheld mail, newest first.  Raises Refused for an administrator of one partner."""
    if not rights(actor).sees_all:
        raise refuse("withheld")
    columns = [Inbox.name if name == "inbox" else getattr(WithheldMessage, name) for name in WithheldLine._fields]
    query = WithheldMessage.select(*columns).join(Inbox).order_by(WithheldMessage.id.desc())
    return [WithheldLine(*row) for row in query.tuples()]


def counts() -> dict[int, Counter[str]]:
    """By the id of the inbox, how many of its messages are withheld, by kind."""
    found: dict[int, Counter[str]] = {}
    query = WithheldMessage.select(WithheldMessage.inbox, WithheldMessage.kind, fn.COUNT(WithheldMessage.id))
    for inbox, kind, count in query.group_by(WithheldMessage.inbox, WithheldMessage.kind).tuples():
        found.setdefault(inbox, Counter())[kind] = count
    return found


def due(inbox: InboxSettings, uidvalidity: int, now: datetime | None = None) -> list[Due]:
    """What of this mailbox is to be looked at now, by UID.

    A flag is looked at each time, it costs little; what the server did not give, when its time has come, and when
    that is further off than it can be because the clock was wrong (D10).
    """
    moment = now or datetime.now(UTC)
    return [
        Due(uid, kind, next_try is None)
        for uid, kind, next_try in _rows(inbox, uidvalidity, ("uid", "kind", "next_try"))
        if kind in ("deleted", "draft") or (kind == "failed" and is_due(next_try, moment))
    ]


def is_due(next_try: datetime | None, now: datetime) -> bool:
    """Whether this time has come."""
    return next_try is None or next_try <= now or next_try > now + LONGEST_DELAY


def uids(inbox: InboxSettings, uidvalidity: int) -> dict[int, str]:
    """All that is withheld in this mailbox: by UID, the kind."""
    return dict(_rows(inbox, uidvalidity, ("uid", "kind")))


def rests_not_due(inbox_id: int, uidvalidity: int) -> set[int]:
    """The UIDs of large messages whose rest the server did not give lately."""
    now = datetime.now(UTC)
    mine = (WithheldMessage.inbox == inbox_id) & (WithheldMessage.uidvalidity == uidvalidity)
    rows = WithheldMessage.select(WithheldMessage.uid, WithheldMessage.next_try)
    return {uid for uid, at in rows.where(mine & (WithheldMessage.kind == "rest")).tuples() if not is_due(at, now)}


def _rows(inbox: InboxSettings, uidvalidity: int, names: tuple[str, ...]) -> list[tuple]:  # type: ignore[type-arg]
    here: Expression = (WithheldMessage.inbox == inbox.id) & (WithheldMessage.folder == inbox.folder)
    columns = [getattr(WithheldMessage, name) for name in names]
    query = WithheldMessage.select(*columns).where(here & (WithheldMessage.uidvalidity == uidvalidity))
    return list(query.order_by(WithheldMessage.uid).tuples())
