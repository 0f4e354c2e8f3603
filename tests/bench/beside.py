"""What an agent feels while mail comes in: reading a page, and writing; prints JSON.

    python -m tests.bench.beside                    (one minute)

Reported, in milliseconds, median and p99: a page of the Recipients table (128 rows) and renaming a sender, while a
worker drains a mailbox; the page with nobody else at work; from a message's delivery until it is committed, of which
Dovecot waits up to 500 ms before it says anything; and from Dovecot's notice (`EXISTS`, RFC 2177) until then.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from store.queries import recipients
from store.queries.recipients import Selection
from store.services import recipients as actions
from tests.bench.delay import delayed
from tests.bench.mailbox import fill
from tests.helpdesk import ANNA, USER, add_inbox, count, helpdesk, program, wait_until
from tests.servers import Dovecot, dovecot, message

_DELIVERIES = 20
_LATE = "late@demo.test"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, dovecot(Path(place)) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # the mail server is another machine's burden, not that of the agent's
        _stand_back(int((server.folder / "run" / "master.pid").read_text()))
        fill(server, USER, wanted.messages)
        with helpdesk(folder) as url:
            add_inbox(server.port)
            with program(url, "worker", start_new_session=True):  # as the window starts it
                wait_until(lambda: count(folder, "recipient") > 500, 60)
                pages, writes = _work(lambda: count(folder, "arrival") < wanted.messages)
                latency = _latency(server, folder)
            turns = iter(range(len(pages)))
            alone, _ = _work(lambda: next(turns, None) is not None)
    told = {"page_ms": _told(pages), "page_alone_ms": _told(alone), "write_ms": _told(writes)}
    told |= {
        "delivery_to_commit_ms": _told([since for since, _ in latency]),
        "notice_to_commit_ms": _told([since for _, since in latency]),
    }
    print(json.dumps(told))


class _Notice:
    """When the mail server last said, by itself, that there is something new."""

    def __init__(self) -> None:
        self.at = 0.0

    def heard(self, data: bytes) -> None:
        if b"EXISTS" in data and not self.at:
            self.at = time.monotonic()


def _stand_back(process: int) -> None:
    """The processor goes to others first: among its session, and its session among all (sched(7), autogroup)."""
    os.setpriority(os.PRIO_PROCESS, process, 19)
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():
        group.write_text("19")


def _work(goes_on: Callable[[], bool]) -> tuple[list[float], list[float]]:
    """Seconds of each page and each write."""
    pages: list[float] = []
    writes: list[float] = []
    chance = random.Random(1)
    while goes_on():
        ids = recipients.ids(ANNA, Selection("", "id", True), limit=128)
        began = time.perf_counter()
        recipients.rows(ANNA, ids)
        pages.append(time.perf_counter() - began)
        began = time.perf_counter()
        actions.rename(ANNA, chance.randint(1, 400), f"Name {len(writes)}")
        writes.append(time.perf_counter() - began)
        time.sleep(0.02)
    return pages, writes


def _latency(server: Dovecot, folder: Path) -> list[tuple[float, float]]:
    """Of some deliveries into an inbox of its own, the line to which is listened to."""
    notice = _Notice()
    with delayed(server.port, 0.0, notice.heard) as port:
        add_inbox(port, "late", email=_LATE)
        wait_until(lambda: count(folder, "inbox_state", "last_success IS NOT NULL") == 2, 60)
        return [_delivered(server, folder, number, notice) for number in range(_DELIVERIES)]


def _delivered(server: Dovecot, folder: Path, number: int, notice: _Notice) -> tuple[float, float]:
    """Seconds from the delivery of a message, and from the server's notice, until it is committed."""
    time.sleep(random.uniform(0.7, 1.5))
    notice.at = 0.0
    server.deliver(_LATE, message(f"late{number}@x.test", "Late"))
    delivered = time.monotonic()
    wait_until(lambda: count(folder, "recipient", f"email = 'late{number}@x.test'"), 10)
    committed = time.monotonic()
    return committed - delivered, committed - notice.at


def _told(seconds: list[float]) -> dict[str, float]:
    values = sorted(value * 1000 for value in seconds)
    return {
        "median": round(statistics.median(values), 1),
        "p99": round(values[int(len(values) * 0.99)], 1),
        "count": len(values),
    }


if __name__ == "__main__":
    main()
