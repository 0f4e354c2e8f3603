"""From a mailbox into the store: look at what is new, settle it in batches, flag it afterwards (R5.1-R5.3).

    opened   an inbox's settings → its mailbox on the server
    drain    everything above the cursor, window by window, batch by batch; one is fetched, one read, one settled

The cursor moves in the transaction that settles; a message is flagged only after that (D1, D2).  A batch that breaks
is settled one by one, and a message that breaks alone becomes a ticket that says so, with its bytes (D11).
"""

import hashlib
import logging
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from mail import oauth
from mail.ahead import Ahead
from mail.errors import Refusal
from mail.imap import Fetched, Listed, Mailbox, connect
from mail.imap_connection import Account
from mail.parse import Reading
from mail.reader import shared
from store.cleantext import clean
from store.db import checkpoints_by_hand, sentences
from store.denylist import DenyList
from store.errors import DatabaseUnavailable
from store.queries import deny
from store.queries.deny import StaleFacts
from store.queries.intake import InboxSettings, perhaps_unflagged, settled_above
from store.rules.addresses import address_key
from store.rules.message import Arrived, Parsed
from store.services import inboxes, intake
from store.services.intake import InboxChanged, Settled
from store.services.lease import Fence, LostLease

log = logging.getLogger("recipients.mail")
BATCH_MESSAGES = 100
BATCH_BYTES = 4_000_000
SERVER_SECONDS = 30.0
_WINDOW = 500
_BEGINNING = 262_144
_FLAGGED_AT_ONCE = 500
_LONGEST_REST = 0.5
_TURN_SECONDS = 0.02
_MOST_IN_A_TURN = 50
_CHECKPOINT_BYTES = 4_000_000


@dataclass(slots=True)
class Tally:
    """What has become of the messages so far, and how many rounds ended well.

    `complaint` is '' or what the server refuses though mail comes in: to mark it as read, to give a large one.
    """

    opened: int = 0
    joined: int = 0
    refused: int = 0
    ignored: int = 0
    report: int = 0
    unreadable: int = 0
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
class _Post:
    """Where the messages of one drain come from and go to, which are settled but not flagged yet, and how many bytes
    were written since the last `checkpoint`."""

    box: Mailbox
    inbox: InboxSettings
    fence: Fence
    tally: Tally
    checkpoint: Callable[[], None]
    written: int = 0
    to_flag: deque[int] = field(default_factory=deque)


class _Load(NamedTuple):
    """What was fetched of a batch, the sizes of those of which it is only the beginning, which of them are unread, and
    up to which UID the mailbox is done with it."""

    fetched: list[Fetched]
    large: dict[int, int]
    unread: list[int]
    cursor: int


@contextmanager
def opened(inbox: InboxSettings, *, unsaved: bool = False, typed: str = "") -> Iterator[Mailbox]:
    """The inbox's folder on its server.  Raises MailProblem, BadInput (secret).

    `unsaved` settings are tried: nothing of it is noted, and a password that was `typed` is taken for the secret.
    """
    found = oauth.credentials(inbox.secret, inbox.auth, typed)
    account = Account(
        host=inbox.host,
        port=inbox.port,
        user=inbox.username or inbox.email,
        secret=found.value,
        security=inbox.security,
        auth=inbox.auth,
        folder=inbox.folder,
        check_certificate=inbox.check_certificate,
        ca_file=inbox.ca_file,
        timeout=SERVER_SECONDS,
        plain_forced=True,  # `services.inboxes` lets it be saved only when it is
    )
    with connect(account) as box:
        if not unsaved:
            inboxes.note_token(inbox.id, found.expires)
        yield box


