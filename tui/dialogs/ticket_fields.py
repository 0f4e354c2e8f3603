"""A ticket's other fields: subject, priority, group, type, note (R11.1)."""

from collections.abc import Iterator, Mapping, Sequence

from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from store.actor import Actor
from store.cleantext import field_text
from store.queries import lists
from store.queries.settings import offered
from store.queries.tickets import TicketLine
from store.services import tickets
from tui import sentences
from tui.desk import Desk
from tui.dialogs.frame import field
from tui.dialogs.ticket_dialog import TicketDialog

_LONGEST = {"subject": 500, "note": 4_000}


class EditTicketDialog(TicketDialog):
    """Only what differs is written.  `known` are values of some fields, to be completed while one types."""

    heading = "Edit ticket"
    save_label = "Update"
    hint = "Tab next · → complete · Ctrl+S update"

    def __init__(self, desk: Desk, line: TicketLine, known: Mapping[str, Sequence[str]]) -> None:
        super().__init__(desk, line)
        now = (line.subject, line.priority, line.group, line.type, line.note)
        names = ("subject", "priority", "group", "type", "note")
        self._shown = {name: field_text(value) for name, value in zip(names, now, strict=True)}
        self._inputs = {name: _input(name, value, known.get(name, ())) for name, value in self._shown.items()}

    def fields(self) -> Iterator[Widget]:
        yield self.about()
        for name, entry in self._inputs.items():
            yield field(name.capitalize(), entry)

    async def carry_out(self) -> str:
        changes = {name: one.value for name, one in self._inputs.items() if one.value != self._shown[name]}
        done = await self.desk.lanes.write(
            tickets.update, self.desk.actor, self.line.number, changes, seen=self.line.version
        )
        return sentences.ticket_updated(done)


def known_values(actor: Actor) -> dict[str, list[str]]:
    """What priorities, groups and types there are: those of the settings and of inboxes, and administrators' groups."""
    inboxes = lists.inboxes()
    found = {
        "priority": [*offered("tickets.priorities"), *(one.priority for one in inboxes)],
        "group": [*(one.name for one in lists.groups()), *(one.group for one in inboxes)],
        "type": [*offered("tickets.types"), *(one.type for one in inboxes)],
    }
    return {name: list(dict.fromkeys(field_text(value) for value in values if value)) for name, values in found.items()}


def _input(name: str, value: str, known: Sequence[str]) -> Input:
    suggester = SuggestFromList(known, case_sensitive=False) if known else None
    told = f"e.g. {', '.join(known[:5])}" if known else ""
    longest = _LONGEST.get(name, 60)
    return Input(value, placeholder=told, suggester=suggester, id=name, max_length=longest, compact=True)
