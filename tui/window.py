"""The window: Textual's app, with the second wall before the terminal and no variables on its crash screen (T1, T5)."""

import gc
import os
import sys
import termios
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment, Segments
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from store.actor import Actor
from tui import faults
from tui.desk import Desk
from tui.events import StoreChanged
from tui.lanes import Lanes
from tui.screens.opening import Opening
from tui.screens.recipients import RecipientsScreen
from tui.screens.workplace import Workplace
from tui.theme import THEMES
from tui.typeahead import TypeAhead
from tui.watch import StoreWatch
from tui.widgets.line_filter import NoControls

if TYPE_CHECKING:
    from tui.background import MailWorker


_TERMINAL_SECONDS = 2.0


class Window(TypeAhead):
    """Shows the Recipients screen.  `url` is the store whose mail a child process fetches, '' for none."""

    TITLE = "Tickets"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, url: str, actor: Actor, lanes: Lanes, opened: Opening) -> None:
        # NO_COLOR asks for no colours at all; without this Textual would send shades of grey
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._desk = Desk(actor, lanes)
        self._opened = opened
        self._wall = NoControls()
        self._url = url
        self._worker: MailWorker | None = None
        self._watch = StoreWatch(lambda: self.post_message(StoreChanged()))
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "ansi-dark" if self.no_color else THEMES[0].name

    def get_default_screen(self) -> Screen[None]:
        return RecipientsScreen(self._desk, self._opened)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._wall]

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

    def _painted(self) -> None:
        """What need not come before the first picture.  What lives now lives on: looking at it again delays keys."""
        gc.collect()
        gc.freeze()
        self._watch.start()
        if not self.is_headless:
            self.set_interval(_TERMINAL_SECONDS, self._end_without_terminal)
        if self._url:
            from tui.background import MailWorker

            self._worker = MailWorker(self._url)
            self._worker.start()

    def _end_without_terminal(self) -> None:
        """A terminal that is gone answers no question; nobody would end this process, nor the worker it keeps."""
        try:
            termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
        except (termios.error, OSError, ValueError):
            self.exit()

    def _fatal_error(self) -> None:
        """In plain words, without the variables of the program, in which secrets and customers' mail stand (T5)."""
        error = self._exception
        said = str(faults.noted(error)) if error is not None else "The program failed and stopped."
        self._exit_renderables.append(Segments([Segment(f"{said}\n")]))
        self._close_messages_no_wait()
