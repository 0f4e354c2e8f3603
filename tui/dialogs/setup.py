"""*Setup*: what is missing for pairing to work fully (R7.1), how the inboxes fare, and the way to every setting."""

from collections.abc import Iterator

from textual import events, work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store.errors import Problem
from tui.actions import Action, key_name, of
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker
from tui.events import StoreChanged
from tui.screens.standing import Standing, standing, troubles
from tui.widgets.words import words

_LISTED = (
    "first-steps",
    *("inboxes", "smtp", "notifications", "customers", "import", "administrators", "partners", "groups"),
    *("ignored", "deny", "ticket-settings", "mail-settings", "history"),
)
_MENDS = {"SMTP": "smtp", "inbox": "inboxes", "notifications": "notifications"}


class SetupDialog(Picker[str]):
    """Gives the id of the action that leads on."""

    wide = True

    def __init__(self, desk: Desk, now: Standing) -> None:
        listed = {action.id: action for action in of("recipients")}
        self._actions = [listed[name] for name in _LISTED]
        wanting = {_MENDS[one.short] for one in now.missing}
        start = next((place for place, name in enumerate(_LISTED) if name in wanting), 0)
        choices = [_choice(action, action.id in wanting) for action in self._actions]
        super().__init__(desk, "Setup", choices, start=start)
        self.hint = "Enter or the key chooses · Esc close"
        self._told = Static(_told(now), classes="told")

    def fields(self) -> Iterator[Widget]:
        yield self._told
        yield from super().fields()

    def on_key(self, event: events.Key) -> None:
        for index, action in enumerate(self._actions):
            if event.character and event.character == action.key:
                self._options.highlighted = index
                self.action_save()
                event.stop()
                event.prevent_default()  # the list would go on to the next title with that letter

    def on_store_changed(self, event: StoreChanged) -> None:
        self._read()

    @work(exclusive=True, group="setup")
    async def _read(self) -> None:
        try:
            now = await self.desk.lanes.read(standing, self.desk.actor)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._told.update(_told(now))


def _choice(action: Action, wanting: bool) -> Choice[str]:
    key = key_name(action.key) if action.key else " "
    return Choice(action.title, action.id, mark="✗" if wanting else "", note=f"{key:<2} {action.help}")


def _told(now: Standing) -> Content:
    """The three prerequisites always, then what goes wrong."""
    missing = {one.short: one for one in now.missing}
    told = [words("For pairing to work fully:", "bold")]
    for short, title in (("SMTP", "outgoing mail"), ("inbox", "an inbox"), ("notifications", "ticket notifications")):
        if short in missing:
            told.append(words(f"✗ {missing[short].what}", "$text-warning"))
        else:
            told.append(words(f"✓ {title}", "$text-success"))
    told += [words(f"✗ {one}", "$text-error") for one in troubles(now)]
    return Content("\n").join(told)
