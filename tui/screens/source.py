"""What a table can list, and how it is read: recipients, tickets.  Needs no Textual."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from store.actor import Actor
from store.columns import RECIPIENT_COLUMNS, TICKET_COLUMNS, Column
from store.filters import RECIPIENTS as RECIPIENT_GRAMMAR
from store.filters import TICKETS as TICKET_GRAMMAR
from store.filters import Grammar
from store.queries import recipients, ticket_list
from store.queries.recipients import Selection
from store.queries.tickets import TicketLine
from tui.filter_line import RECIPIENT_HELP, TICKET_HELP, Help
from tui.seen import Seen, seen

RowT = TypeVar("RowT")
PAGE = 128


class FirstPage(NamedTuple, Generic[RowT]):
    """The first ids of a selection, and their rows."""

    ids: "array[int]"
    rows: dict[int, RowT]


@dataclass(frozen=True, slots=True)
class Source(Generic[RowT]):
    """One kind of thing.  `name` is that of its kept columns, `first` the selection to begin with, newest first.

    `ids`, `newer_ids` and `rows` read as `store.queries.recipients` does.
    """

    name: str
    first: Selection
    columns: tuple[Column, ...]
    grammar: Grammar
    help: Help
    ids: Callable[..., "array[int]"]
    newer_ids: Callable[[Actor, Selection, int], "array[int]"]
    rows: Callable[[Actor, Sequence[int]], dict[int, RowT]]

    def page(self, actor: Actor, selection: Selection) -> FirstPage[RowT]:
        """What fits the screen, quickly.  Raises BadInput for a filter line that cannot be read."""
        found = self.ids(actor, selection, limit=PAGE)
        return FirstPage(found, self.rows(actor, found))


RECIPIENTS: Source[Seen] = Source(
    "recipients",
    Selection(),
    RECIPIENT_COLUMNS,
    RECIPIENT_GRAMMAR,
    RECIPIENT_HELP,
    recipients.ids,
    recipients.newer_ids,
    seen,
)
TICKETS: Source[TicketLine] = Source(
    "tickets",
    ticket_list.FIRST,
    TICKET_COLUMNS,
    TICKET_GRAMMAR,
    TICKET_HELP,
    ticket_list.TICKETS.ids,
    ticket_list.TICKETS.newer_ids,
    ticket_list.TICKETS.rows,
)
