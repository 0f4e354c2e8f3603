"""What an agent had begun to write, kept until it is sent or thrown away (THREATS T5)."""

from typing import Literal

from store.actor import Actor
from store.cleantext import storable
from store.db import transaction
from store.models import Preference
from store.queries.scope import administrator

Kind = Literal["reply", "note"]


def keep(actor: Actor, number: int, kind: Kind, text: str) -> None:
    """Keeps this text for this administrator and ticket (0: a ticket that is not opened yet); '' keeps nothing."""
    with transaction():
        drop(actor, number, kind)
        if text.strip():
            mine = administrator(actor).id
            Preference.create(administrator=mine, key=_key(number, kind), value=storable(text))


def kept(actor: Actor, number: int, kind: Kind) -> str:
    """The text that was kept last, '' if none."""
    mine = (Preference.administrator == administrator(actor).id) & (Preference.key == _key(number, kind))
    row = Preference.get_or_none(mine)
    return "" if row is None else str(row.value)


def drop(actor: Actor, number: int, kind: Kind) -> None:
    """Forgets the draft: it was sent, or thrown away."""
    if actor.is_program:
        return
    with transaction():
        mine = Preference.administrator == administrator(actor).id
        Preference.delete().where(mine & (Preference.key == _key(number, kind))).execute()


def _key(number: int, kind: Kind) -> str:
    return f"draft.{kind}.{number}"
