"""When mail is tried again, when it has expired, and what may be done with it (R7.5, THREATS O1, D10)."""

from collections.abc import Sequence
from datetime import timedelta

_FIRST_SECONDS, _LONGEST_SECONDS = 60.0, 4 * 3600.0
# nothing waits longer between two tries: a time that is further off was set by a clock that was ahead
LONGEST_DELAY = timedelta(seconds=_LONGEST_SECONDS)
BOUNCED = "This address bounced; nothing is sent there until that is lifted, or over."

# of what was held for one address so many notifications go as they are; more would be a flood again
FEW = 3


def delay_after(tries: int) -> float:
    """Seconds until the next try after so many: 1 minute, doubling, at most 4 hours."""
    return min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(max(tries - 1, 0), 20))


def tries_within(days: int) -> int:
    """How many tries the back-off makes in so many days; fewer than that, and mail has not expired (R7.5).

    The clock alone does not tell: it may have jumped ahead, or the outbox may have waited for its own server.
    """
    tries, left = 1, days * 86_400.0
    while left >= (delay := delay_after(tries)):
        tries, left = tries + 1, left - delay
    return tries


def most_in_hour(audience: str, per_address: int, per_admin: int, *, default: int) -> int:
    """How many messages one address gets in an hour (R7.7).

    Administrators' notifications answer nobody, so a larger number holds for them, unless the one for every address was
    set below its `default`.
    """
    return max(per_address, per_admin) if audience == "admin" and per_address >= default else per_address


def released(held: Sequence[tuple[int, bool]], room: int) -> tuple[list[int], bool]:
    """What goes now of the letters held for one address (number, whether nobody wrote it), the oldest first, while the
    address may get `room` more in this hour (R7.7).

    Those that go as they are, and whether one digest tells of all that nobody wrote.  What a person wrote is never
    replaced by a digest.
    """
    if room <= 0:
        return [], False
    digest = sum(automatic for _, automatic in held) > FEW
    whole = [number for number, automatic in held if not (digest and automatic)]
    return whole[: room - digest], digest


def why_not_retry(state: str) -> str:
    """What waits, failed, bounced, was held, told in a digest or dropped may be sent; what is under way or arrived may
    not."""
    return "outbox-gone" if state in ("sent", "sending") else ""


def why_not_drop(state: str) -> str:
    """What has not gone yet."""
    gone = ("sent", "sending", "bounced", "digested")
    return "outbox-gone" if state in gone else "outbox-dropped" if state == "dropped" else ""


def repeats_the_mail(name: str, kind: str) -> bool:
    """Whether this attachment is Outlook's own form of the whole mail (TNEF), with all that it quotes (THREATS O7)."""
    return kind in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat"
