"""What every screen and dialog works with: who acts, and where database work goes."""

from dataclasses import dataclass

from store.actor import Actor
from tui.lanes import Lanes


@dataclass(frozen=True, slots=True)
class Desk:
    """One agent's place of work."""

    actor: Actor
    lanes: Lanes
