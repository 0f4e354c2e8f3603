"""From a mailbox into the store: look at what is new, settle it in batches, flag it afterwards (R5.1-R5.3, R5.11).

    opened   an inbox's settings → its mailbox on the server
    drain    everything above the cursor, window by window, batch by batch, then what was withheld before and is to be
             looked at again; one is fetched, one read, one settled

A message is flagged only after the transaction that settles it (D1, D2).
"""

import hashlib
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from mail import oauth
from mail.ahead import Ahead
from mail.errors import Refusal
from mail.imap import Fetched, Listed, Mailbox, connect
from mail.imap_connection import Account
from mail.parse import Reading
from mail.reader import shared
from mail.settling import Post, Tally, settle
from store.db import checkpoints_by_hand
from store.queries import withheld
from store.queries.intake import InboxSettings, perhaps_unflagged, settled_above
from store.queries.withheld import Due
from store.rules.message import Arrived, Parsed, Withheld, still_fetched
from store.services import inboxes, intake
from store.services.lease import Fence

BATCH_MESSAGES = 100
BATCH_BYTES = 4_000_000
SERVER_SECONDS = 30.0
_WINDOW = 500
_BEGINNING = 262_144
# of a message that is flagged as deleted or as a draft, to say whose it is: some gateways add 10 kB before From
_HEADER = 32_768
_FLAGGED_AT_ONCE = 500
_FLAGS = {
    "draft": "It is flagged \\Draft: whoever wrote it has not sent it. Once the flag is gone, a retry lets it in.",
    "deleted": "It is flagged \\Deleted: somebody took it out of the mailbox. It comes in when the flag goes.",
}
_NOTHING = "the server says that it has {size:,} bytes, and gives none of them"


class _Load(NamedTuple):
    """What was fetched of a batch, and up to which UID the mailbox is done with it.

    `large` are the sizes of those of which only the beginning was fetched, `unread` those to be flagged, `aside` those
    of which the beginning was fetched only to say whose they are.  `passed_over` and `left` are as in `settle`.
    """

    cursor: int
    fetched: Sequence[Fetched] = ()
    large: Mapping[int, int] = {}
    unread: Sequence[int] = ()
    aside: Mapping[int, Listed] = {}
    passed_over: Sequence[Withheld] = ()
    left: Mapping[int, str] = {}


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
        post = Post(box, inbox, fence, tally, checkpoint)
        if uidvalidity == box.uidvalidity:
            _flag_again(post)
        else:
            cursor = 0
        passed_over = withheld.uids(inbox, box.uidvalidity)
        known = sorted({*settled_above(inbox, box.uidvalidity, cursor), *passed_over})
        post.cursor = cursor
        due = withheld.due(inbox, box.uidvalidity)
        with Ahead(_loads(post, known, due), stop) as loads, Ahead(_read(loads, inbox), stop) as read:
            for load, arrivals, aside in read:
                settle(post, arrivals, load.cursor, [*load.passed_over, *aside], load.left)
                post.to_flag.extend(load.unread)
        if loads.has_ended:
            _flag(post)


def _loads(post: Post, known: Sequence[int], due: Sequence[Due]) -> Iterator[_Load]:
    """All that is new, batch by batch, with what was settled meanwhile flagged in between (D1); then what is due again.

    `known` are UIDs that are settled or withheld, ascending: the cursor may have been set back, to look for others.
    """
    inbox, cursor = post.inbox, post.cursor
    # all of a window is listed and chosen from here: the cursor must pass what is not wanted, too
    for window in post.box.sizes(cursor, window=_WINDOW):
        wanted = [one for one in window if is_wanted(inbox, one) and not _is_among(known, one.uid)]
        for load in _loaded(post, wanted, cursor):
            yield load
            cursor = load.cursor
        if window and window[-1].uid > cursor:
            cursor = window[-1].uid
            yield _Load(cursor)
    for load in _looked_at_again(post, {one.uid: one for one in due}, cursor):
        yield load._replace(cursor=cursor)


def _loaded(post: Post, listed: Sequence[Listed], cursor: int) -> Iterator[_Load]:
    """What is to be let in of these, batch by batch; first, with the cursor still before them, what is not."""
    flagged = {one.uid: one for one in listed if _why_not(one) in _FLAGS}
    failed = [Withheld(one.uid, "failed", one.withheld) for one in listed if one.withheld]
    if failed:
        yield _Load(cursor, passed_over=failed)
    for fetched in post.box.fetch(list(flagged), _HEADER) if flagged else ():
        yield _Load(cursor, fetched, aside=flagged)
    for batch in _batches([one for one in listed if not _why_not(one)], post.inbox.largest_bytes):
        if len(post.to_flag) >= _FLAGGED_AT_ONCE:
            _flag(post)
        yield from _fetched(post, batch)


