"""A ticket's *Actions*, in one list; what may not be done now is greyed and says why (R11.1)."""

from collections.abc import Callable

from textual import events

from tui.actions import Action, key_name, of
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker

_TITLES = {
    "reply": "Reply",
    "note": "Add note",
    "activities": "Show activities",
    "files": "Show all files",
    "merge": "Merge ticket",
    "pair": "Pair Customer / Lead to requester",
    "ban": "Ban incoming email",
    "close": "Close ticket",
    "reopen": "Reopen ticket",
    "customer": "Customer / Lead",
    "assign": "Assigned to",
    "status": "Status",
    "edit": "Subject, priority, group, type, note",
    "followers": "Cc and watchers",
    "outbox": "Outbox",
}


class ActionsMenu(Picker[str]):
    """Gives the id of an action, chosen by Enter, a click or its own key."""

    def __init__(self, desk: Desk, why_not: Callable[[Action], str]) -> None:
        listed = {action.id: action for action in of("ticket")}
        self._actions = [listed[name] for name in _TITLES]
        super().__init__(desk, "Actions", [_choice(action, why_not(action)) for action in self._actions])
        self.hint = "Enter or the key chooses · Esc close"

    def on_key(self, event: events.Key) -> None:
        for index, action in enumerate(self._actions):
            if event.character == action.key:
                self._options.highlighted = index
                self.action_save()
                event.stop()
                event.prevent_default()  # the list would go on to the next title with that letter


def _choice(action: Action, why_not: str) -> Choice[str]:
    return Choice(_TITLES[action.id], action.id, note=why_not or key_name(action.key), why_not=why_not)
