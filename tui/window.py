"""The window: the recipients, the watch on the store, the worker that fetches mail meanwhile."""

import gc
import sys
import termios
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.segment import Segment, Segments
from textual import work
from textual.app import SystemCommand
from textual.screen import Screen

from store.actor import Actor
from store.cleantext import clean
from store.errors import Problem, Refused
from store.queries.scope import rights
from store.services.people import note_sign_in
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.events import StoreChanged, StoreTrouble
from tui.lanes import Lanes
from tui.safe_app import SafeApp
from tui.screens.opening import Opening
from tui.screens.recipients import RecipientsScreen
from tui.screens.workplace import Workplace
from tui.watch import StoreWatch

if TYPE_CHECKING:
    from tui.background import MailWorker


_TERMINAL_SECONDS = 2.0


class Window(SafeApp):
    """Shows the Recipients screen.  `url` is the store whose mail a child process fetches, '' for none.

    `first`: the store is new, and setting up is offered at once.
    """

    def __init__(self, url: str, actor: Actor, lanes: Lanes, opened: Opening, *, first: bool = False) -> None:
        super().__init__()
        self._desk = Desk(actor, lanes)
        self._opened = opened
        self._first = first
        self._url = url
        self._worker: MailWorker | None = None
        self._watch = StoreWatch(
            lambda: self.post_message(StoreChanged()), lambda told: self.post_message(StoreTrouble(told))
        )
        self._trouble = ""

    def get_default_screen(self) -> Screen[None]:
        return RecipientsScreen(self._desk, self._opened)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The screen's actions and the colours; no screenshots, which would write files (THREATS S1)."""
        if isinstance(screen, Workplace):
            yield from screen.commands()
        yield SystemCommand("Theme", "change the colours", self.action_change_theme)

    def on_mount(self) -> None:
        self.call_after_refresh(self._painted)

    def on_unmount(self) -> None:
        self._watch.stop()
        if self._worker is not None:
            self._worker.stop()

    def on_store_changed(self, event: StoreChanged) -> None:
        for screen in self.screen_stack:
            screen.post_message(StoreChanged())
        self._end_without_rights()

    def on_store_trouble(self, event: StoreTrouble) -> None:
        """Said at once on the screen that is in front; the lists beneath say it when they read (D7)."""
        before, self._trouble = self._trouble, event.told
        front = self.screen
        if event.told and isinstance(front, Workplace):
            front.say(event.told, "error")
        elif isinstance(front, Dialog):
            front.say(event.told)
        for screen in self.screen_stack:
            if not event.told and isinstance(screen, Workplace) and screen.status.text == before:
                screen.say("")

    def _painted(self) -> None:
        """What need not come before the first picture.  What lives now lives on: looking at it again delays keys."""
        gc.collect()
        gc.freeze()
        self._note_sign_in()
        self._watch.start()
        if not self.is_headless:
            self.set_interval(_TERMINAL_SECONDS, self._end_without_terminal)
        if self._url:
            from tui.background import MailWorker

            self._worker = MailWorker(self._url)
            self._worker.start()
        if self._first and isinstance(self.screen, RecipientsScreen):
            self.screen.action_act("first-steps")

    @work
    async def _note_sign_in(self) -> None:
        try:
            await self._desk.lanes.write(note_sign_in, self._desk.actor)
        except Problem as problem:
            if isinstance(self.screen, Workplace):
                self.screen.say(clean(problem), "warning")  # nothing else can be written either

    @work(exclusive=True, group="rights")
    async def _end_without_rights(self) -> None:
        """One who may not work here any more is shown out, and nothing is left on his screen (THREATS P2)."""
        try:
            await self._desk.lanes.read(rights, self._desk.actor)
        except Refused as refused:
            self._exit_renderables.append(Segments([Segment(f"{clean(refused)}\n")]))
            self.exit(return_code=refused.exit_status)
        except Problem:
            return  # the store is not to be read just now; whoever reads next says so

    def _end_without_terminal(self) -> None:
        """A terminal that is gone answers no question; nobody would end this process, nor the worker it keeps."""
        try:
            termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
        except (termios.error, OSError, ValueError):
            self.exit()
