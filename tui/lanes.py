"""Where database work happens: two threads that read, one that writes; never the thread that draws (THREATS D9)."""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from store.db import interrupter, session
from store.errors import Problem
from tui import faults

P = ParamSpec("P")
T = TypeVar("T")


class Lanes:
    """Runs jobs inside `store.db.session()`.  Whatever goes wrong in one comes out as a Problem with a sentence."""

    def __init__(self) -> None:
        self._reads = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="write")

    def begin(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Starts a read now, to be awaited when there is a loop: `await asyncio.wrap_future(…)`."""
        return self._reads.submit(_Job(functools.partial(job, *args, **kwargs)).run)

    async def read(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The job's result.  If the caller is cancelled, the query is stopped too.  Raises Problem."""
        work = _Job(functools.partial(job, *args, **kwargs))
        try:
            return await asyncio.wrap_future(self._reads.submit(work.run))
        except asyncio.CancelledError:
            work.stop()
            raise

    async def write(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a use case, one after the other; once begun it is carried out.  Raises Problem."""
        work = _Job(functools.partial(job, *args, **kwargs))
        return await asyncio.shield(asyncio.wrap_future(self._writes.submit(work.run)))

    async def apart(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a job that may take minutes, in a thread of its own; it ends by itself.  Raises Problem."""
        return await asyncio.to_thread(_Job(functools.partial(job, *args, **kwargs)).run)

    async def abroad(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a job that waits for somebody else's server; the program ends without it.  Raises Problem."""
        work, result = _Job(functools.partial(job, *args, **kwargs)), Future[T]()
        result.set_running_or_notify_cancel()
        threading.Thread(target=_answer, args=(result, work.run), daemon=True).start()
        return await asyncio.wrap_future(result)

    def close(self) -> None:
        """Lets the write that runs end, and drops what has not begun."""
        self._reads.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown(wait=True)


def _answer(result: "Future[T]", job: Callable[[], T]) -> None:
    try:
        result.set_result(job())
    except Problem as problem:
        result.set_exception(problem)


class _Job(Generic[T]):
    """One piece of work, which another thread may stop while it queries."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._interrupt: Callable[[], None] | None = None
        self._stopped = False

    def run(self) -> T:
        try:
            with session():
                if self._stopped:
                    raise Problem("This was not wanted any more.")
                self._interrupt = interrupter()
                try:
                    return self._work()
                finally:
                    self._interrupt = None
        except Problem:
            raise
        except Exception as error:
            raise faults.noted(error) from error

    def stop(self) -> None:
        self._stopped = True
        if (interrupt := self._interrupt) is not None:
            interrupt()
