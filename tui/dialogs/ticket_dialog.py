"""What dialogs about one ticket share."""

from textual.widgets import Static

from store.queries import tickets as reading
from store.queries.tickets import TicketLine
from tui.desk import Desk
from tui.dialogs.frame import Dialog
from tui.widgets.words import lines


class TicketDialog(Dialog[str]):
    """A dialog about one ticket, whose `line` it holds."""

    def __init__(self, desk: Desk, line: TicketLine) -> None:
        super().__init__(desk)
        self.line = line

    async def look_again(self) -> None:
        self.line = await self.desk.lanes.read(reading.one, self.desk.actor, self.line.number)

    def about(self) -> Static:
        """The line that says which ticket this is about."""
        return Static(lines([f"#{self.line.number} {self.line.subject}"], "bold"), classes="about")
