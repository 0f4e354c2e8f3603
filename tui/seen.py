"""A recipient as the window holds it: its row, and what the rules need to know of it."""

from collections.abc import Sequence
from typing import NamedTuple

from store.actor import Actor
from store.errors import NotFound
from store.queries import recipients
from store.queries.recipients import RecipientLine
from store.rules.pairing import SenderState


class Seen(NamedTuple):
    """What a person looks at when choosing an action; `line.version` is what the services compare (R10.4)."""

    line: RecipientLine
    state: SenderState


def seen(actor: Actor, ids: Sequence[int]) -> dict[int, Seen]:
    """These recipients; those that are gone or may not be seen are left out."""
    lines = recipients.rows(actor, ids)
    states = recipients.states(lines.values())
    return {row_id: Seen(line, states[row_id]) for row_id, line in lines.items()}


def see(actor: Actor, row_id: int) -> Seen:
    """One recipient.  Raises NotFound."""
    found = seen(actor, [row_id]).get(row_id)
    if found is None:
        raise NotFound(f"recipient {row_id}")
    return found
