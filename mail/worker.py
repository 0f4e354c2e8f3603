"""`recipients worker`: fetches and sends mail until it is stopped; a thread for each inbox and one for the outbox, one
process for each store (R12)."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from mail.imap import Mailbox
from mail.intake import opened
from mail.lease import kept
from mail.poller import delay_after, drain_and_note, note_failure
from mail.sender import serve
from mail.settling import Tally
from mail.worker_log import log_to_file
from store.cleantext import clean
from store.db import session
from store.errors import Problem
from store.queries import settings
from store.queries.intake import InboxSettings, inboxes_to_poll
from store.services import lease
from store.services.backup import copy_if_due
from store.services.lease import Fence, LostLease
from store.services.refused import forget_old

log = logging.getLogger("recipients.mail")
_FULL_POLL_SECONDS = 300.0
_FIRST_SLICE_SECONDS = 0.3
_LOOK_SECONDS = 1.0
_HOUR = 3_600.0
_FIRST_COPY_SECONDS = 5.0
# a full mailbox is read by one processor; whoever works in a window comes first
_NICENESS = 10
_FAREWELL_SECONDS = 1.5


def _give_way() -> None:
    """Linux shares the processors among sessions first (sched(7), autogroup): in one of its own, nice alone is moot."""
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS), encoding="ascii")


def run(*, until_stdin_closes: bool = False) -> int:
    """Polls all inboxes of the open store until SIGTERM, SIGINT or SIGHUP; the exit status.

    `until_stdin_closes`: end also when standard input does, and write nothing to the terminal (the window's child).
    Waits quietly while another process holds the lease.  Ends within 2 s.
    """
    os.umask(0o077)
    _give_way()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set())
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(stop,), name="stdin", daemon=True).start()
    with log_to_file(also_stderr=not until_stdin_closes):
        log.info("worker started")
        _say_unusable()
        sending = threading.Thread(target=serve, args=(stop,), name="sender", daemon=True)
        sending.start()
        _serve(stop)
        sending.join(_FAREWELL_SECONDS)
        log.info("worker ended")
    return 0


def _say_unusable() -> None:
    """Each setting that cannot be used, and what stands for it."""
    with contextlib.suppress(Problem), session():
        for one in settings.unusable():
            log.warning("The setting %s cannot be used: %s", one.key, one.problem)


def _watch_stdin(stop: threading.Event) -> None:
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4096):
        pass
    stop.set()


def _serve(stop: threading.Event) -> None:
    waiting = False
    told = ""
    while not stop.is_set():
        try:
            with session():
                fence = None if lease.is_held() else lease.acquire()
            if fence is not None:
                waiting, told = False, ""
                _hold_and_work(fence, stop)
                continue
            if not waiting:
                log.info("another process fetches mail for this store; waiting")
                waiting = True
        except Problem as problem:
            if str(problem) != told:
                log.warning("%s", told := clean(problem))
        except Exception:  # the loop: the worker outlives whatever happens
            log.exception("the worker met an unexpected error")
        stop.wait(_LOOK_SECONDS)


class _Watch:
    """An inbox with the thread that tends it."""

    def __init__(self, inbox: InboxSettings, fence: Fence, lost: threading.Event) -> None:
        self.inbox = inbox
        self.stop = threading.Event()
        name = f"inbox {clean(inbox.name)}"
        self.thread = threading.Thread(target=_tend, args=(self, fence, lost), name=name, daemon=True)
        self.thread.start()


def _hold_and_work(fence: Fence, stop: threading.Event) -> None:
    watches: dict[int, _Watch] = {}
    forget_at = 0.0
    over = threading.Event()
    threading.Thread(target=_copy_now_and_then, args=(over,), name="backup", daemon=True).start()
    with kept(fence) as lost:
        log.info("fetching mail")
        try:
            while not (stop.is_set() or lost.is_set()):
                with session():
                    _match(watches, inboxes_to_poll(), fence, lost)
                    forget_at = _forget(forget_at)
                stop.wait(_LOOK_SECONDS)
        finally:
            over.set()
            _end(watches)
    if lost.is_set():
        log.warning("another process took over the mail, or the store was replaced")


def _copy_now_and_then(over: threading.Event) -> None:
    """The copy of the store, when it is due (THREATS D7); one that is under way when the worker ends is left undone."""
    pause = _FIRST_COPY_SECONDS
    while not over.wait(pause):
        pause = _HOUR
        try:
            with session():
                made = copy_if_due()
            if made is not None:
                log.info("copied the store to %s", clean(made))
        except Problem as problem:
            log.error("%s", clean(problem))
        except Exception:  # the loop: mail goes on whatever becomes of the copy, and doctor tells that there is none
            log.exception("the store could not be copied")


def _forget(due: float) -> float:
    """Once an hour, refused mail that was kept long enough goes (R8.1); when to look next."""
    if time.monotonic() < due:
        return due
    return time.monotonic() + (_HOUR if forget_old() == 0 else 0.0)


def _match(watches: dict[int, _Watch], wanted: list[InboxSettings], fence: Fence, lost: threading.Event) -> None:
    """Starts what is new, stops what is gone or changed; a changed inbox starts again when its old thread has ended."""
    settings = {inbox.id: inbox for inbox in wanted}
    for identity, watch in list(watches.items()):
        if settings.get(identity) != watch.inbox:
            watch.stop.set()
        if not watch.thread.is_alive():
            del watches[identity]
    for identity, inbox in settings.items():
        if identity not in watches:
            watches[identity] = _Watch(inbox, fence, lost)


def _end(watches: dict[int, _Watch]) -> None:
    for watch in watches.values():
        watch.stop.set()
    end = time.monotonic() + _FAREWELL_SECONDS
    for watch in watches.values():
        watch.thread.join(max(0.0, end - time.monotonic()))


def _tend(watch: _Watch, fence: Fence, lost: threading.Event) -> None:
    """The life of one inbox: rounds over one connection, and back-off when it fails (N1, N3)."""
    failures = 0
    while not watch.stop.is_set():
        tally = Tally()
        try:
            with session(), opened(watch.inbox) as box:
                pause = _rounds(watch, box, fence, tally)
            watch.stop.wait(pause)
            failures = 0
            continue
        except LostLease:
            lost.set()
            return
        except Problem as problem:
            fault: Exception = problem
        except Exception as unexpected:  # noqa: BLE001 - the loop: one inbox never stops another
            fault = unexpected
        failures = 1 if tally.rounds else failures + 1
        delay = delay_after(failures)
        with session():
            note_failure(watch.inbox, fault, delay)
        watch.stop.wait(delay)


def _rounds(watch: _Watch, box: Mailbox, fence: Fence, tally: Tally) -> float:
    """Round after round until told to stop; a server with IDLE says itself when there is something.

    Returns early when the next round is so far off that the connection had better be closed: the seconds till then.
    """
    while not watch.stop.is_set():
        pause = _FULL_POLL_SECONDS if box.has_idle else float(watch.inbox.poll_seconds)
        before = tally.fetched
        drain_and_note(box, watch.inbox, fence, tally, watch.stop, next_in=pause)
        if tally.fetched > before:
            log.info("inbox %s: %d messages", clean(watch.inbox.name), tally.fetched - before)
        if pause > _FULL_POLL_SECONDS:
            return pause
        wait_for_news(box, pause, watch.stop, slice_seconds=float(watch.inbox.poll_seconds))
    return 0.0


def wait_for_news(box: Mailbox, pause: float, stop: threading.Event, *, slice_seconds: float) -> None:
    """Waits until there may be something new, for at most `pause` seconds, or until told to stop.

    Each slice begins by asking: news that came while IDLE began, or an IDLE that has died, costs a slice at most (N2).
    """
    if not box.has_idle:
        box.wait(pause, stop)
        return
    end = time.monotonic() + pause
    now = _FIRST_SLICE_SECONDS
    while not (stop.is_set() or time.monotonic() >= end or box.wait(now, stop)):
        now = slice_seconds
