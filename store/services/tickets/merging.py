"""Merging one ticket into another (R11.1): the old number leads on."""

from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import Actor
from store.db import transaction
from store.models import Base, Message, Outbox, Participant, Recipient, Ticket
from store.queries import settings
from store.queries.tickets import state_of
from store.rules import ticket as rule
from store.services import history
from store.services.notices import News, announce
from store.services.tickets.row import add_message, author_of, insist, locked, record, thing


@dataclass(frozen=True, slots=True)
class Merged:
    """The ticket that was merged, the one that goes on, and how many messages moved there."""

    number: int
    into: int
    messages: int


def merge(actor: Actor, number: int, into: int, *, rehearse: bool = False) -> Merged:
    """Moves all messages of ticket `number` into ticket `into`, whose requester stays; the other requester becomes Cc.

    Both belong to one customer, or one of them to none: then the other's counts.  Raises Refused, NotFound.
    """
    with transaction(rehearse=rehearse):
        row, target = locked(actor, number, None), locked(actor, into, None)
        insist(rule.why_not_merge(state_of(row), state_of(target), same=number == into), number, into=into)
        change = history.new_change()
        moved = {"messages": _ids(Message, number), "letters": _ids(Outbox, number)}
        for table in (Message, Outbox):
            table.update(ticket=into).where(table.ticket == number).execute()
        followers = {"followers": _follow(row, target)}
        history.record(actor, "moved", thing(number), {**moved, **followers}, {"into": into}, change=change)
        _close(actor, row, into, len(moved["messages"]), change)
        customer = target.customer_id if target.customer_id is not None else row.customer_id
        record(actor, "merged", target, {"customer_id": customer}, change)
        author = author_of(actor)
        add_message(target, "note", f"Ticket #{number} was merged into this one.", author)
        mine = frozenset({author.email_key}) if author is not None else frozenset()
        announce([News("watchers", into, mark=change, actor=author.name if author else "", without=mine)])
    return Merged(number, into, len(moved["messages"]))


def _ids(table: type[Base], number: int) -> list[int]:
    return [i for (i,) in table.select(table.id).where(table.ticket == number).order_by(table.id).tuples()]


def _close(actor: Actor, row: Ticket, into: int, moved: int, change: str) -> None:
    fields = {
        "merged_into_id": into,
        "status": str(settings.one("status.closed")),
        "closed": row.closed or datetime.now(UTC),
    }
    record(actor, "merge", row, fields, change)
    add_message(row, "note", f"Merged into #{into}; its {moved} messages are there.", author_of(actor))


def _follow(row: Ticket, target: Ticket) -> list[tuple[str, str]]:
    """Whoever followed the one follows the other; the requester of the one is a Cc of the other.

    Gives the kinds and folded addresses of those who did not follow it before.
    """
    there = {(one.kind, one.email_key) for one in Participant.select().where(Participant.ticket == target.id)}
    followers = list(Participant.select().where(Participant.ticket == row.id))
    rows = [(one.kind, one.email, one.email_key, one.administrator_id) for one in followers]
    requester = Recipient.get_or_none(Recipient.id == row.requester_id)
    if requester is not None and requester.id != target.requester_id:
        rows.append(("cc", requester.email, requester.email_key, None))
    for kind, email, key, administrator in rows:
        Participant.insert(
            ticket=target.id, kind=kind, email=email, email_key=key, administrator=administrator
        ).on_conflict_ignore().execute()
    return [(kind, key) for kind, _, key, _ in rows if (kind, key) not in there]
