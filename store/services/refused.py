"""Mail that was kept out, refused or ignored (R8): why, in words that stay true when the rule is gone; letting it in;
forgetting it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.models import Arrival, DenyEntry, Inbox, Message, RawMessage, Recipient, RefusedMessage
from store.queries import deny as deny_list
from store.queries import refused, settings
from store.queries.refused import Kind
from store.reasons import refuse
from store.rules.deny import FILTER_TYPES, LOCATIONS
from store.rules.intake import Circumstances, Decision, Outcome, decide
from store.rules.message import Arrived
from store.services import deny, history, outcome, recipients
from store.services.batch import Batch
from store.services.circumstances import Ground, Sender, circumstances, ground, known_before, sender_of
from store.services.history import Thing

_FORGOTTEN_AT_ONCE = 200
_RULES = {
    "unverified": "From an administrator's address, and forwarded e-mail from administrators is off",
    "automatic": "From an administrator's address, and no person wrote it",
    "own-mail": "From an inbox's address, and no Reply-To names anybody else",
    "own-id": "It has the Message-ID of mail of ours",
}


@dataclass(frozen=True, slots=True)
class Released:
    """Where a released message went, and what was taken away for it.  `ticket` None: it was a report about our mail."""

    ticket: int | None
    opened: bool
    note: bool
    unbanned: bool
    entry_removed: int | None


def rule_in_words(inbox: str, reason: str, entry_id: int | None, recipient: Recipient | None) -> str:
    """What kept a message out: the deny entry, the ban, the setting, or that it is ours."""
    if entry_id is not None:
        entry = DenyEntry.get_by_id(entry_id)
        return f"Deny list {entry.id}: {LOCATIONS[entry.location]}, {FILTER_TYPES[entry.filter_type]}: {entry.filter}"
    if reason == "banned" and recipient is not None:
        why = f": {recipient.ban_reason}" if recipient.ban_reason else ""
        return f"Banned by {recipient.banned_by}{why}"
    if reason == "unregistered":
        return f"Inbox {inbox} takes mail from known senders only"
    return _RULES[reason]


def release(
    actor: Actor,
    refused_id: int,
    arrived: Arrived,
    *,
    deny_version: int,
    unban: bool = False,
    remove_rule: bool = False,
    rehearse: bool = False,
    kind: Kind = "refused",
) -> Released:
    """Lets a message in as if it had arrived now, but for the check that kept it out (R8).

    `arrived` is what `mail` makes of its bytes; `unban` and `remove_rule` take the ban or the deny entry away in the
    same step.  Raises NotFound, Refused: another check refuses it, or there is no such ban or entry, StaleFacts.
    """
    with transaction(rehearse=rehearse):
        kept = refused.original(actor, refused_id, kind=kind)
        deny_list.insist_on(deny_version)
        change = history.new_change()
        if unban:
            if kept.banned_id is None:
                raise refuse("release-no-ban", email=clean(kept.line.sender))
            recipients.unban(actor, kept.banned_id)
        if remove_rule:
            if kept.deny_entry is None:
                raise refuse("release-no-entry", id=refused_id)
            deny.remove(actor, kept.deny_entry)
        row = RefusedMessage.get_by_id(refused_id)
        done = _let_in(row, arrived)
        row.released, row.released_by = datetime.now(UTC), actor.name
        row.save()
        told = {kind: refused_id, "reason": row.reason, "rule": row.rule, "sender": row.sender}
        where = Thing("ticket", done.ticket, f"#{done.ticket}") if done.ticket else Thing(kind, refused_id, "")
        history.record(actor, "release", where, None, told, change=change)
    return replace(done, unbanned=unban, entry_removed=kept.deny_entry if remove_rule else None)


def forget_old() -> int:
    """Forgets what was kept out and kept for `refused.keep_days`; how many messages.  A few hundred at once.

    That there was a message, and what became of it, stays known: its bytes are what goes.  The days count from when it
    was kept out: the first round of an old mailbox refuses mail that its server received years ago.
    """
    limit = datetime.now(UTC) - timedelta(days=int(settings.one("refused.keep_days")))
    with transaction():
        columns = (RefusedMessage.id, Arrival.raw)
        is_old = (RefusedMessage.listed < limit) | (RefusedMessage.listed.is_null() & (Arrival.settled < limit))
        old = RefusedMessage.select(*columns).join(Arrival).where(is_old)
        rows = list(old.order_by(RefusedMessage.id).limit(_FORGOTTEN_AT_ONCE).tuples())
        RefusedMessage.delete().where(RefusedMessage.id.in_([number for number, _ in rows])).execute()
        _drop_bytes([raw for _, raw in rows])
    return len(rows)


def _let_in(row: RefusedMessage, arrived: Arrived) -> Released:
    arrival = Arrival.get_by_id(row.arrival_id)
    # an inbox that was removed since gives its defaults no more
    inbox = Inbox.get_or_none(Inbox.id == arrival.inbox_id) or Inbox(name="", email="", email_key="")
    place = ground(inbox, arrival.uidvalidity)
    batch = known_before(place, [arrived])
    batch.rebuilt = {}
    sender = sender_of(batch, arrived.parsed)
    case, decision = _decided(place, batch, arrived, sender, row)
    written = outcome.carry_out(place, batch, arrived, sender, decision, arrival.raw_id)
    batch.write()
    outcome.tell(batch)
    arrival.outcome, arrival.reason = decision.outcome.value, decision.reason
    arrival.ticket, arrival.written = written.ticket, written.message
    arrival.why = outcome.why_of(place, batch, arrived, case, decision, before=json.loads(arrival.why))
    arrival.save()
    note = decision.reason == "released-note"
    return Released(written.ticket, decision.ticket is None, note, unbanned=False, entry_removed=None)


def _decided(
    place: Ground, batch: Batch, arrived: Arrived, sender: Sender, row: RefusedMessage
) -> tuple[Circumstances, Decision]:
    """Raises Refused where another check than the one that kept it out does so now."""
    if arrived.parsed.fingerprint:
        batch.fingerprints = _twins(arrived.parsed.fingerprint)
    case = replace(circumstances(place, batch, arrived, sender), waived=row.reason)
    decision = decide(case)
    if decision.outcome is Outcome.REFUSED:
        raise refuse(f"release-{decision.reason}", email=clean(row.sender))
    if decision.outcome is Outcome.IGNORED:
        raise refuse("release-ignored", reason=decision.reason)
    return case, decision


def _twins(fingerprint: str) -> dict[str, int]:
    """The same message, if it got in another way meanwhile (R5.2)."""
    came_in = Arrival.outcome.in_((Outcome.OPENED.value, Outcome.JOINED.value))
    twin = Arrival.get_or_none((Arrival.fingerprint == fingerprint) & came_in)
    return {} if twin is None else {fingerprint: twin.id}


def _drop_bytes(raws: Sequence[int]) -> None:
    """The hash stays: it witnesses, after a change of UIDVALIDITY, that this was met (D4)."""
    used = Message.select(Message.raw).where(Message.raw.in_(raws))
    waiting = Arrival.select(Arrival.raw).join(RefusedMessage).where(Arrival.raw.in_(raws))
    unused = RawMessage.id.in_(raws) & RawMessage.id.not_in(used) & RawMessage.id.not_in(waiting)
    RawMessage.update(data=b"").where(unused).execute()
