"""Ready filters, and what a filter line can say (R1.2)."""

from textual.content import Content
from textual.widgets import Static

from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker
from tui.filter_line import RECIPIENT_HELP, Help, has, toggled
from tui.widgets.words import words


class FiltersDialog(Picker[str]):
    """Gives the filter line with the chosen condition added, or taken off if it was there."""

    def __init__(self, desk: Desk, line: str, help: Help = RECIPIENT_HELP) -> None:
        self._help = help
        choices = [
            Choice(ready.title, toggled(line, ready.term), "✓" if has(line, ready.term) else "", ready.term)
            for ready in help.ready
        ]
        if line.strip():
            choices.append(Choice("No filter", "", "", help.all_of_them))
        super().__init__(desk, "Filter", choices)

    def below(self) -> Static:
        return Static(grammar(self._help), classes="grammar")


def grammar(help: Help = RECIPIENT_HELP) -> Content:
    """The grammar of the filter line, an example a line."""
    wide = max(len(example) for example, _ in help.examples)
    told = [words(f"{example:<{wide}}  ", "$text-accent") + words(meaning) for example, meaning in help.examples]
    return Content("\n").join([words("In the search line (/):", "dim"), *told])
