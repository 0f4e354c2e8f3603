"""What is set up in a way that cannot be used any more: the store was edited by hand, written by another version, or is
on another machine.  Defaults stand for it, and it is said (R12)."""

from collections.abc import Iterator
from shlex import quote
from typing import NamedTuple

from peewee import fn

from store.actor import Actor
from store.cleantext import clean
from store.columns import keys_kept
from store.models import Inbox, Preference
from store.queries import deny, settings
from store.queries.scope import administrator, rights
from store.rules.inboxes import CHOICES, usable


class Unusable(NamedTuple):
    """A sentence that says what, why, and what stands for it; and the command that puts it right."""

    told: str
    remedy: str


def unusable(actor: Actor) -> list[Unusable]:
    """All of it that concerns the actor: the settings first."""
    return [*_settings(), *_inboxes(), *_deny_entries(actor), *_columns(actor)]


def _settings() -> Iterator[Unusable]:
    for one in settings.unusable():
        default = ("off", "on")[one.default] if isinstance(one.default, bool) else str(one.default)
        stands = f"{clean(default, limit=40)} stands for it" if default else "it counts as empty"
        told = f"The setting {one.key} cannot be used, {stands}: {one.problem}"
        yield Unusable(told, f"recipients settings set {one.key} {quote(default)}")


def _inboxes() -> Iterator[Unusable]:
    names = ("name", "port", *CHOICES)
    kind = fn.TYPEOF(Inbox.process_from).coerce(False)
    rows = Inbox.select(*(getattr(Inbox, name) for name in names), kind).order_by(Inbox.name)
    for *fields, moment in rows.tuples():
        kept = dict(zip(names, fields, strict=True))
        found, wrong = usable(kept)
        if moment not in ("integer", "null"):
            found["process_from"], wrong["process_from"] = "none", "no time"
        for key, value in wrong.items():
            words = f"“{clean(value, limit=40)}” cannot be used, {found[key]} stands for it"
            option = {"process_from": "from", "address_header": "header"}.get(key, key)
            remedy = f"recipients inbox edit {quote(kept['name'])} --{option} {found[key]}"
            yield Unusable(f"Inbox {clean(kept['name'])}, {key.replace('_', ' ')}: {words}.", remedy)


def _deny_entries(actor: Actor) -> Iterator[Unusable]:
    """Not for those with a partner, who do not see the list (R10.1)."""
    for entry, fault in deny.faults() if rights(actor).sees_all else ():
        yield Unusable(f"Deny entry {entry.id} catches nothing: {fault}", f"recipients deny remove {entry.id}")


def _columns(actor: Actor) -> Iterator[Unusable]:
    if actor.is_program:
        return
    mine = (Preference.administrator == administrator(actor).id) & Preference.key.endswith(".columns")
    for key, kept in Preference.select(Preference.key, Preference.value).where(mine).tuples():
        if not keys_kept(str(kept)):
            told = f"Your choice of columns of the {key.partition('.')[0]} cannot be read; the usual ones are shown."
            yield Unusable(told, "choose them in the window: C")
