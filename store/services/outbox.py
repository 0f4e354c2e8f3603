"""The outbox: claiming what is due, marking what became of it, and what agents do about it (R7.5, THREATS O1, O2).

A letter that was claimed is `sending`, and `transmitting` from before the first byte of its text: if the sender dies
then, whether it arrived is uncertain, and it is sent once more with the same Message-ID.  What was only claimed is
given back.  One sender at a time holds the lease; its fence is checked in each mark.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from peewee import JOIN, Expression, ModelSelect

from store.actor import MAIL, Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import NotFound
from store.models import AddressHold, Attachment, Message, Outbox, OutgoingState, Recipient, Ticket
from store.queries import outbox as reading
from store.queries import settings
from store.queries.books import holds_until
from store.queries.scope import scoped
from store.queries.search import among
from store.reasons import refuse
from store.rules.addresses import address_key, keys_named
from store.rules.outbox import BOUNCED, delay_after, why_not_drop, why_not_retry
from store.services import history
from store.services.digest import release_due
from store.services.history import Thing
from store.services.lease import Fence, hold

_LONGEST_WORDS = 500
_UNCERTAIN = (
    "The connection broke after the text had gone: it may have arrived. It is sent once more, with the same id."
)
_UNCERTAIN_TWICE = (
    "The connection broke twice after the text had gone: it may have arrived. Ask, then retry or drop it."
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to send.  `attachments_of` is the agent's own mail whose files go with it, None for most."""

    id: int
    event: str
    ticket: int | None
    to: str
    to_name: str
    subject: str
    body: str
    message_id: str
    in_reply_to: str
    references: str
    reply_to: str
    automatic: bool
    audience: str
    tries: int
    expires: datetime | None
    uncertain: bool
    attachments_of: int | None
    slow: bool = False


def begin(fence: Fence) -> None:
    """What a sender that died left behind.

    What it had only claimed is queued as before; what it was transmitting is sent once more, flagged uncertain, and has
    failed the second time (O2).
    """
    with transaction():
        hold(fence)
        left = Outbox.state == "sending"
        for row in Outbox.select().where(left & Outbox.transmitting):
            _uncertain(row)
        _give_back(left)


def claim(fence: Fence, *, limit: int = 20) -> list[Letter]:
    """The next letters that are due, oldest first, now `sending`; within the limit an hour (R7.2).

    Those that kept others waiting before come last and one at a time.  What has expired has failed, what goes to an
    address that bounced is held.  Raises LostLease.
    """
    now = datetime.now(UTC)
    with transaction():
        hold(fence)
        _expire(now)
        release_due(now)
        rows = _next(min(limit, reading.room_in_hour(now)), now)
        untils = holds_until([row.to_key for row in rows])
        for row in rows:
            if row.to_key in untils:
                _mark(row, "held", BOUNCED, next_try=untils[row.to_key])
        going = [row for row in rows if row.to_key not in untils]
        Outbox.update(state="sending", transmitting=False, tries=Outbox.tries + 1, version=Outbox.version + 1).where(
            Outbox.id.in_([row.id for row in going])
        ).execute()
        files = _with_files([row.caused_by_id for row in going if row.caused_by_id is not None])
    return [_letter(row, files) for row in going]


def mark_transmitting(fence: Fence, outbox_id: int) -> None:
    """The server waits for the text, which goes now (O2).  Raises LostLease."""
    with transaction():
        hold(fence)
        Outbox.update(transmitting=True).where(Outbox.id == outbox_id).execute()


def mark_sent(fence: Fence, outbox_id: int) -> None:
    """The server took it.  Raises LostLease."""
    sent = {"state": "sent", "transmitting": False, "last_error": "", "sent": datetime.now(UTC), "next_try": None}
    with transaction():
        hold(fence)
        Outbox.update(**sent, version=Outbox.version + 1).where(Outbox.id == outbox_id).execute()


def mark_deferred(fence: Fence, outbox_id: int, words: str) -> None:
    """The server refused it for now (4xx): again later, 1 minute doubling to 4 hours.  Raises LostLease."""
    tries = Outbox.get_by_id(outbox_id).tries
    later = datetime.now(UTC) + timedelta(seconds=delay_after(tries))
    _after(fence, outbox_id, "queued", words, next_try=later)


