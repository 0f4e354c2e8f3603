"""Which values a setting takes: from what a person types, and from what the store keeps (R12)."""

import json
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store import patterns
from store.cleantext import clean, field_text, for_mail_text
from store.errors import BadInput
from store.rules.addresses import address_in
from store.rules.secrets import insist_on_reference
from store.rules.settings import Setting, Value

_SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
_TYPES: dict[str, type[Value]] = {"switch": bool, "number": int}
_TYPE_NAMES = {bool: "switch", int: "whole number", str: "text"}


def value_of(setting: Setting, text: str) -> Value:
    """The value that this text gives a setting.  Raises BadInput that says why it gives none."""
    if setting.kind == "switch":
        if text.lower() not in _SWITCH:
            raise BadInput(f"{setting.key} is on or off, not “{clean(text, limit=40)}”.")
        return _SWITCH[text.lower()]
    if setting.kind == "number":
        return _number(setting, text)
    if setting.kind == "zone":
        return _zone(text)
    if setting.kind == "pattern":
        return _ticket_pattern(text)
    if setting.kind == "choice" and text not in setting.choices:
        raise BadInput(f"{setting.key} is one of {', '.join(setting.choices)}, not “{clean(text, limit=40)}”.")
    if setting.kind == "secret":
        insist_on_reference(text)
    return _text(setting, text)


def _text(setting: Setting, text: str) -> str:
    if setting.kind in ("subject", "body"):
        # in a template a tab is blanks, as its editor shows it
        kept = field_text(text) if setting.kind == "subject" else for_mail_text(text).expandtabs(4)
        return kept if text.strip() else ""
    if setting.kind == "address":
        return address_in(text, setting.key) if text.strip() else ""
    if setting.key.startswith("status.") and not text.strip():
        raise BadInput(f"{setting.key} is the name of a status, and cannot be empty.")
    return field_text(text)


def kept_value(setting: Setting, kept: str) -> Value:
    """The value that the store keeps for a setting, as JSON.

    Raises BadInput where it is none, or none that can be used here and now: the store was edited, written by another
    version, or is read on a machine without that time zone.
    """
    try:
        value = json.loads(kept)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{setting.key} holds nothing that can be read: “{clean(kept, limit=40)}”.") from error
    kind = _TYPES.get(setting.kind, str)
    if type(value) is not kind:  # a bool is an int, too
        raise BadInput(f"{setting.key} is no {_TYPE_NAMES[kind]}: “{clean(kept, limit=40)}”.")
    return value if isinstance(value, bool) else value_of(setting, str(value))


def zone_named(name: str) -> tzinfo:
    """The time zone of a name; UTC needs no files.  Raises ZoneInfoNotFoundError, ValueError, OSError."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _number(setting: Setting, text: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise BadInput(f"{setting.key} is a whole number, not “{clean(text, limit=40)}”.") from error
    if not setting.low <= value <= setting.high:
        raise BadInput(f"{setting.key} must lie between {setting.low} and {setting.high}.")
    return value


def _zone(text: str) -> str:
    try:
        zone_named(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"“{clean(text, limit=60)}” is no time zone. Try one like Europe/Berlin.") from error
    return text


def _ticket_pattern(text: str) -> str:
    pattern = patterns.compiled(text)
    if "number" not in pattern.groupindex:
        raise BadInput("The ticket-number regex needs a group named number, such as #(?P<number>\\d{1,}).")
    if pattern.search(""):
        raise BadInput("The ticket-number regex must not match an empty text, which is everywhere.")
    return text
