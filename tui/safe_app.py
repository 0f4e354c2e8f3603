"""What every window of this program is: one key at a time, the second wall before the terminal, its themes, and a crash
that shows no variables (T1, T5)."""

import os
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment, Segments
from textual.binding import BindingType
from textual.filter import LineFilter

from tui import faults
from tui.theme import THEMES
from tui.typeahead import TypeAhead
from tui.widgets.line_filter import NoControls


class SafeApp(TypeAhead):
    """Give a screen."""

    TITLE = "Tickets"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self) -> None:
        # NO_COLOR asks for no colours at all; without this Textual would send shades of grey
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._wall = NoControls()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "ansi-dark" if self.no_color else THEMES[0].name

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._wall]

    def _fatal_error(self) -> None:
        """In plain words, without the variables of the program, in which secrets and customers' mail stand (T5)."""
        error = self._exception
        said = str(faults.noted(error)) if error is not None else "The program failed and stopped."
        self._exit_renderables.append(Segments([Segment(f"{said}\n")]))
        self._close_messages_no_wait()
