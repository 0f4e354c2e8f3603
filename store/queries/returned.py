"""What came back of our mail, and why (R5.4): what somebody has to see to."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from peewee import JOIN, ModelSelect, fn

from store.actor import Actor
from store.models import AddressHold, Administrator, Outbox, OutgoingState, ReturnedLetter, Ticket
from store.queries import settings
from store.queries.scope import scoped
from store.rules.addresses import address_key
from store.rules.refusals import ABOUT_US

_DAYS = timedelta(days=7)  # a block list or a wrong DMARC record that is a week without another refusal is over
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(NamedTuple):
    """Mail of ours that servers refuse because of us: how many letters, since nobody has acknowledged it, and the last
    one's id, when it came back and the server's words."""

    letters: int
    id: int
    at: datetime
    words: str


def about_us(actor: Actor) -> Refused | None:
    """Trouble about us in the mail that the actor may see; None when there is none.

    It is over when its letters were sent again or dropped, when somebody acknowledged it, or after a week without
    another.
    """
    row = OutgoingState.get_or_none(OutgoingState.id == 1)
    since = max(datetime.now(UTC) - _DAYS, row.acknowledged if row is not None and row.acknowledged else _EVER)
    causes = [cause.value for cause in ABOUT_US]
    ours = _letters(actor, Outbox.id, ReturnedLetter.at, Outbox.last_error)
    ours = ours.where((ReturnedLetter.at > since) & ReturnedLetter.cause.in_(causes))
    last = ours.order_by(ReturnedLetter.at.desc()).tuples().first()
    return Refused(ours.count(), *last) if last is not None else None


def causes(actor: Actor) -> dict[str, int]:
    """How many letters that the actor may see came back in the last week, by cause."""
    since = datetime.now(UTC) - _DAYS
    query = _letters(actor, ReturnedLetter.cause, fn.COUNT(ReturnedLetter.outbox))
    return dict(query.where(ReturnedLetter.at > since).group_by(ReturnedLetter.cause).tuples())


def held_administrators() -> list[str]:
    """The addresses of administrators, and the admin e-mail, that are held back: they get no notice at all."""
    admin = address_key(str(settings.one("smtp.admin_email")))
    theirs = Administrator.select(Administrator.email_key).where(Administrator.active)
    whose = AddressHold.email_key.in_(theirs) | (AddressHold.email_key == admin)
    held = AddressHold.select(AddressHold.email).where((AddressHold.until > datetime.now(UTC)) & whose)
    return [email for (email,) in held.order_by(AddressHold.at).tuples()]


def _letters(actor: Actor, *columns: object) -> ModelSelect:
    query = ReturnedLetter.select(*columns).join(Outbox).join(Ticket, JOIN.LEFT_OUTER)
    return query.where(scoped(actor, Ticket) & (Outbox.state == "bounced"))
