"""The first look at the store: all that the first picture of the window needs.  Needs no Textual, so that the two load
side by side."""

from array import array
from datetime import tzinfo
from typing import NamedTuple

from store.actor import Actor
from store.columns import Column
from store.queries import recipients, settings
from store.queries.recipients import Selection
from store.services import preferences
from tui.seen import Seen, seen

PAGE = 128


class FirstPage(NamedTuple):
    """The first ids of a selection, and their rows."""

    ids: "array[int]"
    rows: dict[int, Seen]


def first_page(actor: Actor, selection: Selection) -> FirstPage:
    """What fits the screen, quickly.  Raises BadInput for a filter line that cannot be read."""
    ids = recipients.ids(actor, selection, limit=PAGE)
    return FirstPage(ids, seen(actor, ids))


class Opening(NamedTuple):
    """All that the first picture of the window needs."""

    columns: tuple[Column, ...]
    zone: tzinfo
    page: FirstPage


def opening(actor: Actor) -> Opening:
    """Read from the store.  Raises Refused when there is no such administrator."""
    return Opening(preferences.columns(actor), settings.timezone(), first_page(actor, Selection()))
