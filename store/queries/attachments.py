"""What is attached to a ticket's messages, with the bytes to read it from (R11.1)."""

from typing import NamedTuple

from store.actor import Actor
from store.models import Attachment, Message, RawMessage
from store.queries.scope import visible_ticket


class FileLine(NamedTuple):
    """One attachment of a ticket; `size` in bytes, `name` as its sender wrote it."""

    id: int
    name: str
    type: str
    size: int
    message: int


class Source(NamedTuple):
    """Where an attachment's content is: the leaf number `part` of these raw bytes."""

    name: str
    part: int
    raw: bytes


def files(actor: Actor, number: int) -> list[FileLine]:
    """Every attachment of a ticket, the oldest first.  Raises NotFound."""
    visible_ticket(actor, number)
    columns = (Attachment.id, Attachment.name, Attachment.type, Attachment.size, Attachment.message)
    query = Attachment.select(*columns).join(Message).where(Message.ticket == number)
    return [FileLine(*row) for row in query.order_by(Attachment.id).tuples()]


def sources(actor: Actor, number: int, ids: list[int]) -> list[Source]:
    """The raw bytes behind these attachments of a ticket; those whose message was not kept whole are left out."""
    visible_ticket(actor, number)
    columns = (Attachment.name, Attachment.part, RawMessage.data)
    query = Attachment.select(*columns).join(Message).join(RawMessage)
    mine = (Message.ticket == number) & Attachment.id.in_(ids)
    return [Source(name, part, bytes(raw)) for name, part, raw in query.where(mine).order_by(Attachment.id).tuples()]
