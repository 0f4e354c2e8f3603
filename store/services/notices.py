"""Telling who should hear (R7): rows for the outbox, written in the transaction of what causes them."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from store import bulk, patterns, templates
from store.cleantext import clean
from store.models import Message, Outbox
from store.queries import settings
from store.queries.attachments import named_in
from store.queries.books import Books
from store.queries.facts import facts_of
from store.queries.limits import Held, held_back
from store.queries.notices import is_on
from store.queries.search import among
from store.rules.addresses import domain_key
from store.rules.events import BY_KEY
from store.rules.notices import PARTS, Addressee, plan
from store.rules.subjects import subject_key
from store.templates import Rendered


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

    An address that bounced, or that had too many in the last hour, gets a row that is held for a time, and is not named
    (R7.7).
    """
    now = settings.every()
    wanted = [one for one in news if is_on(one.event, now)]
    if not wanted:
        return ()
    books = Books({one.ticket for one in wanted}, now)
    letters = _fresh(_once([letter for one in wanted for letter in _letters(books, one)]))
    reasons = held_back([(one.key, BY_KEY[event.event].audience) for event, one in letters], now)
    rows = _rows(books, letters, reasons)
    bulk.insert(Outbox, rows)
    return tuple(dict.fromkeys(clean(row["to"]) for row in rows if row["state"] == "queued"))


Letter = tuple[News, Addressee]


def _letters(books: Books, news: News) -> list[Letter]:
    """To whom these news go."""
    circle = books.circle(news.ticket, PARTS[news.event])
    if news.event == "ticket_received_customer" and not books.confirms(news.ticket, circle):
        return []
    return [(news, one) for one in plan(news.event, circle, without=news.without)]


def _once(letters: list[Letter]) -> list[Letter]:
    """Without those to watchers who hear of the same message as the assignee or administrator, too (R7.4)."""
    told = {_about(news, one) for news, one in letters if news.event != "watchers" and news.message}
    return [(news, one) for news, one in letters if news.event != "watchers" or _about(news, one) not in told]


def _about(news: News, one: Addressee) -> tuple[int, int | None, str]:
    return news.ticket, news.message, one.key


def _fresh(letters: Sequence[Letter]) -> list[Letter]:
    """Without those that were written already: one cause sends once."""
    by_key: dict[str, Letter] = {}
    for letter in letters:
        by_key.setdefault(_dedupe(*letter), letter)
    known = Outbox.select(Outbox.dedupe).where(among(Outbox.dedupe, by_key))
    written = {key for (key,) in known.tuples()}
    return [letter for key, letter in by_key.items() if key not in written]


def _rows(books: Books, letters: Sequence[Letter], reasons: Sequence[Held | None]) -> list[dict[str, Any]]:
    """The rows to write; each news is rendered once."""
    wanted = {news.message for news, _ in letters if news.message is not None}
    messages = {row.id: row for row in Message.select().where(among(Message.id, wanted))}
    files = named_in(wanted)
    number = patterns.compiled(str(books.now["inboxes.ticket_number"]))
    zone = settings.timezone()
    rendered: dict[News, Rendered] = {}
    rows = []
    for (news, one), why in zip(letters, reasons, strict=True):
        if news not in rendered:
            about = messages.get(news.message) if news.message is not None else None
            enclosed = files.get(news.message or 0, ())
            facts = facts_of(books, news.ticket, about, zone, actor=news.actor, changes=news.changes, files=enclosed)
            own = f"notify.{news.event}"
            rendered[news] = templates.render(
                news.event, str(books.now[f"{own}.subject"]), str(books.now[f"{own}.body"]), facts
            )
        rows.append(_row(books, news, one, rendered[news], why, number))
    return rows


def _dedupe(news: News, one: Addressee) -> str:
    """One cause sends once: *Request received* once a ticket, the rest once a message or change."""
    if news.event == "ticket_received_customer":
        return f"{news.event}:{news.ticket}"
    return f"{news.event}:{news.ticket}:{news.message or ''}:{news.mark}:{one.key}"


def _row(
    books: Books, news: News, one: Addressee, rendered: Rendered, held: Held | None, number: "re.Pattern[str]"
) -> dict[str, Any]:
    event = BY_KEY[news.event]
    moment = datetime.now(UTC)
    references = books.thread(news.ticket, one.key, event.audience)
    return {
        "event": news.event,
        "audience": event.audience,
        "why": one.why,
        "ticket": news.ticket,
        "caused_by": news.message,
        "to": one.email,
        "to_key": one.key,
        "to_name": one.name,
        "subject": rendered.subject,
        "subject_key": subject_key(rendered.subject, number),
        "body": _answerable(rendered.body) if event.audience == "admin" else rendered.body,
        "message_id": fresh_message_id(news.ticket, str(books.now["smtp.sender_email"])),
        "in_reply_to": references[-1] if references else "",
        "references": " ".join(references),
        "reply_to": books.reply_to(news.ticket),
        "automatic": event.automatic,
        "dedupe": _dedupe(news, one),
        "state": "held" if held else "queued",
        "last_error": held.why if held else "",
        "next_try": held.until if held else moment,
        "expires": moment + timedelta(days=int(books.now["smtp.expire_days"])),
        "created": moment,
    }


def _answerable(body: str) -> str:
    """With the line above which an administrator answers, in whatever template: what stands below stays inside (O7)."""
    marked = templates.REPLY_MARKER in body.partition("\n")[0]
    return body if marked else f"{templates.REPLY_MARKER}\n\n{body}"


def fresh_message_id(ticket: int, sender_email: str) -> str:
    """A Message-ID that nobody can guess (R7.6); its domain is the sender's (RFC 5322, 3.6.4)."""
    domain = domain_key(sender_email.rpartition("@")[2]) or "tickets.invalid"
    return f"<{secrets.token_hex(16)}.{ticket}@{domain}>"
