"""What the settings are now.  One that became unusable stops nothing: its default stands for it, which is said."""

import functools
from datetime import tzinfo
from typing import NamedTuple

from store.db import database
from store.errors import BadInput
from store.rules.settings import BY_KEY, SETTINGS, Value
from store.setting_values import kept_value, zone_named


class Unusable(NamedTuple):
    """A setting whose kept value cannot be used, why, and the default that stands for it."""

    key: str
    problem: str
    default: Value


def every() -> dict[str, Value]:
    """Each setting's key and present value, in the order of the list."""
    kept = all_kept()
    return {one.key: _understood(one.key, kept[one.key])[0] if one.key in kept else one.default for one in SETTINGS}


def one(key: str) -> Value:
    """The present value of one setting."""
    kept = all_kept(key).get(key)
    return BY_KEY[key].default if kept is None else _understood(key, kept)[0]


def unusable() -> list[Unusable]:
    """The settings whose kept values cannot be used, in the order of the list."""
    kept = all_kept()
    found = [(one, _understood(one.key, kept[one.key])[1]) for one in SETTINGS if one.key in kept]
    return [Unusable(one.key, problem, one.default) for one, problem in found if problem]


def why_unusable(key: str) -> str:
    """Why the kept value of this setting cannot be used; '' where it can."""
    kept = all_kept(key).get(key)
    return "" if kept is None else _understood(key, kept)[1]


def offered(key: str) -> list[str]:
    """What a setting lists with commas between."""
    return [word.strip() for word in str(one(key)).split(",") if word.strip()]


def timezone() -> tzinfo:
    """The zone in which times are shown."""
    return zone_named(str(one("timezone")))


def authserv_ids() -> tuple[str, ...]:
    """The servers whose word on a message's sender counts (THREATS I1)."""
    return tuple(str(one("inboxes.authserv_id")).replace(",", " ").split())


def all_kept(key: str = "") -> dict[str, str]:
    """What the store keeps by key, all or one, as text whatever it is: the store can be edited by hand."""
    which, wanted = ("WHERE key = ?", (key,)) if key else ("", ())
    rows = database.execute_sql(f"SELECT CAST(key AS BLOB), CAST(value AS BLOB) FROM setting {which}", wanted)
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in rows}


@functools.lru_cache(maxsize=512)
def _understood(key: str, kept: str) -> tuple[Value, str]:
    """The value, or the default and what is wrong."""
    try:
        return kept_value(BY_KEY[key], kept), ""
    except BadInput as problem:
        return BY_KEY[key].default, str(problem)
