"""How the helpdesk fares: what pairing still needs (R7.1), and the counts of the status line."""

from shlex import quote
from typing import NamedTuple

from peewee import fn

from store.actor import Actor
from store.db import database
from store.models import SEALED, Inbox, Recipient
from store.queries.scope import rights, scoped
from store.queries.settings import every
from store.rules.seal import FIRST, seal, shown
from store.rules.settings import Value

_GUARDS = {"history_kept", "history_unchanged", "history_not_replaced", "history_not_moved"}
_PAIRING_EVENTS = ("ticket_received_customer", "new_ticket_admin", "new_message_customer")


class Missing(NamedTuple):
    """One prerequisite that is not met, the command that mends it, and a word for a title line."""

    what: str
    remedy: str
    short: str


class Chain(NamedTuple):
    """The history's seals: how many entries, the number of the first whose seal does not fit, the last seal."""

    entries: int
    broken: int | None
    last: str


class Counts(NamedTuple):
    """What the status line counts, of what the actor may see."""

    recipients: int
    unassigned_tickets: int


def missing() -> list[Missing]:
    """Which of R7.1's three prerequisites are missing: SMTP, an enabled inbox, ticket notifications."""
    now = every()
    found: list[Missing] = []
    if not (now["smtp.host"] and now["smtp.sender_email"]):
        found.append(
            Missing("SMTP is not set up", "recipients smtp set --host HOST --sender-email E --enabled on", "SMTP")
        )
    elif not now["smtp.enabled"]:
        found.append(Missing("SMTP is set up, but off", "recipients smtp set --enabled on", "SMTP"))
    if (inbox := _missing_inbox(now)) is not None:
        found.append(inbox)
    if not now["notifications.enabled"]:
        found.append(
            Missing("ticket notifications are off", "recipients settings set notifications.enabled on", "notifications")
        )
    elif off := [key for key in _PAIRING_EVENTS if not now[f"notify.{key}.on"]]:
        found.append(
            Missing(f"the notification {off[0]} is off", f"recipients notify set {off[0]} on", "notifications")
        )
    return found


def _missing_inbox(now: dict[str, Value]) -> Missing | None:
    rows = list(Inbox.select(Inbox.name, Inbox.enabled).order_by(Inbox.id).tuples())
    if not rows:
        remedy = "recipients inbox add NAME --email E --host H --secret REF"
        return Missing("no inbox is enabled", remedy, "inbox")
    if not any(enabled for _, enabled in rows):
        remedy = f"recipients inbox edit {quote(rows[0][0])} --enabled on"
        return Missing("no inbox is enabled", remedy, "inbox")
    if not now["inboxes.enabled"]:
        remedy = "recipients settings set inboxes.enabled on"
        return Missing("no inbox is enabled: they are switched off as a whole", remedy, "inbox")
    return None


def counts(actor: Actor) -> Counts:
    """Counted over all that the actor may see."""
    columns = (fn.COUNT(Recipient.id), fn.COALESCE(fn.SUM(Recipient.unassigned_tickets), 0))
    row = Recipient.select(*columns).where(scoped(actor, Recipient)).tuples().get()
    return Counts(row[0], row[1] if rights(actor).sees_all else 0)  # without a customer they belong to no partner


def is_whole() -> bool:
    """Whether SQLite finds the file undamaged (its quick check; seconds for gigabytes)."""
    return bool(database.execute_sql("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def unguarded() -> list[str]:
    """Those of the triggers that keep the history append-only which are not there any more (THREATS S6)."""
    there = database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history'")
    return sorted(_GUARDS - {name for (name,) in there})


def chain() -> Chain:
    """Every entry of the history against its seal (THREATS S6); some six seconds for a million."""
    columns = ", ".join(f'"{field.column_name}"' for field in SEALED)
    last, entries = FIRST, 0
    for row_id, sealed, *fields in database.execute_sql(f'SELECT id, seal, {columns} FROM "history" ORDER BY id'):
        last, entries = seal(last, fields), entries + 1
        if last != sealed:
            return Chain(entries, row_id, "")
    return Chain(entries, None, shown(last))
