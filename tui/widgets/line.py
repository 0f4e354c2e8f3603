"""A field of one line that loses nothing of what is pasted into it (THREATS T4)."""

from textual import events
from textual.widgets import Input


class Line(Input):
    """Lines that are pasted stand one behind the other; Textual's own keeps only the first."""

    def on_paste(self, event: events.Paste) -> None:
        event.text = " ".join(event.text.splitlines())
