"""Reading and changing settings (R12)."""

import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store import patterns, templates
from store.actor import Actor
from store.cleantext import clean, field_text, for_mail_text
from store.db import transaction
from store.errors import BadInput
from store.models import Setting as SettingRow
from store.queries import settings as present
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.addresses import address_in
from store.rules.events import EVENTS
from store.rules.secrets import insist_on_reference
from store.rules.settings import BY_KEY, Setting, Value
from store.services import history

_NUMBER = "inboxes.ticket_number"
_SWITCH = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}


def change(actor: Actor, key: str, text: str, *, rehearse: bool = False) -> Value:
    """Sets one setting from its text; the value as it is now.  Raises as `change_all`."""
    return change_all(actor, {key: text}, rehearse=rehearse)[key]


def change_all(
    actor: Actor, texts: Mapping[str, str], *, seen: Mapping[str, Value] | None = None, rehearse: bool = False
) -> dict[str, Value]:
    """Sets settings from their texts, all or none; the values as they are now.  `seen` are the values as read (R10.4).

    Raises BadInput for an unknown key, a text it cannot use, or a template and a ticket-number regex that do not go
    together, Refused unless the actor is a super administrator, Conflict.
    """
    values = {key: _read(find(key), text) for key, text in texts.items()}
    with transaction(rehearse=rehearse):
        if not rights(actor).super:
            raise refuse("super-only")
        now = present.every()
        if other := next((key for key, value in (seen or {}).items() if now[key] != value), ""):
            raise history.conflict(actor, f"The setting {other}", "setting", None, other)
        _insist_on_templates({**now, **values}, values)
        mark = history.new_change()
        for key, value in values.items():
            _write(actor, key, value, mark)
    return values


def unsaved(actor: Actor, texts: Mapping[str, str]) -> dict[str, Value]:
    """All settings as they would be with these texts, to try them before anything is saved (R7.2).

    Raises BadInput, Refused unless the actor is a super administrator.
    """
    if not rights(actor).super:
        raise refuse("super-only")
    return {**present.every(), **{key: checked(key, text) for key, text in texts.items()}}


def _write(actor: Actor, key: str, value: Value, mark: str) -> None:
    before = _kept(key)
    old = find(key).default if before is None else before
    if old != value:
        SettingRow.replace(key=key, value=json.dumps(value)).execute()
        thing = history.Thing("setting", None, key)
        history.record(actor, "setting", thing, {"value": old}, {"value": value}, change=mark)


def _insist_on_templates(now: Mapping[str, Value], changed: Mapping[str, Value]) -> None:
    """Checks the templates that change, and all subjects against a regex that changes (R6.1).  Raises BadInput."""
    all_subjects = _NUMBER in changed
    number = patterns.compiled(str(now[_NUMBER]))
    for event in EVENTS:
        key = f"notify.{event.key}"
        body = str(changed.get(f"{key}.body", ""))
        if all_subjects or body or f"{key}.subject" in changed:
            templates.check(event.key, str(now[f"{key}.subject"]), body, number)


def checked(key: str, text: str) -> Value:
    """The value that this text would give a setting.  Raises BadInput where it cannot."""
    return _read(find(key), text)


def find(key: str) -> Setting:
    """The setting of this key.  Raises BadInput, naming `settings show`."""
    if key not in BY_KEY:
        raise BadInput(f"There is no setting “{clean(key, limit=60)}”. See: recipients settings show")
    return BY_KEY[key]


def _kept(key: str) -> Value | None:
    row = SettingRow.get_or_none(SettingRow.key == key)
    return None if row is None else json.loads(row.value)


def _read(setting: Setting, text: str) -> Value:
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
    if setting.kind in ("subject", "body"):
        # in a template a tab is blanks, as its editor shows it
        kept = field_text(text) if setting.kind == "subject" else for_mail_text(text).expandtabs(4)
        return kept if text.strip() else ""
    if setting.kind == "address":
        return address_in(text, setting.key) if text.strip() else ""
    return field_text(text)


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
        ZoneInfo(text)
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
