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
    DenyEntry,
    InboxState,
    Message,
    RawMessage,
    Recipient,
    RefusedMessage,
    Ticket,
)
from store.queries import deny as deny_list
from store.queries.settings import timezone
from store.rules.addresses import name_from
from store.rules.deny import FILTER_TYPES, LOCATIONS, fold
from store.rules.intake import Decision, Outcome, decide
from store.rules.message import Arrived
from store.rules.pairing import SenderState, may_pair_by_profile
from store.rules.subjects import subject_key
from store.services import deny, history
from store.services.circumstances import Ground, Sender, circumstances, ground, sender_of
from store.services.history import Thing
from store.services.lease import Fence, hold
from store.services.pairing import pair_fields
from store.services.senders import is_ours, search_text, thing, write

_FUTURE = timedelta(days=1)


class StaleFacts(Problem):
    """The deny list has changed since the messages were looked at: look again, then settle."""


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
    fence: Fence, inbox_id: int, uidvalidity: int, batch: Sequence[Arrived], *, cursor: int, deny_version: int
) -> list[Settled]:
    """Decides on each message in order and writes what follows, all in one transaction with the cursor.

    `cursor` is the highest UID looked at, `deny_version` that of the list behind `Arrived.deny_hits`.  Messages that
    were settled before are passed over.  Raises LostLease, StaleFacts; then nothing was written.
    """
    with transaction():
        hold(fence)
        if deny_list.version() != deny_version:
            raise StaleFacts("The deny list changed while mail was read.")
        place = ground(inbox_id, uidvalidity)
        done = [_settle_one(place, arrived) for arrived in batch if not _is_settled(place, arrived)]
        InboxState.update(uidvalidity=uidvalidity, last_uid=cursor).where(InboxState.inbox == inbox_id).execute()
    return done


def cursor_of(inbox_id: int) -> tuple[int, int]:
    """(UIDVALIDITY, last UID) up to which this inbox is settled; zeros at first."""
    state = InboxState.get_by_id(inbox_id)
    return int(state.uidvalidity), int(state.last_uid)


def _is_settled(place: Ground, arrived: Arrived) -> bool:
    return bool(
        Arrival.select()
        .where(
            (Arrival.inbox == place.inbox.id)
            & (Arrival.folder == place.inbox.folder)
            & (Arrival.uidvalidity == place.uidvalidity)
            & (Arrival.uid == arrived.uid)
        )
        .exists()
    )


def _settle_one(place: Ground, arrived: Arrived) -> Settled:
    sender = sender_of(arrived.parsed)
    decision = decide(circumstances(place, arrived, sender))
    raw = _keep_raw(arrived)
    written = Written()
    if decision.outcome in (Outcome.OPENED, Outcome.JOINED):
        written = _into_ticket(place, arrived, sender, decision, raw)
    arrival = _record_arrival(place, arrived, decision, raw, written)
    if decision.outcome is Outcome.REFUSED:
        _refuse(place, arrived, sender, decision, arrival)
    return Settled(arrived.uid, decision.outcome, decision.reason, written.ticket, bool(arrived.parsed.unreadable))


def _keep_raw(arrived: Arrived) -> int:
    row = RawMessage.select(RawMessage.id).where(RawMessage.sha256 == arrived.sha256).first()
    if row is not None:
        return int(row.id)
    return int(RawMessage.insert(sha256=arrived.sha256, size=len(arrived.raw), data=arrived.raw).execute())


def _into_ticket(place: Ground, arrived: Arrived, sender: Sender, decision: Decision, raw: int) -> Written:
    now = datetime.now(UTC)
    recipient = _recipient(place, arrived, sender, now)
    if decision.ticket is not None:
        ticket = decision.ticket
        _reply_status(place, ticket, now, automatic=bool(arrived.parsed.automatic))
    else:
        ticket = _open(place, arrived, recipient, now)
    message = _insert_message(place, arrived, recipient, ticket, raw, now)
    if decision.looked_like is not None:
        _note_lookalike(ticket, decision.looked_like, now)
    if recipient is not None:
        Recipient.update(last_message=now).where(Recipient.id == recipient.id).execute()
    return Written(ticket, message)


def _recipient(place: Ground, arrived: Arrived, sender: Sender, now: datetime) -> Recipient | None:
    """The sender's row, made on first contact and paired by profile e-mail where that is clear (R4.6)."""
    if not sender.key:
        return None
    row = sender.recipient or _new_recipient(place, arrived, sender, now)
    state = SenderState(paired=row.customer_id is not None, shared=row.shared, ours=is_ours(row.email_key))
    if may_pair_by_profile(state, row.pair_source, len(sender.profile_owners)):
        customer = Customer.get_by_id(sender.profile_owners[0])
        history.record(MAIL, "pair", thing(row), *write(row, pair_fields(customer, "profile")))
    return row


def _new_recipient(place: Ground, arrived: Arrived, sender: Sender, now: datetime) -> Recipient:
    name = name_from(arrived.parsed.sender_name, arrived.parsed.sender)
    row = Recipient(
        email=arrived.parsed.sender,
        email_key=sender.key,
        domain=sender.key.rpartition("@")[2],
        name=name,
        name_key=fold(clean(name)),
        denied=deny.is_denied(arrived.parsed.sender, sender.key),
        first_seen=now,
        inbox=place.inbox.id,
    )
    row.search = search_text(row)
    row.save(force_insert=True)
    history.record(MAIL, "add", thing(row), None, {"email": row.email, "name": row.name})
    return row


