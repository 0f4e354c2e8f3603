"""Settling what arrived: raw bytes, recipient, ticket or message, history and cursor in ONE transaction (R5.2, D1).

Exactly once: `Arrival` is unique on where a message lay, and the cursor moves in the same transaction; killed at any
instant, the next round fetches what is missing and nothing twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.actor import MAIL
from store.cleantext import clean
from store.db import transaction
from store.errors import Problem
from store.models import (
    Arrival,
    Attachment,
    Customer,
    Inbox,
    InboxState,
    Message,
    RawMessage,
    Recipient,
    RefusedMessage,
)
from store.queries import deny as deny_list
from store.queries.settings import timezone
from store.rules.addresses import name_from
from store.rules.deny import fold
from store.rules.intake import Decision, Outcome, decide
from store.rules.message import Arrived
from store.rules.pairing import SenderState, may_pair_by_profile
from store.rules.subjects import subject_key
from store.services import deny, history
from store.services.batch import Batch, TicketState
from store.services.circumstances import Ground, Sender, circumstances, ground, known_before, sender_of
from store.services.history import Thing
from store.services.lease import Fence, hold
from store.services.pairing import pair_fields
from store.services.refused import rule_in_words
from store.services.senders import search_text, thing, write

_FUTURE = timedelta(days=1)


class StaleFacts(Problem):
    """The deny list has changed since the messages were looked at: look again, then settle."""


class InboxChanged(Problem):
    """The inbox was changed or removed since its mail was fetched, so that its cursor may be another mailbox's."""

    def __init__(self) -> None:
        super().__init__("The inbox was changed while its mail was fetched; it is fetched again as it is now.")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one message; `ticket` is its number where there is one."""

    uid: int
    outcome: Outcome
    reason: str
    ticket: int | None
    unreadable: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What a decision led to in the tables."""

    ticket: int | None = None
    message: int | None = None


def settle(
    fence: Fence,
    inbox_id: int,
    uidvalidity: int,
    arrivals: Sequence[Arrived],
    *,
    cursor: int,
    deny_version: int,
    inbox_version: int | None = None,
) -> list[Settled]:
    """Decides on each message in order and writes what follows, all in one transaction with the cursor.

    `cursor` is the highest UID looked at, `deny_version` that of the list behind `Arrived.deny_hits`, `inbox_version`
    that of the inbox whose mailbox they came from.  Messages that were settled before are passed over.  Raises
    LostLease, StaleFacts, InboxChanged; then nothing was written.
    """
    with transaction():
        hold(fence)
        if deny_list.version() != deny_version:
            raise StaleFacts("The deny list changed while mail was read.")
        inbox = Inbox.get_or_none(Inbox.id == inbox_id)
        if inbox is None or inbox_version not in (None, inbox.version):
            raise InboxChanged
        place = ground(inbox, uidvalidity)
        batch = known_before(place, arrivals)
        done = [_settle_one(place, batch, arrived) for arrived in arrivals if batch.is_new(arrived.uid)]
        batch.write()
        _move_cursor(place, cursor)
    return done


def cursor_of(inbox_id: int) -> tuple[int, int]:
    """(UIDVALIDITY, last UID) up to which this inbox is settled; zeros at first.  Raises InboxChanged: it is gone."""
    state = InboxState.get_or_none(InboxState.inbox == inbox_id)
    if state is None:
        raise InboxChanged
    return int(state.uidvalidity), int(state.last_uid)


def _move_cursor(place: Ground, cursor: int) -> None:
    """A mailbox that is numbered afresh is said in the history (D4)."""
    inbox = place.inbox
    before = InboxState.get_by_id(inbox.id).uidvalidity
    if before not in (0, place.uidvalidity):
        fields = {"uidvalidity": before}, {"uidvalidity": place.uidvalidity}
        history.record(MAIL, "renumbered", Thing("inbox", inbox.id, inbox.name), *fields)
    InboxState.update(uidvalidity=place.uidvalidity, last_uid=cursor).where(InboxState.inbox == inbox.id).execute()


def _settle_one(place: Ground, batch: Batch, arrived: Arrived) -> Settled:
    sender = sender_of(batch, arrived.parsed)
    decision = decide(circumstances(place, batch, arrived, sender))
    raw = _keep_raw(batch, arrived)
    written = Written()
    if decision.outcome in (Outcome.OPENED, Outcome.JOINED):
        written = _into_ticket(place, batch, arrived, sender, decision, raw)
    arrival = _record_arrival(place, batch, arrived, decision, raw, written)
    if decision.outcome is Outcome.REFUSED:
        _refuse(place, batch, arrived, sender, decision, arrival)
    return Settled(arrived.uid, decision.outcome, decision.reason, written.ticket, bool(arrived.parsed.unreadable))


