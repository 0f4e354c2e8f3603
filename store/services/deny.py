"""Changing the deny list (R3); *In deny list* follows in the same transaction (R3.3)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from peewee import fn

from store.actor import Actor
from store.cleantext import clean, storable
from store.db import transaction
from store.denylist import Entry, catches, caught, fault_of, matcher
from store.errors import BadField, BadInput, NotFound
from store.models import DenyEntry, Recipient, Setting
from store.queries import deny as read
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.addresses import sender_in
from store.rules.deny import FILTER_TYPES, LOCATIONS
from store.services import history
from store.services.history import Thing

_LONGEST_FILTER = 1_000


def checked(location: str, filter_type: str, text: str) -> Entry:
    """An entry that can be used, not saved yet.  Raises BadInput for a bad location, type, empty text or regex."""
    if location not in LOCATIONS:
        raise BadInput(f"A deny entry's location is one of {', '.join(LOCATIONS)}.")
    if filter_type not in FILTER_TYPES:
        raise BadInput(f"A deny entry's type is one of {', '.join(FILTER_TYPES)}.")
    wanted = storable(text).strip()
    if not wanted:
        raise BadInput("A deny entry needs a filter text; an empty one would refuse every message.")
    if len(wanted) > _LONGEST_FILTER:
        raise BadInput(f"A deny entry's filter text has at most {_LONGEST_FILTER} characters.")
    if (location, filter_type) == ("email", "exact"):
        wanted = _whole_address(wanted)
    matcher(filter_type, wanted)
    return Entry(0, location, filter_type, wanted)


def add(
    actor: Actor, location: str, filter_type: str, text: str, *, rehearse: bool = False, undoing: str = ""
) -> Entry:
    """Adds an entry.  The recipients it catches are found before the write lock is taken, so that others can write.

    `undoing` is the mark of the change that takes a removal back (R10.3).
    Raises BadInput, Refused (exists already, or the actor has a partner).
    """
    entry = Entry(0, location, filter_type, text) if undoing else checked(location, filter_type, text)
    newest = Recipient.select(fn.MAX(Recipient.id)).scalar() or 0
    ids = list(read.caught_recipients(entry)) if location == "email" else []
    with transaction(rehearse=rehearse):
        _insist_on_rights(actor)
        twin = _twin(entry)
        if twin is not None:
            raise refuse("deny-exists", id=twin.id)
        return _insert(actor, entry, [i for i in ids if i <= newest], newest, undoing, undoing=bool(undoing))


def ensure_exact(actor: Actor, email: str, *, change: str) -> int | None:
    """Inside a running transaction: an Exact Email entry for this address; its id, None if there was one (R2.2)."""
    _insist_on_rights(actor)
    entry = Entry(0, "email", "exact", email)
    if _twin(entry) is not None:
        return None
    return _insert(actor, entry, read.caught_recipients(entry), None, change).id


def remove(
    actor: Actor, entry_id: int, *, seen: Entry | None = None, rehearse: bool = False, undoing: str = ""
) -> Entry:
    """Takes an entry off the list; recipients that no other entry catches are in the list no more.

    `undoing` is the mark of the change that takes an addition back (R10.3).  Raises NotFound, Refused, Conflict when
    its number is another entry's than the one that was `seen` (R10.4).
    """
    with transaction(rehearse=rehearse):
        _insist_on_rights(actor)
        row = DenyEntry.get_or_none(DenyEntry.id == entry_id)
        if row is None:
            raise NotFound(f"deny entry {entry_id}")
        entry = read.entry_of(row)
        if seen not in (None, entry):
            raise history.conflict(actor, f"Entry {entry_id}", "deny", entry_id)
        row.delete_instance()
        _raise_version()
        if entry.location == "email":
            _release(entry)
        what = "undo" if undoing else "deny-remove"
        history.record(actor, what, _thing(entry), _fields(entry), None, change=undoing)
    return entry


def is_denied(email: str, email_key: str) -> bool:
    """Whether an Email entry matches this address (R3.3)."""
    return any(catches(entry, (email, email_key)) for entry in read.of_addresses())


def count_hits(entry_ids: Iterable[int], today: str) -> None:
    """One more *Filtered today* and *Filtered total* for each entry (R3.1); `today` is an ISO date."""
    for entry_id in entry_ids:
        DenyEntry.update(
            total=DenyEntry.total + 1,
            today=fn.IIF(DenyEntry.today_date == today, DenyEntry.today + 1, 1),
            today_date=today,
        ).where(DenyEntry.id == entry_id).execute()


def _whole_address(text: str) -> str:
    """What an exact entry with location Email is compared with.  Raises BadField for what no sender can be."""
    try:
        if text.startswith("*@"):  # it could be one, but means a whole domain
            raise BadField("filter", f"“{clean(text, limit=80)}” is no e-mail address.")
        return sender_in(text, "filter")
    except BadField as problem:
        hint = "An exact entry takes one whole address; for a domain take “Ending with” (--type end) and @example.com."
        raise BadField("filter", f"{problem} {hint}") from problem


def _insert(
    actor: Actor,
    entry: Entry,
    caught_ids: Iterable[int],
    newest: int | None,
    change: str,
    *,
    undoing: bool = False,
) -> Entry:
    row = DenyEntry.create(
        location=entry.location,
        filter_type=entry.filter_type,
        filter=entry.filter,
        created=datetime.now(UTC),
        created_by=actor.name,
    )
    _raise_version()
    _mark(list(caught_ids), True)
    if newest is not None and entry.location == "email":
        _mark(list(read.caught_recipients(entry, among=Recipient.id > newest)), True)
    saved = read.entry_of(row)
    history.record(actor, "undo" if undoing else "deny-add", _thing(saved), None, _fields(saved), change=change)
    return saved


def _release(entry: Entry) -> None:
    """Unmarks what `entry` caught and no entry that is left does; the list's removal is in force already."""
    if fault_of(entry):
        return  # it caught nothing
    others = read.of_addresses()
    ids = list(read.caught_recipients(entry, among=Recipient.denied))
    columns = (Recipient.id, Recipient.email, Recipient.email_key)
    for start in range(0, len(ids), 500):
        some = list(Recipient.select(*columns).where(Recipient.id.in_(ids[start : start + 500])).tuples())
        still = {row_id for other in others for row_id in caught(other, some)}
        _mark([row_id for row_id, *_ in some if row_id not in still], False)


def _mark(ids: list[int], denied: bool) -> None:
    for start in range(0, len(ids), 500):
        Recipient.update(denied=denied).where(Recipient.id.in_(ids[start : start + 500])).execute()


def _raise_version() -> None:
    Setting.replace(key=read.VERSION_KEY, value=str(read.version() + 1)).execute()


def _insist_on_rights(actor: Actor) -> None:
    if not rights(actor).sees_all:
        raise refuse("any-only")


def _twin(entry: Entry) -> DenyEntry | None:
    same = (DenyEntry.location == entry.location) & (DenyEntry.filter_type == entry.filter_type)
    return DenyEntry.get_or_none(same & (DenyEntry.filter == entry.filter))  # type: ignore[no-any-return]


def _thing(entry: Entry) -> Thing:
    return Thing("deny", entry.id, f"{LOCATIONS.get(entry.location, entry.location)}: {entry.filter}")


def _fields(entry: Entry) -> dict[str, object]:
    return {"location": entry.location, "filter_type": entry.filter_type, "filter": entry.filter}
