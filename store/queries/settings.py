"""What the settings are now."""

import functools
import json
from datetime import tzinfo
from zoneinfo import ZoneInfo

from store.models import Setting as SettingRow
from store.rules.settings import BY_KEY, SETTINGS, Value


def every() -> dict[str, Value]:
    """Each setting's key and present value, in the order of the list."""
    kept = {row.key: json.loads(row.value) for row in SettingRow.select()}
    return {setting.key: kept.get(setting.key, setting.default) for setting in SETTINGS}


def one(key: str) -> Value:
    """The present value of one setting."""
    row = SettingRow.get_or_none(SettingRow.key == key)
    return BY_KEY[key].default if row is None else json.loads(row.value)


def offered(key: str) -> list[str]:
    """What a setting lists with commas between."""
    return [word.strip() for word in str(one(key)).split(",") if word.strip()]


def timezone() -> tzinfo:
    """The zone in which times are shown."""
    return _zone(str(one("timezone")))


@functools.lru_cache(maxsize=8)
def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)


def authserv_ids() -> tuple[str, ...]:
    """The servers whose word on a message's sender counts (THREATS I1)."""
    return tuple(str(one("inboxes.authserv_id")).replace(",", " ").split())
