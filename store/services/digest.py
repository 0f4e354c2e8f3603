"""Letters that were held back and are due: the few go as they are, one digest tells of the rest (R7.7)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from peewee import Expression, fn

from store.cleantext import for_mail_line
from store.models import Outbox, Ticket
from store.queries import outbox as reading
from store.queries import settings
from store.queries.limits import in_last_hour, most_for
from store.queries.outbox import HOUR
from store.rules.events import BY_KEY
from store.rules.outbox import released
from store.services.notices import fresh_message_id

# a digest is read by a person: what is not in it stands in the outbox
_MOST_LINES = 200
_LONGEST_SUBJECT = 100
# of what a person wrote to one address in an hour; the rest is looked at in the next one
_MOST_WHOLE = 1_000


class Line(NamedTuple):
    """What a digest tells: a ticket, its subject, the event, and how many letters of it were held back."""

    ticket: int | None
    subject: str
    event: str
    times: int


def release_due(now: datetime) -> None:
    """Queues what is due of the held letters, inside the running transaction."""
    due = Outbox.select(Outbox.to_key, Outbox.audience).where(reading.is_held_and_due(now)).distinct()
    for key, audience in due.tuples():
        _release(key, audience, now)


def _release(key: str, audience: str, now: datetime) -> None:
    mine = (Outbox.state == "held") & (Outbox.to_key == key) & (Outbox.audience == audience)
    went, _ = in_last_hour([key], now).get((key, audience), (0, now))
    room = most_for(audience, settings.every()) - went
    rows = Outbox.select(Outbox.id, Outbox.automatic).where(mine).order_by(Outbox.id).limit(_MOST_WHOLE).tuples()
    whole, has_digest = released(list(rows), room)
    if has_digest:
        _digest(mine & Outbox.automatic, now)
    expires = now + timedelta(days=int(settings.one("smtp.expire_days")))  # it waited for us, not for a server
    _change(Outbox.id.in_(whole), state="queued", next_try=now, expires=expires, last_error="")
    _change(mine, next_try=now + HOUR)


def _digest(which: Expression, now: datetime) -> None:
    """One letter instead of these, of one address and audience."""
    last = Outbox.select().where(which).order_by(Outbox.id.desc()).first()
    count = int(Outbox.select().where(which).count())
    newest, number = fn.MAX(Outbox.id), fn.COUNT(Outbox.id)
    columns = (Outbox.ticket, fn.COALESCE(Ticket.subject, ""), Outbox.event, number)
    groups = Outbox.select(*columns).left_outer_join(Ticket).where(which).group_by(Outbox.ticket, Outbox.event)
    lines = [Line(*row) for row in groups.order_by(newest.desc()).limit(_MOST_LINES).tuples()]
    subject = f"{count:,} notifications that were held back" if last.audience == "admin" else "News of your tickets"
    letter = Outbox.create(
        event="digest",
        audience=last.audience,
        why=last.why,
        to=last.to,
        to_key=last.to_key,
        to_name=last.to_name,
        subject=subject,
        body="\n".join(_text(last.audience, count, lines)),
        message_id=fresh_message_id(0, str(settings.one("smtp.sender_email"))),
        reply_to=last.reply_to,
        dedupe=f"digest:{last.to_key}:{last.audience}:{last.id}",
        next_try=now,
        expires=now + timedelta(days=int(settings.one("smtp.expire_days"))),
        created=now,
    )
    _change(which, state="digested", next_try=None, last_error=f"Mail {letter.id}, a digest, tells of it.")


def _text(audience: str, count: int, lines: Iterable[Line]) -> Iterable[str]:
    shown = 0
    if audience == "admin":
        yield f"{count:,} notifications to you were held back, since there were too many in an hour."
        yield "An answer to this mail reaches no ticket: please open the ticket in the helpdesk."
    else:
        yield "This is what else happened to your tickets; we tell it in one mail, since there was much in an hour."
    yield ""
    for line in lines:
        shown += line.times
        named = (
            f"#{line.ticket} {for_mail_line(line.subject, limit=_LONGEST_SUBJECT)}".strip()
            if line.ticket is not None
            else "no ticket"
        )
        what = BY_KEY[line.event].title.partition(" (")[0] if line.event in BY_KEY else line.event
        yield f"{named}: {what}" + (f", {line.times} times" if line.times > 1 else "")
    if shown < count:
        yield f"and {count - shown:,} more"


def _change(which: Expression, **fields: object) -> None:
    Outbox.update(**fields, version=Outbox.version + 1).where(which).execute()
