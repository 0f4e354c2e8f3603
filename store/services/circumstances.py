"""Finding out, inside the intake transaction, what `rules.intake.decide` has to know about a message."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from store import patterns
from store.models import Administrator, Inbox, Recipient
from store.queries import settings
from store.queries.own import own_addresses
from store.queries.scope import sees
from store.rules.addresses import OwnAddresses, address_key
from store.rules.intake import Candidate, Circumstances
from store.rules.message import Arrived, Parsed
from store.rules.settings import Value
from store.rules.subjects import numbers_in, subject_key
from store.services.batch import Batch, TicketState

_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Ground:
    """What is the same for all messages of a batch: the inbox, the settings, and which addresses are our own."""

    inbox: Inbox
    uidvalidity: int
    settings: dict[str, Value]
    number: re.Pattern[str]
    own: OwnAddresses


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: the folded address ('' when there is none usable), the recipient if known, and whose profile
    *Email* this address is (R4.6)."""

    key: str
    recipient: Recipient | None
    profile_owners: tuple[int, ...]


def ground(inbox: Inbox, uidvalidity: int) -> Ground:
    """Read once for each batch."""
    now = settings.every()
    number = patterns.compiled(str(now["inboxes.ticket_number"]))
    return Ground(inbox, uidvalidity, now, number, own_addresses(now))


def known_before(place: Ground, arrivals: Sequence[Arrived]) -> Batch:
    """A batch that holds all that these messages may refer to."""
    batch = Batch()
    keys = (address_key(arrived.parsed.sender) for arrived in arrivals)
    batch.load(place.inbox.id, place.inbox.folder, place.uidvalidity, arrivals, keys)
    batch.load_posted({known for arrived in arrivals for known in _our_marks(arrived.parsed)})
    numbers = {n for arrived in arrivals for n in numbers_in(arrived.parsed.subject, place.number)}
    batch.load_tickets(numbers, {ref for arrived in arrivals for ref in references_of(arrived.parsed)})
    for state in batch.tickets.values():
        state.subjects.add(subject_key(state.subject, place.number))
    return batch


def sender_of(batch: Batch, parsed: Parsed) -> Sender:
    """Looks the sender up (R5.10)."""
    key = address_key(parsed.sender)
    return Sender(key, batch.recipients.get(key), batch.owners.get(key, ())) if key else Sender("", None, ())


def circumstances(place: Ground, batch: Batch, arrived: Arrived, sender: Sender) -> Circumstances:
    """All that the decision on this message depends on."""
    known = sender.recipient
    fingerprint = arrived.parsed.fingerprint
    twin = batch.fingerprints.get(fingerprint) if fingerprint else None
    administrator = sender.key in place.own.administrators
    named = _named(place, batch, arrived.parsed)
    candidate = _candidate(named, sender)
    registered = bool(sender.profile_owners) or (known is not None and known.customer_id is not None)
    is_known = administrator or registered or bool(candidate and candidate.standing)
    about = None if is_known and _is_by_words_alone(arrived.parsed) else batch.reported(arrived.parsed.report)
    answered, proof = _answered(batch, arrived.parsed, sender, named) if administrator else (None, "")
    return Circumstances(
        own_mail=sender.key in place.own.inboxes or has_our_id(batch, arrived.parsed),
        report_of=about.id if about is not None else None,
        duplicate_of=twin if twin is not None else batch.met_again(arrived.sha256),
        deny_hits=arrived.deny_hits,
        banned=known is not None and known.banned,
        administrator=administrator,
        answered=answered,
        proof=proof,
        written_by_nobody=arrived.parsed.written_by_nobody,
        process_administrators=bool(place.settings["inboxes.process_administrators"]),
        candidate=candidate,
        changed=next((one.state.id for one in named if not one.fits), None),
        by_subject_only=bool(place.settings["inboxes.by_subject_only"]),
        accept_unregistered=place.inbox.accept_unregistered,
        registered=registered,
        unreadable=bool(arrived.parsed.unreadable),
    )


def _is_by_words_alone(parsed: Parsed) -> bool:
    """R5.4: whether a report has no sign of a program but its words, which a person may have pasted."""
    return parsed.report is not None and not parsed.report.evidence and not parsed.automatic


@dataclass(frozen=True, slots=True)
class _Named:
    """A ticket that a message names, by number or reference, and whether its subject is one used there (R6.1)."""

    state: TicketState
    found_by: str
    fits: bool


