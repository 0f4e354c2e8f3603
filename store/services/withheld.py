"""Messages that lie on a server and are not let in for now: kept in a list, tried again, never forgotten (R5.11)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from peewee import Expression

from store.actor import MAIL
from store.cleantext import clean, storable
from store.db import transaction
from store.models import Arrival, Inbox, LargeMessage, WithheldMessage
from store.rules.message import Withheld
from store.rules.outbox import delay_after
from store.services import history
from store.services.history import Thing
from store.services.lease import Fence, hold

# of each entry of the history so many UIDs are named
_NAMED = 50
_LONGEST_TEXT = 1_000


def keep(inbox: Inbox, uidvalidity: int, messages: Sequence[Withheld]) -> None:
    """Lists messages, inside the transaction that passes them over; of one that is listed already: one try more."""
    now = datetime.now(UTC)
    here = _of(inbox, uidvalidity)
    known = {row.uid: row for row in WithheldMessage.select().where(here & _among(m.uid for m in messages))}
    for message in messages:
        row = known.get(message.uid) or WithheldMessage(
            inbox=inbox.id, folder=inbox.folder, uidvalidity=uidvalidity, uid=message.uid, since=now, tries=0
        )
        row.kind, row.reason = message.kind, clean(message.reason, limit=_LONGEST_TEXT)
        row.sender = storable(message.sender) or row.sender
        row.subject = storable(message.subject)[:_LONGEST_TEXT] or row.subject
        row.size, row.received = message.size or row.size, message.received or row.received
        row.tries += 1
        row.last_try, row.next_try = now, now + timedelta(seconds=delay_after(row.tries))
        row.save()
    if new := [message for message in messages if message.uid not in known]:
        by_reason: dict[str, list[int]] = {}
        for message in new:
            by_reason.setdefault(message.reason, []).append(message.uid)
        _record(inbox, "withhold", {clean(reason, limit=300): uids for reason, uids in by_reason.items()})


def come_in(inbox: Inbox, uidvalidity: int, uids: Sequence[int]) -> None:
    """Takes what is settled now off the list, inside its transaction."""
    _drop(inbox, _of(inbox, uidvalidity) & _among(uids), "let in", "it was let in")


def leave(inbox: Inbox, uidvalidity: int, why: Mapping[int, str]) -> None:
    """Takes what will not come off the list, for a reason each, inside a transaction."""
    for reason in set(why.values()):
        uids = [uid for uid, mine in why.items() if mine == reason]
        _drop(inbox, _of(inbox, uidvalidity) & _among(uids), "leave", reason)


def leave_elsewhere(inbox: Inbox, uidvalidity: int | None, why: str) -> int:
    """Takes off the list what lies where this inbox is not read any more; how many.  None: all of it."""
    here = WithheldMessage.inbox == inbox.id
    return _drop(
        inbox, here if uidvalidity is None else here & (WithheldMessage.uidvalidity != uidvalidity), "leave", why
    )


def ask(inbox: Inbox) -> int:
    """Makes all of an inbox due, inside a transaction; how many."""
    return int(WithheldMessage.update(next_try=None).where(WithheldMessage.inbox == inbox.id).execute())


def keep_rest(fence: Fence, inbox_id: int, uidvalidity: int, uid: int, size: int, reason: str) -> None:
    """Lists a large message whose rest the server does not give (THREATS D12).  Raises LostLease."""
    with transaction():
        hold(fence)
        inbox = Inbox.get_or_none(Inbox.id == inbox_id)
        if inbox is not None:
            keep(
                inbox,
                uidvalidity,
                [Withheld(uid, "rest", f"Of a large message only the beginning is here: {reason}", size)],
            )


def end_rest(large: LargeMessage, what: str, why: str) -> None:
    """Takes a large message off the list whose rest has come or never will, inside a transaction."""
    inbox = Inbox.get_or_none(Inbox.id == Arrival.get_by_id(large.arrival_id).inbox_id)
    if inbox is not None:
        here = (WithheldMessage.inbox == inbox.id) & (WithheldMessage.folder == large.folder)
        this = (WithheldMessage.uidvalidity == large.uidvalidity) & (WithheldMessage.uid == large.uid)
        _drop(inbox, here & this, what, why)


def _of(inbox: Inbox, uidvalidity: int) -> Expression:
    here = (WithheldMessage.inbox == inbox.id) & (WithheldMessage.folder == inbox.folder)
    return here & (WithheldMessage.uidvalidity == uidvalidity)


def _among(uids: Iterable[int]) -> Expression:
    return WithheldMessage.uid.in_(list(uids))


def _drop(inbox: Inbox, which: Expression, what: str, why: str) -> int:
    uids = [uid for (uid,) in WithheldMessage.select(WithheldMessage.uid).where(which).tuples()]
    if uids:
        WithheldMessage.delete().where(which).execute()
        _record(inbox, what, {why: uids})
    return len(uids)


def _record(inbox: Inbox, what: str, by_reason: Mapping[str, Sequence[int]]) -> None:
    """An entry for each reason: which messages, by UID."""
    rows = []
    for reason, uids in by_reason.items():
        shown = ", ".join(map(str, sorted(uids)[:_NAMED])) + (" …" if len(uids) > _NAMED else "")
        rows.append(
            (Thing("inbox", inbox.id, inbox.name), None, {"messages": len(uids), "uids": shown, "reason": reason})
        )
    history.record_many(MAIL, what, rows)
