"""Numbers, times, sizes and names as people write them."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from store.rules.lookalikes import marked_address, marked_name

_WEEK = timedelta(days=6)
_SOME = 5


def number(count: int) -> str:
    """`1,204`."""
    return f"{count:,}"


def many(count: int, thing: str, things: str = "") -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{number(count)} {thing if count == 1 else things or thing + 's'}"


def ticket_numbers(numbers: Sequence[int], count: int = 0) -> str:
    """`#12, #11 and 40 more`; `count` is how many there are, if these are only the first."""
    total = max(count, len(numbers))
    shown = ", ".join(f"#{n}" for n in numbers[:_SOME])
    return shown if total <= _SOME else f"{shown} and {many(total - _SOME, 'more', 'more')}"


def named(name: str, address: str) -> str:
    """`Bob <bob@x.test>`, or the one that there is; what may pretend to be another is marked (THREATS I4)."""
    told, shown = marked_name(name, address), marked_address(address)
    return f"{told} <{shown}>" if name and address else told or shown


def clock(moment: datetime | None, zone: tzinfo, now: datetime) -> str:
    """`14:05` today, `Mon 14:05` this week, else `2026-03-01`; '' for None."""
    if moment is None:
        return ""
    there, today = moment.astimezone(zone), now.astimezone(zone)
    if there.date() == today.date():
        return f"{there:%H:%M}"
    return f"{there:%a %H:%M}" if abs(today - there) < _WEEK else f"{there:%Y-%m-%d}"


def stamp(moment: datetime | None, zone: tzinfo) -> str:
    """`2026-03-01 14:05`; '' for None."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def size(count: int) -> str:
    """A number of bytes: `812 B`, `4.2 kB`, `1.3 MB`."""
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1_000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
