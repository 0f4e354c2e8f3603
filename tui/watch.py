"""Noticing that anything in the store has changed, in this process or another (R1.7)."""

import threading
from collections.abc import Callable

from store.db import data_version, session
from store.errors import DatabaseProblem

LOOK_SECONDS = 0.25
_PAUSE_SECONDS = 1.0


class StoreWatch:
    """Asks SQLite four times a second, over one connection kept open for it, and calls back from its own thread."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the connection is closed, a few milliseconds later."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_PAUSE_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with session():
                    self._look()
            except DatabaseProblem:
                # whoever reads next says what is wrong; here it only matters to go on looking
                self._stop.wait(_PAUSE_SECONDS)

    def _look(self) -> None:
        last = data_version()
        while not self._stop.wait(LOOK_SECONDS):
            now = data_version()
            if now != last:
                last = now
                self._on_change()
