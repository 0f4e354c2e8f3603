"""Settling what arrived: raw bytes, recipient, ticket or message, history and cursor in ONE transaction (R5.2, D1).

Exactly once: `Arrival` is unique on where a message lay, and the cursor moves in the same transaction; killed at any
instant, the next round fetches what is missing and nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import MAIL
from store.db import transaction
from store.errors import Problem
from store.models import (
    Arrival,
    Inbox,
    InboxState,
    LargeMessage,
    RawMessage,
    RefusedMessage,
)
from store.queries import deny as deny_list
from store.queries.settings import timezone
from store.rules.intake import Decision, Outcome, decide
from store.rules.message import Arrived, Withheld
from store.services import deny, history, withheld
from store.services.batch import Batch
from store.services.circumstances import (
    Ground,
    Sender,
    circumstances,
    ground,
    has_our_id,
    has_returned,
    known_before,
    sender_of,
)
from store.services.entry import Written
from store.services.history import Thing
from store.services.lease import Fence, hold
from store.services.outcome import carry_out, tell, why_of
from store.services.refused import rule_in_words


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


def settle(
    fence: Fence,
    inbox_id: int,
    uidvalidity: int,
    arrivals: Sequence[Arrived],
    *,
    cursor: int,
    deny_version: int,
    inbox_version: int | None = None,
    passed_over: Sequence[Withheld] = (),
    left: Mapping[int, str] | None = None,
) -> list[Settled]:
    """Decides on each message in order and writes what follows, all in one transaction with the cursor.

    `cursor` is the highest UID looked at, `deny_version` that of the list behind `Arrived.deny_hits`, `inbox_version`
    that of the inbox whose mailbox they came from.  Messages that were settled before are passed over.  `passed_over`
    are not let in for now (R5.11), `left` were so and never will be, by UID with the reason.  Raises LostLease,
    StaleFacts, InboxChanged; then nothing was written.
    """
    with transaction():
        hold(fence)
        deny_list.insist_on(deny_version)
        inbox = Inbox.get_or_none(Inbox.id == inbox_id)
        if inbox is None or inbox_version not in (None, inbox.version):
            raise InboxChanged
        place = ground(inbox, uidvalidity)
        batch = known_before(place, arrivals)
        done = [_settle_one(place, batch, arrived) for arrived in arrivals if batch.is_new(arrived.uid)]
        batch.write()
        tell(batch)
        withheld.come_in(inbox, uidvalidity, [arrived.uid for arrived in arrivals])
        withheld.keep(inbox, uidvalidity, passed_over)
        withheld.leave(inbox, uidvalidity, left or {})
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
        withheld.leave_elsewhere(inbox, place.uidvalidity, "its mailbox was numbered afresh; it is met there again")
    InboxState.update(uidvalidity=place.uidvalidity, last_uid=cursor).where(InboxState.inbox == inbox.id).execute()


def _settle_one(place: Ground, batch: Batch, arrived: Arrived) -> Settled:
    sender = sender_of(batch, arrived.parsed)
    case = circumstances(place, batch, arrived, sender)
    decision = decide(case)
    raw = _keep_raw(batch, arrived)
    written = carry_out(place, batch, arrived, sender, decision, raw)
    why = why_of(place, batch, arrived, case, decision)
    arrival = _record_arrival(place, batch, arrived, decision, raw, written, why)
    listed = case.duplicate_of is None and _is_listed(place, batch, arrived, decision)
    if listed:
        _keep_out(place, batch, arrived, sender, decision, arrival)
    if arrived.whole_size and (listed or decision.outcome is not Outcome.IGNORED):
        _await_rest(place, batch, arrived, arrival)
    elif arrived.whole_size and case.duplicate_of is not None:
        _move_large(place, arrived, case.duplicate_of)
    return Settled(arrived.uid, decision.outcome, decision.reason, written.ticket, bool(arrived.parsed.unreadable))


def _keep_raw(batch: Batch, arrived: Arrived) -> int:
    if arrived.sha256 not in batch.raws:
        size = len(arrived.raw)
        batch.raws[arrived.sha256] = batch.add(RawMessage, sha256=arrived.sha256, size=size, data=arrived.raw)
    return batch.raws[arrived.sha256]


def _record_arrival(
    place: Ground, batch: Batch, arrived: Arrived, decision: Decision, raw: int, written: Written, why: str
) -> int:
    parsed = arrived.parsed
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
        why=why,
    )
    if parsed.fingerprint:
        batch.fingerprints.setdefault(parsed.fingerprint, arrival)
    return arrival


def _await_rest(place: Ground, batch: Batch, arrived: Arrived, arrival: int) -> None:
    """Of a large message only the beginning is here (THREATS D12)."""
    where = {"folder": place.inbox.folder, "uidvalidity": place.uidvalidity, "uid": arrived.uid}
    batch.add(LargeMessage, arrival=arrival, size=arrived.whole_size, **where)


def _move_large(place: Ground, arrived: Arrived, known: int) -> None:
    """The rest of one that was met again after a change of UIDVALIDITY (D4) is fetched where it lies now."""
    here = {"folder": place.inbox.folder, "uidvalidity": place.uidvalidity}
    there = (LargeMessage.folder != here["folder"]) | (LargeMessage.uidvalidity != here["uidvalidity"])
    mine = LargeMessage.arrival.in_(
        Arrival.select(Arrival.id).where((Arrival.id == known) & (Arrival.inbox == place.inbox.id))
    )
    moved = LargeMessage.update(**here, uid=arrived.uid)
    moved.where(mine & there & (LargeMessage.state == "waiting")).execute()


def _is_listed(place: Ground, batch: Batch, arrived: Arrived, decision: Decision) -> bool:
    """R8: what is kept out is listed, but for our own mail that has returned."""
    if decision.outcome is Outcome.IGNORED:
        return not has_returned(place, batch, arrived.parsed)
    return decision.outcome is Outcome.REFUSED


def _keep_out(place: Ground, batch: Batch, arrived: Arrived, sender: Sender, decision: Decision, arrival: int) -> None:
    """R8: kept whole, with the reason and the rule in words; a refusal is counted on the recipient and the entry."""
    first = arrived.deny_hits[0] if decision.reason == "denied" else None
    marked = decision.reason == "own-mail" and has_our_id(batch, arrived.parsed)
    rule = "own-id" if marked else decision.reason
    batch.add(
        RefusedMessage,
        kind=decision.outcome.value,
        arrival=arrival,
        reason=decision.reason,
        rule=rule_in_words(place.inbox.name, rule, first, sender.recipient),
        deny_entry=first,
        recipient=sender.recipient.id if sender.recipient is not None else None,
        sender=arrived.parsed.sender,
        sender_key=sender.key,
        subject=arrived.parsed.subject,
        received=arrived.received,
    )
    if first is not None:
        deny.count_hits(arrived.deny_hits, datetime.now(timezone()).date().isoformat())
    if sender.recipient is not None and decision.outcome is Outcome.REFUSED:
        batch.blocked(sender.recipient)