def drain(box: Mailbox, inbox: InboxSettings, fence: Fence, tally: Tally, stop: threading.Event) -> None:
    """Settles all that is new in the mailbox, counting in `tally`; ends early, between batches, when `stop` is set.

    A new UIDVALIDITY starts at the first message again; what is known by its bytes is then a duplicate (D4).
    Raises MailProblem, LostLease, DatabaseProblem; what was settled before stays settled.
    """
    uidvalidity, cursor = intake.cursor_of(inbox.id)
    with checkpoints_by_hand() as checkpoint:
        post = _Post(box, inbox, fence, tally, checkpoint)
        if uidvalidity == box.uidvalidity:
            _flag_again(post)
        else:
            cursor = 0
        known = settled_above(inbox, box.uidvalidity, cursor)
        with Ahead(_loads(post, cursor, known), stop) as loads, Ahead(_read(loads, inbox), stop) as read:
            for load, arrivals in read:
                _settle(post, arrivals, load.cursor)
                post.to_flag.extend(load.unread)
        if loads.has_ended:
            _flag(post)


def _loads(post: _Post, cursor: int, known: Sequence[int]) -> Iterator[_Load]:
    """All that is new, batch by batch, with what was settled meanwhile flagged in between (D1).

    `known` are the UIDs above the cursor that are settled, ascending: it was set back, to look for others.
    """
    inbox = post.inbox
    # all of a window is listed and chosen from here: the cursor must pass what is not wanted, too
    for window in post.box.sizes(cursor, window=_WINDOW):
        wanted = [one for one in window if is_wanted(inbox, one) and not _is_among(known, one.uid)]
        for batch in _batches(wanted, inbox.largest_bytes):
            if len(post.to_flag) >= _FLAGGED_AT_ONCE:
                _flag(post)
            yield _fetch(post, batch)
            cursor = batch[-1].uid
        if window and window[-1].uid > cursor:
            cursor = window[-1].uid
            yield _Load([], {}, [], cursor)


def _is_among(ascending: Sequence[int], uid: int) -> bool:
    place = bisect_left(ascending, uid)
    return place < len(ascending) and ascending[place] == uid


def _read(loads: Iterable[_Load], inbox: InboxSettings) -> Iterator[tuple[_Load, list[Arrived]]]:
    """With all that can be known of the messages by themselves; the deny list is asked by `with_hits`."""
    how = Reading(inbox.address_header, inbox.authserv_ids, inbox.authserv_hops, inbox.behind_group, inbox.own)
    for load in loads:
        found = shared.read([message.raw for message in load.fetched], how)
        yield load, [_arrived(*pair, load.large) for pair in zip(load.fetched, found, strict=True)]


def _arrived(fetched: Fetched, parsed: Parsed, large: Mapping[int, int]) -> Arrived:
    size = 0 if fetched.withheld else large.get(fetched.uid, 0)
    known = beginning(parsed, size) if size else parsed
    if fetched.withheld:
        known = Parsed(unreadable=clean(f"the mail server does not give it: {fetched.withheld}", limit=400))
    return Arrived(fetched.uid, fetched.raw, _digest(fetched.raw), fetched.received, known, whole_size=size)


def with_hits(arrived: Arrived, denied: DenyList) -> Arrived:
    """The same, with the entries of the deny list that match (R3.2)."""
    parsed = arrived.parsed
    if not (parsed.sender or parsed.subject or parsed.text):
        return arrived
    key = address_key(parsed.sender)
    hits = denied.hits(email=parsed.sender, email_key=key, subject=parsed.subject, text=parsed.text)
    return replace(arrived, deny_hits=hits) if hits else arrived


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _unreadable(fault: Exception) -> Parsed:
    return Parsed(unreadable=clean(f"{type(fault).__name__}: {fault}", limit=200))


def beginning(parsed: Parsed, size: int) -> Parsed:
    """What is known while the rest is still to be fetched: what is attached is not, and two that begin alike and are
    of one size are taken for one (R5.2)."""
    text = f"{parsed.text}\n\n[This message has {size / 1e6:.1f} MB. This is its beginning; the rest is being fetched.]"
    twin = _digest(f"{parsed.fingerprint}:{size}".encode()) if parsed.fingerprint else ""
    return replace(parsed, text=text.lstrip(), attachments=(), fingerprint=twin)


def is_wanted(inbox: InboxSettings, listed: Listed) -> bool:
    """R5.1: all or unread, and not before the date to process from (by INTERNALDATE)."""
    if inbox.process == "unread" and listed.seen:
        return False
    return inbox.process_from is None or listed.received >= inbox.process_from


