"""Free text → SQL, over the folded `search` columns and their trigram index."""

import json
from collections.abc import Iterable

from peewee import SQL, Expression, Field, fn

from store.cleantext import storable
from store.models import Base, Customer, Recipient, Ticket
from store.rules.deny import fold

_SHORTEST_INDEXED = 3
_INDEXES = {Recipient: "recipient_search", Customer: "customer_search", Ticket: "ticket_search"}


def among(field: Field, values: Iterable[object]) -> Expression:
    """`field IN values`, bound as one JSON text: a page of ids is ready in half the time of a placeholder for each."""
    return field.in_(SQL("(SELECT value FROM json_each(?))", (json.dumps(list(values)),)))


def contains(table: type[Base], word: str) -> Expression:
    """Rows of Recipient, Customer or Ticket whose search text has this word in it, however it is cased or composed.

    From three characters on the trigram index answers; shorter ones are looked for row by row, which finds a first
    page at once.
    """
    folded = _folded(word)
    if not is_indexed(word):
        return fn.INSTR(table.search, folded) > 0
    name = _INDEXES[table]
    quoted = '"' + folded.replace('"', '""') + '"'
    return table.id.in_(SQL(f"(SELECT rowid FROM {name} WHERE {name} MATCH ?)", (quoted,)))


def is_indexed(word: str) -> bool:
    """Whether the trigram index answers for this word."""
    return len(_folded(word)) >= _SHORTEST_INDEXED


def _folded(word: str) -> str:
    return storable(fold(word))  # a NUL would end SQLite's string in the middle
