"""Work on a connection, done one step ahead of whoever needs it: a slow line and a busy processor do not add up."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 0.1
_FAREWELL_SECONDS = 1.0


class Ahead(Generic[T]):
    """Iterates over `steps`, which run in a thread of their own: while one result is used the next is on its way.

    What `steps` raises is raised here; the iteration ends early when `stop` is set.  Leave it as a context manager:
    then the thread has ended, or ends with the connection that it waits for (a daemon: the program need not wait).
    """

    def __init__(self, steps: Iterator[T], stop: threading.Event) -> None:
        self._steps = steps
        self._stop = stop
        self._results: queue.Queue[Callable[[], T]] = queue.Queue(maxsize=1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def __enter__(self) -> "Ahead[T]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_FAREWELL_SECONDS)

    def __iter__(self) -> Iterator[T]:
        while not (self._stop.is_set() or self._over.is_set()):
            try:
                result = self._results.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            try:
                step = result()
            except _End:
                return
            yield step

    @property
    def has_ended(self) -> bool:
        """Whether the connection is free for others."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for result in self._steps:
                if not self._put(lambda kept=result: kept):  # type: ignore[misc]
                    return
        except BaseException as fault:  # noqa: BLE001 - raised where the results are used
            self._put(_raising(fault))
        else:
            self._put(_raising(_End()))

    def _put(self, result: Callable[[], T]) -> bool:
        while not self._over.is_set():
            with suppress(queue.Full):
                self._results.put(result, timeout=_LOOK_SECONDS)
                return True
        return False


class _End(Exception):
    """There is no more."""


def _raising(fault: BaseException) -> Callable[[], Any]:
    def give() -> Any:
        raise fault

    return give
