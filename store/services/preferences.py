"""What an administrator chose for himself (R1.5)."""

import json
from collections.abc import Sequence

from peewee import Expression

from store.actor import Actor
from store.columns import CUSTOMER_COLUMNS, HISTORY_COLUMNS, RECIPIENT_COLUMNS, TICKET_COLUMNS, Column, keys_kept, pick
from store.db import transaction
from store.models import Preference
from store.queries.scope import administrator

TABLES = {
    "recipients": RECIPIENT_COLUMNS,
    "tickets": TICKET_COLUMNS,
    "customers": CUSTOMER_COLUMNS,
    "history": HISTORY_COLUMNS,
}


def columns(actor: Actor, table: str = "recipients") -> tuple[Column, ...]:
    """The columns of a table that this administrator sees, in his order; the default ones when he chose none."""
    among = TABLES[table]
    if not actor.is_program:
        row = Preference.get_or_none(_mine(actor, table))
        if row is not None:
            known = {column.key for column in among}
            chosen = pick([key for key in keys_kept(str(row.value)) or () if key in known], among)
            if chosen:
                return chosen
    return tuple(column for column in among if column.shown)


def choose_columns(actor: Actor, keys: Sequence[str], table: str = "recipients") -> tuple[Column, ...]:
    """Keeps which columns are shown, in which order.  Raises BadInput for a key that is none."""
    chosen = pick(list(keys), TABLES[table])
    with transaction():
        Preference.delete().where(_mine(actor, table)).execute()
        value = json.dumps([column.key for column in chosen])
        Preference.create(administrator=administrator(actor).id, key=f"{table}.columns", value=value)
    return chosen


def _mine(actor: Actor, table: str) -> Expression:
    mine = Preference.administrator == administrator(actor).id
    return mine & (Preference.key == f"{table}.columns")
