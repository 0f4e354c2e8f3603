"""Reading the outbox: for the sender, the window and the command line (R7.5)."""

from array import array
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from peewee import JOIN, Expression, ModelSelect, fn

from store.actor import Actor
from store.errors import NotFound
from store.models import (
    AddressHold,
    Arrival,
    Attachment,
    LargeMessage,
    Message,
    Outbox,
    OutgoingState,
    RawMessage,
    Ticket,
)
from store.queries import settings
from store.queries.scope import scoped
from store.queries.search import among
from store.rules.clock import is_due, is_recent
from store.rules.outbox import LONGEST_DELAY, repeats_the_mail, tries_within

HOUR = timedelta(hours=1)
# more than one sender sends in an hour
_ANY_NUMBER = 1_000_000


class OutboxRow(NamedTuple):
    """One mail with all that the outbox window shows; times in UTC.  `why` is the code of why this address gets it."""

    id: int
    event: str
    audience: str
    why: str
    ticket: int | None
    to: str
    to_name: str
    subject: str
    state: str
    uncertain: bool
    tries: int
    last_error: str
    next_try: datetime | None
    created: datetime
    sent: datetime | None
    message_id: str
    caused_by: int | None
    version: int


class Hold(NamedTuple):
    """An address that gets nothing until then, since it bounced."""

    email: str
    reason: str
    at: datetime
    until: datetime


class HeldBack(NamedTuple):
    """How many letters are held back, and when the first and the last of them are due."""

    number: int
    first: datetime | None
    last: datetime | None


class Outgoing(NamedTuple):
    """How sending fares, and how many letters wait, failed or are held."""

    last_success: datetime | None
    last_error: str
    last_error_at: datetime | None
    next_try: datetime | None
    token_expires: datetime | None
    queued: int
    failed: int
    held: int


class EnclosedRow(NamedTuple):
    """A file of a message, and the bytes of that message, in which it is the leaf number `part`."""

    name: str
    type: str
    size: int
    part: int
    raw: bytes


def lines(actor: Actor, *, state: str = "", ticket: int | None = None, limit: int | None = None) -> list[OutboxRow]:
    """The mail that the actor may see, newest first; of one state or ticket if asked for."""
    query = _rows(actor)
    if state:
        query = query.where(Outbox.state == state)
    if ticket is not None:
        query = query.where(Outbox.ticket == ticket)
    return [OutboxRow(*row) for row in query.order_by(Outbox.id.desc()).limit(limit).tuples()]


def numbers(actor: Actor, *, state: str = "", ticket: int | None = None) -> "array[int]":
    """The ids of the mail that the actor may see, newest first; of one state or ticket if asked for."""
    query = Outbox.select(Outbox.id).join(Ticket, JOIN.LEFT_OUTER).where(scoped(actor, Ticket))
    if state:
        query = query.where(Outbox.state == state)
    if ticket is not None:
        query = query.where(Outbox.ticket == ticket)
    return array("q", (number for (number,) in query.order_by(Outbox.id.desc()).tuples()))


def some(actor: Actor, ids: Sequence[int]) -> dict[int, OutboxRow]:
    """These mails by id; those that are gone or may not be seen are left out."""
    rows = _rows(actor).where(among(Outbox.id, ids)).tuples()
    return {row[0]: OutboxRow(*row) for row in rows}


def counts(actor: Actor) -> dict[str, int]:
    """How many mails the actor may see in each state in which they want to be seen (R10.1)."""
    wanted = Outbox.state.in_(("queued", "failed", "bounced", "held"))
    query = Outbox.select(Outbox.state, fn.COUNT(Outbox.id)).join(Ticket, JOIN.LEFT_OUTER)
    return dict(query.where(scoped(actor, Ticket) & wanted).group_by(Outbox.state).tuples())


def one(actor: Actor, outbox_id: int) -> OutboxRow:
    """One mail.  Raises NotFound."""
    row = _rows(actor).where(Outbox.id == outbox_id).tuples().first()
    if row is None:
        raise NotFound(f"mail {outbox_id} in the outbox")
    return OutboxRow(*row)


def holds(actor: Actor) -> list[Hold]:
    """The addresses that are held now, of those the actor has written to in tickets that he may see."""
    seen = Outbox.select(Outbox.to_key).join(Ticket, JOIN.LEFT_OUTER).where(scoped(actor, Ticket))
    now = datetime.now(UTC)
    query = AddressHold.select(AddressHold.email, AddressHold.reason, AddressHold.at, AddressHold.until)
    mine = is_on_hold(now) & AddressHold.email_key.in_(seen)
    return [Hold(*row) for row in query.where(mine).order_by(AddressHold.at.desc()).tuples()]


