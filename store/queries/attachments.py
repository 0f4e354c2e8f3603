"""What is attached to a ticket's messages, with the bytes to read it from (R11.1)."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from store.actor import Actor
from store.models import Arrival, Attachment, LargeMessage, Message, RawMessage
from store.queries.scope import visible_ticket
from store.queries.search import among


class FileLine(NamedTuple):
    """One attachment of a ticket; `size` in bytes, `name` as its sender wrote it."""

    id: int
    name: str
    type: str
    size: int
    message: int


class Source(NamedTuple):
    """Where an attachment's content is: the leaf number `part` of these raw bytes, or of a large message's `file` in
    the store's folder."""

    name: str
    part: int
    raw: bytes
    file: str = ""


def files(actor: Actor, number: int) -> list[FileLine]:
    """Every attachment of a ticket, the oldest first.  Raises NotFound."""
    visible_ticket(actor, number)
    columns = (Attachment.id, Attachment.name, Attachment.type, Attachment.size, Attachment.message)
    query = Attachment.select(*columns).join(Message).where(Message.ticket == number)
    return [FileLine(*row) for row in query.order_by(Attachment.id).tuples()]


def named_in(messages: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """The names and types of the files of these messages, by message."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Attachment.select(Attachment.message, Attachment.name, Attachment.type).order_by(Attachment.id)
    for message, name, kind in rows.where(among(Attachment.message, messages)).tuples():
        found[message].append((name, kind))
    return found


def sources(actor: Actor, number: int, ids: list[int]) -> list[Source]:
    """Where these attachments of a ticket are; those whose message was not kept whole are left out."""
    visible_ticket(actor, number)
    large = _files_of(number)
    columns = (Attachment.name, Attachment.part, Message.id, RawMessage.id)
    query = Attachment.select(*columns).join(Message).join(RawMessage)
    mine = (Message.ticket == number) & Attachment.id.in_(ids)
    return [
        Source(name, part, b"" if message in large else _raw(raw), large.get(message, ""))
        for name, part, message, raw in query.where(mine).order_by(Attachment.id).tuples()
    ]


def _raw(raw_id: int) -> bytes:
    return bytes(RawMessage.get_by_id(raw_id).data)


def _files_of(number: int) -> dict[int, str]:
    """The files of a ticket's large messages."""
    raws = Message.select(Message.raw).where(Message.ticket == number)
    query = LargeMessage.select(Arrival.written, LargeMessage.file).join(Arrival)
    return dict(query.where(Arrival.raw.in_(raws) & (LargeMessage.state == "done")).tuples())
