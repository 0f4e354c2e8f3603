"""What a template may say of a ticket (R7.3)."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from store.cleantext import clean
from store.models import Customer, Message, Recipient
from store.queries.books import Books


def facts_of(
    books: Books,
    number: int,
    message: Message | None,
    zone: tzinfo,
    *,
    actor: str = "",
    changes: Sequence[tuple[str, str, str]] = (),
) -> dict[str, Any]:
    """What a template may say of a ticket and of a message in it; times in `zone`."""
    ticket = books.tickets[number]
    requester = books.requesters.get(ticket.requester_id)
    customer = books.customers.get(ticket.customer_id)
    assignee = books.administrators.get(ticket.assignee_id)
    shape = {
        "id": ticket.id,
        "number": ticket.id,
        "subject": clean(ticket.subject),
        "status": clean(ticket.status),
        "priority": clean(ticket.priority),
        "group": clean(ticket.ticket_group),
        "type": clean(ticket.ticket_type),
        "created": _stamp(ticket.created, zone),
    }
    return {
        "ticket": shape,
        "customer": _named(customer) if customer else {},
        "requester": {"name": clean(requester.name), "email": clean(requester.email)} if requester else {},
        "assignee": {"name": clean(assignee.name)} if assignee else {},
        "message": _said(books, message, requester, zone) if message else {},
        "actor": {"name": clean(actor)},
        "changes": [{"what": what, "before": clean(old), "after": clean(new)} for what, old, new in changes],
    }


def _named(customer: Customer) -> dict[str, object]:
    return {"id": customer.id, "name": clean(customer.name)}


def _said(books: Books, message: Message, requester: Recipient | None, zone: tzinfo) -> dict[str, str]:
    """An internal note is for administrators: the customers' events are never about one (THREATS O7)."""
    author = books.administrators.get(message.author_id)
    by_requester = requester is not None and message.sender_id == requester.id
    edited = requester.name if requester is not None and by_requester else ""
    name = author.name if author else edited or message.sender_name or message.sender_email
    text = clean(message.text, one_line=False, limit=None)
    return {"text": text, "sender": clean(name), "created": _stamp(message.created, zone)}


def _stamp(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
