"""The columns of the tables, once, for the window, the command line and the exports (R1.1, R11.2)."""

import json
from dataclasses import dataclass
from typing import Literal

from store.errors import BadInput

Kind = Literal["number", "text", "flag", "time"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.  `key` is the JSON and settings name, `width` the cells it would like, `shown` by default."""

    key: str
    title: str
    kind: Kind
    width: int
    shown: bool = True


RECIPIENT_COLUMNS: tuple[Column, ...] = (
    Column("id", "Id", "number", 7),
    Column("email", "Email", "text", 30),
    Column("name", "Name", "text", 20),
    Column("customer", "Pair to Customer / Lead", "text", 24),
    Column("banned", "Banned", "flag", 6),
    Column("denied", "In deny list", "flag", 12),
    Column("shared", "Shared email", "flag", 12),
    Column("tickets", "Tickets", "number", 7, shown=False),
    Column("unassigned_tickets", "Unassigned", "number", 10, shown=False),
    Column("last_message", "Last message", "time", 16, shown=False),
    Column("first_seen", "First seen", "time", 16, shown=False),
    Column("inbox", "Inbox", "text", 14, shown=False),
    Column("blocked", "Blocked", "number", 7, shown=False),
)
TICKET_COLUMNS: tuple[Column, ...] = (
    Column("number", "Ticket", "number", 7),
    Column("subject", "Subject", "text", 36),
    Column("status", "Status", "text", 19),
    Column("requester", "Requester", "text", 18),
    Column("customer", "Customer / Lead", "text", 18),
    Column("assignee", "Assigned to", "text", 12, shown=False),
    Column("priority", "Priority", "text", 8, shown=False),
    Column("group", "Group", "text", 10, shown=False),
    Column("type", "Type", "text", 10, shown=False),
    Column("messages", "Messages", "number", 8),
    Column("created", "Created", "time", 16, shown=False),
    Column("updated", "Updated", "time", 16),
    Column("closed", "Closed", "time", 16, shown=False),
)
CUSTOMER_COLUMNS: tuple[Column, ...] = (
    Column("id", "Id", "number", 6),
    Column("name", "Name", "text", 24),
    Column("kind", "Kind", "text", 8),
    Column("email", "Email", "text", 28),
    Column("login", "Login", "text", 12),
    Column("phone", "Phone", "text", 14),
    Column("partner", "Partner", "text", 14),
    Column("addresses", "Addresses", "number", 9),
    Column("tickets", "Tickets", "number", 7, shown=False),
    Column("billing_email", "Billing email", "text", 24, shown=False),
    Column("external_id", "External id", "text", 12, shown=False),
    Column("created", "Created", "time", 16, shown=False),
)
HISTORY_COLUMNS: tuple[Column, ...] = (
    Column("id", "No.", "number", 6, shown=False),
    Column("at", "When", "time", 16),
    Column("who", "Who", "text", 10),
    Column("what", "What", "text", 10),
    Column("of", "Of", "text", 24),
    Column("changed", "From → to", "text", 40),
    Column("via", "Through", "text", 8, shown=False),
    Column("kind", "Kind", "text", 10, shown=False),
    Column("origin", "From where", "text", 24, shown=False),
    Column("undone", "Undone", "flag", 6),
)


def pick(keys: list[str] | tuple[str, ...], among: tuple[Column, ...] = RECIPIENT_COLUMNS) -> tuple[Column, ...]:
    """The columns of these keys, in this order.  Raises BadInput for a key that is none, naming those that are."""
    known = {column.key: column for column in among}
    for key in keys:
        if key not in known:
            raise BadInput(f"There is no column “{clean_key(key)}”. The columns are: {', '.join(known)}.")
    return tuple(known[key] for key in dict.fromkeys(keys))


def keys_kept(kept: str) -> list[str] | None:
    """The keys of columns as an administrator's choice is kept; None where it cannot be read."""
    try:
        keys = json.loads(kept)
    except (ValueError, RecursionError):
        return None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else None


def clean_key(key: str) -> str:
    """A column name from outside, safe to print."""
    from store.cleantext import clean

    return clean(key, limit=40)
