"""What a template may say of a ticket (R7.3)."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from store.cleantext import for_mail_line
from store.models import Customer, Message, Recipient
from store.queries.books import Books
from store.rules.remarks import File, named, remark
from store.templates.bounds import LONGEST_FACT_LINE


def facts_of(
    books: Books,
    number: int,
    message: Message | None,
    zone: tzinfo,
    *,
    actor: str = "",
    changes: Sequence[tuple[str, str, str]] = (),
    files: Sequence[File] = (),
) -> dict[str, Any]:
    """What a template may say of a ticket and of a message in it, as written; times in `zone`.

    `files` are the names and types of what is attached to the message.
    """
    ticket = books.tickets[number]
    requester = books.requesters.get(ticket.requester_id)
    customer = books.customers.get(ticket.customer_id)
    assignee = books.administrators.get(ticket.assignee_id)
    shape = {
        "id": ticket.id,
        "number": ticket.id,
        "subject": _line(ticket.subject),
        "status": _line(ticket.status),
        "priority": _line(ticket.priority),
        "group": _line(ticket.ticket_group),
        "type": _line(ticket.ticket_type),
        "created": _stamp(ticket.created, zone),
    }
    return {
        "ticket": shape,
        "customer": _named(customer) if customer else {},
        "requester": {"name": _line(requester.name), "email": _line(requester.email)} if requester else {},
        "assignee": {"name": _line(assignee.name)} if assignee else {},
        "message": _said(books, message, requester, zone, files) if message else {},
        "actor": {"name": _line(actor)},
        "changes": [{"what": what, "before": _line(old), "after": _line(new)} for what, old, new in changes],
    }


def _named(customer: Customer) -> dict[str, object]:
    return {"id": customer.id, "name": _line(customer.name)}


def _said(
    books: Books, message: Message, requester: Recipient | None, zone: tzinfo, files: Sequence[File]
) -> dict[str, str]:
    """An internal note is for administrators: the customers' events are never about one (THREATS O7)."""
    author = books.administrators.get(message.author_id)
    by_requester = requester is not None and message.sender_id == requester.id
    edited = requester.name if requester is not None and by_requester else ""
    name = author.name if author else edited or message.sender_name or message.sender_email
    told = remark(message.text, files) if message.direction == "in" else ""
    return {
        "text": "\n\n".join(filter(None, (told and f"[{_line(told)}]", message.text))),
        "sender": _line(name),
        "created": _stamp(message.created, zone),
        "files": _line(named(files)),
    }


def _line(text: object) -> str:
    """A line end in a name must not make lines of its own in the text."""
    return for_mail_line(text, limit=LONGEST_FACT_LINE)


def _stamp(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
