"""The first look at the store: all that the first picture of the window needs.  Needs no Textual, so that the two load
side by side."""

from datetime import tzinfo
from typing import NamedTuple

from store.actor import Actor
from store.columns import Column
from store.queries import settings
from store.services import preferences
from tui.screens.source import RECIPIENTS, FirstPage
from tui.seen import Seen


class Opening(NamedTuple):
    """All that the first picture of the window needs."""

    columns: tuple[Column, ...]
    zone: tzinfo
    page: FirstPage[Seen]


def opening(actor: Actor) -> Opening:
    """Read from the store.  Raises Refused when there is no such administrator."""
    return Opening(preferences.columns(actor), settings.timezone(), RECIPIENTS.page(actor, RECIPIENTS.first))
