"""Telling who should hear (R7): rows for the outbox, written in the transaction of what causes them."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from store import bulk, patterns, templates
from store.cleantext import clean
from store.models import Administrator, Inbox, Message, Outbox, Ticket
from store.queries import settings
from store.queries.facts import facts_of
from store.queries.notices import circle_of, confirms_now, is_on
from store.rules.events import BY_KEY
from store.rules.notices import PARTS, Addressee, plan
from store.rules.settings import Value
from store.rules.subjects import subject_key

_HOUR = timedelta(hours=1)
_GOING = ("queued", "sending", "sent", "bounced")
_MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class News:
    """Something to be told: the event, the ticket, the message it is about, and what changed from what to what.

    `mark` tells two of a kind apart where there is no message, such as the history's change.  `without` are folded
    addresses that must not hear of it, `actor` the name of who did it.
    """

    event: str
    ticket: int
    message: int | None = None
    mark: str = ""
    actor: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    without: frozenset[str] = field(default=frozenset())


def announce(news: Iterable[News]) -> tuple[str, ...]:
    """Queues the mail of these news, inside the running transaction; the addresses it goes to, each once.

    An address that bounced, or that had too many in the last hour, gets a row that is held, and is not named (R7.7).
    """
    now = settings.every()
    told: dict[str, None] = {}
    for one in news:
        if is_on(one.event, now):
            told.update(dict.fromkeys(_announce_one(one, now)))
    return tuple(told)


def would_tell(event: str) -> bool:
    """Whether mail of this event is written at all, to save looking further."""
    return is_on(event, settings.every())


def _announce_one(news: News, now: dict[str, Value]) -> list[str]:
    ticket = Ticket.get_by_id(news.ticket)
    circle = circle_of(ticket, now, parts=PARTS[news.event])
    if news.event == "ticket_received_customer" and not confirms_now(ticket, circle):
        return []
    addressees = plan(news.event, circle, without=news.without)
    fresh = [one for one in addressees if not Outbox.select().where(Outbox.dedupe == _dedupe(news, one)).exists()]
    if not fresh:
        return []
    rendered = templates.render(
        news.event,
        str(now[f"notify.{news.event}.subject"]),
        str(now[f"notify.{news.event}.body"]),
        facts_of(ticket, message=news.message, actor=news.actor, changes=news.changes),
    )
    held = {one.key: _why_held(one, now) for one in fresh}
    bulk.insert(Outbox, [_row(news, ticket, one, rendered, held[one.key], now) for one in fresh])
    return [clean(one.email) for one in fresh if not held[one.key]]


def _why_held(one: Addressee, now: dict[str, Value]) -> str:
    """R7.7: what is held back is visible, and says why."""
    if "bounced" in one.warnings:
        return "This address bounced; nothing is sent there until that is lifted."
    most = int(now["notifications.per_address_hour"])
    recent = (Outbox.to_key == one.key) & (Outbox.created > datetime.now(UTC) - _HOUR) & Outbox.state.in_(_GOING)
    if Outbox.select().where(recent).count() >= most:
        return f"This address had {most} messages within an hour, which is the limit (notifications.per_address_hour)."
    return ""


def _dedupe(news: News, one: Addressee) -> str:
    """One cause sends once: *Request received* once a ticket, the rest once a message or change."""
    if news.event == "ticket_received_customer":
        return f"{news.event}:{news.ticket}"
    return f"{news.event}:{news.ticket}:{news.message or ''}:{news.mark}:{one.key}"


def _row(
    news: News, ticket: Ticket, one: Addressee, rendered: "templates.Rendered", held: str, now: dict[str, Value]
) -> Mapping[str, object]:
    event = BY_KEY[news.event]
    moment = datetime.now(UTC)
    answered, references = _thread(ticket.id, one.key, event.audience)
    number = patterns.compiled(str(now["inboxes.ticket_number"]))
    return {
        "event": news.event,
        "audience": event.audience,
        "why": one.why,
        "ticket": ticket.id,
        "caused_by": news.message,
        "to": one.email,
        "to_key": one.key,
        "to_name": clean(one.name),
        "subject": rendered.subject,
        "subject_key": subject_key(rendered.subject, number),
        "body": rendered.body,
        "message_id": fresh_message_id(ticket.id, str(now["smtp.sender_email"])),
        "in_reply_to": answered,
        "references": " ".join(references),
        "reply_to": _reply_to(ticket),
        "automatic": event.automatic,
        "dedupe": _dedupe(news, one),
        "state": "held" if held else "queued",
        "last_error": held,
        "next_try": None if held else moment,
        "expires": moment + timedelta(days=int(now["smtp.expire_days"])),
        "created": moment,
    }


def fresh_message_id(ticket: int, sender_email: str) -> str:
    """A Message-ID that nobody can guess (R7.6); its domain is the sender's (RFC 5322, 3.6.4)."""
    domain = sender_email.rpartition("@")[2] or "tickets.invalid"
    return f"<{secrets.token_hex(16)}.{ticket}@{domain}>"


def _thread(ticket: int, key: str, audience: str) -> tuple[str, list[str]]:
    """In-Reply-To and References for this address: what customers wrote, and what this very address got from us.

    Never what another got: an administrator's notification proves who answers it (R5.8, R7.6).
    """
    theirs = (Message.ticket == ticket) & (Message.direction == "in") & (Message.message_id != "")
    wrote = Message.select(Message.created, Message.message_id).where(theirs)
    ours = (Outbox.ticket == ticket) & (Outbox.to_key == key) & (Outbox.audience == audience)
    got = Outbox.select(Outbox.created, Outbox.message_id).where(ours)
    newest = [
        *wrote.order_by(Message.id.desc()).limit(_MOST_REFERENCES).tuples(),
        *got.order_by(Outbox.id.desc()).limit(_MOST_REFERENCES).tuples(),
    ]
    known = [identity for _, identity in sorted(newest)][-_MOST_REFERENCES:]
    return (known[-1] if known else ""), known


def _reply_to(ticket: Ticket) -> str:
    """The inbox that the ticket came in by, else the first that is enabled: answers must come back to us."""
    inbox = Inbox.get_or_none((Inbox.id == ticket.inbox_id) & Inbox.enabled)
    if inbox is None:
        inbox = Inbox.select().where(Inbox.enabled).order_by(Inbox.id).first()
    return "" if inbox is None else str(inbox.email)


def keys_of(administrators: Collection[int]) -> frozenset[str]:
    """The folded addresses of these administrators."""
    rows = Administrator.select(Administrator.email_key).where(Administrator.id.in_(list(administrators)))
    return frozenset(key for (key,) in rows.tuples())
