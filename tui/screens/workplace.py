"""What the window's screens share: a title line, a status line, a line of keys, and actions out of the registry."""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from tui import actions
from tui.actions import Action, Place
from tui.desk import Desk
from tui.widgets.key_bar import KeyBar, KeyHint
from tui.widgets.status_bar import Severity, StatusBar

_PASSING_SECONDS = 20.0
_SHORT = {"enter": "↵", "escape": "Esc"}


def bindings(place: Place) -> list[BindingType]:
    """The bindings of one screen's actions.  None is ever switched off: a key that may not act says why (R1.3)."""
    return [
        Binding(action.keys, f"act('{action.id}')", action.title, show=False, id=f"{place}.{action.id}")
        for action in actions.of(place)
        if action.keys
    ]


class Workplace(Screen[None]):
    """Give `place` and `handlers`; compose `heading` at the top, `status` and `keys` at the bottom.

    What is changed later is an attribute: a screen may be left while something it asked for is on its way.
    """

    place: ClassVar[Place] = "everywhere"

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.heading = StatusBar(most_lines=1, id="title")
        self.status = StatusBar(id="status")
        self.keys = KeyBar()
        self._passing: Timer | None = None

    def say(self, text: str, severity: Severity = "information") -> None:
        """Puts a sentence on the left of the status line; a result goes by itself after a while, a refusal stays."""
        self.status.say(text, severity)
        if self._passing is not None:
            self._passing.stop()
        passes = text and severity in ("information", "success")
        self._passing = self.set_timer(_PASSING_SECONDS, lambda: self.status.say("")) if passes else None

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """What each action does; a screen adds its own."""
        return {"help": self._help, "palette": self.app.action_command_palette, "quit": self.app.exit}

    def why_not(self, action: Action) -> str:
        """The sentence that says why an action may not be done now, '' if it may."""
        return ""

    def action_act(self, action_id: str) -> None:
        """Does the action, or says why not."""
        action = next(action for action in actions.of(self.place) if action.id == action_id)
        if reason := self.why_not(action):
            self.say(reason, "warning")
            return
        self.handlers()[action_id]()

    def show_keys(self) -> None:
        """Greys the keys whose action may not be done now."""
        listed = sorted((action for action in actions.of(self.place) if action.footer), key=lambda a: a.footer)
        self.keys.show([self._hint(action) for action in listed])

    def commands(self) -> Iterable[SystemCommand]:
        """The actions for the command palette."""
        for action in actions.of(self.place):
            if action.id != "palette":
                yield SystemCommand(action.title, self.why_not(action) or action.help, self._command(action.id))

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        self.action_act(event.action_id)

    def _help(self) -> None:
        from tui.dialogs.help import HelpDialog

        self.app.push_screen(HelpDialog(self.desk, self.place))

    def _command(self, action_id: str) -> Callable[[], None]:
        return lambda: self.action_act(action_id)

    def _hint(self, action: Action) -> KeyHint:
        key = _SHORT.get(action.key, action.key)
        return KeyHint(action.id, key, action.title, action.footer, not self.why_not(action))
