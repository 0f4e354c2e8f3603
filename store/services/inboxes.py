"""Adding, changing and removing inboxes, and how intake fares in them (R5.1)."""

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime

from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import BadInput, NotFound
from store.models import Arrival, Inbox, InboxState, LargeMessage
from store.queries.intake import InboxSettings, settings_from
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.addresses import address_in, address_key
from store.rules.inboxes import CHOICES, PORTS, is_port, usable
from store.rules.secrets import insist_on_reference
from store.services import history, withheld
from store.services.history import Thing, conflict
from store.services.people import insist_on_super

_PLACE = {"email", "username", "host", "port", "folder"}
_CHOICE = {"process", "process_from"}
_UIDVALIDITIES = 1 << 32  # they are 32-bit numbers (RFC 9051, 2.3.1.1)


def add(actor: Actor, name: str, values: Mapping[str, object], *, force: bool = False) -> Inbox:
    """Adds an inbox from the columns given; the rest take the defaults of R5.2.

    `force` allows security none to a host that is not loopback.  Raises BadInput, Refused (exists, rights).
    """
    with transaction():
        insist_on_super(actor)
        cleaned = field_text(name, limit=60)
        if not cleaned:
            raise BadInput("An inbox needs a name.")
        if Inbox.select().where(Inbox.name == cleaned).exists():
            raise refuse("inbox-exists", name=cleaned)
        fields = _checked(values, force=force)
        fields.setdefault("port", PORTS[str(fields.get("security", "tls"))])
        for needed in ("email", "host"):
            if not fields.get(needed):
                raise BadInput(f"An inbox needs --{needed}.")
        row: Inbox = Inbox.create(name=cleaned, **fields)
        InboxState.create(inbox=row.id)
        history.record(actor, "add", Thing("inbox", row.id, cleaned), None, fields)
        return row


def edit(
    actor: Actor, name: str, values: Mapping[str, object], *, force: bool = False, seen: int | None = None
) -> Inbox:
    """Changes the columns given.  Raises BadInput, NotFound, Refused, Conflict (`seen` is the version looked at)."""
    with transaction():
        insist_on_super(actor)
        row = named(name)
        if seen is not None and row.version != seen:
            raise conflict(actor, f"The inbox {clean(name)}", "inbox", row.id)
        now, _ = usable({"security": row.security, "host": row.host})
        fields = _checked({**now, **values}, force=force)
        before = {key: getattr(row, key) for key in fields}
        changed = {key: value for key, value in fields.items() if before[key] != value}
        if changed:
            Inbox.update(**changed, version=Inbox.version + 1).where(Inbox.id == row.id).execute()
            if changed.keys() & _PLACE:
                withheld.leave_elsewhere(row, None, "its inbox reads another mailbox")
                _start_afresh(row.id)
            elif changed.keys() & _CHOICE:  # what was passed over may be wanted now
                InboxState.update(last_uid=0).where(InboxState.inbox == row.id).execute()
            old = {key: before[key] for key in changed}
            history.record(actor, "edit", Thing("inbox", row.id, row.name), old, changed)
        elif fields:  # what could not be read counts as what stands for it (`store.queries.unusable`)
            Inbox.update(**fields).where(Inbox.id == row.id).execute()
        return Inbox.get_by_id(row.id)  # type: ignore[no-any-return]


def _start_afresh(inbox_id: int) -> None:
    """Another mailbox may number its messages like the one before: look at all of it, and let none of its UIDs pass for
    one that was settled.  What was settled keeps its bytes to be known by, as after a change of UIDVALIDITY (D4)."""
    Arrival.update(uidvalidity=Arrival.uidvalidity - _UIDVALIDITIES).where(Arrival.inbox == inbox_id).execute()
    theirs = LargeMessage.arrival.in_(Arrival.select(Arrival.id).where(Arrival.inbox == inbox_id))
    LargeMessage.update(uidvalidity=LargeMessage.uidvalidity - _UIDVALIDITIES).where(theirs).execute()
    InboxState.update(uidvalidity=0, last_uid=0).where(InboxState.inbox == inbox_id).execute()


