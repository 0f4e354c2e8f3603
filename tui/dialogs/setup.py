"""What is missing for pairing to work fully, how to mend it, and how each inbox fares (R7.1)."""

from collections.abc import Iterator
from datetime import UTC, datetime

from textual import work
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store.errors import Problem
from store.queries.lists import InboxLine
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.events import StoreChanged
from tui.screens.standing import Standing, standing
from tui.sentences import clock, sending_trouble
from tui.widgets.words import words

_KEYS = {"SMTP": "M", "inbox": "I", "notifications": "N"}


class SetupDialog(Dialog[None]):
    """Nothing to fill in: it names the commands."""

    heading = "Setup"
    save_label = ""
    hint = "Esc close"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._told = Static("…")

    def fields(self) -> Iterator[Widget]:
        yield self._told

    def on_mount(self) -> None:
        self._read()

    def on_store_changed(self, event: StoreChanged) -> None:
        self._read()

    async def carry_out(self) -> None:
        return None

    @work(exclusive=True, group="setup")
    async def _read(self) -> None:
        try:
            now = await self.desk.lanes.read(standing, self.desk.actor)
        except Problem as problem:
            self.say(str(problem))
        else:
            self._told.update(Content("\n").join(_told(now)))


def _told(now: Standing) -> Iterator[Content]:
    yield words("For pairing to work fully", "bold")
    if not now.missing:
        yield words("✓ SMTP, an inbox and ticket notifications are set up.", "$text-success")
    for one in now.missing:
        key = _KEYS.get(one.short, "")
        yield words(
            f"✗ {one.what[0].upper()}{one.what[1:]}. Mend it with {key} in the recipients, or:", "$text-warning"
        )
        yield words(f"  {one.remedy}")
    yield Content("")
    yield words("Inboxes", "bold")
    if not now.inboxes:
        yield words("There is none.", "dim")
    for inbox in now.inboxes:
        yield from _inbox(inbox, now)
    if trouble := sending_trouble(now.sending, now.zone):
        yield Content("")
        yield words(f"✗ {trouble}", "$text-error")


def _inbox(inbox: InboxLine, now: Standing) -> Iterator[Content]:
    moment = datetime.now(UTC)
    yield words(f"{inbox.name} <{inbox.email}>, {inbox.host}:{inbox.port}{'' if inbox.enabled else ', disabled'}")
    looked = clock(inbox.last_success, now.zone, moment) or "never"
    again = clock(inbox.next_try, now.zone, moment)
    yield words(f"  last fetched {looked}" + (f", next try {again}" if again else ""), "dim")
    if inbox.last_error:
        yield words(f"  ✗ {inbox.last_error}", "$text-error")
