"""Reading and changing settings (R12)."""

import json
from collections.abc import Mapping

from store import patterns, templates
from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.errors import BadInput
from store.models import Setting as SettingRow
from store.queries import settings as present
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.events import EVENTS
from store.rules.settings import BY_KEY, Setting, Value
from store.services import history
from store.setting_values import value_of

_NUMBER = "inboxes.ticket_number"


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
    values = {key: value_of(find(key), text) for key, text in texts.items()}
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
    old = present.one(key)
    # what could not be used is replaced, too, where the default that stood for it is wanted
    if old != value or present.why_unusable(key):
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
    return value_of(find(key), text)


def find(key: str) -> Setting:
    """The setting of this key.  Raises BadInput, naming `settings show`."""
    if key not in BY_KEY:
        raise BadInput(f"There is no setting “{clean(key, limit=60)}”. See: recipients settings show")
    return BY_KEY[key]
