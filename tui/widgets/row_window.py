"""Which rows of a long list are on the screen, and where its cursor is (R1.7): plain values, no Textual, no database.

A list is a snapshot of ids.  The cursor and the marks belong to ids, not to positions, so that rows may come and go
around them.  Rows themselves are read in pages of `PAGE` and kept in a `RowCache`.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeAlias, TypeVar

PAGE = 128
KEPT_PAGES = 16
_NEAR = 512
_REACH = 8192
_TRIES = 4

Ids: TypeAlias = "array[int]"
RowT = TypeVar("RowT")


def find(ids: Ids, row_id: int, *, near: int = 0) -> int | None:
    """The position of an id, None if absent: 10 µs when it is within 512 of `near`, else 5 ms in a million."""
    try:
        return ids.index(row_id, max(0, near - _NEAR), max(0, near) + _NEAR)
    except ValueError:
        pass
    size = ids.itemsize
    needle, hay = array("q", [row_id]).tobytes(), ids.tobytes()  # five times as quick as array.index
    offset = hay.find(needle)
    while offset >= 0 and offset % size:
        offset = hay.find(needle, offset + 1)
    return None if offset < 0 else offset // size


def follow(old: Ids, new: Ids, position: int) -> tuple[int, bool]:
    """Where the row at `position` of `old` stands in `new`, and whether it is still there.

    If it is gone, the answer is the next row of `old` that is left, else the one before, else the same position.
    """
    found = find(new, old[position], near=position)
    if found is not None:
        return found, True
    for row_id in old[position + 1 : position + 1 + _TRIES]:
        found = find(new, row_id, near=position)
        if found is not None:
            return found, False
    return _survivor(old, new, position), False


def _survivor(old: Ids, new: Ids, position: int) -> int:
    after = old[position + 1 : position + 1 + _REACH]
    before = old[max(0, position - _REACH) : position]
    left = {*after, *before}.intersection(new)
    for row_id in (*after, *reversed(before)):
        if row_id in left:
            return find(new, row_id, near=position) or 0
    return max(0, min(position, len(new) - 1))


class RowCache(Generic[RowT]):
    """Rows by id, at most `limit`, the longest unused go first.

    A row that is to be read again stays here, and on the screen, until its successor comes.  Readings are told apart
    by turns: what was asked before a row was forgotten does not count as fresh.
    """

    def __init__(self, limit: int = PAGE * KEPT_PAGES) -> None:
        self.turn = 0
        self._limit = limit
        self._barrier = 0
        self._floor = 0
        self._rows: OrderedDict[int, tuple[int, RowT]] = OrderedDict()
        self._needed: dict[int, int] = {}
        self._asked: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def get(self, row_id: int) -> RowT | None:
        """The row as last read, fresh or not; None if it was never read or has been dropped."""
        entry = self._rows.get(row_id)
        if entry is None:
            return None
        self._rows.move_to_end(row_id)
        return entry[1]

    def put(self, rows: Mapping[int, RowT], *, turn: int | None = None) -> None:
        """Keeps rows that were asked for in `turn` (now, if None); an older reading never replaces a newer one."""
        turn = self.turn if turn is None else turn
        if turn < self._barrier:
            return
        for row_id, row in rows.items():
            entry = self._rows.get(row_id)
            if entry is None or entry[0] <= turn:
                self._rows[row_id] = (turn, row)
                self._rows.move_to_end(row_id)
        while len(self._rows) > self._limit:
            self._needed.pop(self._rows.popitem(last=False)[0], None)

    def forget(self, ids: Iterable[int] | None = None) -> None:
        """These rows (all, if None) are to be read again; until then `get` gives what they were."""
        self.turn += 1
        if ids is None:
            self._floor = self.turn
            self._needed.clear()
            return
        for row_id in ids:
            if row_id in self._rows or row_id in self._asked:
                self._needed[row_id] = self.turn

    def drop(self) -> None:
        """No row read so far, or being read now, is of use."""
        self.forget()
        self._barrier = self.turn
        self._rows.clear()
        self._asked.clear()

    def missing(self, ids: Iterable[int]) -> list[int]:
        """Those of `ids` that are not here, or here but forgotten, and not asked for either."""
        return [row_id for row_id in ids if not self._fresh(row_id)]

    def ask(self, ids: Iterable[int]) -> None:
        """Somebody has been asked for these."""
        if len(self._asked) > self._limit:
            self._asked.clear()
        self._asked.update(dict.fromkeys(ids, self.turn))

    def ask_again(self) -> None:
        """Answers may have been lost: what has not come by now is missing again."""
        self._asked.clear()

    def _fresh(self, row_id: int) -> bool:
        needed = max(self._floor, self._needed.get(row_id, 0))
        entry = self._rows.get(row_id)
        return (entry is not None and entry[0] >= needed) or self._asked.get(row_id, -1) >= needed


class RowWindow:
    """The cursor, the marks and the lines on the screen over a snapshot of ids.  Positions and lines count from 0.

    Marks outlive snapshots, so that rows of several searches can be marked together.
    """

    def __init__(self) -> None:
        self.ids: Ids = array("q")
        self.cursor = 0
        self.top = 0
        self.height = 1
        self.marked: set[int] = set()
        self._downwards = True

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def cursor_id(self) -> int | None:
        """The id under the cursor; None in an empty list."""
        return self.ids[self.cursor] if self.ids else None

    @property
    def visible(self) -> range:
        """The positions on the screen."""
        return range(self.top, min(len(self.ids), self.top + self.height))

    def position_of(self, row_id: int) -> int | None:
        """Where an id stands, None if it is not in the list."""
        return find(self.ids, row_id, near=self.cursor)

    def replace(self, ids: Ids, *, restart: bool = False) -> int | None:
        """Takes a new snapshot and gives the id that the cursor had to leave, or None.

        The cursor stays on its id and on its line of the screen.  If the id is gone, it goes to the next one (R1.7).
        A list that stands at its very top stays there while the cursor remains in sight, so that new rows are seen to
        arrive.  If the cursor was scrolled out of sight, it is the first visible row that stays.  With `restart` (a new
        search) cursor and screen go to the top instead.
        """
        old, in_sight, at_top = self.ids, self.cursor in self.visible, self.top == 0
        self.ids = ids
        if restart or not old:
            self.cursor = self.top = 0
            return None
        line = self.cursor - self.top if in_sight else 0
        left = old[self.cursor]
        cursor, stayed = follow(old, ids, self.cursor)
        anchor = cursor if in_sight else follow(old, ids, self.top)[0]
        self.cursor = cursor
        stays_at_top = at_top and (cursor < self.height or not in_sight)
        self.top = 0 if stays_at_top else self._clamp_top(anchor - line)
        return None if stayed else left

    def resize(self, height: int) -> None:
        """The screen has `height` lines for rows now; a cursor in sight stays in sight."""
        in_sight = self.cursor in self.visible
        self.height = max(1, height)
        self.top = self._clamp_top(self.top)
        if in_sight:
            self._reveal()

    def move_to(self, position: int) -> None:
        """Puts the cursor there (or on the nearest row there is) and in sight.

        Past an edge the list scrolls by half a screen once in a while, not by a line each time: even one line scrolled
        sends the whole screen over the wire.
        """
        self._downwards = position >= self.cursor
        self.cursor = max(0, min(position, len(self.ids) - 1))
        self._reveal()

    def page(self, pages: int) -> None:
        """Moves screen and cursor together by whole screens less one line; negative is up."""
        step = pages * max(1, self.height - 1)
        self._downwards = step > 0
        self.top = self._clamp_top(self.top + step)
        self.cursor = max(0, min(self.cursor + step, len(self.ids) - 1))
        self._reveal()

    def scroll_to(self, top: int) -> None:
        """Shows other rows; the cursor stays where it is, perhaps out of sight."""
        self._downwards = top >= self.top
        self.top = self._clamp_top(top)

    def wanted(self, rows: RowCache[RowT]) -> list[int]:
        """The ids to read now: the pages on the screen, or when these are there the page ahead."""
        if not self.ids:
            return []
        first, last = self.top // PAGE, (self.visible[-1]) // PAGE
        here = rows.missing(self.ids[first * PAGE : (last + 1) * PAGE])
        if here:
            return here
        ahead = last + 1 if self._downwards else first - 1
        return rows.missing(self.ids[ahead * PAGE : (ahead + 1) * PAGE]) if ahead >= 0 else []

    def loaded(self, rows: RowCache[RowT]) -> bool:
        """Whether every row on the screen can be painted."""
        return all(self.ids[position] in rows for position in self.visible)

    def thumb(self) -> range:
        """The lines of the screen that a scrollbar's thumb covers; none if everything is on the screen."""
        rows, height = len(self.ids), self.height
        if rows <= height:
            return range(0)
        size = max(1, height * height // rows)
        start = round(self.top / (rows - height) * (height - size))
        return range(start, start + size)

    def top_for_thumb(self, line: int) -> int:
        """The first visible row if the middle of the thumb were on this line."""
        size = len(self.thumb())
        free = max(1, self.height - size)
        share = max(0.0, min(1.0, (line - size / 2 + 0.5) / free))
        return round(share * max(0, len(self.ids) - self.height))

    def _clamp_top(self, top: int) -> int:
        return max(0, min(top, len(self.ids) - self.height))

    def _reveal(self) -> None:
        if self.cursor not in self.visible:
            self.top = self._clamp_top(self.cursor - self.height // 2)
