"""Keys typed faster than a dialog opens.

Over a slow line `pkelly` comes in one piece, and Textual hands all of it to the screen that was on top when it came.
Here what follows the `p` goes to the dialog, in order.
"""

from collections import deque
from weakref import WeakKeyDictionary

from textual import events
from textual.app import App
from textual.screen import Screen

_WAIT_SECONDS = 0.005
_PATIENCE = 60


class TypeAhead(App[None]):
    """Mix in before App's other bases."""

    def __init__(self) -> None:
        super().__init__()
        self._aims: WeakKeyDictionary[events.Key, Screen[object]] = WeakKeyDictionary()
        self._early: deque[events.Key] = deque()
        self._waited = 0

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._early or self._opening:
                self._keep(event)
                return
            self._aims[event] = self.screen
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that no widget took, on its way up; not yet looked for among the bindings."""
        aim = self._aims.pop(event, None)
        if aim is not None and aim is not self.screen:
            event.prevent_default()
            event.stop()
            self._keep(events.Key(event.key, event.character))

    @property
    def _opening(self) -> bool:
        """Whether the screen on top is a dialog that has no focus yet."""
        return self.screen.is_modal and self.screen.focused is None

    def _keep(self, event: events.Key) -> None:
        if not self._early:
            self._waited = 0
            self.set_timer(_WAIT_SECONDS, self._let_go)
        self._early.append(event)

    async def _let_go(self) -> None:
        self._waited += 1
        if self._opening and self._waited < _PATIENCE:
            self.set_timer(_WAIT_SECONDS, self._let_go)
            return
        kept, self._early = self._early, deque()
        for event in kept:
            self._aims[event] = self.screen
            await super().on_event(event)