def _batches(listed: Sequence[Listed], largest: int) -> Iterator[list[Listed]]:
    """Runs of at most 100 messages and 4 MB; of one that is too large only its beginning is fetched."""
    batch: list[Listed] = []
    weight = 0
    for message in listed:
        size = message.size if message.size <= largest else _BEGINNING
        if batch and (len(batch) == BATCH_MESSAGES or weight + size > BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(message)
        weight += size
    if batch:
        yield batch


def _fetch(post: _Post, batch: Sequence[Listed]) -> _Load:
    """One batch; what is gone from the server meanwhile is passed over (D5)."""
    large = {message.uid: message.size for message in batch if message.size > post.inbox.largest_bytes}
    fetched = post.box.fetch([message.uid for message in batch if message.uid not in large])
    fetched += post.box.fetch_beginnings(list(large), _BEGINNING)
    fetched.sort(key=lambda message: message.uid)
    seen = {message.uid for message in batch if message.seen}
    unread = [message.uid for message in fetched if not (message.uid in seen or message.withheld)]
    return _Load(fetched, large, unread, batch[-1].uid)


def _settle(post: _Post, load: Sequence[Arrived], cursor: int) -> None:
    """In pieces, each a turn; the mailbox is done with up to `cursor` then."""
    done = 0
    while len(load) - done > (at_once := _turns.at_once):
        _settle_together(post, load[done : done + at_once], load[done + at_once - 1].uid)
        done += at_once
    _settle_together(post, load[done:], cursor)


def _settle_together(post: _Post, batch: Sequence[Arrived], cursor: int) -> None:
    """All in one transaction; if that breaks, one by one, so that the others are not held up by the one that breaks."""
    try:
        _commit(post, batch, cursor)
    except (LostLease, DatabaseUnavailable, InboxChanged):
        raise
    except Exception:
        if not batch:
            raise
        log.exception("inbox %s: a batch broke; its messages are settled one by one", clean(post.inbox.name))
        for arrived in batch:
            _settle_alone(post, arrived)
        _commit(post, [], cursor)


def _settle_alone(post: _Post, arrived: Arrived) -> None:
    try:
        _commit(post, [arrived], arrived.uid)
    except (LostLease, DatabaseUnavailable, InboxChanged):
        raise
    except Exception as fault:  # what is wrong with it will stand on its ticket
        log.exception("inbox %s: message %d cannot be settled as it is", clean(post.inbox.name), arrived.uid)
        _commit(post, [replace(arrived, parsed=_unreadable(fault), deny_hits=())], arrived.uid)


def _commit(post: _Post, batch: Sequence[Arrived], cursor: int) -> None:
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
                )
        except StaleFacts:
            continue
        for settled in done:
            post.tally.count(settled)
        _checkpoint(post, batch)
        return


def _checkpoint(post: _Post, batch: Sequence[Arrived]) -> None:
    """While the write lock rests: whoever waits for it does not wait for this."""
    post.written += sum(len(arrived.raw) for arrived in batch)
    if post.written > _CHECKPOINT_BYTES:
        post.written = 0
        with sentences():  # what fails here is no message's fault
            post.checkpoint()


def _flag_again(post: _Post) -> None:
    """What was settled but perhaps not flagged, because the program was killed in between (D1)."""
    post.to_flag.extend(perhaps_unflagged(post.inbox.id))
    _flag(post)


def _flag(post: _Post) -> None:
    """Marks what is settled as read, if this inbox wants that (R5.1).  A server that refuses it stops no mail."""
    uids = [post.to_flag.popleft() for _ in range(len(post.to_flag))]
    if not post.inbox.mark_read:
        return
    try:
        if post.box.read_only:
            raise Refusal("fetch", "the folder is read-only")
        if uids:
            post.box.mark_seen(uids)
            post.tally.complaint = ""
    except Refusal as problem:
        post.tally.complaint = (
            f"Mail comes in, but it cannot be marked as read ({str(problem).rstrip('.')}); "
            "switch “mark as read” off (--no-mark-read), or get the right to it."
        )
