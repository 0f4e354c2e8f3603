"""Mail while the window is open: a child process fetches it, so that the window's keys never wait (one `worker`).

Needs no Textual.  The child ends with the window, however that ends: its standard input closes.
"""

import os
import subprocess
import sys
import threading
import time

from store.db import session
from store.errors import DatabaseProblem
from store.services import lease

_LOOK_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LIVED_LONG = 60.0
_FAREWELL_SECONDS = 2.0


class MailWorker:
    """The window's `recipients worker --with-window`, started again when it dies; none while another one works.

    `start` after the first paint, `stop` when the window closes; both return at once but for `stop`, which waits up
    to 2 s for the child.  `url` is the store's.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="mail worker", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def start(self) -> None:
        """Begins to look after the child."""
        self._thread.start()

    def stop(self) -> None:
        """Closes the child's standard input, waits up to 2 s, then kills it."""
        self._stop.set()
        with self._lock:
            child = self._child
        if child is None:
            return
        _close_input(child)
        try:
            child.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _supervise(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            if _somebody_works():
                self._stop.wait(_LOOK_SECONDS)
                continue
            began = time.monotonic()
            child = self._launch()
            if child is None:
                return
            child.wait()
            pause = _FIRST_PAUSE if time.monotonic() - began > _LIVED_LONG else min(pause * 2, _LONGEST_PAUSE)
            self._stop.wait(pause)

    def _launch(self) -> subprocess.Popen[bytes] | None:
        """The child, or None when the window is closing.  Never in the window's folder's modules (-P) or session."""
        command = [sys.executable, "-P", "-m", "tui.cli.main", "--db", self._url, "worker", "--with-window"]
        with self._lock:
            if self._stop.is_set():
                return None
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={key: value for key, value in os.environ.items() if not key.startswith("TEXTUAL")},
            )
            return self._child


def _close_input(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()


def _somebody_works() -> bool:
    """Whether a living process fetches mail for this store; also while that cannot be told."""
    try:
        with session():
            return lease.is_held()
    except DatabaseProblem:
        return True
