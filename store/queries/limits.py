"""Which mail is held back, why and until when (R7.7)."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from peewee import fn

from store import shapes
from store.models import Outbox
from store.models.base import moment_of
from store.queries.books import holds_until
from store.queries.outbox import HOUR
from store.queries.search import among
from store.rules.clock import is_recent
from store.rules.outbox import BOUNCED, FEW, most_in_hour
from store.rules.settings import BY_KEY, Value

_ADDRESS, _ADMIN = "notifications.per_address_hour", "notifications.per_admin_hour"
_GOING = ("queued", "sending", "sent", "bounced")


class Held(NamedTuple):
    """Why a letter is held back, in words, and until when."""

    why: str
    until: datetime


def held_back(letters: Sequence[tuple[str, str]], now: dict[str, Value]) -> list[Held | None]:
    """For each letter, by folded address and audience, why it is held back, None if it is not.  `now`: the settings."""
    keys = {key for key, _ in letters}
    moment = datetime.now(UTC)
    bounced = holds_until(keys)
    had = in_last_hour(keys, moment)
    found: list[Held | None] = []
    for letter in letters:
        count, first = had.get(letter, (0, moment))
        most = most_for(letter[1], now)
        if letter[0] in bounced:
            found.append(Held(BOUNCED, bounced[letter[0]]))
        elif count >= most:
            found.append(_too_many(letter[1], most, first + HOUR))
        else:
            had[letter] = count + 1, first
            found.append(None)
    return found


def in_last_hour(keys: Collection[str], moment: datetime) -> dict[tuple[str, str], tuple[int, datetime]]:
    """By folded address and audience, how many letters it got in the hour before, or is to get, and when the first."""
    at = fn.COALESCE(Outbox.sent, Outbox.created)
    recent = is_recent(Outbox.created, moment, HOUR) | is_recent(Outbox.sent, moment, HOUR)
    mine = among(Outbox.to_key, keys) & Outbox.state.in_(_GOING) & recent
    columns = (Outbox.to_key, Outbox.audience, fn.COUNT(Outbox.id), fn.MIN(at).coerce(False))
    rows = Outbox.select(*columns).where(mine).group_by(Outbox.to_key, Outbox.audience).tuples()
    return {(key, audience): (count, moment_of(first)) for key, audience, count, first in rows}


def most_for(audience: str, now: dict[str, Value]) -> int:
    """How many letters of this audience one address gets in an hour.  `now`: the settings."""
    default = int(BY_KEY[_ADDRESS].default)
    return most_in_hour(audience, int(now[_ADDRESS]), int(now[_ADMIN]), default=default)


def _too_many(audience: str, most: int, until: datetime) -> Held:
    setting = _ADMIN if audience == "admin" else _ADDRESS
    why = (
        f"This address had {most} messages within an hour, which is the limit ({setting}). It is due at "
        f"{shapes.moment(until)}; more than {FEW} are told in one digest."
    )
    return Held(why, until)
