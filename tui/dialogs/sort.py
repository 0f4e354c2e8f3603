"""By which column, and which way (R1.2)."""

from store.columns import RECIPIENT_COLUMNS
from tui.desk import Desk
from tui.dialogs.picker import Choice, Picker

Order = tuple[str, bool]


def order_after(key: str, now: Order) -> Order:
    """The order when this column is chosen: the other way round if it was sorted by it already; else text goes up,
    and numbers, times and flags go down, so that the newest, the most and `Yes` come first."""
    if key == now[0]:
        return key, not now[1]
    kind = next(column.kind for column in RECIPIENT_COLUMNS if column.key == key)
    return key, kind != "text"


def sort_dialog(desk: Desk, now: Order) -> Picker[Order]:
    """Gives the column's key and whether it goes down."""
    choices = [_choice(column.key, column.title, now) for column in RECIPIENT_COLUMNS]
    keys = [column.key for column in RECIPIENT_COLUMNS]
    return Picker(desk, "Sort by", choices, start=keys.index(now[0]))


def _choice(key: str, title: str, now: Order) -> Choice[Order]:
    mark, note = "", ""
    if key == now[0]:
        mark, note = ("▼" if now[1] else "▲"), "again: the other way round"
    return Choice(title, order_after(key, now), mark, note)
