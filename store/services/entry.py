"""What a message leads to in the tables: its sender's row, a ticket or a place in one, the message itself (R5.6)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from store.actor import MAIL
from store.cleantext import storable
from store.models import Attachment, Customer, Message, Recipient
from store.rules.addresses import name_from
from store.rules.deny import fold
from store.rules.intake import Decision
from store.rules.message import Arrived, Attached
from store.rules.pairing import SenderState, may_pair_by_profile
from store.rules.subjects import subject_key
from store.rules.text import search_text
from store.services import deny, history
from store.services.batch import Batch, TicketState
from store.services.circumstances import Ground, Sender
from store.services.history import Thing
from store.services.notices import News
from store.services.pairing import pair_fields
from store.services.senders import searched, thing, write

_FUTURE = timedelta(days=1)
_NOBODY = {
    "sender": None,
    "author": None,
    "sender_email": "",
    "sender_name": "",
    "subject": "",
    "subject_key": "",
    "message_id": "",
    "in_reply_to": "",
    "references": "",
    "automatic": "",
    "sent": None,
    "raw": None,
    "authentication": None,
    "whole": "",
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a decision led to in the tables."""

    ticket: int | None = None
    message: int | None = None


def into_ticket(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, decision: Decision, raw: int) -> Written:
    """Writes the message of this decision, opened or joined; its news are told once the batch is written (R7.4)."""
    now = datetime.now(UTC)
    recipient = _recipient(place, batch, arrived, sender, now)
    opened = decision.ticket is None
    if decision.ticket is None:
        state = _open(place, batch, arrived, recipient, now)
    else:
        state = batch.tickets[decision.ticket]
        _reply_status(place, batch, state, now, written_by_nobody=arrived.parsed.written_by_nobody)
    message = _add_message(place, batch, arrived, recipient, state, raw, now)
    if decision.looked_like is not None:
        text = f"This message looked like a reply to #{decision.looked_like}, but its sender may not write there."
        add_note(batch, state, text, now)
    if recipient is not None:
        batch.heard_from(recipient, now)
    forged = arrived.parsed.authentication == "fail"
    batch.news += _news(place, state.id, message, opened=opened, confirm=not forged)
    return Written(state.id, message)


def _news(place: Ground, ticket: int, message: int, *, opened: bool, confirm: bool) -> list[News]:
    """Whom a customer's message is told: the administrators, and himself once that it was received (R7.4), unless a
    trusted server says that it is not from him (THREATS O5)."""
    events = ["new_ticket_admin"] if opened else ["new_message_admin", "watchers"]
    if opened and confirm and place.settings["notifications.request_received"] == "when-paired":
        events.append("ticket_received_customer")
    return [News(event, ticket, message) for event in events]


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
    row = Recipient(email=arrived.parsed.sender, email_key=sender.key, name=name, name_key=fold(storable(name)))
    customer = _profile_customer(place, row, sender)
    for column, value in (pair_fields(customer, "profile") if customer is not None else {}).items():
        setattr(row, column, value)
    row.search = searched(row)
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
    ours = sender.key in place.own.inboxes or sender.key in place.own.administrators
    state = SenderState(paired=row.customer_id is not None, shared=row.shared, ours=ours)
    if not may_pair_by_profile(state, row.pair_source, len(sender.profile_owners)):
        return None
    return Customer.get_by_id(sender.profile_owners[0])  # type: ignore[no-any-return]


def _open(place: Ground, batch: Batch, arrived: Arrived, recipient: Recipient | None, now: datetime) -> TicketState:
    nameless = "(unreadable message)" if arrived.parsed.unreadable else "(no subject)"
    subject = arrived.parsed.subject.strip() or nameless
    row = {
        "subject": subject,
        "search": search_text(subject),
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
    batch.add_history(history.rows_of(MAIL, "open", [(ticket_thing(state), None, after)]))
    return state


def _reply_status(place: Ground, batch: Batch, state: TicketState, now: datetime, *, written_by_nobody: bool) -> None:
    """R6.3; what no person wrote changes no status (R5.4)."""
    before = {"status": state.status, "closed": state.closed}
    if not written_by_nobody:
        reopened = state.closed is not None
        state.status = str(place.settings["status.reopened" if reopened else "status.customer_reply"])
        state.closed = None
    batch.change_ticket(state, now)
    after = {"status": state.status, "closed": state.closed}
    if before != after:
        batch.add_history(history.rows_of(MAIL, "status", [(ticket_thing(state), before, after)]))


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
    sender = recipient.id if recipient is not None else None
    return stage(place, batch, arrived, state, {"direction": "in", "sender": sender, "text": text}, raw, now)


def stage(
    place: Ground,
    batch: Batch,
    arrived: Arrived,
    state: TicketState,
    said: Mapping[str, object],
    raw: int,
    now: datetime,
) -> int:
    """Stages an arrived message in a ticket, with what is attached to it; its id.

    `said`: direction, text, and sender or author; the whole text where words of it were left out.
    """
    parsed = arrived.parsed
    key = subject_key(parsed.subject, place.number)
    fields = {
        **_NOBODY,
        "sender_email": parsed.sender,
        "sender_name": parsed.sender_name,
        "subject": parsed.subject,
        "subject_key": key,
        "message_id": parsed.message_id,
        "in_reply_to": " ".join(parsed.in_reply_to),
        "references": " ".join(parsed.references),
        "automatic": parsed.automatic,
        "sent": _plausible(parsed.date, arrived.received, now),
        "raw": raw,
        "authentication": parsed.authentication or None,
        **said,
    }
    message = batch.add(Message, ticket=state.id, created=now, **fields)
    for a in parsed.attachments:
        batch.add(Attachment, message=message, **described(a))
    state.subjects.add(key)
    if parsed.message_id:
        batch.referred.setdefault(parsed.message_id, []).append(state.id)
    return message


def described(file: Attached) -> dict[str, object]:
    """What the table of attachments keeps of one."""
    return {name: value for name, value in asdict(file).items() if name != "inline"}


def _plausible(date: datetime | None, received: datetime, now: datetime) -> datetime:
    """When it was sent: the Date header unless absent or in the future, then INTERNALDATE, then now (D10)."""
    for moment in (date, received):
        if moment is not None and moment <= now + _FUTURE:
            return moment
    return now


def add_note(batch: Batch, state: TicketState, text: str, now: datetime) -> None:
    """The program's own note in a ticket."""
    batch.add(Message, ticket=state.id, direction="note", text=text, created=now, **_NOBODY)


def ticket_thing(state: TicketState) -> Thing:
    """How history names a ticket."""
    return Thing("ticket", state.id, f"#{state.id}")
