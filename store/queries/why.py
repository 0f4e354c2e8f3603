"""What was decided about a message, as kept with its outcome, not recomputed (R5.5).

The deny list's entries are for those who may see the list (R10.1).
"""

import json
from collections.abc import Sequence
from typing import Any

from peewee import JOIN

from store.actor import Actor
from store.cleantext import clean
from store.errors import NotFound
from store.models import Arrival, Message, RefusedMessage, Ticket
from store.queries import refused
from store.queries.refused import Kind
from store.queries.scope import rights, scoped, visible_ticket


def decisions(actor: Actor, message_id: str) -> list[dict[str, Any]]:
    """Each arrival of the message with this Message-ID, oldest first: outcome, reason, every check's answer, the ticket
    and the id of the message written into it.

    One that opened or joined no ticket is for those who see all.  Raises NotFound.
    """
    wanted = message_id.strip()
    ids = [wanted, f"<{wanted.strip('<>')}>"]
    rows = Arrival.select().join(Ticket, JOIN.LEFT_OUTER).where(Arrival.message_id.in_(ids) & scoped(actor, Ticket))
    found = [_decision(actor, row) for row in rows.order_by(Arrival.id)]
    if not found:
        raise NotFound(f"message {clean(wanted, limit=100)}")
    return found


def of_messages(actor: Actor, number: int, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The arrivals of these messages of a ticket, oldest first; those written here have none.  Raises NotFound."""
    visible_ticket(actor, number)
    raws = Message.select(Message.raw).where(Message.id.in_(ids) & (Message.ticket == number))
    mine = Arrival.written.in_(ids) & Arrival.raw.in_(raws)
    return [_decision(actor, arrival) for arrival in Arrival.select().where(mine).order_by(Arrival.id)]


def of_refused(actor: Actor, refused_id: int, *, kind: Kind = "refused") -> list[dict[str, Any]]:
    """The arrival of a message that was kept out.  Raises NotFound."""
    if not refused.some(actor, [refused_id], kind=kind):
        raise NotFound(f"{kind} message {refused_id}")
    row = Arrival.select().join(RefusedMessage).where(RefusedMessage.id == refused_id).get()
    return [_decision(actor, row)]


def _decision(actor: Actor, row: Arrival) -> dict[str, Any]:
    kept = json.loads(row.why)
    if not rights(actor).sees_all:
        for one in (kept, kept.get("before", {})):  # before it was released
            one["deny_entries"] = []
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "ticket": row.ticket_id,
        "written": row.written_id,
        **kept,
    }