def mark_failed(fence: Fence, outbox_id: int, words: str) -> None:
    """The server refused it for good (5xx); it is said on the ticket.  Raises LostLease."""
    with transaction():
        _after(fence, outbox_id, "failed", words, next_try=None)
        _note(Outbox.get_by_id(outbox_id), "was refused")


def mark_uncertain(fence: Fence, outbox_id: int) -> None:
    """The connection broke after the text had gone (O2).  Raises LostLease."""
    with transaction():
        hold(fence)
        _uncertain(Outbox.get_by_id(outbox_id))


def give_back(fence: Fence, ids: Sequence[int], *, slow: bool = False, words: str = "") -> None:
    """Letters that were claimed and of which the server has nothing: queued as before, without a try.

    `slow`: from now on after all others.  `words`: what the server said.  Raises LostLease.
    """
    fields: dict[str, object] = {"slow": True, "next_try": datetime.now(UTC)} if slow else {}
    if words:
        fields["last_error"] = clean(words, limit=_LONGEST_WORDS)
    with transaction():
        hold(fence)
        _give_back(Outbox.id.in_(list(ids)) & (Outbox.state == "sending"), **fields)


def put_last(fence: Fence, to: str) -> None:
    """What waits for addresses of the same domain goes after all others: its server takes long.  Raises LostLease."""
    domain = address_key(to).rpartition("@")[2]
    with transaction():
        hold(fence)
        theirs = Outbox.state.in_(("queued", "sending")) & Outbox.to_key.endswith(f"@{domain}")
        Outbox.update(slow=True).where(theirs).execute()


def retry(actor: Actor, outbox_id: int, *, seen: int | None = None) -> None:
    """Sends it at the next opportunity, whatever became of it before, sent mail apart.

    Raises NotFound, Refused, Conflict.
    """
    with transaction():
        row = _locked(actor, outbox_id, seen)
        code = why_not_retry(row.state)
        if code:
            raise refuse(code, id=outbox_id)
        _change(actor, "retry", row, _afresh())


def retry_all(actor: Actor, ids: Collection[int]) -> int:
    """The same for all of these that may be sent and that the actor may see, as one change; how many those are."""
    with transaction():
        change = history.new_change()
        rows = [row for row in _mine(actor).where(among(Outbox.id, ids)) if not why_not_retry(row.state)]
        for row in rows:
            _change(actor, "retry", row, _afresh(), change)
    return len(rows)


def drop(actor: Actor, outbox_id: int, *, seen: int | None = None) -> None:
    """It will not be sent.  Raises NotFound, Refused when it has gone, Conflict."""
    with transaction():
        row = _locked(actor, outbox_id, seen)
        code = why_not_drop(row.state)
        if code:
            raise refuse(code, id=outbox_id)
        _change(actor, "drop", row, {"state": "dropped", "next_try": None})


def lift(actor: Actor, email: str) -> int:
    """The address may be written to again, and what was held for it, for whatever reason, is queued.

    How many letters.  Raises NotFound when nothing is held back.
    """
    keys = keys_named(email)
    with transaction():
        hold_row = next((row for key in keys if (row := AddressHold.get_or_none(AddressHold.email_key == key))), None)
        theirs = among(Outbox.to_key, keys if hold_row is None else [hold_row.email_key])
        rows = list(_mine(actor).where(theirs & (Outbox.state == "held")))
        if not rows and (hold_row is None or not _mine(actor).where(theirs).exists()):
            raise NotFound(f"hold on {clean(email, limit=80)}")
        change = history.new_change()
        if hold_row is not None:
            hold_row.delete_instance()
            thing = Thing("address", None, hold_row.email)
            history.record(actor, "lift", thing, {"reason": hold_row.reason}, None, change=change)
        for row in rows:
            _change(actor, "retry", row, _afresh(), change)
    return len(rows)