def _open(place: Ground, arrived: Arrived, recipient: Recipient | None, now: datetime) -> int:
    subject = arrived.parsed.subject.strip() or (
        "(unreadable message)" if arrived.parsed.unreadable else "(no subject)"
    )
    customer = recipient.customer_id if recipient is not None and not recipient.shared else None
    number = int(
        Ticket.insert(
            subject=subject,
            status=place.settings["status.new"],
            customer=customer,
            requester=recipient.id if recipient is not None else None,
            priority=place.inbox.priority,
            ticket_group=place.inbox.ticket_group,
            ticket_type=place.inbox.ticket_type,
            inbox=place.inbox.id,
            created=now,
            updated=now,
        ).execute()
    )
    after = {"subject": subject, "status": place.settings["status.new"], "customer_id": customer}
    history.record(MAIL, "open", Thing("ticket", number, f"#{number}"), None, after)
    return number


def _reply_status(place: Ground, number: int, now: datetime, *, automatic: bool) -> None:
    """R6.3; automatic mail changes no status (R5.4)."""
    ticket = Ticket.get_by_id(number)
    fields: dict[str, object] = {"updated": now}
    if not automatic:
        reopened = ticket.closed is not None
        fields["status"] = place.settings["status.reopened" if reopened else "status.customer_reply"]
        fields["closed"] = None
    before = {key: getattr(ticket, key) for key in fields if key != "updated"}
    after = {key: fields[key] for key in before}
    Ticket.update(**fields, version=Ticket.version + 1).where(Ticket.id == number).execute()
    if before != after:
        history.record(MAIL, "status", Thing("ticket", number, f"#{number}"), before, after)


def _insert_message(
    place: Ground, arrived: Arrived, recipient: Recipient | None, ticket: int, raw: int, now: datetime
) -> int:
    parsed = arrived.parsed
    text = parsed.text
    if parsed.unreadable:
        text = (
            f"This message could not be read ({parsed.unreadable}). Its bytes are kept whole.\n\n{parsed.text}".strip()
        )
    message = int(
        Message.insert(
            ticket=ticket,
            direction="in",
            sender=recipient.id if recipient is not None else None,
            sender_email=parsed.sender,
            sender_name=parsed.sender_name,
            subject=parsed.subject,
            subject_key=subject_key(parsed.subject, place.number),
            text=text,
            message_id=parsed.message_id,
            in_reply_to=" ".join(parsed.in_reply_to),
            references=" ".join(parsed.references),
            automatic=parsed.automatic,
            sent=_plausible(parsed.date, arrived.received, now),
            created=now,
            raw=raw,
        ).execute()
    )
    if parsed.attachments:
        Attachment.insert_many(
            {"message": message, "name": a.name, "type": a.type, "size": a.size, "sha256": a.sha256, "part": a.part}
            for a in parsed.attachments
        ).execute()
    return message


def _plausible(date: datetime | None, received: datetime, now: datetime) -> datetime:
    """When it was sent: the Date header unless absent or in the future, then INTERNALDATE, then now (D10)."""
    for moment in (date, received):
        if moment is not None and moment <= now + _FUTURE:
            return moment
    return now


def _note_lookalike(ticket: int, looked_like: int, now: datetime) -> None:
    text = f"This message looked like a reply to #{looked_like}, but its sender may not write in that ticket."
    Message.insert(ticket=ticket, direction="note", text=text, created=now).execute()


def _record_arrival(place: Ground, arrived: Arrived, decision: Decision, raw: int, written: Written) -> int:
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
    return int(
        Arrival.insert(
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
        ).execute()
    )


def _refuse(place: Ground, arrived: Arrived, sender: Sender, decision: Decision, arrival: int) -> None:
    """R8.1: kept whole, with the reason and the rule in words; counted on the recipient and the deny entry."""
    first = arrived.deny_hits[0] if decision.reason == "denied" else None
    RefusedMessage.insert(
        arrival=arrival,
        reason=decision.reason,
        rule=_rule_in_words(place, decision.reason, first, sender.recipient),
        deny_entry=first,
        recipient=sender.recipient.id if sender.recipient is not None else None,
        sender=arrived.parsed.sender,
        sender_key=sender.key,
        subject=arrived.parsed.subject,
        received=arrived.received,
    ).execute()
    if first is not None:
        deny.count_hits(arrived.deny_hits, datetime.now(timezone()).date().isoformat())
    if sender.recipient is not None:
        Recipient.update(blocked=Recipient.blocked + 1).where(Recipient.id == sender.recipient.id).execute()


def _rule_in_words(place: Ground, reason: str, entry_id: int | None, recipient: Recipient | None) -> str:
    if entry_id is not None:
        entry = DenyEntry.get_by_id(entry_id)
        return f"Deny list {entry.id}: {LOCATIONS[entry.location]}, {FILTER_TYPES[entry.filter_type]}: {entry.filter}"
    if reason == "banned" and recipient is not None:
        why = f": {recipient.ban_reason}" if recipient.ban_reason else ""
        return f"Banned by {recipient.banned_by}{why}"
    if reason == "unregistered":
        return f"Inbox {place.inbox.name} takes mail from known senders only"
    return "From an administrator's address, and forwarded e-mail from administrators is off"
