"""What the mail side has to know: the inboxes to poll, and what is settled but perhaps not flagged yet."""

from array import array
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from peewee import Expression, Field

from store.cleantext import clean
from store.errors import NotFound
from store.models import Arrival, Inbox, InboxState
from store.queries import settings
from store.queries.own import own_addresses
from store.rules.addresses import OwnAddresses, address_key
from store.rules.inboxes import usable


class InboxSettings(NamedTuple):
    """One enabled inbox (R5.1).  `secret` is a reference, `process_from` UTC or None; `version` rises with each edit,
    `retry_asked` when withheld mail is to be tried again.

    `largest_bytes`, `poll_seconds`, `authserv_ids` and `authserv_hops` are the common settings, `own` the addresses
    that are ours.
    """

    id: int
    version: int
    name: str
    email: str
    username: str
    secret: str
    host: str
    port: int
    security: str
    check_certificate: bool
    ca_file: str
    folder: str
    process: str
    process_from: datetime | None
    mark_read: bool
    address_header: str
    auth: str
    behind_group: bool
    retry_asked: datetime | None
    largest_bytes: int
    poll_seconds: int
    authserv_ids: tuple[str, ...]
    authserv_hops: int
    own: OwnAddresses


def inboxes_to_poll() -> list[InboxSettings]:
    """Every enabled inbox by name; none while the setting `inboxes.enabled` is off."""
    return _settings(Inbox.enabled) if settings.one("inboxes.enabled") else []


def settings_of(name: str) -> InboxSettings:
    """One inbox by its name, enabled or not.  Raises NotFound."""
    found = _settings(Inbox.name == name)
    if not found:
        raise NotFound(f"inbox {clean(name)}")
    return found[0]


def inbox_of(email: str) -> str | None:
    """The name of the inbox with this address."""
    row = Inbox.get_or_none(Inbox.email_key == address_key(email))
    return None if row is None else str(row.name)


def perhaps_unflagged(inbox_id: int, *, limit: int = 2_000) -> list[int]:
    """UIDs settled since the last round that ended well, newest first: a kill may have come before the flag (D1)."""
    state = InboxState.get_or_none(InboxState.inbox == inbox_id)
    inbox = Inbox.get_or_none(Inbox.id == inbox_id)
    if state is None or inbox is None:
        return []
    newest = (
        Arrival.select(Arrival.uid, Arrival.settled)
        .where(
            (Arrival.inbox == inbox_id) & (Arrival.folder == inbox.folder) & (Arrival.uidvalidity == state.uidvalidity)
        )
        .order_by(Arrival.uid.desc())
        .limit(limit)
    )
    # a clock that stepped back since then: that round tells nothing of what was flagged (D10)
    since = state.last_success if state.last_success and state.last_success <= datetime.now(UTC) else None
    return [uid for uid, settled in newest.tuples() if since is None or settled > since]


def settled_above(inbox: InboxSettings, uidvalidity: int, cursor: int) -> "array[int]":
    """The UIDs of this mailbox above the cursor that are settled, ascending."""
    query = Arrival.select(Arrival.uid).where(_of(inbox, uidvalidity) & (Arrival.uid > cursor))
    return array("q", (uid for (uid,) in query.order_by(Arrival.uid).tuples().iterator()))


def settled_here(inbox: InboxSettings, uidvalidity: int) -> int:
    """How many messages of this mailbox are settled."""
    return int(Arrival.select().where(_of(inbox, uidvalidity)).count())


def outcomes(inbox: InboxSettings, uidvalidity: int, first: int, last: int) -> dict[int, str]:
    """By UID from `first` to `last`, what became of this mailbox's messages: imported, refused, ignored, duplicate,
    report or unreadable."""
    here = _of(inbox, uidvalidity) & Arrival.uid.between(first, last)
    rows = Arrival.select(Arrival.uid, Arrival.outcome, Arrival.reason, Arrival.unreadable).where(here)
    return {uid: _kind(outcome, reason, unreadable) for uid, outcome, reason, unreadable in rows.tuples()}


def _of(inbox: InboxSettings, uidvalidity: int) -> Expression:
    return (Arrival.inbox == inbox.id) & (Arrival.folder == inbox.folder) & (Arrival.uidvalidity == uidvalidity)


def _kind(outcome: str, reason: str, unreadable: str) -> str:
    if outcome in ("opened", "joined"):
        return "unreadable" if unreadable else "imported"
    return "duplicate" if (outcome, reason) == ("ignored", "duplicate") else outcome


def settings_from(row: Inbox) -> InboxSettings:
    """The settings of an inbox that stands in no table, or not so."""
    return _with_common([{name: getattr(row, name) for name in InboxSettings._fields[:-5]}])[0]


def _settings(which: Expression | Field) -> list[InboxSettings]:
    columns = [getattr(Inbox, name) for name in InboxSettings._fields[:-5]]
    return _with_common(Inbox.select(*columns).where(which).order_by(Inbox.name).dicts())


def _with_common(rows: Iterable[dict[str, Any]]) -> list[InboxSettings]:
    now = settings.every()
    common: dict[str, Any] = {
        "largest_bytes": int(now["inboxes.largest_bytes"]),
        "poll_seconds": int(now["inboxes.poll_seconds"]),
        "authserv_ids": settings.authserv_ids(),
        "authserv_hops": int(now["inboxes.authserv_hops"]),
        "own": own_addresses(now),
    }
    return [InboxSettings(**{**usable(row)[0], "auth": row["auth"] or "password"}, **common) for row in rows]
