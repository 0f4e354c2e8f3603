"""Exactly once in the long run, against a real Dovecot; prints JSON, and fails when a message is lost or doubled.

python -m tests.bench.killed                             (two minutes: 1,000 messages, 50 times SIGKILL)
python -m tests.bench.killed --messages 100000 --kills 0 (six minutes: a large mailbox; memory each second)
python -m tests.bench.killed --sending --kills 200       (ten minutes: senders that end, 12 letters before each)
"""

import argparse
import imaplib
import json
import random
import statistics
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path

from mail.reconcile import reconcile
from store.models import Message, RawMessage, Ticket
from store.queries.intake import settings_of
from tests import killed_sending
from tests.bench.intake_once import memory_mb
from tests.bench.mailbox import is_reply, messages, put
from tests.helpdesk import USER, add_inbox, count, helpdesk, program, unseen, wait_until
from tests.servers import PASSWORD, dovecot

_LONGEST_LIFE = 0.6
_AFTER_COMMIT = 0.05


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument(
        "--sending", action="store_true", help="end senders instead, by SIGKILL, SIGTERM and the window"
    )
    wanted = parser.parse_args()
    if wanted.sending:
        _while_sending(wanted.kills)
        return
    with tempfile.TemporaryDirectory() as place, dovecot(Path(place)) as server, tempfile.TemporaryDirectory() as name:
        mails = messages(wanted.messages, plain=wanted.messages > 20_000)
        each = wanted.messages // max(wanted.kills, 1)
        with helpdesk(Path(name)) as url:
            add_inbox(server.port)
            settled, unflagged = [], []
            for number in range(wanted.kills):
                put(server, USER, islice(mails, each), number=number * each)
                settled.append(_killed(url, Path(name), number))
                unflagged.append(settled[-1] - ((number + 1) * each - unseen(server.port)))
            put(server, USER, mails, number=wanted.kills * each)
            _index(server.port)
            began = time.monotonic()
            memory = _finish(url)
            seconds = time.monotonic() - began
            found = reconcile(settings_of("support"))
            _insist(wanted.messages, found.on_server, found.imported + found.unreadable)
            left_unseen = unseen(server.port)
            _insist_on_kills(settled)
        assert left_unseen == 0, f"{left_unseen} messages are not marked as read"
    told = {
        "messages": wanted.messages,
        "kills": wanted.kills,
        "settled_at_the_kills": settled,
        "of_these_unflagged": unflagged,
        "seconds": round(seconds),
    }
    print(json.dumps({**told, "rss_mb": memory, **found._asdict()}))


def _while_sending(kills: int) -> None:
    """The server takes up to 0.3 s for an answer, 0.1 s on average; a quarter of the kills come behind a text."""
    with tempfile.TemporaryDirectory() as name:
        found = killed_sending.run(
            Path(name), kills=kills, letters=12, seed=3, pause=lambda chance, turn: chance.choice((0, 0, 0.1, 0.3))
        )
    print(json.dumps(found._asdict()))
    assert found.struck >= kills // 3, f"only {found.struck} of {kills} kills came while a letter was under way"
    assert (found.unsent_failed, found.unsent_flagged, found.unflagged, found.lost) == (0, 0, 0, 0)
    assert found.arrived == found.letters - found.failed


def _index(port: int) -> None:
    """Dovecot looks through a new Maildir of this size for minutes before it answers."""
    with imaplib.IMAP4("127.0.0.1", port, timeout=900) as client:
        client.login(USER, PASSWORD)
        client.select()


def _killed(url: str, folder: Path, number: int) -> int:
    """Kills a worker at a random moment, two of four times just behind a commit; how many messages are settled then.

    By the clock alone it would be killed while it still starts its reader, before it has settled anything.
    """
    before = count(folder, "arrival")
    with program(url, *(("worker",) if number % 2 else ("poll", "--once"))) as running:
        wait_until(lambda: count(folder, "lease", f"pid = {running.pid}"), 20)
        if number % 4 < 2:
            wait_until(lambda: count(folder, "arrival") > before, 20)
        time.sleep(random.uniform(0.0, _AFTER_COMMIT if number % 4 < 2 else _LONGEST_LIFE))
        running.kill()
    return count(folder, "arrival")


def _finish(url: str) -> dict[str, float]:
    """Lets the rest come in; the memory of that process and its reader in MB, looked at each second."""
    seen: list[float] = []
    with program(url, "poll", "--once", stdout=None, stderr=None) as running:
        watching = threading.Thread(target=_watch, args=(running.pid, seen), daemon=True)
        watching.start()
        running.wait()
        watching.join()
        assert running.returncode == 0
    if len(seen) < 3:
        return {}
    return {"first": seen[1], "median": round(statistics.median(seen)), "last": seen[-1], "most": max(seen)}


def _watch(pid: int, seen: list[float]) -> None:
    while now := memory_mb(pid, "VmRSS"):
        seen.append(round(now))
        time.sleep(1)


def _insist_on_kills(settled: list[int]) -> None:
    """The kills were worth something: a third of them found the worker at work."""
    struck = sum(later > earlier for earlier, later in zip([0, *settled], settled, strict=False))
    assert struck >= len(settled) // 3, f"only {struck} of {len(settled)} kills came after anything was settled"


def _insist(sent: int, on_server: int, imported: int) -> None:
    """Each message once: one ticket or reply, one message, one raw message where the bytes differ."""
    assert on_server == imported == sent, (sent, on_server, imported)
    assert Message.select().where(Message.direction == "in").count() == sent
    assert Ticket.select().count() == sum(not is_reply(number) for number in range(sent))
    assert RawMessage.select().count() <= sent


if __name__ == "__main__":
    main()
