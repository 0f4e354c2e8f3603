"""Who would hear of a ticket, read from the tables (R7.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from peewee import Expression, Field

from store.actor import Actor
from store.models import (
    AddressHold,
    Administrator,
    Customer,
    GroupMember,
    Inbox,
    Message,
    Outbox,
    Participant,
    ProfileAddress,
    Recipient,
    Ticket,
    TicketGroup,
)
from store.queries import settings
from store.queries.scope import sees, visible_ticket
from store.rules.addresses import address_key, split_profile
from store.rules.notices import PARTS, Addressee, Circle, Party, may_confirm, plan
from store.rules.settings import Value

_ON_REPLY = ("new_message_customer", "ticket_received_customer")


def reply_audience(actor: Actor, number: int) -> list[Addressee]:
    """Exactly who would get an agent's reply to this ticket, with the events each would get (R7.6).  Raises NotFound.

    Empty while notifications, or those of an agent's reply, are off.
    """
    ticket = visible_ticket(actor, number)
    now = settings.every()
    circle = circle_of(ticket, now, parts=PARTS["new_message_customer"])
    found: dict[str, Addressee] = {}
    for event in _ON_REPLY:
        if not is_on(event, now) or (event == "ticket_received_customer" and not confirms_now(ticket, circle)):
            continue
        for one in plan(event, circle):
            known = found.get(one.key)
            found[one.key] = one if known is None else replace(known, events=(*known.events, event))
    return list(found.values())


def is_on(event: str, now: dict[str, Value]) -> bool:
    """Whether mail of this event is written at all: the master switch, and its own (R7.3)."""
    return bool(now["notifications.enabled"] and now[f"notify.{event}.on"])


def confirms_now(ticket: Ticket, circle: Circle) -> bool:
    """Whether *Request received* is still to be sent for this ticket, and may be (R7.4)."""
    if Outbox.select().where((Outbox.ticket == ticket.id) & (Outbox.event == "ticket_received_customer")).exists():
        return False
    first = Message.select(Message.automatic).where((Message.ticket == ticket.id) & (Message.direction == "in"))
    row = first.order_by(Message.id).first()
    return row is not None and may_confirm(circle, automatic=bool(row.automatic))


def circle_of(ticket: Ticket, now: dict[str, Value], *, parts: Iterable[str]) -> Circle:
    """The parts of a ticket's circle that are asked for."""
    read = {
        "requester": lambda: _recipients(Recipient.id == ticket.requester_id),
        "profile": lambda: _profile(ticket),
        "writers": lambda: _writers(ticket),
        "cc": lambda: _cc(ticket),
        "admins": lambda: _assignee(ticket) or _admin_email(ticket, now),
        "assignee": lambda: _assignee(ticket),
        "group": lambda: _group(ticket),
        "watchers": lambda: _watchers(ticket),
    }
    found = _held({part: read[part]() for part in parts})
    ours = frozenset(key for (key,) in Inbox.select(Inbox.email_key).tuples())
    return Circle(customer=ticket.customer_id, ours=ours, **found)


def _recipients(condition: Expression | Field) -> tuple[Party, ...]:
    return tuple(
        Party(row.email, row.email_key, row.name, row.customer_id, row.banned, row.shared)
        for row in Recipient.select().where(condition).order_by(Recipient.id)
    )


def _profile(ticket: Ticket) -> tuple[Party, ...]:
    """The customer's profile *Email*, as it is written there (R4.12: several, with commas)."""
    customer = Customer.get_or_none((Customer.id == ticket.customer_id) & Customer.deleted.is_null())
    if customer is None:
        return ()
    known = {key for (key,) in ProfileAddress.select(ProfileAddress.email_key).where(_of(customer)).tuples()}
    keys = ((text, address_key(text)) for text in split_profile(customer.email))
    return tuple(_as_known(text, key, customer.name) for text, key in keys if key in known)


def _of(customer: Customer) -> Expression:
    return ProfileAddress.customer == customer.id


def _as_known(email: str, key: str, name: str) -> Party:
    """An address that may be a recipient, too: then what is known of it counts."""
    found = _recipients(Recipient.email_key == key)
    return found[0] if found else Party(email, key, name)


def _writers(ticket: Ticket) -> tuple[Party, ...]:
    if ticket.customer_id is None:
        return ()
    wrote = Message.select(Message.sender).where((Message.ticket == ticket.id) & (Message.direction == "in"))
    return _recipients((Recipient.customer == ticket.customer_id) & Recipient.id.in_(wrote))


def _cc(ticket: Ticket) -> tuple[Party, ...]:
    mine = (Participant.ticket == ticket.id) & (Participant.kind == "cc")
    rows = Participant.select().where(mine).order_by(Participant.id)
    return tuple(_as_known(row.email, row.email_key, "") for row in rows)


def _assignee(ticket: Ticket) -> tuple[Party, ...]:
    return _administrators(ticket, Administrator.id == ticket.assignee_id)


def _admin_email(ticket: Ticket, now: dict[str, Value]) -> tuple[Party, ...]:
    """The SMTP *Admin email*; not if it is that of an administrator who may not see the ticket."""
    email = str(now["smtp.admin_email"])
    key = address_key(email)
    theirs = list(Administrator.select().where((Administrator.email_key == key) & Administrator.active))
    if not key or (theirs and not any(sees(one, ticket.customer_id) for one in theirs)):
        return ()
    return (Party(email, key, theirs[0].name if theirs else ""),)


def _group(ticket: Ticket) -> tuple[Party, ...]:
    members = (
        GroupMember.select(GroupMember.administrator).join(TicketGroup).where(TicketGroup.name == ticket.ticket_group)
    )
    return _administrators(ticket, Administrator.id.in_(members))


def _watchers(ticket: Ticket) -> tuple[Party, ...]:
    mine = (Participant.ticket == ticket.id) & (Participant.kind == "watcher")
    return _administrators(ticket, Administrator.id.in_(Participant.select(Participant.administrator).where(mine)))


def _administrators(ticket: Ticket, condition: Expression) -> tuple[Party, ...]:
    rows = Administrator.select().where(condition & Administrator.active).order_by(Administrator.id)
    return tuple(Party(row.email, row.email_key, row.name) for row in rows if sees(row, ticket.customer_id))


def _held(parts: dict[str, tuple[Party, ...]]) -> dict[str, tuple[Party, ...]]:
    keys = {party.key for found in parts.values() for party in found}
    held = held_keys(list(keys))
    return {name: tuple(replace(party, held=party.key in held) for party in found) for name, found in parts.items()}


def held_keys(keys: Sequence[str]) -> set[str]:
    """Which of these folded addresses get nothing for now, since they bounced."""
    rows = AddressHold.select(AddressHold.email_key).where(AddressHold.email_key.in_(list(keys)))
    return {key for (key,) in rows.where(AddressHold.until > datetime.now(UTC)).tuples()}
