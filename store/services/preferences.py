"""What an administrator chose for himself (R1.5)."""

import json
from collections.abc import Sequence

from store.actor import Actor
from store.columns import RECIPIENT_COLUMNS, Column, pick
from store.db import transaction
from store.models import Preference
from store.queries.scope import administrator

_COLUMNS = "recipients.columns"


def columns(actor: Actor) -> tuple[Column, ...]:
    """The Recipients columns this administrator sees, in his order; the default ones when he chose none."""
    if not actor.is_program:
        mine = (Preference.administrator == administrator(actor).id) & (Preference.key == _COLUMNS)
        row = Preference.get_or_none(mine)
        if row is not None:
            known = {column.key for column in RECIPIENT_COLUMNS}
            chosen = pick([key for key in json.loads(row.value) if key in known])
            if chosen:
                return chosen
    return tuple(column for column in RECIPIENT_COLUMNS if column.shown)


def choose_columns(actor: Actor, keys: Sequence[str]) -> tuple[Column, ...]:
    """Keeps which columns are shown, in which order.  Raises BadInput for a key that is none."""
    chosen = pick(list(keys))
    with transaction():
        identity = administrator(actor).id
        Preference.delete().where((Preference.administrator == identity) & (Preference.key == _COLUMNS)).execute()
        value = json.dumps([column.key for column in chosen])
        Preference.create(administrator=identity, key=_COLUMNS, value=value)
    return chosen
