"""A letter of ours came back (R5.4): what a delivery report means for it, its ticket and its address."""

from datetime import UTC, datetime, timedelta

from store.actor import Actor
from store.db import transaction
from store.models import Outbox, OutgoingState, ReturnedLetter
from store.queries import settings
from store.rules.addresses import address_key
from store.rules.message import Report
from store.rules.outbox import delay_after
from store.rules.refusals import MEANINGS, Cause, is_passing
from store.services import history, outbox
from store.services.history import Thing
from store.services.people import insist_on_any

_SECOND_TRY = 1.0 * 3600  # whoever reports has tried for hours or days himself
_UNPROVEN = "Nothing but the Message-ID speaks for this report, so the address is not held back."


def come_back(outbox_id: int, report: Report) -> None:
    """Carries a report of failure out, inside intake's transaction; said once only (O3).

    Only what says that the address is dead holds it back, and only when more than our Message-ID speaks for the report.
    What failed for now is sent again until the letter expires.  A report about the copy says nothing of the letter, one
    about the tester's address (R7.2) nothing of whom the letter was meant for.
    """
    row = Outbox.get_by_id(outbox_id)
    copy, tester, ours = (_key(f"smtp.{name}") for name in ("copy", "send_only_to", "sender_email"))
    named = {address_key(one.strip()) for one in f"{report.recipient},{report.meant}".split(",")} - {"", ours}
    if row.state == "bounced" or (named == {copy} != {row.to_key}):
        return
    cause = report.cause
    is_dead = report.is_hard and (tester == row.to_key or not tester or tester not in named)
    said = _in_words(cause, report)
    if _is_for_now(row, report):
        outbox.returned_for_now(row.id, said, timedelta(seconds=max(_SECOND_TRY, delay_after(row.tries))))
        return
    is_proven = report.evidence == "envelope" or (report.evidence == "form" and row.to_key in named)
    doubt = _UNPROVEN if is_dead and not is_proven else ""
    outbox.bounced(row.id, said, hard=is_dead and is_proven, doubt=doubt)
    ReturnedLetter.replace(outbox=row.id, cause=cause.value, at=datetime.now(UTC)).execute()


def acknowledge(actor: Actor) -> None:
    """That servers refuse our mail because of us is known; it is said again when the next one does.

    Raises Refused for an administrator of one partner.
    """
    now = datetime.now(UTC)
    with transaction():
        insist_on_any(actor)
        if not OutgoingState.update(acknowledged=now).where(OutgoingState.id == 1).execute():
            OutgoingState.create(id=1, acknowledged=now)
        of = Thing("outbox", None, "mail that is refused because of us")
        history.record(actor, "acknowledge", of, None, {"acknowledged": now.isoformat()})


def _key(setting: str) -> str:
    return address_key(str(settings.one(setting)))


def _in_words(cause: Cause, report: Report) -> str:
    words = report.words or report.status or "no reason given"
    return f"{words.rstrip('.')} ({MEANINGS[cause]})" if MEANINGS[cause] else words


def _is_for_now(row: Outbox, report: Report) -> bool:
    """Whether the letter may be sent once more: its code says so, it was sent, and it has not expired."""
    is_waiting = row.state == "sent" and row.expires is not None and row.expires > datetime.now(UTC)
    return is_waiting and bool(report.evidence) and is_passing(report.status, report.words)
