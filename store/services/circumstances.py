"""Finding out, inside the intake transaction, what `rules.intake.decide` has to know about a message."""

import re
from dataclasses import dataclass

from store import patterns
from store.models import Administrator, Arrival, Inbox, Message, ProfileAddress, RawMessage, Recipient, Ticket
from store.queries import settings
from store.rules.addresses import address_key
from store.rules.intake import Candidate, Circumstances
from store.rules.message import Arrived, Parsed
from store.rules.settings import Value
from store.rules.subjects import numbers_in, subject_key


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for all messages of a batch: the inbox, the settings, and which addresses are our own."""

    inbox: Inbox
    uidvalidity: int
    settings: dict[str, Value]
    inbox_keys: frozenset[str]
    administrator_keys: frozenset[str]

    @property
    def number(self) -> re.Pattern[str]:
        """The compiled ticket-number pattern."""
        return patterns.compiled(str(self.settings["inboxes.ticket_number"]))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: the folded address ('' when there is none usable), the recipient if known, and whose profile
    *Email* this address is (R4.6)."""

    key: str
    recipient: Recipient | None
    profile_owners: tuple[int, ...]


def ground(inbox_id: int, uidvalidity: int) -> Ground:
    """Read once for each batch."""
    now = settings.every()
    admins = {key for (key,) in Administrator.select(Administrator.email_key).where(Administrator.active).tuples()}
    if now["smtp.admin_email"]:
        admins.add(address_key(str(now["smtp.admin_email"])))
    inboxes = frozenset(key for (key,) in Inbox.select(Inbox.email_key).tuples())
    return Ground(Inbox.get_by_id(inbox_id), uidvalidity, now, inboxes, frozenset(admins) - inboxes)


def sender_of(parsed: Parsed) -> Sender:
    """Looks the sender up (R5.10)."""
    key = address_key(parsed.sender)
    if not key:
        return Sender("", None, ())
    owners = ProfileAddress.select(ProfileAddress.customer).where(ProfileAddress.email_key == key).distinct()
    recipient = Recipient.get_or_none(Recipient.email_key == key)
    return Sender(key, recipient, tuple(owner for (owner,) in owners.tuples()))


def circumstances(place: Ground, arrived: Arrived, sender: Sender) -> Circumstances:
    """All that the decision on this message depends on."""
    known = sender.recipient
    return Circumstances(
        own_mail=sender.key in place.inbox_keys,
        duplicate_of=_duplicate_of(place, arrived),
        deny_hits=arrived.deny_hits,
        banned=known is not None and known.banned,
        administrator=sender.key in place.administrator_keys,
        process_administrators=bool(place.settings["inboxes.process_administrators"]),
        candidate=_candidate(place, arrived.parsed, sender),
        by_subject_only=bool(place.settings["inboxes.by_subject_only"]),
        accept_unregistered=place.inbox.accept_unregistered,
        registered=bool(sender.profile_owners) or (known is not None and known.customer_id is not None),
        unreadable=bool(arrived.parsed.unreadable),
    )


def _duplicate_of(place: Ground, arrived: Arrived) -> int | None:
    """The arrival that this message repeats (R5.2): same fingerprint, or same bytes under an older UIDVALIDITY (D4)."""
    if arrived.parsed.fingerprint:
        twin = Arrival.select(Arrival.id).where(Arrival.fingerprint == arrived.parsed.fingerprint).first()
        if twin is not None:
            return int(twin.id)
    before = (
        Arrival.select(Arrival.id)
        .join(RawMessage)
        .where(
            (RawMessage.sha256 == arrived.sha256)
            & (Arrival.inbox == place.inbox.id)
            & (Arrival.folder == place.inbox.folder)
            & (Arrival.uidvalidity != place.uidvalidity)
        )
        .first()
    )
    return None if before is None else int(before.id)


def _candidate(place: Ground, parsed: Parsed, sender: Sender) -> Candidate | None:
    """R6.1: the ticket a number names, if the subject is one used there or the message refers to it; else the ticket
    that a reference names, if the subject is unchanged."""
    key = subject_key(parsed.subject, place.number)
    referred = _referred_tickets(parsed)
    for number in numbers_in(parsed.subject, place.number):
        ticket = _living(number)
        if ticket is not None and (ticket.id in referred or number in referred or key in _subjects(place, ticket)):
            return Candidate(ticket.id, "number", _standing(ticket, sender))
    for number in referred:
        ticket = _living(number)
        if ticket is not None and key in _subjects(place, ticket):
            return Candidate(ticket.id, "reference", _standing(ticket, sender))
    return None


def _referred_tickets(parsed: Parsed) -> list[int]:
    ids = list(dict.fromkeys((*parsed.in_reply_to, *reversed(parsed.references))))[:50]
    if not ids:
        return []
    rows = Message.select(Message.ticket).where(Message.message_id.in_(ids)).distinct()
    return [ticket for (ticket,) in rows.tuples()]


def _living(number: int) -> Ticket | None:
    """The ticket of a number; a merged one's number leads on to the ticket it was merged into."""
    ticket = Ticket.get_or_none(Ticket.id == number)
    while ticket is not None and ticket.merged_into_id is not None:
        ticket = Ticket.get_or_none(Ticket.id == ticket.merged_into_id)
    return ticket  # type: ignore[no-any-return]


def _subjects(place: Ground, ticket: Ticket) -> set[str]:
    used = Message.select(Message.subject_key).where(Message.ticket == ticket.id).distinct()
    return {subject_key(ticket.subject, place.number), *(key for (key,) in used.tuples())}


def _standing(ticket: Ticket, sender: Sender) -> str:
    """R6.2: why this sender may write in this ticket; '' when he may not."""
    known = sender.recipient
    if known is not None and known.id == ticket.requester_id:
        return "requester"
    if ticket.customer_id is None:
        return ""
    if known is not None and known.customer_id == ticket.customer_id:
        return "paired"
    return "profile" if ticket.customer_id in sender.profile_owners else ""
