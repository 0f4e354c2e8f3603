"""By which column, and which way (R1.2)."""

from store.columns import RECIPIENT_COLUMNS, Column
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker

Order = tuple[str, bool]


def order_after(key: str, now: Order, columns: tuple[Column, ...] = RECIPIENT_COLUMNS) -> Order:
    """The order when this column is chosen: the other way round if it was sorted by it already; else text goes up,
    and numbers, times and flags go down, so that the newest, the most and `Yes` come first."""
    if key == now[0]:
        return key, not now[1]
    kind = next(column.kind for column in columns if column.key == key)
    return key, kind != "text"


def sort_dialog(desk: Desk, now: Order, columns: tuple[Column, ...] = RECIPIENT_COLUMNS) -> Picker[Order]:
    """Gives the column's key and whether it goes down."""
    choices = [_choice(column, now, columns) for column in columns]
    keys = [column.key for column in columns]
    return Picker(desk, "Sort by", choices, start=keys.index(now[0]))


def _choice(column: Column, now: Order, columns: tuple[Column, ...]) -> Choice[Order]:
    mark, note = "", ""
    if column.key == now[0]:
        mark, note = ("▼" if now[1] else "▲"), "again: the other way round"
    return Choice(column.title, order_after(column.key, now, columns), mark, note)