def _keep_raw(batch: Batch, arrived: Arrived) -> int:
    if arrived.sha256 not in batch.raws:
        size = len(arrived.raw)
        batch.raws[arrived.sha256] = batch.add(RawMessage, sha256=arrived.sha256, size=size, data=arrived.raw)
    return batch.raws[arrived.sha256]


def _into_ticket(
    place: Ground, batch: Batch, arrived: Arrived, sender: Sender, decision: Decision, raw: int
) -> Written:
    now = datetime.now(UTC)
    recipient = _recipient(place, batch, arrived, sender, now)
    if decision.ticket is not None:
        state = batch.tickets[decision.ticket]
        _reply_status(place, batch, state, now, automatic=bool(arrived.parsed.automatic))
    else:
        state = _open(place, batch, arrived, recipient, now)
    message = _add_message(place, batch, arrived, recipient, state, raw, now)
    if decision.looked_like is not None:
        _note_lookalike(batch, state, decision.looked_like, now)
    if recipient is not None:
        batch.heard_from(recipient, now)
    return Written(state.id, message)


def _recipient(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, now: datetime) -> Recipient | None:
    """The sender's row, made on first contact and paired by profile e-mail where that is clear (R4.6)."""
    if not sender.key:
        return None
    if sender.recipient is None:
        return _new_recipient(place, batch, arrived, sender, now)
    row = sender.recipient
    customer = _profile_customer(place, row, sender)
    if customer is not None:
        before, after = write(row, pair_fields(customer, "profile"))
        batch.add_history(history.rows_of(MAIL, "pair", [(thing(row), before, after)]))
    return row


def _new_recipient(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, now: datetime) -> Recipient:
    name = name_from(arrived.parsed.sender_name, arrived.parsed.sender)
    row = Recipient(email=arrived.parsed.sender, email_key=sender.key, name=name, name_key=fold(clean(name)))
    customer = _profile_customer(place, row, sender)
    for column, value in (pair_fields(customer, "profile") if customer is not None else {}).items():
        setattr(row, column, value)
    row.search = search_text(row)
    row.id = batch.add(
        Recipient,
        email=row.email,
        email_key=row.email_key,
        domain=sender.key.rpartition("@")[2],
        name=row.name,
        name_key=row.name_key,
        customer=row.customer_id,
        customer_key=row.customer_key,
        pair_source=row.pair_source,
        denied=bool(arrived.deny_hits) and deny.is_denied(row.email, row.email_key),
        first_seen=now,
        inbox=place.inbox.id,
        search=row.search,
    )
    batch.recipients[sender.key] = row
    batch.add_history(history.rows_of(MAIL, "add", [(thing(row), None, {"email": row.email, "name": row.name})]))
    if customer is not None:
        unpaired = {"customer_id": None, "customer_key": "", "pair_source": ""}
        paired = pair_fields(customer, "profile")
        batch.add_history(history.rows_of(MAIL, "pair", [(thing(row), unpaired, paired)]))
    return row


def _profile_customer(place: Ground, row: Recipient, sender: Sender) -> Customer | None:
    ours = sender.key in place.inbox_keys or sender.key in place.administrator_keys
    state = SenderState(paired=row.customer_id is not None, shared=row.shared, ours=ours)
    if not may_pair_by_profile(state, row.pair_source, len(sender.profile_owners)):
        return None
    return Customer.get_by_id(sender.profile_owners[0])  # type: ignore[no-any-return]


def _open(place: Ground, batch: Batch, arrived: Arrived, recipient: Recipient | None, now: datetime) -> TicketState:
    nameless = "(unreadable message)" if arrived.parsed.unreadable else "(no subject)"
    subject = arrived.parsed.subject.strip() or nameless
    row = {
        "subject": subject,
        "search": fold(subject),
        "status": str(place.settings["status.new"]),
        "customer": recipient.customer_id if recipient is not None and not recipient.shared else None,
        "requester": recipient.id if recipient is not None else None,
        "priority": place.inbox.priority,
        "ticket_group": place.inbox.ticket_group,
        "ticket_type": place.inbox.ticket_type,
        "inbox": place.inbox.id,
        "created": now,
        "updated": now,
        "closed": None,
    }
    state = batch.open_ticket(row, subject_key(row["subject"], place.number))
    after = {"subject": row["subject"], "status": row["status"], "customer_id": row["customer"]}
    batch.add_history(history.rows_of(MAIL, "open", [(_ticket_thing(state), None, after)]))
    return state


