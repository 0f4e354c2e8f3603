"""A text of several lines to write.  What is pasted is text, whatever it holds (THREATS T1, T4)."""

import re

from textual import events
from textual.widgets import TextArea

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Editor(TextArea):
    """Tab goes to the next widget; a paste loses the characters that command terminals."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(text, compact=True, soft_wrap=True, tab_behavior="focus", id=id)

    def on_paste(self, event: events.Paste) -> None:
        event.text = _CONTROL.sub("", event.text.replace("\r\n", "\n").replace("\r", "\n"))
