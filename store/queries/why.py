"""What was decided about a message, as kept with its outcome, not recomputed (R5.5)."""

import json
from typing import Any

from peewee import JOIN

from store.actor import Actor
from store.cleantext import clean
from store.errors import NotFound
from store.models import Arrival, Ticket
from store.queries.scope import scoped


def decisions(actor: Actor, message_id: str) -> list[dict[str, Any]]:
    """Each arrival of the message with this Message-ID, oldest first: outcome, reason, every check's answer, the ticket
    and the id of the message written into it.

    One that opened or joined no ticket is for those who see all.  Raises NotFound.
    """
    wanted = message_id.strip()
    ids = [wanted, f"<{wanted.strip('<>')}>"]
    rows = Arrival.select().join(Ticket, JOIN.LEFT_OUTER).where(Arrival.message_id.in_(ids) & scoped(actor, Ticket))
    found = [_decision(row) for row in rows.order_by(Arrival.id)]
    if not found:
        raise NotFound(f"message {clean(wanted, limit=100)}")
    return found


def _decision(row: Arrival) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "ticket": row.ticket_id,
        "written": row.written_id,
        **json.loads(row.why),
    }
