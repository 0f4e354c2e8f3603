"""What an agent's answer to a ticket may quote (R5.8): read in a few queries, bounded, the likeliest first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from store.models import Customer, Message, Outbox, Recipient, Ticket
from store.queries import settings
from store.queries.search import among
from store.rules.alignment import squeezed
from store.rules.introductions import Values
from store.rules.own_words import Known, Sent

TextT = TypeVar("TextT", str, Sent)
_MOST_MAILS, _MOST_MESSAGES = 50, 200
_MOST_CHARACTERS = 300_000  # of each kind: half a second's work, and more than a mail can hold (`templates.bounds`)


def quotable(ticket: int, references: Sequence[str]) -> Known:
    """The notifications that a mail with these references answers, the ticket's others, its notes and its messages."""
    merged = Ticket.select(Ticket.id).where(Ticket.merged_into == ticket)
    answered = among(Outbox.message_id, references)
    about = answered | (Outbox.ticket == ticket) | Outbox.ticket.in_(merged)
    mails = Outbox.select().where(about & (Outbox.audience == "admin")).order_by(answered.desc(), Outbox.id.desc())
    sent = list(mails.limit(_MOST_MAILS))
    said = Message.select(Message.direction, Message.text, Message.subject).where(Message.ticket == ticket)
    messages = list(said.order_by(Message.id.desc()).limit(_MOST_MESSAGES).tuples())
    return Known(
        list(_bounded(Sent(one.subject, one.body) for one in sent)),
        list(_bounded(text for direction, text, _ in messages if direction == "note")),
        list(_bounded([*_facts(ticket), *(text for one in messages if one[0] != "note" for text in one[1:])])),
        _values(sent),
    )


def _bounded(texts: Iterable[TextT]) -> Iterator[TextT]:
    left = _MOST_CHARACTERS
    for text in texts:
        left -= len("".join(text))
        if left < 0:
            return
        yield text


def _facts(ticket: int) -> list[str]:
    """What a customer knows of his ticket without a message."""
    row = Ticket.get_by_id(ticket)
    requester = Recipient.get_or_none(Recipient.id == row.requester_id)
    customer = Customer.get_or_none(Customer.id == row.customer_id)
    people = (f"{one.name} {one.email}" for one in (requester, customer) if one is not None)
    return [row.subject, *people]


def _values(sent: Sequence[Outbox]) -> Values:
    """What the heads of these mails say."""
    now = settings.every()
    addresses = {str(now["smtp.sender_email"]), *(address for one in sent for address in (one.to, one.reply_to))}
    names = {str(now["smtp.sender_name"]), *(one.to_name for one in sent)}
    return Values(
        addresses=frozenset(address.lower() for address in addresses if address),
        names=frozenset(map(squeezed, names)) - {""},
        subjects=frozenset(squeezed(one.subject) for one in sent),
        moments=tuple({moment for one in sent for moment in (one.created, one.sent) if moment is not None}),
        identities=frozenset(one.message_id.strip("<>") for one in sent),
    )