def _named(place: Ground, batch: Batch, parsed: Parsed) -> list[_Named]:
    """The tickets that a message names, the numbers in its subject first.  A number fits, too, if the message refers to
    its ticket; a merged one's number stands for the ticket it was merged into."""
    key = subject_key(parsed.subject, place.number)
    referred = [ticket for reference in references_of(parsed) for ticket in batch.referred.get(reference, ())]
    found = []
    for number in numbers_in(parsed.subject, place.number):
        if (state := _living(batch, number)) is not None:
            fits = state.id in referred or number in referred or key in state.subjects
            found.append(_Named(state, "number", fits))
    for number in dict.fromkeys(referred):
        if (state := _living(batch, number)) is not None:
            found.append(_Named(state, "reference", key in state.subjects))
    return found


def _candidate(named: Sequence[_Named], sender: Sender) -> Candidate | None:
    """R6.1, R6.2: of the tickets that fit, the first in which the sender may write; if he may in none, the first."""
    fitting = [Candidate(one.state.id, one.found_by, _standing(one.state, sender)) for one in named if one.fits]
    return next((one for one in fitting if one.standing), next(iter(fitting), None))


def has_our_id(batch: Batch, parsed: Parsed) -> bool:
    """R5.9: it carries the Message-ID of a mail of ours, which nobody can guess, as its own or in our mark."""
    return parsed.message_id in batch.posted or parsed.mark in batch.posted


def has_returned(place: Ground, batch: Batch, parsed: Parsed) -> bool:
    """Whether it is a mail of ours from an address that we send from, so that nobody wrote it since (R8.2)."""
    key = address_key(parsed.sender)
    return has_our_id(batch, parsed) and (key == place.own.sender or key in place.own.inboxes)


def _our_marks(parsed: Parsed) -> list[str]:
    """The Message-IDs in a message that may be of mail of ours."""
    reported = (parsed.report.original, *parsed.report.others) if parsed.report is not None else ()
    return [known for known in (parsed.message_id, parsed.mark, *reported, *references_of(parsed)) if known]


def _answered(batch: Batch, parsed: Parsed, sender: Sender, named: Sequence[_Named]) -> tuple[int | None, str]:
    """R5.8: the ticket of a notification that went to this very address as an administrator's, if they may see
    it; and why they are believed, or not.

    When a trusted server vouches for the sender a number in the subject is enough, if it names its ticket (R6.1); when
    it denies them nothing is.  `named` are the tickets that the message names.
    """
    if parsed.authentication == "fail":
        return None, "denied"
    told = [batch.posted[reference] for reference in references_of(parsed) if reference in batch.posted]
    answered = [sent.ticket for sent in told if sent.audience == "admin" and sent.to_key == sender.key]
    found = [(state, "notified") for number in answered if (state := _living(batch, number or 0)) is not None]
    by_number = [one for one in named if one.found_by == "number" and parsed.authentication == "pass"]
    found += [(one.state, "vouched") for one in by_number if one.fits]
    seen = ((state.id, proof) for state, proof in found if _may_answer(sender.key, state.customer))
    failed = "unseen" if found else "changed" if by_number else "unproven"
    return next(seen, (None, failed))


def _may_answer(email_key: str, customer: int | None) -> bool:
    """The plain admin e-mail may; an administrator as long as he sees the ticket (R10.1)."""
    theirs = list(Administrator.select().where((Administrator.email_key == email_key) & Administrator.active))
    return not theirs or any(sees(one, customer) for one in theirs)


def references_of(parsed: Parsed) -> list[str]:
    """The Message-IDs that a message answers, the nearest first."""
    return list(dict.fromkeys((*parsed.in_reply_to, *reversed(parsed.references))))[:_REFERENCES]


def _living(batch: Batch, number: int) -> TicketState | None:
    """The ticket of a number; a merged one's number leads on to the ticket it was merged into."""
    state = batch.tickets.get(number)
    while state is not None and state.merged_into is not None:
        state = batch.tickets.get(state.merged_into)
    return state


def _standing(state: TicketState, sender: Sender) -> str:
    """R6.2: why this sender may write in this ticket; '' when he may not."""
    known = sender.recipient
    if known is not None and known.id == state.requester:
        return "requester"
    if sender.key in state.cc:
        return "cc"
    if state.customer is None:
        return ""
    if known is not None and known.customer_id == state.customer:
        return "paired"
    return "profile" if state.customer in sender.profile_owners else ""


def author_of(sender: Sender) -> Administrator | None:
    """The administrator with this address; None for the plain admin e-mail."""
    mine = (Administrator.email_key == sender.key) & Administrator.active
    return Administrator.select().where(mine).order_by(Administrator.id).first()  # type: ignore[no-any-return]