def bounced(outbox_id: int, words: str, *, hard: bool, doubt: str = "") -> None:
    """This letter came back (R5.4); inside intake's transaction.  See `store.services.returned`, which decides.

    `hard`: nothing more is sent to that address for a set time, or until an agent lifts that.  `doubt` is why it is
    not, though the report says so; the ticket says either.
    """
    row = Outbox.get_by_id(outbox_id)
    said = clean(words, limit=_LONGEST_WORDS)
    before = {"state": row.state, "last_error": row.last_error}
    _mark(row, "bounced", said)
    history.record(MAIL, "bounced", _thing(row), before, {"state": "bounced", "last_error": said})
    days = int(settings.one("smtp.bounce_hold_days"))
    if hard and days:
        now = datetime.now(UTC)
        until = now + timedelta(days=days)
        fields = {"email": row.to, "reason": said, "outbox": row.id, "at": now, "until": until}
        AddressHold.replace(email_key=row.to_key, **fields).execute()
        doubt = f"Nothing more goes to this address until {until:%Y-%m-%d}, or until that is lifted in the outbox."
    _note(row, "came back", doubt)


def returned_for_now(outbox_id: int, words: str, wait: timedelta) -> None:
    """This letter came back with a refusal for now (R5.4): it goes again after `wait`; inside intake's transaction."""
    row = Outbox.get_by_id(outbox_id)
    before = {"state": row.state, "last_error": row.last_error}
    _mark(row, "queued", words, next_try=datetime.now(UTC) + wait, sent=None)
    history.record(MAIL, "bounced", _thing(row), before, {"state": "queued", "last_error": row.last_error})


def succeeded() -> None:
    """The server was reached and is well."""
    _keep_state(last_success=datetime.now(UTC), last_error="", last_error_at=None, next_try=None)


def failed(words: str, next_try: datetime | None) -> None:
    """The server could not be reached or logged in to; all letters wait."""
    said = clean(words, limit=_LONGEST_WORDS)
    _keep_state(last_error=said, last_error_at=datetime.now(UTC), next_try=next_try)


def note_token(expires: datetime | None) -> None:
    """Keeps until when the token holds that signed in last; None: a password did, or it is not known."""
    row = OutgoingState.get_or_none(OutgoingState.id == 1)
    if (row.token_expires if row is not None else None) != expires:
        _keep_state(token_expires=expires)


def _keep_state(**fields: object) -> None:
    with transaction():
        if not OutgoingState.update(**fields).where(OutgoingState.id == 1).execute():
            OutgoingState.create(id=1, **fields)


def _next(limit: int, now: datetime) -> list[Outbox]:
    due = Outbox.select().where(reading.is_waiting(now)).order_by(Outbox.next_try, Outbox.id)
    return list(due.where(~Outbox.slow).limit(limit)) or list(due.where(Outbox.slow).limit(min(limit, 1)))


def _expire(now: datetime) -> None:
    for row in Outbox.select().where(reading.is_expired(now)):
        why = f" The last answer was: {row.last_error}" if row.last_error else ""
        _mark(row, "failed", f"It could not be sent in time and has expired.{why}")
        _note(row, "expired")


def _give_back(which: Expression, **fields: object) -> None:
    changes = {"state": "queued", "transmitting": False, "tries": Outbox.tries - 1, "version": Outbox.version + 1}
    Outbox.update(**changes, **fields).where(which).execute()


def _uncertain(row: Outbox) -> None:
    if row.uncertain:
        _mark(row, "failed", _UNCERTAIN_TWICE)
        _note(row, "may have arrived")
    else:
        _mark(row, "queued", _UNCERTAIN, uncertain=True, next_try=datetime.now(UTC))


def _after(fence: Fence, outbox_id: int, state: str, words: str, **fields: object) -> None:
    with transaction():
        hold(fence)
        _mark(Outbox.get_by_id(outbox_id), state, words, **fields)


def _mark(row: Outbox, state: str, words: str, **fields: object) -> None:
    said = clean(words, limit=_LONGEST_WORDS)
    changes = {"state": state, "transmitting": False, "last_error": said, "version": row.version + 1, **fields}
    Outbox.update(**changes).where(Outbox.id == row.id).execute()
    row.state, row.last_error = state, said