def outgoing() -> Outgoing:
    """How sending fares."""
    row = OutgoingState.get_or_none(OutgoingState.id == 1)
    counts = {state: Outbox.select().where(Outbox.state == state).count() for state in ("queued", "failed", "held")}
    if row is None:
        return Outgoing(None, "", None, None, None, **counts)
    return Outgoing(row.last_success, row.last_error, row.last_error_at, row.next_try, row.token_expires, **counts)


def is_on_hold(now: datetime) -> Expression:
    """Of AddressHold: whether it holds now.  One that was begun by a clock that was ahead does not (D10)."""
    return (AddressHold.until > now) & (AddressHold.at <= now + HOUR)


def is_waiting(now: datetime) -> Expression:
    """Of Outbox: whether it is to be sent now."""
    return (Outbox.state == "queued") & is_due(Outbox.next_try, now, LONGEST_DELAY)


def is_expired(now: datetime) -> Expression:
    """Of Outbox: whether its days are over, and it was tried as often as the back-off does in them (D10)."""
    tries = tries_within(int(settings.one("smtp.expire_days")))
    return (Outbox.state == "queued") & (Outbox.expires <= now) & (Outbox.tries >= tries)


def room_in_hour(now: datetime) -> int:
    """How many letters may still be sent in this hour (R7.2)."""
    most = int(settings.one("smtp.per_hour"))
    if not most:
        return _ANY_NUMBER
    gone = is_recent(Outbox.sent, now, HOUR) | (Outbox.state == "sending")
    return max(0, most - int(Outbox.select().where(gone).count()))


def is_held_and_due(now: datetime) -> Expression:
    """Of Outbox: whether it was held back long enough; while an address is on hold what is for it is not."""
    on_hold = AddressHold.select(AddressHold.email_key).where(is_on_hold(now))
    return (Outbox.state == "held") & is_due(Outbox.next_try, now, HOUR) & Outbox.to_key.not_in(on_hold)


def held(actor: Actor) -> HeldBack:
    """What is held back of the mail that the actor may see."""
    columns = (fn.COUNT(Outbox.id), fn.MIN(Outbox.next_try), fn.MAX(Outbox.next_try))
    query = Outbox.select(*columns).join(Ticket, JOIN.LEFT_OUTER)
    return HeldBack(*query.where((Outbox.state == "held") & scoped(actor, Ticket)).tuples().get())


def has_due(*, fresh: bool = False) -> bool:
    """Whether a letter is to be sent now and may be, or its time is over; `fresh`: one that kept no others waiting."""
    now = datetime.now(UTC)
    waiting = Outbox.select().where(is_waiting(now))
    if fresh:
        waiting = waiting.where(~Outbox.slow)
    if waiting.exists() and room_in_hour(now) > 0:
        return True
    return any(Outbox.select().where(other(now)).exists() for other in (is_expired, is_held_and_due))


def newest() -> int:
    """The number of the letter that was written last, 0 when there is none."""
    return Outbox.select(fn.COALESCE(fn.MAX(Outbox.id), 0)).scalar()  # type: ignore[no-any-return]


def has_work() -> bool:
    """Whether a sender has something to do: a letter is due, or one was left behind by a sender that died."""
    return has_due() or bool(Outbox.select().where(Outbox.state == "sending").exists())


def enclosed(message: int, *, most: int) -> Iterator[EnclosedRow]:
    """What is attached to an agent's own mail and goes on with it, up to `most` bytes together: of what is beyond that
    there are no bytes.  Nothing for others, and of a large message whose beginning alone is in the store."""
    columns = (Attachment.name, Attachment.type, Attachment.size, Attachment.part, RawMessage.data)
    query = Attachment.select(*columns).join(Message).join(RawMessage)
    total = 0
    large = LargeMessage.select(Arrival.written).join(Arrival).where(Arrival.written == message)
    mine = (Message.id == message) & (Message.direction == "out") & ~Attachment.technical & Message.id.not_in(large)
    for name, kind, size, part, raw in query.where(mine).order_by(Attachment.id).tuples():
        if repeats_the_mail(name, kind):
            continue
        fits = total + size <= most
        total += size if fits else 0
        yield EnclosedRow(name, kind, size, part, bytes(raw) if fits else b"")


def are_notifications(message_ids: Collection[str]) -> bool:
    """Whether one of these Message-IDs is that of mail to an administrator, which proves who answers it (R5.8)."""
    theirs = among(Outbox.message_id, message_ids) & (Outbox.audience == "admin")
    return bool(message_ids) and bool(Outbox.select().where(theirs).exists())


def _rows(actor: Actor) -> ModelSelect:
    columns = [getattr(Outbox, name) for name in OutboxRow._fields]
    return Outbox.select(*columns).join(Ticket, JOIN.LEFT_OUTER).where(scoped(actor, Ticket))
