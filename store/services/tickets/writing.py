"""Replies, notes, and tickets that agents open (R6.3, R7.4, R11.1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import Actor
from store.cleantext import storable
from store.db import transaction
from store.errors import BadInput
from store.models import Administrator, Ticket
from store.queries import settings
from store.queries.tickets import state_of
from store.rules import ticket as rule
from store.rules.addresses import keys_named
from store.rules.text import search_text
from store.services import drafts, history
from store.services.notices import News, announce
from store.services.pairing import live_customer
from store.services.tickets.row import (
    add_message,
    after_reply,
    assignable,
    author_of,
    insist,
    locked,
    record,
    thing,
    write,
    written,
)


@dataclass(frozen=True, slots=True)
class Replied:
    """The ticket, the message, and the addresses that will get it."""

    number: int
    message: int
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """The ticket and the note."""

    number: int
    message: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The new ticket and the addresses that will hear of it."""

    number: int
    to: tuple[str, ...]


def reply(
    actor: Actor,
    number: int,
    text: str,
    *,
    without: Collection[str] = (),
    seen: int | None = None,
    rehearse: bool = False,
) -> Replied:
    """An agent's public reply: into the ticket, and on to its customer (R7.4).  The kept draft is done with.

    `without` are addresses that must not get it.  Raises BadInput for an empty text, Refused, NotFound, Conflict.
    """
    kept = written(text, "reply")
    with transaction(rehearse=rehearse):
        row = locked(actor, number, seen)
        insist(rule.why_not_write(state_of(row)), number, into=row.merged_into_id)
        author = author_of(actor)
        message = add_message(row, "out", kept, author)
        record(actor, "reply", row, after_reply(row), history.new_change())
        to = announce(news_of_reply(number, message, author, without))
        drafts.drop(actor, number, "reply")
    return Replied(number, message, to)


def note(actor: Actor, number: int, text: str, *, rehearse: bool = False) -> Noted:
    """An internal note: administrators read it, nobody else (THREATS O7).  Raises BadInput, Refused, NotFound."""
    kept = written(text, "note")
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        insist(rule.why_not_write(state_of(row)), number, into=row.merged_into_id)
        author = author_of(actor)
        message = add_message(row, "note", kept, author)
        write(row, {})
        history.record(actor, "note", thing(number), None, {"message": message})
        announce([_news(event, number, message, author) for event in ("new_note_admin", "watchers")])
        drafts.drop(actor, number, "note")
    return Noted(number, message)


def open_for_customer(
    actor: Actor, subject: str, customer_id: int, text: str, *, assignee: str | None = None, rehearse: bool = False
) -> Opened:
    """A ticket that an agent opens for a customer; its text goes to the customer's profile e-mail (R7.3).

    Raises BadInput for an empty subject or text, NotFound, Refused when the assignee may not see it (R10.1).
    """
    kept, title = written(text, "message"), storable(subject).strip()
    if not title:
        raise BadInput("A ticket needs a subject. Write one line that says what it is about.")
    with transaction(rehearse=rehearse):
        customer = live_customer(actor, customer_id)
        chosen = assignable(assignee, customer.id) if assignee else None
        author = author_of(actor)
        now = datetime.now(UTC)
        status = str(settings.one("status.new"))
        row = Ticket.create(
            subject=title,
            search=search_text(title),
            status=status,
            customer=customer.id,
            assignee=chosen and chosen.id,
            created=now,
            updated=now,
        )
        message = add_message(row, "out", kept, author, subject=title)
        after = {"subject": title, "status": status, "customer_id": customer.id, "assignee_id": row.assignee_id}
        history.record(actor, "open", thing(row.id), None, after)
        events = ("new_ticket_customer", "new_ticket_admin", *(("assigned_admin",) if chosen else ()))
        to = announce([_news(event, row.id, message, author) for event in events])
    return Opened(row.id, to)


def news_of_reply(number: int, message: int, author: Administrator | None, without: Collection[str] = ()) -> list[News]:
    """What an agent's public reply tells: *Request received* first, if it is still due (R7.4).

    `without` are the addresses that hear nothing of it.  Raises BadField for one that is none: it would hear.
    """
    unticked = frozenset(key for one in without for key in keys_named(one, "without"))
    events = ("ticket_received_customer", "new_message_customer", "watchers")
    return [_news(event, number, message, author, unticked) for event in events]


def _news(
    event: str, number: int, message: int, author: Administrator | None, without: frozenset[str] = frozenset()
) -> News:
    """An administrator's own address hears nothing of what he did himself."""
    mine = {author.email_key} if author is not None and event.endswith(("_admin", "watchers")) else set()
    name = author.name if author is not None else ""
    return News(event, number, message, actor=name, without=without | mine)
