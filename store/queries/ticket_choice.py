"""Finding one ticket to do something with (R11.1)."""

from store.actor import Actor
from store.models import Ticket
from store.queries import tickets
from store.queries.scope import scoped, visible_ticket
from store.queries.search import contains
from store.queries.tickets import TicketLine

_MOST_WORDS = 30


def find(actor: Actor, text: str, *, besides: int, limit: int = 20) -> list[TicketLine]:
    """Tickets with this number first, then those whose subject has every word of `text`, the newest first.

    Without a text those of the customer or requester of ticket `besides`, which is never found itself.
    Raises NotFound when that may not be seen.
    """
    row = visible_ticket(actor, besides)
    query = Ticket.select(Ticket.id).where((Ticket.id != besides) & scoped(actor, Ticket))
    words = text.split()[:_MOST_WORDS]
    if not words:
        query = query.where(Ticket.merged_into.is_null() & _akin(row))
    for word in words:
        query = query.where(contains(Ticket, word))
    found = [number for (number,) in query.order_by(Ticket.id.desc()).limit(limit).tuples()]
    digits = text.strip().removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) < 16 and int(digits) != besides:
        found.insert(0, int(digits))
    lines = tickets.some(actor, found)
    return [lines[number] for number in dict.fromkeys(found) if number in lines][:limit]


def _akin(row: Ticket) -> object:
    """Of the same requester or customer; nothing is akin to a ticket without both."""
    same = [getattr(Ticket, name) == getattr(row, f"{name}_id") for name in ("requester", "customer")]
    known = [test for test, name in zip(same, ("requester", "customer"), strict=True) if getattr(row, f"{name}_id")]
    if not known:
        return Ticket.id.is_null()
    return known[0] | known[-1]
