"""How the helpdesk fares: what pairing still needs (R7.1), and the counts of the status line."""

from typing import NamedTuple

from peewee import fn

from store.actor import Actor
from store.db import database
from store.models import Inbox, Recipient
from store.queries.scope import rights, scoped
from store.queries.settings import every

_PAIRING_EVENTS = ("ticket_received_customer", "new_ticket_admin", "new_message_customer")


class Missing(NamedTuple):
    """One prerequisite that is not met, the command that mends it, and a word for a title line."""

    what: str
    remedy: str
    short: str


class Counts(NamedTuple):
    """What the status line counts, of what the actor may see."""

    recipients: int
    unassigned_tickets: int


def missing() -> list[Missing]:
    """Which of R7.1's three prerequisites are missing: SMTP, an enabled inbox, ticket notifications."""
    now = every()
    found: list[Missing] = []
    if not (now["smtp.enabled"] and now["smtp.host"] and now["smtp.sender_email"]):
        found.append(
            Missing("SMTP is not set up", "recipients smtp set --host HOST --sender-email E --enabled on", "SMTP")
        )
    if not Inbox.select().where(Inbox.enabled).exists() or not now["inboxes.enabled"]:
        found.append(
            Missing("no inbox is enabled", "recipients inbox add NAME --email E --host H --secret REF", "inbox")
        )
    if not now["notifications.enabled"]:
        found.append(
            Missing("ticket notifications are off", "recipients settings set notifications.enabled on", "notifications")
        )
    elif off := [key for key in _PAIRING_EVENTS if not now[f"notify.{key}.on"]]:
        found.append(
            Missing(f"the notification {off[0]} is off", f"recipients notify set {off[0]} on", "notifications")
        )
    return found


def counts(actor: Actor) -> Counts:
    """Counted over all that the actor may see."""
    columns = (fn.COUNT(Recipient.id), fn.COALESCE(fn.SUM(Recipient.unassigned_tickets), 0))
    row = Recipient.select(*columns).where(scoped(actor, Recipient)).tuples().get()
    return Counts(row[0], row[1] if rights(actor).sees_all else 0)  # without a customer they belong to no partner


def is_whole() -> bool:
    """Whether SQLite finds the file undamaged (its quick check; seconds for gigabytes)."""
    return bool(database.execute_sql("PRAGMA quick_check(1)").fetchone()[0] == "ok")
