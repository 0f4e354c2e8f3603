"""Large messages, fetched in parts into a file while little of them is in memory; resumed where it stopped (D12)."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mail.imap import Mailbox
from mail.isolate import Failed
from mail.parse import USUAL
from mail.reader import shared
from store.errors import Problem
from store.files import folder
from store.queries.intake import InboxSettings
from store.queries.large import Waiting, waiting
from store.services import large, withheld
from store.services.lease import Fence

_PIECE = 1_000_000


def fetch_waiting(
    box: Mailbox, inbox: InboxSettings, fence: Fence, stop: threading.Event, *, seconds: float = 10.0
) -> bool:
    """Goes on fetching what is too large for one piece, for so many seconds; whether there is more to do.

    Raises MailProblem, LostLease, Problem when the disk is full; all that was fetched stays.  One that the server does
    not give does not keep the others waiting: it is withheld (R5.11).
    """
    end = time.monotonic() + seconds
    for one in waiting(inbox.id, box.uidvalidity):
        done = _fetched(box, one, fence, lambda: stop.is_set() or time.monotonic() >= end)
        if isinstance(done, Failed):
            withheld.keep_rest(fence, inbox.id, box.uidvalidity, one.uid, one.size, done.why)
        elif not done:
            return not stop.is_set()
    return False


def _fetched(box: Mailbox, one: Waiting, fence: Fence, is_over: Callable[[], bool]) -> bool | Failed:
    """Whether it is done with; False when the time was over before."""
    part = folder() / f"{one.id}.part"
    whole = part.with_suffix(".eml")
    try:
        if not whole.exists():
            is_all_there = _download(box, one, part, is_over)
            if isinstance(is_all_there, Failed):
                return is_all_there
            if is_all_there is None:
                large.gone(fence, one.id)
                part.unlink(missing_ok=True)
                return True
            if not is_all_there:
                return False
            part.rename(whole)
        (parsed,) = shared.read([whole], USUAL)
        large.complete(fence, one.id, whole.name, parsed)
    except OSError as error:
        why = f"A large message cannot be kept in {part}: {error.strerror}. Make room; it goes on by itself."
        raise Problem(why) from error
    return True


def _download(box: Mailbox, one: Waiting, part: Path, is_over: Callable[[], bool]) -> bool | Failed | None:
    """Goes on where it ended; whether all is there, None when the server has it no more."""
    with open(part, "ab", opener=_private) as file:
        is_at_its_end = False
        while not is_at_its_end:
            if is_over():
                return False
            piece = box.fetch_piece(one.uid, file.tell(), _PIECE)
            if piece is None or isinstance(piece, Failed):
                return piece
            file.write(piece)
            # not by the size: servers name one that is too small or too large
            is_at_its_end = not piece or (len(piece) < _PIECE and file.tell() >= one.size)
        file.flush()
        os.fsync(file.fileno())
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
