"""What a `DataTable` tells its screen; reached as `DataTable.RowHighlighted` and so on."""

from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from tui.widgets.data_table import DataTable


class TableMessage(Message, namespace="data_table"):
    """Something about a table."""

    def __init__(self, data_table: "DataTable[Any]") -> None:
        super().__init__()
        self.data_table = data_table

    @property
    def control(self) -> "DataTable[Any]":
        return self.data_table


class RowHighlighted(TableMessage, namespace="data_table"):
    """The cursor is on another record (None: the table is empty), at position `cursor_row`."""

    def __init__(self, data_table: "DataTable[Any]", row_id: int | None, cursor_row: int) -> None:
        super().__init__(data_table)
        self.row_id = row_id
        self.cursor_row = cursor_row


class RowSelected(TableMessage, namespace="data_table"):
    """Enter or a double click on a record."""

    def __init__(self, data_table: "DataTable[Any]", row_id: int, cursor_row: int) -> None:
        super().__init__(data_table)
        self.row_id = row_id
        self.cursor_row = cursor_row


class HeaderSelected(TableMessage, namespace="data_table"):
    """A click on the title of the column `key`."""

    def __init__(self, data_table: "DataTable[Any]", key: str) -> None:
        super().__init__(data_table)
        self.key = key


class MarksChanged(TableMessage, namespace="data_table"):
    """Another set of records is marked."""


class CursorRecordLeft(TableMessage, namespace="data_table"):
    """A new snapshot lacks the cursor's record `row_id`: the cursor went to the next one (R1.7)."""

    def __init__(self, data_table: "DataTable[Any]", row_id: int) -> None:
        super().__init__(data_table)
        self.row_id = row_id


class RowsWanted(TableMessage, namespace="data_table"):
    """Read the rows `ids` (at most some hundred) and hand them to `put_rows` with this `turn`.

    Answer each one: a worker that a newer request cancels leaves rows blank until the next key.
    """

    def __init__(self, data_table: "DataTable[Any]", ids: list[int], turn: int) -> None:
        super().__init__(data_table)
        self.ids = ids
        self.turn = turn
