"""*Undo*: says what it will take back before it does (R10.3)."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple

from textual.widget import Widget
from textual.widgets import Static

from store.actor import Actor
from store.queries.settings import timezone
from store.services import undo
from store.services.undo import Undo
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.words import lines


class Look(NamedTuple):
    """What would be taken back, and the zone of times."""

    found: Undo
    zone: tzinfo


def look(actor: Actor, kind: str, thing: int | None) -> Look:
    """From the store.  Raises Refused where there is nothing, or nothing that can be taken back."""
    return Look(undo.newest(actor, kind=kind, thing=thing), timezone())


def look_at(actor: Actor, change: str) -> Look:
    """The same, of a change that was chosen."""
    return Look(undo.look(actor, change), timezone())


class UndoDialog(Dialog[str]):
    """What was, and what will be."""

    heading = "Undo"
    save_label = "Take back"
    hint = "Enter take back · Esc close"
    AUTO_FOCUS = "#save"

    def __init__(self, desk: Desk, looked: Look) -> None:
        super().__init__(desk)
        self._looked = looked

    def fields(self) -> Iterator[Widget]:
        told = sentences.would_undo(*self._looked)
        unseen = [sentences.out_of_sight(", ".join(self._looked.found.unseen))] * bool(self._looked.found.unseen)
        yield Static(lines([*told, "", "Mail that was sent stays sent.", *unseen]), classes="told")

    async def carry_out(self) -> str:
        done = await self.desk.lanes.write(undo.undo, self.desk.actor, self._looked.found.change)
        return " ".join(part.strip() for part in sentences.undone(done, self._looked.zone)[:2])
