"""The fourteen events as they are set, and what their mail would say of a real ticket (R7.3)."""

from typing import NamedTuple

from store import patterns, templates
from store.actor import Actor
from store.errors import BadInput
from store.models import Message, Ticket
from store.queries import settings
from store.queries.attachments import named_in
from store.queries.books import Books
from store.queries.facts import facts_of
from store.queries.scope import rights, scoped, visible_ticket
from store.rules.events import EVENTS, Event
from store.rules.settings import Value
from store.templates import Rendered

_DIRECTIONS = {"new_message_admin": "in", "new_ticket_admin": "in", "new_note_admin": "note"}


class EventLine(NamedTuple):
    """One event: whether it is sent, and its templates, the default ones where there is no own."""

    key: str
    title: str
    audience: str
    on: bool
    subject: str
    body: str
    own_subject: bool
    own_body: bool


class Notifications(NamedTuple):
    """`enabled` is the master switch; `may_change` whether the actor may turn and edit."""

    enabled: bool
    may_change: bool
    events: list[EventLine]


class Wrong(NamedTuple):
    """What is wrong with the subject, and with the text; '' for nothing."""

    subject: str
    body: str


def notifications(actor: Actor) -> Notifications:
    """All events, in the order of their list.  Raises Refused for an unknown actor."""
    now = settings.every()
    return Notifications(bool(now["notifications.enabled"]), rights(actor).super, [_line(one, now) for one in EVENTS])


def newest_ticket(actor: Actor) -> int | None:
    """The number of the newest ticket that the actor may see, to look at templates with."""
    row = Ticket.select(Ticket.id).where(scoped(actor, Ticket)).order_by(Ticket.id.desc()).first()
    return None if row is None else int(row.id)


def preview(actor: Actor, event_key: str, subject: str, body: str, number: int | None = None) -> Rendered:
    """What these templates ('' for the default) say of a ticket: the newest the actor may see, if none is named.

    Without any ticket, of a made-up one.  Raises NotFound, BadInput for an unknown event.
    """
    templates.find(event_key)
    number = newest_ticket(actor) if number is None else number
    sample = templates.sample_facts()
    if number is None:
        return templates.render(event_key, subject, body, sample)
    visible_ticket(actor, number)
    message = Message.get_or_none(Message.id == _message(event_key, number))
    books = Books([number], settings.every())
    files = named_in([message.id]).get(message.id, []) if message else []
    facts = facts_of(books, number, message, settings.timezone(), actor=actor.name, files=files)
    facts["message"] = facts["message"] or sample["message"]
    return templates.render(event_key, subject, body, {**facts, "changes": sample["changes"]})


def wrong_with(event_key: str, subject: str, body: str) -> Wrong:
    """Why these templates ('' for the default) could not be kept.  Raises BadInput for an unknown event."""
    templates.find(event_key)
    number = patterns.compiled(str(settings.one("inboxes.ticket_number")))
    found = ["", ""]
    try:
        templates.check_subject(event_key, subject, number)
    except BadInput as problem:
        found[0] = str(problem)
    try:
        templates.check_body(event_key, body)
    except BadInput as problem:
        found[1] = str(problem)
    return Wrong(*found)


def broken() -> list[tuple[str, str]]:
    """The events whose templates cannot be used as things are now, and why: a setting may have changed since they
    were saved, or the store have been edited.  The default text goes out instead."""
    now = settings.every()
    texts = {
        event.key: (str(now[f"notify.{event.key}.subject"]), str(now[f"notify.{event.key}.body"])) for event in EVENTS
    }
    found = ((key, " ".join(filter(None, wrong_with(key, *own)))) for key, own in texts.items())
    return [(key, problem) for key, problem in found if problem]


def _line(event: Event, now: dict[str, Value]) -> EventLine:
    subject, body = str(now[f"notify.{event.key}.subject"]), str(now[f"notify.{event.key}.body"])
    return EventLine(
        event.key,
        event.title,
        event.audience,
        bool(now[f"notify.{event.key}.on"]),
        subject or event.subject,
        body or templates.default_body(event.key),
        bool(subject),
        bool(body),
    )


def _message(event_key: str, number: int) -> int | None:
    """The newest message that this event could be about: a customer is never shown a note, not even here (O7)."""
    direction = _DIRECTIONS.get(event_key, "out" if event_key.endswith("_customer") else "in")
    rows = Message.select(Message.id).where((Message.ticket == number) & (Message.direction == direction))
    row = rows.order_by(Message.id.desc()).first()
    return None if row is None else int(row.id)
