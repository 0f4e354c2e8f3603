"""Exactly once, whenever the program is killed (R5.2, D1): the real commands, SIGKILL, and the server's own list."""

import contextlib
import json
import random
import time
from pathlib import Path

from mail.demo.server import MailServer
from tests.helpdesk import USER, add_inbox, count, helpdesk, imap, program, unseen, wait_until
from tests.servers import PASSWORD, message

KILLS = 10
EACH = 20


def test_R5_2_two_hundred_messages_and_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(11)
    with MailServer({USER: PASSWORD}) as server:
        with helpdesk(tmp_path) as url:
            add_inbox(server.imap_port)
        settled: set[int] = set()
        for kill in range(KILLS):
            for number in range(EACH):  # without Message-ID: a message that is settled twice makes a second ticket
                server.deliver(USER, message(f"a{number}@x.test", f"Question {kill * EACH + number}", "hello " * 500))
            _start_and_kill(tmp_path, url, "poll --once" if kill % 2 else "worker", chance)
            settled.add(count(tmp_path, "arrival"))
        with program(url, "--json", "poll", "--once") as last:
            out, _ = last.communicate(timeout=30)
        assert last.returncode == 0
        assert len(settled) > 2, "no kill came while it was at work"
        (done,) = json.loads(out)["inboxes"]
        assert done["error"] == ""
        with imap(server.imap_port) as client:
            client.select(readonly=True)
            uids = {int(uid) for uid in client.uid("SEARCH", "ALL")[1][0].split()}
        assert len(uids) == KILLS * EACH
        assert count(tmp_path, "arrival") == len(uids)
        assert count(tmp_path, "arrival", f"uid IN ({','.join(map(str, uids))})") == len(uids)
        assert count(tmp_path, "(SELECT DISTINCT subject FROM ticket)") == count(tmp_path, "ticket") == len(uids)
        assert count(tmp_path, "message") == count(tmp_path, "raw_message") == len(uids)
        assert count(tmp_path, "recipient", f"tickets = {KILLS}") == EACH
        assert unseen(server.imap_port) == 0


def _start_and_kill(folder: Path, url: str, words: str, chance: random.Random) -> None:
    """Kills within the moments in which it connects, fetches, reads, settles and flags: half of the times only after
    something was settled."""
    before = count(folder, "arrival")
    with program(url, *words.split()) as running:
        with contextlib.suppress(AssertionError):  # a loaded machine may have been done before anybody looked
            wait_until(lambda: count(folder, "lease", f"pid = {running.pid}"), 5)
            if chance.random() < 0.5:
                wait_until(lambda: count(folder, "arrival") > before, 5)
        time.sleep(chance.uniform(0.0, 0.1))
        running.kill()
