"""Reading mail that was kept out (R8), refused or ignored: why, and by which rule."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from peewee import JOIN, Expression, ModelSelect, fn

from store.actor import Actor
from store.errors import NotFound
from store.models import Arrival, Inbox, LargeMessage, RawMessage, Recipient, RefusedMessage
from store.queries.scope import rights, scoped
from store.queries.search import among

Kind = Literal["refused", "ignored"]
"""Refused by a rule that somebody made (R8.1); ignored as nobody's or our own (R8.2)."""


class RefusedLine(NamedTuple):
    """One message that was kept out and not released."""

    id: int
    reason: str
    rule: str
    sender: str
    subject: str
    received: datetime


class Original(NamedTuple):
    """A message that was kept out, whole: its bytes, where it lay, which field names its sender there, whether that is
    behind a group.

    `deny_entry` and `banned_id` (a recipient) are what kept it out, where that is still there.  Of a large one `raw` is
    the beginning, `size` its size, and `file` has all of it once that is fetched (THREATS D12).
    """

    line: RefusedLine
    raw: bytes
    inbox: str
    header: str
    behind_group: bool
    uid: int
    deny_entry: int | None
    banned_id: int | None
    size: int
    file: str


def every(actor: Actor, *, limit: int | None = None, kind: Kind = "refused") -> Iterator[RefusedLine]:
    """What was kept out and the actor may see, newest first (R10.1)."""
    return _lines(actor, kind, True, limit)


def numbers(actor: Actor, *, reason: str = "", kind: Kind = "refused") -> "array[int]":
    """The ids of what the actor may see, newest first; of one reason if asked for."""
    query = RefusedMessage.select(RefusedMessage.id).where(_waiting(actor, kind))
    if reason:
        query = query.where(RefusedMessage.reason == reason)
    return array("q", (number for (number,) in query.order_by(RefusedMessage.id.desc()).tuples()))


def some(actor: Actor, ids: Sequence[int], *, kind: Kind = "refused") -> dict[int, RefusedLine]:
    """These by id; those that are gone, released or may not be seen are left out."""
    return {line.id: line for line in _lines(actor, kind, among(RefusedMessage.id, ids), None)}


def counts(actor: Actor, *, kind: Kind = "refused") -> dict[str, int]:
    """How many wait, by reason."""
    query = RefusedMessage.select(RefusedMessage.reason, fn.COUNT(RefusedMessage.id)).where(_waiting(actor, kind))
    return dict(query.group_by(RefusedMessage.reason).tuples())


def by_ban(actor: Actor, recipient_id: int) -> list[int]:
    """What this banned recipient's ban has kept out and is still kept, the oldest first (R2.3)."""
    mine = (RefusedMessage.recipient == recipient_id) & (RefusedMessage.reason == "banned") & _waiting(actor, "refused")
    rows = RefusedMessage.select(RefusedMessage.id).where(mine).order_by(RefusedMessage.id)
    return [number for (number,) in rows.tuples()]


def original(actor: Actor, refused_id: int, *, kind: Kind = "refused") -> Original:
    """One message that was kept out, with its bytes.  Raises NotFound, also when it was released."""
    line = next(_lines(actor, kind, RefusedMessage.id == refused_id, 1), None)
    if line is None:
        raise NotFound(f"{kind} message {refused_id}")
    large = (LargeMessage.size, LargeMessage.file)
    of_inbox = (Inbox.name, Inbox.address_header, Inbox.behind_group)
    columns = (RawMessage.data, *of_inbox, Arrival.uid, RefusedMessage.deny_entry, Recipient.id)
    query = RefusedMessage.select(*columns, *large).join(Arrival).join(RawMessage)
    query = query.switch(Arrival).join(Inbox, JOIN.LEFT_OUTER)
    query = query.switch(Arrival).join(LargeMessage, JOIN.LEFT_OUTER)
    banned = (Recipient.id == RefusedMessage.recipient) & Recipient.banned
    query = query.switch(RefusedMessage).join(Recipient, JOIN.LEFT_OUTER, on=banned)
    found = query.where(RefusedMessage.id == refused_id).tuples().get()
    data, inbox, header, group, uid, entry, banned_id, size, file = found
    return Original(
        line, bytes(data), inbox or "", header or "From", bool(group), uid, entry, banned_id, size or 0, file or ""
    )


def _lines(actor: Actor, kind: Kind, condition: Expression | bool, limit: int | None) -> Iterator[RefusedLine]:
    """The deny list is not for those with a partner: they read that it refused, not which entry did (R10.1)."""
    columns = [getattr(RefusedMessage, name) for name in RefusedLine._fields]
    query: ModelSelect = RefusedMessage.select(*columns).where(_waiting(actor, kind) & condition)
    all_seen = rights(actor).sees_all
    for row in query.order_by(RefusedMessage.id.desc()).limit(limit).tuples().iterator():
        line = RefusedLine(*row)
        yield line if all_seen or line.reason != "denied" else line._replace(rule="Deny list")


def _waiting(actor: Actor, kind: Kind) -> Expression:
    """Not released, and of a sender whom the actor may see."""
    waiting = RefusedMessage.released.is_null() & (RefusedMessage.kind == kind)
    if rights(actor).sees_all:
        return waiting
    return waiting & RefusedMessage.sender_key.in_(
        Recipient.select(Recipient.email_key).where(scoped(actor, Recipient))
    )
