"""One value as a person reads it."""

from datetime import datetime, tzinfo

from store.cleantext import clean

Value = int | str | bool | datetime | None


def shown(value: Value, zone: tzinfo) -> str:
    """`Yes` or nothing for a flag, `2026-11-23 14:05` in the zone for a time, clean text for the rest."""
    if value is None or value is False:
        return ""
    if value is True:
        return "Yes"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return clean(value, limit=None)