def _reply_status(place: Ground, batch: Batch, state: TicketState, now: datetime, *, automatic: bool) -> None:
    """R6.3; automatic mail changes no status (R5.4)."""
    before = {"status": state.status, "closed": state.closed}
    if not automatic:
        reopened = state.closed is not None
        state.status = str(place.settings["status.reopened" if reopened else "status.customer_reply"])
        state.closed = None
    batch.change_ticket(state, now)
    after = {"status": state.status, "closed": state.closed}
    if before != after:
        batch.add_history(history.rows_of(MAIL, "status", [(_ticket_thing(state), before, after)]))


def _add_message(
    place: Ground,
    batch: Batch,
    arrived: Arrived,
    recipient: Recipient | None,
    state: TicketState,
    raw: int,
    now: datetime,
) -> int:
    parsed = arrived.parsed
    text = parsed.text
    if parsed.unreadable:
        text = f"This message could not be read ({parsed.unreadable}). Its bytes are kept whole.\n\n{text}".strip()
    key = subject_key(parsed.subject, place.number)
    message = batch.add(
        Message,
        ticket=state.id,
        direction="in",
        sender=recipient.id if recipient is not None else None,
        sender_email=parsed.sender,
        sender_name=parsed.sender_name,
        subject=parsed.subject,
        subject_key=key,
        text=text,
        message_id=parsed.message_id,
        in_reply_to=" ".join(parsed.in_reply_to),
        references=" ".join(parsed.references),
        automatic=parsed.automatic,
        sent=_plausible(parsed.date, arrived.received, now),
        created=now,
        raw=raw,
    )
    for a in parsed.attachments:
        described = {"name": a.name, "type": a.type, "size": a.size, "sha256": a.sha256, "part": a.part}
        batch.add(Attachment, message=message, **described)
    state.subjects.add(key)
    if parsed.message_id:
        batch.referred.setdefault(parsed.message_id, []).append(state.id)
    return message


def _plausible(date: datetime | None, received: datetime, now: datetime) -> datetime:
    """When it was sent: the Date header unless absent or in the future, then INTERNALDATE, then now (D10)."""
    for moment in (date, received):
        if moment is not None and moment <= now + _FUTURE:
            return moment
    return now


def _note_lookalike(batch: Batch, state: TicketState, looked_like: int, now: datetime) -> None:
    text = f"This message looked like a reply to #{looked_like}, but its sender may not write in that ticket."
    note = {
        "direction": "note",
        "sender": None,
        "sender_email": "",
        "sender_name": "",
        "subject": "",
        "subject_key": "",
    }
    empty = {"message_id": "", "in_reply_to": "", "references": "", "automatic": "", "sent": None, "raw": None}
    batch.add(Message, ticket=state.id, text=text, created=now, **note, **empty)


def _record_arrival(
    place: Ground, batch: Batch, arrived: Arrived, decision: Decision, raw: int, written: Written
) -> int:
    parsed = arrived.parsed
    why = {
        "inbox": place.inbox.name,
        "header": parsed.sender_header,
        "sender": parsed.sender,
        "checks": decision.checks,
        "deny_entries": arrived.deny_hits,
        "looked_like": decision.looked_like,
        "automatic": parsed.automatic,
        "unreadable": parsed.unreadable,
    }
    arrival = batch.add(
        Arrival,
        inbox=place.inbox.id,
        folder=place.inbox.folder,
        uidvalidity=place.uidvalidity,
        uid=arrived.uid,
        raw=raw,
        message_id=parsed.message_id,
        fingerprint=parsed.fingerprint,
        received=arrived.received,
        settled=datetime.now(UTC),
        outcome=decision.outcome.value,
        reason=decision.reason,
        unreadable=parsed.unreadable,
        ticket=written.ticket,
        written=written.message,
        why=json.dumps(why, ensure_ascii=False),
    )
    if parsed.fingerprint:
        batch.fingerprints.setdefault(parsed.fingerprint, arrival)
    return arrival


def _refuse(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, decision: Decision, arrival: int) -> None:
    """R8.1: kept whole, with the reason and the rule in words; counted on the recipient and the deny entry."""
    first = arrived.deny_hits[0] if decision.reason == "denied" else None
    batch.add(
        RefusedMessage,
        arrival=arrival,
        reason=decision.reason,
        rule=rule_in_words(place.inbox.name, decision.reason, first, sender.recipient),
        deny_entry=first,
        recipient=sender.recipient.id if sender.recipient is not None else None,
        sender=arrived.parsed.sender,
        sender_key=sender.key,
        subject=arrived.parsed.subject,
        received=arrived.received,
    )
    if first is not None:
        deny.count_hits(arrived.deny_hits, datetime.now(timezone()).date().isoformat())
    if sender.recipient is not None:
        batch.blocked(sender.recipient)


def _ticket_thing(state: TicketState) -> Thing:
    return Thing("ticket", state.id, f"#{state.id}")
