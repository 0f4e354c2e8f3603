"""Writing into the store what was fetched and read, in turns that an agent does not feel (R5.2, D1, D11).

The cursor moves in the transaction that settles.  A batch that breaks is settled one by one, and a message that breaks
alone becomes a ticket that says so, with its bytes.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mail.imap import Mailbox
from store.cleantext import clean
from store.db import sentences
from store.denylist import DenyList
from store.errors import DatabaseUnavailable
from store.queries import deny
from store.queries.deny import StaleFacts
from store.queries.intake import InboxSettings
from store.rules.addresses import address_key
from store.rules.message import Arrived, Parsed, Withheld
from store.services import intake
from store.services.intake import InboxChanged, Settled
from store.services.lease import Fence, LostLease

log = logging.getLogger("recipients.mail")
_LONGEST_REST = 0.5
_TURN_SECONDS = 0.02
_MOST_IN_A_TURN = 50
_CHECKPOINT_BYTES = 4_000_000
_NONE: Mapping[int, str] = {}


@dataclass(slots=True)
class Tally:
    """What has become of the messages so far, and how many rounds ended well.

    `withheld` is how many lie on the server and are not let in (R5.11), `complaint` is '' or what the server refuses
    though mail comes in: to mark it as read.
    """

    opened: int = 0
    joined: int = 0
    refused: int = 0
    ignored: int = 0
    report: int = 0
    unreadable: int = 0
    withheld: int = 0
    rounds: int = 0
    complaint: str = ""

    @property
    def fetched(self) -> int:
        """All messages that were settled: the sum of the outcomes (R5.2)."""
        return self.opened + self.joined + self.refused + self.ignored + self.report

    def count(self, settled: Settled) -> None:
        """One message more."""
        name = settled.outcome.value
        setattr(self, name, getattr(self, name) + 1)
        self.unreadable += settled.unreadable


class _Turns:
    """One writer at a time in this process, shortly, and the write lock left free for as long as it was held.

    SQLite's busy handler is unfair: without the rest an agent's key would wait until the inbox is empty.  `at_once` is
    how many messages, by those of before, are settled in a turn that an agent does not feel.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.at_once = 10

    @contextmanager
    def turn(self, messages: int) -> Iterator[None]:
        with self._lock:
            time.sleep(max(0.0, self._free_at - time.monotonic()))
            began = time.monotonic()
            try:
                yield
            finally:
                now = time.monotonic()
                held = now - began
                self._free_at = now + min(held, _LONGEST_REST)
                fitting = max(1, min(_MOST_IN_A_TURN, int(messages * _TURN_SECONDS / held)))
                self.at_once = (self.at_once + fitting + 1) // 2 if messages else self.at_once


_turns = _Turns()


@dataclass(slots=True)
class Post:
    """Where the messages of one drain come from and go to, up to which UID the mailbox is done with, which messages are
    settled but not flagged yet, and how many bytes were written since the last `checkpoint`."""

    box: Mailbox
    inbox: InboxSettings
    fence: Fence
    tally: Tally
    checkpoint: Callable[[], None]
    cursor: int = 0
    written: int = 0
    to_flag: deque[int] = field(default_factory=deque)


def with_hits(arrived: Arrived, denied: DenyList) -> Arrived:
    """The same, with the entries of the deny list that match (R3.2)."""
    parsed = arrived.parsed
    if not (parsed.sender or parsed.subject or parsed.text):
        return arrived
    key = address_key(parsed.sender)
    hits = denied.hits(email=parsed.sender, email_key=key, subject=parsed.subject, text=parsed.text)
    return replace(arrived, deny_hits=hits) if hits else arrived


def _unreadable(fault: Exception) -> Parsed:
    return Parsed(unreadable=clean(f"{type(fault).__name__}: {fault}", limit=200))


def settle(
    post: Post,
    arrivals: Sequence[Arrived],
    cursor: int,
    passed_over: Sequence[Withheld] = (),
    left: Mapping[int, str] | None = None,
) -> None:
    """In pieces, each a turn; the mailbox is done with up to `cursor` then.  What is not let in is as in
    `services.intake.settle`."""
    done = 0
    while len(arrivals) - done > (at_once := _turns.at_once):
        piece = arrivals[done : done + at_once]
        _settle_together(post, piece, max(post.cursor, piece[-1].uid))
        done += at_once
    _settle_together(post, arrivals[done:], cursor, passed_over, left or {})


def _settle_together(
    post: Post,
    batch: Sequence[Arrived],
    cursor: int,
    passed_over: Sequence[Withheld] = (),
    left: Mapping[int, str] = _NONE,
) -> None:
    """All in one transaction; if that breaks, one by one, so that the others are not held up by the one that breaks."""
    try:
        _commit(post, batch, cursor, passed_over, left)
    except (LostLease, DatabaseUnavailable, InboxChanged):
        raise
    except Exception:
        if not batch:
            raise
        log.exception("inbox %s: a batch broke; its messages are settled one by one", clean(post.inbox.name))
        for arrived in batch:
            _settle_alone(post, arrived)
        _commit(post, [], cursor, passed_over, left)


def _settle_alone(post: Post, arrived: Arrived) -> None:
    try:
        _commit(post, [arrived], max(post.cursor, arrived.uid))
    except (LostLease, DatabaseUnavailable, InboxChanged):
        raise
    except Exception as fault:  # what is wrong with it will stand on its ticket
        log.exception("inbox %s: message %d cannot be settled as it is", clean(post.inbox.name), arrived.uid)
        _commit(post, [replace(arrived, parsed=_unreadable(fault), deny_hits=())], max(post.cursor, arrived.uid))


def _commit(
    post: Post,
    batch: Sequence[Arrived],
    cursor: int,
    passed_over: Sequence[Withheld] = (),
    left: Mapping[int, str] = _NONE,
) -> None:
    """Settles in one transaction; asks the deny list again as often as it changes in between (R3.2)."""
    while True:
        denied = deny.current()
        judged = [with_hits(arrived, denied) for arrived in batch]
        try:
            with _turns.turn(len(batch)):
                done = intake.settle(
                    post.fence,
                    post.inbox.id,
                    post.box.uidvalidity,
                    judged,
                    cursor=cursor,
                    deny_version=denied.version,
                    inbox_version=post.inbox.version,
                    passed_over=passed_over,
                    left=left,
                )
        except StaleFacts:
            continue
        post.cursor = cursor
        for settled in done:
            post.tally.count(settled)
        _checkpoint(post, batch)
        return


def _checkpoint(post: Post, batch: Sequence[Arrived]) -> None:
    """While the write lock rests: whoever waits for it does not wait for this."""
    post.written += sum(len(arrived.raw) for arrived in batch)
    if post.written > _CHECKPOINT_BYTES:
        post.written = 0
        with sentences():  # what fails here is no message's fault
            post.checkpoint()
