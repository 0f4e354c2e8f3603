"""One round of intake: every enabled inbox, side by side, none stopping another (R5, R12 `poll`)."""

import logging
import random
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mail.errors import Refusal
from mail.imap import Mailbox
from mail.intake import drain, opened
from mail.large import fetch_waiting
from mail.lease import kept, lease_within
from mail.settling import Tally
from store.cleantext import clean
from store.db import session
from store.errors import DatabaseProblem, Problem
from store.queries import withheld
from store.queries.intake import InboxSettings, inboxes_to_poll
from store.services import inboxes, lease
from store.services.lease import LEASE_SECONDS, Fence, LostLease
from store.services.refused import forget_old

log = logging.getLogger("recipients.mail")
SHORTEST_DELAY = 5.0
LONGEST_DELAY = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of one inbox brought.  `fetched` is the sum of the outcomes; an unreadable message counts under
    `opened` and `unreadable`.  `withheld` are all that lie on its server and are not let in (R5.11).
    `error` is '' or what went wrong, in words; what was counted before it is settled."""

    name: str
    fetched: int = 0
    opened: int = 0
    joined: int = 0
    refused: int = 0
    ignored: int = 0
    unreadable: int = 0
    withheld: int = 0
    error: str = ""


def poll_once(*, wait_seconds: float = LEASE_SECONDS) -> list[Round]:
    """Drains every enabled inbox of the open store once; one Round each, by name.

    A dead local holder's lease is taken over at once; a living one's is waited for up to `wait_seconds`.  Raises
    Refused `busy` after that, LostLease.  The exit status is `exit_status(rounds)`.
    """
    with session():
        fence = lease_within(wait_seconds)
        wanted = inboxes_to_poll()
    with kept(fence) as lost:
        rounds = _side_by_side(wanted, fence, lost)
        with session():
            while forget_old():
                pass
    if lost.is_set():
        raise LostLease
    return rounds


def poll_now(name: str) -> Round | None:
    """One round of this inbox; None when another process fetches mail, or it is off.  Raises LostLease."""
    with session():
        wanted = [inbox for inbox in inboxes_to_poll() if inbox.name == name]
        fence = None if lease.is_held() or not wanted else lease.acquire()
    if fence is None:
        return None
    with kept(fence) as lost:
        return poll_inbox(wanted[0], fence, lost)


def exit_status(rounds: Sequence[Round]) -> int:
    """0, or 3 when an inbox failed; the others are done nevertheless."""
    return 3 if any(done.error for done in rounds) else 0


def poll_inbox(inbox: InboxSettings, fence: Fence, stop: threading.Event) -> Round:
    """Connects and drains one inbox.  What goes wrong with it is in the Round and on the inbox; raises LostLease."""
    tally = Tally()
    error = ""
    with session():
        try:
            with opened(inbox) as box:
                drain_and_note(box, inbox, fence, tally, stop, next_in=inbox.poll_seconds)
            error = tally.complaint
        except LostLease:
            raise
        except Problem as problem:
            error = note_failure(inbox, problem, SHORTEST_DELAY)
        except Exception as fault:  # noqa: BLE001 - the loop: one inbox never stops another
            error = note_failure(inbox, fault, SHORTEST_DELAY)
        with suppress(DatabaseProblem):  # then that is said already
            tally.withheld = withheld.counts().get(inbox.id, Counter()).total()
    return _round(inbox, tally, error)


def drain_and_note(
    box: Mailbox, inbox: InboxSettings, fence: Fence, tally: Tally, stop: threading.Event, *, next_in: float
) -> None:
    """Settles all that is new and notes on the inbox that this went well; `next_in` seconds till the next round.

    What is too large for one piece comes after that, a while at a time, so that new mail does not wait for it.
    """
    while True:
        drain(box, inbox, fence, tally, stop)
        if stop.is_set():
            return  # not done: what is settled and not flagged yet is flagged by the next round (D1)
        inboxes.succeeded(inbox.id, next_try=_in(next_in), complaint=tally.complaint)
        tally.rounds += 1
        try:
            if not fetch_waiting(box, inbox, fence, stop):
                return
        except Refusal as problem:
            tally.complaint = f"A large message cannot be fetched whole: {problem}"
            inboxes.succeeded(inbox.id, next_try=_in(next_in), complaint=tally.complaint)
            return


def note_failure(inbox: InboxSettings, fault: Exception, delay: float) -> str:
    """Leaves what went wrong on the inbox and in the log; the sentence.  `delay`: seconds till the next try."""
    if isinstance(fault, Problem):
        sentence = clean(fault, limit=1_000)
        log.warning("inbox %s: %s", clean(inbox.name), sentence)
    else:
        kind = type(fault).__name__
        sentence = clean(f"The program failed on this inbox ({kind}: {fault}); please report it.", limit=1_000)
        log.error("inbox %s: %s", clean(inbox.name), sentence, exc_info=fault)
    try:
        inboxes.failed(inbox.id, sentence, next_try=_in(delay))
    except DatabaseProblem as problem:
        log.warning("inbox %s: the error could not be kept: %s", clean(inbox.name), problem)
    return sentence


def delay_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 5 s doubling to 5 min, a third of it at random (N3)."""
    longest = min(LONGEST_DELAY, SHORTEST_DELAY * 1.5 * 2.0 ** min(failures - 1, 10))
    return longest * random.uniform(2 / 3, 1.0)


def _side_by_side(wanted: Sequence[InboxSettings], fence: Fence, stop: threading.Event) -> list[Round]:
    """A thread each: a server that does not answer costs its own time only.  Daemons: Ctrl-C need not wait for them."""
    rounds: dict[int, Round] = {}

    def work(inbox: InboxSettings) -> None:
        try:
            rounds[inbox.id] = poll_inbox(inbox, fence, stop)
        except LostLease as problem:
            stop.set()
            rounds[inbox.id] = _round(inbox, Tally(), str(problem))

    threads = [threading.Thread(target=work, args=(inbox,), daemon=True) for inbox in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [rounds[inbox.id] for inbox in wanted]


def _round(inbox: InboxSettings, tally: Tally, error: str) -> Round:
    return Round(
        inbox.name,
        fetched=tally.fetched,
        opened=tally.opened,
        joined=tally.joined,
        refused=tally.refused,
        ignored=tally.ignored,
        unreadable=tally.unreadable,
        withheld=tally.withheld,
        error=error,
    )


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