def _note(row: Outbox, what: str, more: str = "") -> None:
    """A mail to a customer that did not arrive is said on its ticket, where the agent looks (R5.4, R7.5)."""
    if row.ticket_id is None or row.audience != "customer":
        return
    now = datetime.now(UTC)
    said = f"{row.last_error.rstrip('.')}. {more}" if more else row.last_error
    text = f"Our mail “{field_text(row.subject)}” to {clean(row.to)} {what}: {said}"
    Message.create(ticket=row.ticket_id, direction="note", text=text, sent=now, created=now)
    Ticket.update(updated=now, version=Ticket.version + 1).where(Ticket.id == row.ticket_id).execute()
    _wait_on_agent(row)


def note_not_enclosed(message: int, name: str, why: str) -> None:
    """Says in its ticket, once, that a file attached to an agent's answer by e-mail did not go on with it (R5.8)."""
    text = f"“{clean(name) or 'A file'}”, attached to an answer by e-mail, was not sent on: {why}"
    with transaction():
        answer, now = Message.get_by_id(message), datetime.now(UTC)
        said = (Message.ticket == answer.ticket_id) & (Message.id > message) & (Message.text == text)
        if not Message.select().where(said).exists():
            Message.create(ticket=answer.ticket_id, direction="note", text=text, sent=now, created=now)
            Ticket.update(updated=now, version=Ticket.version + 1).where(Ticket.id == answer.ticket_id).execute()


def _wait_on_agent(row: Outbox) -> None:
    """The requester does not have what was written to them: an open ticket is the agent's turn again (R10.6)."""
    written = Recipient.select(Recipient.id).where(Recipient.email_key == row.to_key)
    mine = (Ticket.id == row.ticket_id) & Ticket.closed.is_null() & Ticket.requester.in_(written)
    ticket, status = Ticket.get_or_none(mine), str(settings.one("status.customer_reply"))
    if ticket is not None and ticket.status != status:
        Ticket.update(status=status).where(mine).execute()
        thing = Thing("ticket", ticket.id, f"#{ticket.id}")
        history.record(MAIL, "status", thing, {"status": ticket.status}, {"status": status})


def _mine(actor: Actor) -> ModelSelect:
    return Outbox.select(Outbox).join(Ticket, JOIN.LEFT_OUTER).where(scoped(actor, Ticket))


def _afresh() -> dict[str, object]:
    now = datetime.now(UTC)
    expires = now + timedelta(days=int(settings.one("smtp.expire_days")))
    own = {"last_error": "", "uncertain": False, "slow": False}
    return {"state": "queued", "next_try": now, "expires": expires, **own}


def _locked(actor: Actor, outbox_id: int, seen: int | None) -> Outbox:
    row = _mine(actor).where(Outbox.id == outbox_id).first()
    if row is None:
        raise NotFound(f"mail {outbox_id} in the outbox")
    if seen is not None and row.version != seen:
        raise history.conflict(actor, f"Mail {outbox_id}", "outbox", outbox_id)
    return row  # type: ignore[no-any-return]


def _change(actor: Actor, what: str, row: Outbox, fields: dict[str, object], change: str = "") -> None:
    before = {name: getattr(row, name) for name in fields}
    Outbox.update(**fields, version=row.version + 1).where(Outbox.id == row.id).execute()
    history.record(actor, what, _thing(row), before, fields, change=change)


def _thing(row: Outbox) -> Thing:
    return Thing("outbox", row.id, f"mail {row.id} to {row.to}")


def _with_files(messages: Sequence[int]) -> set[int]:
    """Those of these messages that are agents' own mail with something attached."""
    mine = Message.id.in_(list(messages)) & (Message.direction == "out")
    found = Attachment.select(Attachment.message).join(Message).where(mine).distinct()
    return {message for (message,) in found.tuples()}


def _letter(row: Outbox, files: set[int]) -> Letter:
    own = ("attachments_of", "ticket", "tries")
    fields = {name: getattr(row, name) for name in Letter.__dataclass_fields__ if name not in own}
    attached = row.caused_by_id if row.caused_by_id in files else None
    return Letter(**fields, ticket=row.ticket_id, attachments_of=attached, tries=row.tries + 1)
