"""What a template may say of a ticket, read from the tables (R7.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from store.cleantext import clean
from store.models import Administrator, Customer, Message, Recipient, Ticket
from store.queries import settings


def facts_of(
    ticket: Ticket, *, message: int | None, actor: str = "", changes: Sequence[tuple[str, str, str]] = ()
) -> dict[str, Any]:
    """What a template may say of a ticket (R7.3)."""
    requester = Recipient.get_or_none(Recipient.id == ticket.requester_id)
    customer = Customer.get_or_none(Customer.id == ticket.customer_id)
    assignee = Administrator.get_or_none(Administrator.id == ticket.assignee_id)
    about = Message.get_or_none(Message.id == message)
    shape = {
        "id": ticket.id,
        "number": ticket.id,
        "subject": clean(ticket.subject),
        "status": clean(ticket.status),
        "priority": clean(ticket.priority),
        "group": clean(ticket.ticket_group),
        "type": clean(ticket.ticket_type),
        "created": _stamp(ticket.created),
    }
    return {
        "ticket": shape,
        "customer": _named(customer) if customer else {},
        "requester": {"name": clean(requester.name), "email": clean(requester.email)} if requester else {},
        "assignee": {"name": clean(assignee.name)} if assignee else {},
        "message": _said(about) if about else {},
        "actor": {"name": clean(actor)},
        "changes": [{"what": what, "before": clean(old), "after": clean(new)} for what, old, new in changes],
    }


def _named(customer: Customer) -> dict[str, object]:
    return {"id": customer.id, "name": clean(customer.name)}


def _said(message: Message) -> dict[str, str]:
    """An internal note is for administrators: the customers' events are never about one (THREATS O7)."""
    sender = Recipient.get_or_none(Recipient.id == message.sender_id)
    author = Administrator.get_or_none(Administrator.id == message.author_id)
    name = author.name if author else sender.name if sender else message.sender_name or message.sender_email
    text = clean(message.text, one_line=False, limit=None)
    return {"text": text, "sender": clean(name), "created": _stamp(message.created)}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(settings.timezone()).strftime("%Y-%m-%d %H:%M")
