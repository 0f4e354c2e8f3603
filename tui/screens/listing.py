"""Which rows a table shows, in which order, and how that follows the store (R1.2, R1.7, R11.2).

The first page comes by LIMIT at once, all ids afterwards.  What arrives is put in front as long as nothing is filtered
and the newest come first; else all ids are read again, which takes at most a tenth of the time.
"""

import asyncio
import time
from array import array
from collections.abc import Callable
from typing import Any, Generic, TypeAlias

from store.actor import Actor
from store.errors import Problem
from store.filters import parse
from store.queries.recipients import Selection
from store.queries.scope import rights
from tui.desk import Desk
from tui.screens.source import PAGE, FirstPage, RowT, Source
from tui.widgets.data_table import DataTable

Ids: TypeAlias = "array[int]"
_LEAST_PAUSE = 1.0
_SHARE = 10
_RETRY_SECONDS = 2.0


class Listing(Generic[RowT]):
    """Keeps a table true to a selection.  `on_count` hears how many rows there are, None while that is not known."""

    def __init__(
        self,
        desk: Desk,
        source: Source[RowT],
        table: DataTable[RowT],
        *,
        on_count: Callable[[int | None], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self.selection = source.first
        self._desk = desk
        self._source = source
        self._table = table
        self._on_count = on_count
        self._on_problem = on_problem
        self._ids: Ids = array("q")
        self._changed = asyncio.Event()
        self._whole = False
        self._hurry = False
        self._cost = 0.0
        self._ended = 0.0

    def choose(self, selection: Selection) -> None:
        """Another selection; start `keep_up` anew.  Raises BadInput and stays as it was."""
        parse(selection.line, self._source.grammar)
        self.selection = selection

    def changed(self) -> None:
        """The store has changed: rows on the screen are read again now, ids when it is their turn."""
        self._table.forget()
        self._changed.set()

    def hurry(self) -> None:
        """This agent changed something, and wants to see it at once."""
        self._whole = self._hurry = True
        self.changed()

    def lacks_rows(self) -> None:
        """Rows of the snapshot are gone, or may not be seen any more."""
        self._whole = True
        self._changed.set()

    async def keep_up(self, opening: FirstPage[RowT] | None = None, *, restart: bool = True) -> None:
        """Shows the selection and follows the store until cancelled.  `opening` is its first page if read already."""
        while not await self._begun(opening, restart=restart):
            await asyncio.sleep(_RETRY_SECONDS)
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._catch_up()
            except Problem as problem:
                self._on_problem(str(problem))
                self._whole = True
                self._changed.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _begun(self, opening: FirstPage[RowT] | None, *, restart: bool) -> bool:
        try:
            page = opening
            if page is None:
                page = await self._desk.lanes.read(self._source.page, self._desk.actor, self.selection)
            self._table.put_rows(page.rows)
            self._take(page.ids, restart=restart, complete=len(page.ids) < PAGE)
            if len(page.ids) == PAGE:
                self._take(await self._all_ids())
        except Problem as problem:
            self._on_problem(str(problem))
            return False
        return True

    async def _catch_up(self) -> None:
        whole, self._whole = self._whole, False
        if self._newest_first and not whole:
            above = self._ids[0] if self._ids else 0
            newer = await self._desk.lanes.read(_newer, self._desk.actor, self._source, above)
            if newer is not None:
                if newer:
                    self._take(newer + self._ids)
                return
        if not self._hurry:
            await asyncio.sleep(max(_LEAST_PAUSE, _SHARE * self._cost) - (time.monotonic() - self._ended))
        self._hurry = False
        self._changed.clear()
        self._take(await self._all_ids())

    async def _all_ids(self) -> Ids:
        began = time.monotonic()
        ids = await self._desk.lanes.read(self._source.ids, self._desk.actor, self.selection)
        self._ended = time.monotonic()
        self._cost = self._ended - began
        return ids

    def _take(self, ids: Ids, *, restart: bool = False, complete: bool = True) -> None:
        self._ids = ids
        self._table.show(ids, restart=restart)
        self._on_count(len(ids) if complete else None)

    @property
    def id_width(self) -> int:
        """How many digits the longest id at an end of the list has."""
        return max((len(str(row_id)) for row_id in (*self._ids[:1], *self._ids[-1:])), default=1)

    @property
    def _newest_first(self) -> bool:
        line, sort, descending = self.selection
        return sort == self._source.first.sort and descending and not line.strip()


def _newer(actor: Actor, source: Source[Any], above: int) -> "array[int] | None":
    """What arrived since; None for an administrator of one partner, who may come to see old rows too (R10.1)."""
    return source.newer_ids(actor, source.first, above) if rights(actor).sees_all else None
