"""What `list THING` can list besides recipients: each thing's keys, and its objects within what the actor may see."""

from collections.abc import Callable, Iterable
from typing import Any

from store import shapes
from store.actor import Actor
from store.queries import lists, tickets
from store.queries.settings import timezone

Shape = dict[str, Any]
Listing = tuple[tuple[str, ...], Iterable[Shape]]

_TICKET = "number subject status customer assignee requester priority group type created updated closed messages"
_MESSAGE = "id ticket direction sender name text attachments message_id created"


def listing(actor: Actor, thing: str) -> Listing:
    """The keys of the objects, in order, and the objects.  Raises Refused where the actor may see none (R10.1)."""
    return _LISTINGS[thing](actor)


def _tickets(actor: Actor) -> Listing:
    return tuple(_TICKET.split()), map(shapes.ticket, tickets.every(actor))


def _messages(actor: Actor) -> Listing:
    return tuple(_MESSAGE.split()), map(shapes.message, tickets.messages(actor))


def _customers(actor: Actor) -> Listing:
    from store.queries.customers import CustomerLine, find

    return CustomerLine._fields, map(shapes.customer, find(actor, limit=None))


def _refused(actor: Actor) -> Listing:
    from store.queries.refused import RefusedLine, every

    return RefusedLine._fields, map(shapes.refused, every(actor))


def _ignored(actor: Actor) -> Listing:
    from store.queries.refused import RefusedLine, every

    keys = tuple(key for key in RefusedLine._fields if key != "rule")
    return keys, map(shapes.ignored, every(actor, kind="ignored"))


def _withheld(actor: Actor) -> Listing:
    from store.queries.withheld import WithheldLine, every

    return WithheldLine._fields, map(shapes.withheld, every(actor))


def _deny(actor: Actor) -> Listing:
    from store.queries.deny import DenyLine, every

    return DenyLine._fields, map(shapes.deny, every(actor, timezone()))


def _outbox(actor: Actor) -> Listing:
    return lists.OutboxLine._fields, map(shapes.outbox, lists.outbox(actor))


def _history(actor: Actor) -> Listing:
    return lists.HistoryLine._fields, map(shapes.history, lists.history(actor))


def _inboxes(actor: Actor) -> Listing:
    return lists.InboxLine._fields[:-2], map(shapes.inbox, lists.inboxes())


def _admins(actor: Actor) -> Listing:
    return lists.AdministratorLine._fields[:-1], map(shapes.administrator, lists.administrators())


def _partners(actor: Actor) -> Listing:
    return ("id", "name"), map(shapes.partner, lists.partners(actor))


_LISTINGS: dict[str, Callable[[Actor], Listing]] = {
    "admins": _admins,
    "customers": _customers,
    "deny": _deny,
    "history": _history,
    "ignored": _ignored,
    "inboxes": _inboxes,
    "messages": _messages,
    "outbox": _outbox,
    "partners": _partners,
    "refused": _refused,
    "tickets": _tickets,
    "withheld": _withheld,
}
