"""The Recipients columns, once, for the table, the command line and the exports (R1.1)."""

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
_BY_KEY = {column.key: column for column in RECIPIENT_COLUMNS}
DEFAULT_KEYS: tuple[str, ...] = tuple(column.key for column in RECIPIENT_COLUMNS if column.shown)


def pick(keys: list[str] | tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of these keys, in this order.  Raises BadInput for a key that is none, naming those that are."""
    for key in keys:
        if key not in _BY_KEY:
            raise BadInput(f"There is no column “{clean_key(key)}”. The columns are: {', '.join(_BY_KEY)}.")
    return tuple(_BY_KEY[key] for key in dict.fromkeys(keys))


def clean_key(key: str) -> str:
    """A column name from outside, safe to print."""
    from store.cleantext import clean

    return clean(key, limit=40)
