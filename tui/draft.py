"""What an agent is writing, kept in the store while he writes (THREATS T5)."""

from collections.abc import Callable

from store.services import drafts
from store.services.drafts import Kind
from tui.desk import Desk

KEEP_SECONDS = 5.0


class Draft:
    """Of one ticket (0: one that is not opened yet) and kind; `text` gives what stands in the editor."""

    def __init__(self, desk: Desk, number: int, kind: Kind, text: Callable[[], str]) -> None:
        self._desk = desk
        self._place = (number, kind)
        self._text = text
        self._kept = ""
        self._done = False

    async def read(self) -> str:
        """What was kept before, '' if nothing.  Raises Problem."""
        self._kept = await self._desk.lanes.read(drafts.kept, self._desk.actor, *self._place)
        return self._kept

    async def keep(self) -> None:
        """Keeps the text, if it has changed; an empty one forgets the draft.  Raises Problem."""
        text = self._text()
        if not self._done and text != self._kept:
            await self._desk.lanes.write(drafts.keep, self._desk.actor, *self._place, text)
            self._kept = text

    def end(self) -> None:
        """From now on nothing is kept: it was sent."""
        self._done = True

    async def forget(self) -> None:
        """It was sent, by something that does not drop the draft itself.  Raises Problem."""
        self.end()
        await self._desk.lanes.write(drafts.drop, self._desk.actor, *self._place)
