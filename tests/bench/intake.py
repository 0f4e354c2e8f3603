"""How fast mail comes in, against imap-tools draining the same mailbox and storing nothing; prints JSON.

    python -m tests.bench.intake                     (ten minutes: 10,000 messages, seven rounds, plain)
    python -m tests.bench.intake --tls --rounds 3
    python -m tests.bench.intake --delay 50 --messages 2000 --rounds 3      (over a line with 50 ms a round trip)
    python -m tests.bench.intake --big 50000000 --messages 2000 --rounds 1  (and a message of 50 MB)

Reported: messages a second with everything stored and marked as read, and the floor: `fetch(bulk=50)` of imap-tools
reading every property.  Medians of the rounds, taken in turns.  `rss_mb` is the most memory of the worker's process.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted

from mail.imap_connection import Account
from mail.tls import context_for
from store.db import open_store, session
from store.models import Arrival, InboxState
from store.services import inboxes
from tests.bench.delay import delayed
from tests.bench.mailbox import fill
from tests.helpdesk import ANNA, USER, helpdesk
from tests.servers import PASSWORD, Dovecot, dovecot

_PROPERTIES = (
    "subject from_ from_values to to_values cc bcc reply_to date date_str text html attachments headers flags size uid"
).split()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--delay", type=int, default=0, metavar="MS", help="a round trip takes so much longer")
    parser.add_argument("--big", type=int, default=0, metavar="BYTES", help="one message of this size more")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, dovecot(Path(folder)) as server:
        size = fill(server, USER, wanted.messages, big=wanted.big)
        with _line(server, wanted.tls, wanted.delay) as port:
            told = _measure(server, port, wanted)
    print(json.dumps({"messages": wanted.messages, "mb": round(size / 1e6), **told}))


def _measure(server: Dovecot, port: int, wanted: argparse.Namespace) -> dict[str, object]:
    _floor(server, port, wanted.tls)  # Dovecot makes its index
    floor, ours, rss = [], [], []
    for _ in range(wanted.rounds):
        began = time.perf_counter()
        count = _floor(server, port, wanted.tls)
        floor.append(count / (time.perf_counter() - began))
        taken, most = _ours(server, port, count, wanted.tls)
        ours.append(count / taken)
        rss.append(most)
        _unread(server)
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, floor, strict=True))
    return {
        "ours_per_second": round(statistics.median(ours)),
        "imap_tools_per_second": round(statistics.median(floor)),
        "ratio": round(ratio, 2),
        "ratios": [round(mine / bare, 2) for mine, bare in zip(ours, floor, strict=True)],
        "rss_mb": round(max(rss)),
    }


@contextmanager
def _line(server: Dovecot, tls: bool, milliseconds: int) -> Iterator[int]:
    port = server.tls_port if tls else server.port
    with delayed(port, milliseconds / 1000) if milliseconds else nullcontext(port) as found:
        yield found


def _floor(server: Dovecot, port: int, tls: bool) -> int:
    count = 0
    with _mailbox(server, port, tls).login(USER, PASSWORD) as box:
        for message in box.fetch(bulk=50, mark_seen=False):
            for name in _PROPERTIES:
                getattr(message, name)
            for attachment in message.attachments:
                attachment.payload  # noqa: B018 - read, as an importer would
            count += 1
    return count


def _mailbox(server: Dovecot, port: int, tls: bool) -> BaseMailBox:
    if not tls:
        return MailBoxUnencrypted("127.0.0.1", port)
    account = Account("127.0.0.1", port, "", "", ca_file=str(server.ca_file))
    return MailBox("127.0.0.1", port, ssl_context=context_for(account))


def _ours(server: Dovecot, port: int, count: int, tls: bool) -> tuple[float, float]:
    """Seconds and MB of a process that drains the mailbox into a new store, its start not counted."""
    with tempfile.TemporaryDirectory() as folder:
        with helpdesk(Path(folder)) as url:
            secured = {"security": "tls", "ca_file": str(server.ca_file)} if tls else {"security": "none"}
            place = {"email": USER, "host": "127.0.0.1", "port": port, "secret": "env:TEST_MAIL_SECRET", **secured}
            inboxes.add(ANNA, "support", place)
        done = subprocess.run([sys.executable, "-m", "tests.bench.intake_once", url], capture_output=True, check=True)
        told = json.loads(done.stdout)
        assert told["error"] == "", told
        open_store(url)
        with session():
            assert Arrival.select().count() == count
            assert InboxState.get().last_error == ""
    return told["seconds"], told["rss_mb"]


def _unread(server: Dovecot) -> None:
    with MailBoxUnencrypted("127.0.0.1", server.port).login(USER, PASSWORD) as box:
        box.client.uid("STORE", "1:*", "-FLAGS.SILENT", "(\\Seen)")


if __name__ == "__main__":
    main()
