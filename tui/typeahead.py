"""One key at a time.

Over a slow line `pkelly` or `/bob` comes in one piece, and Textual hands all of it to the widget that has the focus
then: the `b` of `/bob` would ban somebody.  Here a key waits until the one before has done its work, and until the
dialog that it opened can take it.
"""

import time
from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode

_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 1.0


class TypeAhead(App[None]):
    """Mix in before App's other bases."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: deque[events.Key] = deque()
        self._since: float | None = None
        self._until = 0.0

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._waiting or self._is_at_work or self._opening:
            if not self._waiting:
                self._until = time.monotonic() + _PATIENCE_SECONDS
                self.set_timer(_LOOK_SECONDS, self._go_on)
            self._waiting.append(event)
        else:
            await self._hand_on(event)

    @property
    def _is_at_work(self) -> bool:
        """Whether the key before is still being handled; one that takes too long is not waited for."""
        return self._since is not None and time.monotonic() - self._since < _PATIENCE_SECONDS

    @property
    def _opening(self) -> bool:
        """Whether the screen on top is a dialog that is not ready for keys yet."""
        return self.screen.is_modal and self.screen.focused is None

    async def _hand_on(self, event: events.Key) -> None:
        self._since = time.monotonic()
        target = self.focused or self.screen
        await super().on_event(event)
        self._climb(target)

    def _climb(self, node: DOMNode | None) -> None:
        """Queues up behind whatever the key left with a widget, then with the one it is in, up to the app."""
        while node is not None and node is not self:
            if node.call_later(self._climb, node.parent):
                return
            node = node.parent
        self.call_later(self._settle)

    def _settle(self) -> None:
        """The app has done what the key was bound to; a change of focus is what that may have left in its queue."""
        self.call_later(self._done)

    async def _done(self) -> None:
        self._since = None
        await self._go_on()

    async def _go_on(self) -> None:
        """Hands on one key after the other; a dialog that does not become ready is not waited for either."""
        if not self._waiting:
            return
        if self._is_at_work or (self._opening and time.monotonic() < self._until):
            self.set_timer(_LOOK_SECONDS, self._go_on)
        else:
            await self._hand_on(self._waiting.popleft())