def unsaved(actor: Actor, name: str, values: Mapping[str, object], *, force: bool = False) -> InboxSettings:
    """The settings that an inbox would have with these columns, to try them before anything is saved (R5.1).

    Raises BadInput, Refused (rights).
    """
    insist_on_super(actor)
    row = Inbox.get_or_none(Inbox.name == name) or Inbox(name=clean(name, limit=60).strip())
    for key, value in _checked({"security": row.security, "host": row.host, **values}, force=force).items():
        setattr(row, key, value)
    return settings_from(row)


def retry(actor: Actor, name: str) -> int:
    """Has all withheld messages of an inbox tried again at once (R5.11); how many there are.

    Raises NotFound, Refused for an administrator of one partner: whose they are is not known (R10.1).
    """
    with transaction():
        if not rights(actor).sees_all:
            raise refuse("withheld")
        row = named(name)
        count = withheld.ask(row)
        if count:
            Inbox.update(retry_asked=datetime.now(UTC)).where(Inbox.id == row.id).execute()
            history.record(actor, "retry", Thing("inbox", row.id, row.name), None, {"withheld": count})
        return count


def remove(actor: Actor, name: str) -> None:
    """Takes an inbox off; its tickets stay.  Raises NotFound, Refused."""
    with transaction():
        insist_on_super(actor)
        row = named(name)
        withheld.leave_elsewhere(row, None, "its inbox was removed")
        fields = {field: getattr(row, field) for field in ("email", "host", "port", "folder")}
        history.record(actor, "remove", Thing("inbox", row.id, row.name), fields, None)
        row.delete_instance()


def named(name: str) -> Inbox:
    """The inbox of this name.  Raises NotFound."""
    row = Inbox.get_or_none(Inbox.name == name)
    if row is None:
        raise NotFound(f"inbox {clean(name)}")
    return row  # type: ignore[no-any-return]


def succeeded(inbox_id: int, *, next_try: datetime, complaint: str = "") -> None:
    """Notes that a round of this inbox brought all its mail; `complaint` is what the server refused nevertheless."""
    now = datetime.now(UTC)
    with transaction():
        trouble = {"last_error": clean(complaint), "last_error_at": now if complaint else None}
        fields = {"last_success": now, "next_try": next_try, **trouble}
        InboxState.update(**fields).where(InboxState.inbox == inbox_id).execute()


def note_token(inbox_id: int, expires: datetime | None) -> None:
    """Keeps until when the token holds that signed in last; None: a password did, or it is not known."""
    row = InboxState.get_or_none(InboxState.inbox == inbox_id)
    if row is not None and row.token_expires != expires:
        with transaction():
            InboxState.update(token_expires=expires).where(InboxState.inbox == inbox_id).execute()


def failed(inbox_id: int, error: str, *, next_try: datetime) -> None:
    """Notes what went wrong in this inbox, in words, and when it is tried next (N1)."""
    with transaction():
        fields = {"last_error": clean(error), "last_error_at": datetime.now(UTC), "next_try": next_try}
        InboxState.update(**fields).where(InboxState.inbox == inbox_id).execute()


def _checked(values: Mapping[str, object], *, force: bool) -> dict[str, object]:
    fields = dict(values)
    for key, choices in CHOICES.items():
        if key in fields and fields[key] not in choices:
            raise BadInput(f"{key.replace('_', ' ')} is one of {', '.join(choices)}.")
    for key in ("host", "username", "folder", "secret", "ca_file"):
        if any(not char.isprintable() for char in str(fields.get(key, ""))):
            raise BadInput(f"{key} has a control character in it, which no mail server takes.")
    if "email" in fields:
        fields["email"] = address_in(str(fields["email"]))
        fields["email_key"] = address_key(str(fields["email"]))
    if "port" in fields and not is_port(fields["port"]):
        raise BadInput("A port lies between 1 and 65535.")
    insist_on_reference(str(fields.get("secret", "")))
    if fields.get("security") == "none" and not force and not is_loopback(str(fields.get("host", ""))):
        raise BadInput(
            "Without TLS the password would cross the network readable. Use --security tls or starttls, or --force."
        )
    return fields


def moment(text: str) -> datetime | None:
    """The moment from which mail is processed, as people write it; None for all.  Raises BadInput."""
    if text.strip() in ("", "none"):
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        told = f"A date or time is written like 2026-01-31T08:00 (UTC), not “{clean(text, limit=60)}”."
        raise BadInput(told) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in ("localhost", "localhost.localdomain")
