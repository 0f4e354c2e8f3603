"""One value as a person reads it, and as a program does."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from store.cleantext import for_file

Value = int | str | bool | datetime | None
Rows = Iterable[Sequence[Value]]


def shown(value: Value, zone: tzinfo) -> str:
    """`Yes` or nothing for a flag, `2026-11-23 14:05` in the zone for a time, for the rest what a file may hold."""
    if value is None or value is False:
        return ""
    if value is True:
        return "Yes"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(" ", "minutes")[:16]
    return for_file(value)


def exact(value: Value) -> int | str | bool | None:
    """The value for JSON: as it is, a time as `2026-11-23T13:05:00Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
