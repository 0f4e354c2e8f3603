"""The JSON objects of the command line and of JSON Lines exports; their keys are fixed (R12)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from store.queries.customer_list import CustomerRow
from store.queries.customers import CustomerLine
from store.queries.deny import DenyLine
from store.queries.history_list import Entry
from store.queries.lists import AdministratorLine, HistoryLine, InboxLine, OutboxLine, PartnerLine
from store.queries.recipients import RecipientLine
from store.queries.refused import RefusedLine
from store.queries.tickets import MessageLine, Person, TicketLine
from store.queries.withheld import WithheldLine

Shape = dict[str, Any]
_INBOX_TIMES = ("last_success", "last_error_at", "next_try", "process_from", "token_expires")


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC: `2026-11-23T14:05:00Z`."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recipient(line: RecipientLine) -> Shape:
    """A recipient; `customer` is null when it is not paired."""
    paired = {"id": line.customer_id, "name": line.customer_name, "kind": line.customer_kind}
    return {
        "id": line.id,
        "email": line.email,
        "name": line.name,
        "customer": None if line.customer_id is None else paired,
        "banned": line.banned,
        "denied": line.denied,
        "shared": line.shared,
        "tickets": line.tickets,
        "unassigned_tickets": line.unassigned_tickets,
        "blocked": line.blocked,
        "first_seen": moment(line.first_seen),
        "last_message": moment(line.last_message),
        "inbox": line.inbox,
    }


def ticket(line: TicketLine) -> Shape:
    """A ticket; customer, assignee and requester are objects or null."""
    return {
        "number": line.number,
        "subject": line.subject,
        "status": line.status,
        "customer": _person(line.customer, ("id", "name", "kind")),
        "assignee": None if line.assignee is None else {"login": line.assignee.id, "name": line.assignee.name},
        "requester": None if line.requester is None else _requester(line.requester),
        "priority": line.priority,
        "group": line.group,
        "type": line.type,
        "created": moment(line.created),
        "updated": moment(line.updated),
        "closed": moment(line.closed),
        "messages": line.messages,
    }


def message(line: MessageLine) -> Shape:
    """A message with what is attached to it; with `whole`, all of its text, where something of that was left out."""
    attached = [{"name": a.name, "type": a.type, "size": a.size} for a in line.attachments]
    shape = {**line._asdict(), "attachments": attached, "created": moment(line.created)}
    del shape["authentication"], shape["written_by_nobody"]
    if not line.whole:
        del shape["whole"]
    return shape


def customer(line: CustomerLine) -> Shape:
    """A customer or lead."""
    return line._asdict()


def deny(line: DenyLine) -> Shape:
    """A deny entry."""
    return line._asdict()


def refused(line: RefusedLine) -> Shape:
    """A refused message."""
    return {**line._asdict(), "received": moment(line.received)}


def ignored(line: RefusedLine) -> Shape:
    """An ignored message."""
    shape = refused(line)
    del shape["rule"]
    return shape


def withheld(line: WithheldLine) -> Shape:
    """A message on a server that is not let in."""
    return line._asdict() | {key: moment(getattr(line, key)) for key in ("received", "since", "last_try", "next_try")}


def outbox(line: OutboxLine) -> Shape:
    """A message to be sent, or sent."""
    return line._asdict()


def history(line: HistoryLine | Entry) -> Shape:
    """One change."""
    return {name: getattr(line, name) for name in HistoryLine._fields} | {"at": moment(line.at)}


def customer_row(line: CustomerRow) -> Shape:
    """A customer or lead with what belongs to it."""
    return line._asdict() | {"created": moment(line.created)}


def inbox(line: InboxLine) -> Shape:
    """An inbox and how it fares; `secret` is a reference."""
    times = {key: moment(getattr(line, key)) for key in _INBOX_TIMES}
    shape = {**line._asdict(), **times}
    del shape["version"], shape["not_given"]
    return shape


def administrator(line: AdministratorLine) -> Shape:
    """An administrator; `partner` null means Any."""
    shape = line._asdict()
    del shape["version"]
    return shape


def partner(line: PartnerLine) -> Shape:
    """A partner."""
    return {"id": line.id, "name": line.name}


def _person(person: Person | None, keys: Iterable[str]) -> Shape | None:
    return None if person is None else dict(zip(keys, person, strict=True))


def _requester(person: Person) -> Shape:
    return {"id": person.id, "email": person.detail, "name": person.name}
