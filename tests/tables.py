"""A small table to export, and texts that try to be more than text."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from store.columns import Column
from store.export import Value, export

PRAGUE = ZoneInfo("Europe/Prague")
NOON = datetime(2026, 11, 23, 13, 5, 59, tzinfo=UTC)
COLUMNS = (
    Column("id", "Id", "number", 7),
    Column("name", "Name", "text", 20),
    Column("banned", "Banned", "flag", 6),
    Column("last_message", "Last message", "time", 16),
)
ROWS: list[tuple[Value, ...]] = [(7, "Sarah Howell", True, NOON), (8, None, False, None)]
HOSTILE = (
    "=1+1",
    "  =cmd|' /C calc'!A0",
    "\u200b=1",
    "＝1+1",
    "\t@SUM(1)",
    "a\r\n=2",
    "x;=3",
    "#N/A",
    'he said "hi", twice',
    '"',
    "|pipe`code`*b*_i_[link](http://evil.test)",
    "<script>alert(1)</script>&amp;",
    "\x1b[31mred\x9b0m",
    "\x00nul\ud800",
    "right\u202eleft",
    "_x003D_1+1",
    "{nb} **bold**",
    "\ufffe\uffff",
)


def named(*names: str) -> list[tuple[Value, ...]]:
    """One row a name."""
    return [(number, name, False, None) for number, name in enumerate(names)]


def many(count: int) -> Iterator[tuple[Value, ...]]:
    """Rows that do not compress well."""
    return ((number, f"name {hash((number, 'x'))} of {number}", number % 2 == 0, NOON) for number in range(count))


def exported(target: Path, rows: list[tuple[Value, ...]]) -> Path:
    """The file, written."""
    export(target, COLUMNS, rows, zone=PRAGUE)
    return target
