"""Whether a message costs the same in a small store and in a large one; prints JSON.

    python -m tests.bench.growth                    (five minutes: makes a store of a million tickets)

Reported: milliseconds a message to settle (batches of 50, a third of them replies), in a store with a thousand and
with a million recipients and tickets, and their ratio; medians of the rounds, taken in turns.
"""

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from store.db import database, open_store, session
from store.models import Inbox
from store.queries import deny
from store.rules.message import Arrived, Parsed
from store.services import intake, lease
from tests.bench.seed import seed
from tests.helpdesk import add_inbox

_BATCH = 50
_BATCHES = 20


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    sizes = (1_000, wanted.large)
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder) / f"{size}.db" for size in sizes}
        for size, file in files.items():
            seed(file, recipients=size, customers=size // 10, tickets=size)
        taken: dict[int, list[float]] = {size: [] for size in sizes}
        for number in range(wanted.rounds):
            for size, file in files.items():
                taken[size].append(_settled(file, size, number))
    small, large = (statistics.median(taken[size]) for size in sizes)
    print(json.dumps({"small_ms": round(small, 3), "large_ms": round(large, 3), "ratio": round(large / small, 2)}))


def _settled(file: Path, size: int, number: int) -> float:
    """Milliseconds a message."""
    with _opened(file):
        inbox = Inbox.get_or_none() or add_inbox(1)
        fence = lease.acquire()
        assert fence is not None
        first = number * _BATCH * _BATCHES + 1
        batches = [_batch(size, first + start) for start in range(0, _BATCH * _BATCHES, _BATCH)]
        began = time.perf_counter()
        for batch in batches:
            done = intake.settle(fence, inbox.id, 1, batch, cursor=batch[-1].uid, deny_version=deny.version())
            assert len(done) == _BATCH
        taken = time.perf_counter() - began
        lease.release(fence)
    return taken / (_BATCH * _BATCHES) * 1000


@contextmanager
def _opened(file: Path) -> Iterator[None]:
    open_store(str(file))
    with session():
        yield
    database.close()


def _batch(size: int, first: int) -> list[Arrived]:
    return [_arrived(size, uid) for uid in range(first, first + _BATCH)]


def _arrived(size: int, uid: int) -> Arrived:
    raw = f"{uid}\n".encode() + b"x" * 3_000
    ticket = uid * 7_919 % size + 1
    subject = f"Re: #{ticket} Question {ticket}" if uid % 3 == 0 else f"Matter {uid}"
    sender = f"new{uid % 500}@senders.test"
    ids = {"message_id": f"<{uid}@senders.test>", "fingerprint": hashlib.sha256(raw).hexdigest()}
    parsed = Parsed(sender=sender, subject=subject, text="Good morning.\n" * 50, sender_header="From", **ids)
    return Arrived(uid, raw, hashlib.sha256(raw).hexdigest(), datetime.now(UTC), parsed)


if __name__ == "__main__":
    main()
