"""What a table can list, and how it is read: recipients, tickets, customers, history.  Needs no Textual."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Generic, NamedTuple, TypeVar

from store.actor import Actor
from store.columns import CUSTOMER_COLUMNS, HISTORY_COLUMNS, RECIPIENT_COLUMNS, TICKET_COLUMNS, Column
from store.filters import RECIPIENTS as RECIPIENT_GRAMMAR
from store.filters import Grammar
from store.queries import customer_list, history_list, recipients, settings, ticket_list
from store.queries.browse import Browse
from store.queries.customer_list import CustomerRow
from store.queries.history_list import Entry
from store.queries.recipients import Selection
from store.queries.tickets import TicketLine
from store.services import preferences
from tui.filter_line import CUSTOMER_HELP, HISTORY_HELP, RECIPIENT_HELP, TICKET_HELP, Help
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


def _browsed(name: str, of: Browse[RowT], columns: tuple[Column, ...], help: Help) -> Source[RowT]:
    return Source(name, of.first, columns, of.grammar, help, of.ids, of.newer_ids, of.rows)


TICKETS: Source[TicketLine] = _browsed("tickets", ticket_list.TICKETS, TICKET_COLUMNS, TICKET_HELP)
CUSTOMERS: Source[CustomerRow] = _browsed("customers", customer_list.CUSTOMERS, CUSTOMER_COLUMNS, CUSTOMER_HELP)
HISTORY: Source[Entry] = _browsed("history", history_list.HISTORY, HISTORY_COLUMNS, HISTORY_HELP)


class Begun(NamedTuple, Generic[RowT]):
    """All that the first picture of a table needs."""

    columns: tuple[Column, ...]
    zone: tzinfo
    page: FirstPage[RowT]


def begin(actor: Actor, source: Source[RowT], line: str = "") -> Begun[RowT]:
    """From the store, filtered by `line`."""
    page = source.page(actor, source.first._replace(line=line))
    return Begun(preferences.columns(actor, source.name), settings.timezone(), page)
