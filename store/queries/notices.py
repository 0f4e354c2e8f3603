"""Who would hear of an agent's reply, before it is sent (R7.6)."""

from dataclasses import replace

from store.actor import Actor
from store.queries import settings
from store.queries.books import Books, holds_until
from store.queries.scope import visible_ticket
from store.rules.notices import PARTS, Addressee, Circle, plan, warned
from store.rules.settings import Value

_ON_REPLY = ("new_message_customer", "ticket_received_customer")


def reply_audience(actor: Actor, number: int) -> list[Addressee]:
    """Exactly who would get an agent's reply to this ticket, with the events each would get (R7.6).  Raises NotFound.

    Empty while notifications, or those of an agent's reply, are off.
    """
    visible_ticket(actor, number)
    books = Books([number], settings.every())
    circle = books.circle(number, PARTS["new_message_customer"])
    found: dict[str, Addressee] = {}
    for event in _ON_REPLY:
        if is_on(event, books.now) and not (event == "ticket_received_customer" and not books.confirms(number, circle)):
            for one in _planned(event, circle):
                known = found.get(one.key)
                found[one.key] = one if known is None else replace(known, events=(*known.events, event))
    return list(found.values())


def is_on(event: str, now: dict[str, Value]) -> bool:
    """Whether mail of this event is written at all: the master switch, and its own (R7.3)."""
    return bool(now["notifications.enabled"] and now[f"notify.{event}.on"])


def _planned(event: str, circle: Circle) -> list[Addressee]:
    planned = plan(event, circle)
    held = holds_until([one.key for one in planned])
    return [warned(one, "bounced") if one.key in held else one for one in planned]
