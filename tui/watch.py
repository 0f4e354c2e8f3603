"""Noticing that anything in the store has changed, in this process or another (R1.7), and that it is not there (D7)."""

import threading
from collections.abc import Callable

from store.db import data_version, file_version, insist_on_version, is_disturbed, rescue_log, session
from store.errors import DatabaseProblem

LOOK_SECONDS = 0.25
_FAREWELL_SECONDS = 1.0


class StoreWatch:
    """Looks four times a second, over one connection kept open for it, and calls back from its own thread: when there
    is something new, when the store cannot be read, with the sentence that says why, and, with '', when it can again.

    The connection is opened anew when the store was replaced, or its log deleted, so that both heal.
    """

    def __init__(
        self, on_change: Callable[[], object], on_trouble: Callable[[str], object] = lambda told: None
    ) -> None:
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._stop = threading.Event()
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="store watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the connection is closed, a few milliseconds later."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with session():
                    self._look()
            except DatabaseProblem as problem:
                self._tell(str(problem))
                self._stop.wait(LOOK_SECONDS)
            else:
                self._on_change()

    def _look(self) -> None:
        """Until the store is another one, or its log was deleted.  Raises DatabaseProblem."""
        file, last = file_version(), data_version()
        insist_on_version()
        self._tell("")
        while not self._stop.wait(LOOK_SECONDS):
            if is_disturbed():
                rescue_log()
                return
            if file_version() != file:
                return
            now = data_version()
            if now != last:
                last = now
                insist_on_version()
                self._on_change()

    def _tell(self, trouble: str) -> None:
        if trouble != self._told:
            self._told = trouble
            self._on_trouble(trouble)
            self._on_change()