def _looked_at_again(post: Post, due: Mapping[int, Due], cursor: int) -> Iterator[_Load]:
    """What of the withheld mail is let in now, has failed again, or will never come (R5.11)."""
    listed = {one.uid: one for some in post.box.listed(list(due)) for one in some}
    left = dict.fromkeys(due.keys() - listed.keys(), "it is gone from the server")
    for one in listed.values():
        if not is_wanted(post.inbox, one):
            left[one.uid] = "it is read already, or too old for this inbox"
    if left:
        yield _Load(cursor, left=left)
    again = [one for one in listed.values() if one.uid not in left and _is_to_be_tried(due[one.uid], one)]
    yield from _loaded(post, again, cursor)


def _is_to_be_tried(due: Due, listed: Listed) -> bool:
    """Whether a withheld message may come in now: a draft only if a person wants it."""
    if due.asked or due.kind == "failed":
        return True
    return due.kind == "deleted" and _why_not(listed) in ("", "draft")


def _why_not(listed: Listed) -> str:
    """Why a message is not let in: failed, draft, deleted (RFC 9051, 2.3.2), or '' (R5.11)."""
    if listed.withheld:
        return "failed"
    return next((kind for kind in _FLAGS if f"\\{kind}" in listed.flags), "")


def _is_among(ascending: Sequence[int], uid: int) -> bool:
    place = bisect_left(ascending, uid)
    return place < len(ascending) and ascending[place] == uid


def _read(loads: Iterable[_Load], inbox: InboxSettings) -> Iterator[tuple[_Load, list[Arrived], list[Withheld]]]:
    """With all that can be known of the messages by themselves; the deny list is asked by `with_hits`."""
    how = Reading(inbox.address_header, inbox.authserv_ids, inbox.authserv_hops, inbox.behind_group, inbox.own)
    for load in loads:
        found = shared.read([message.raw for message in load.fetched], how)
        both = list(zip(load.fetched, found, strict=True))
        arrived = [_arrived(*pair, load.large) for pair in both if pair[0].uid not in load.aside]
        aside = [_set_aside(load.aside[one.uid], parsed) for one, parsed in both if one.uid in load.aside]
        yield load, arrived, aside


def _arrived(fetched: Fetched, parsed: Parsed, large: Mapping[int, int]) -> Arrived:
    size = large.get(fetched.uid, 0)
    known = beginning(parsed, size) if size else parsed
    return Arrived(fetched.uid, fetched.raw, _digest(fetched.raw), fetched.received, known, whole_size=size)


def _set_aside(listed: Listed, parsed: Parsed) -> Withheld:
    kind = _why_not(listed)
    return Withheld(
        listed.uid, kind, _FLAGS[kind], listed.size, listed.received, parsed.sender or "", parsed.subject or ""
    )


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def beginning(parsed: Parsed, size: int) -> Parsed:
    """What is known while the rest is still to be fetched: what is attached is not, and two that begin alike and are
    of one size are taken for one (R5.2)."""
    text = f"{parsed.text}\n\n{still_fetched(size)}"
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


def _fetched(post: Post, batch: Sequence[Listed]) -> Iterator[_Load]:
    """One batch; what is gone from the server meanwhile is passed over (D5)."""
    cursor = 0
    for is_large, messages in groupby(batch, lambda message: message.size > post.inbox.largest_bytes):
        listed = {message.uid: message for message in messages}
        for fetched in post.box.fetch(list(listed), _BEGINNING if is_large else None):
            cursor = fetched[-1].uid
            yield _load_of(listed, fetched, is_large=is_large)
    if cursor < batch[-1].uid:
        yield _Load(batch[-1].uid)


def _load_of(listed: Mapping[int, Listed], fetched: Sequence[Fetched], *, is_large: bool) -> _Load:
    given, failed = list[Fetched](), list[Withheld]()
    for one in fetched:
        before = listed[one.uid]
        why = one.withheld or ("" if one.raw or not before.size else _NOTHING.format(size=before.size))
        if why:
            failed.append(Withheld(one.uid, "failed", why, before.size, before.received))
        else:
            given.append(one)
    large = {one.uid: listed[one.uid].size for one in given if is_large}
    unread = [one.uid for one in given if not listed[one.uid].seen]
    return _Load(fetched[-1].uid, given, large, unread, passed_over=failed)


def _flag_again(post: Post) -> None:
    """What was settled but perhaps not flagged, because the program was killed in between (D1)."""
    post.to_flag.extend(perhaps_unflagged(post.inbox.id))
    _flag(post)


def _flag(post: Post) -> None:
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
