"""How things stand, for the title and the status line: what pairing still needs (R7.1), counts, inboxes."""

import time
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import NamedTuple

from store.actor import Actor
from store.files import is_read_only, shortage
from store.queries import health, lists, outbox, returned, settings
from store.queries.health import Counts, Missing
from store.queries.lists import InboxLine
from store.queries.outbox import Outgoing
from store.queries.unusable import Unusable, unusable
from tui import sentences
from tui.widgets.status_bar import StatusBar


class Standing(NamedTuple):
    """All that the two lines say; `cost` is how many seconds it took to find out."""

    missing: list[Missing]
    counts: Counts
    inboxes: list[InboxLine]
    sending: Outgoing
    alarms: list[str]
    unusable: list[Unusable]
    zone: tzinfo
    cost: float


NOTHING = Standing([], Counts(0, 0), [], Outgoing(None, "", None, None, None, 0, 0, 0), [], [], UTC, 0.0)


def standing(actor: Actor) -> Standing:
    """Read from the store."""
    began = time.monotonic()
    missing, counts, inboxes = health.missing(), health.counts(actor), lists.inboxes()
    found = (
        sentences.refused_trouble(returned.about_us(actor)),
        sentences.held_trouble(returned.held_administrators()),
    )
    alarms = [one for one in found if one]
    now = missing, counts, inboxes, outbox.outgoing(), alarms, unusable(actor), settings.timezone()
    return Standing(*now, time.monotonic() - began)


def troubles(now: Standing) -> Iterator[str]:
    """What goes wrong, the worst first.  The disk is asked anew: the store cannot tell that it is full."""
    found = (
        sentences.read_only_trouble(is_read_only()),
        sentences.disk_trouble(shortage()),
        sentences.inbox_trouble(now.inboxes, now.zone),
        sentences.sending_trouble(now.sending, now.zone),
        sentences.unusable_trouble([one.told for one in now.unusable]),
    )
    return (one for one in found if one)


def show_missing(now: Standing, title: StatusBar) -> None:
    """On the right of the title: what came back because of us, or what is missing, and which key leads there."""
    if now.alarms:
        first, key = now.alarms[0], "O shows it"
        title.show_right(f"{' · '.join(now.alarms)} · {key}", f"{first} · {key}", f"{first} · O", severity="error")
    elif now.missing:
        short = sentences.missing(now.missing)
        title.show_right(f"{short} · ! how to mend", f"{short} · !", "Missing: press !", severity="warning")
    else:
        title.show_right("")


def show_health(now: Standing, status: StatusBar) -> None:
    """On the right of the status line: counts and inboxes, or what goes wrong."""
    counts, unassigned = sentences.counts(now.counts), f"{sentences.number(now.counts.unassigned_tickets)} unassigned"
    trouble = next(troubles(now), "")
    if trouble:
        status.show_right(f"{counts} · {trouble}", trouble, severity="error")
        return
    health_now = sentences.inbox_health(now.inboxes, now.zone)
    status.show_right(f"{counts} · {health_now}", f"{unassigned} · {health_now}", health_now, unassigned)
