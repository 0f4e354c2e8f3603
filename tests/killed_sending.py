"""Senders that end at any moment, against an SMTP server that takes its time: what became of the letters (R7.5, O2)."""

import collections
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mail.sender import send_once
from store.models import Outbox
from store.queries import outbox as reading
from store.services import customers, settings, tickets
from tests.helpdesk import ANNA, add_inbox, helpdesk, program, wait_until
from tests.scripted_smtp import Script, Turn, scripted_smtp

WAYS = ("SIGKILL", "SIGTERM", "window closed twice")


class Found(NamedTuple):
    """`struck`: kills that found the sender in the middle of a letter; `unsent_failed` and `unsent_flagged`: letters
    that failed or were in doubt though the server had waited for their text less than twice, `unflagged` those that
    arrived twice and are not flagged."""

    kills: int
    struck: int
    letters: int
    arrived: int
    unsent_failed: int
    unsent_flagged: int
    failed: int
    doubled: int
    unflagged: int
    lost: int


def run(folder: Path, *, kills: int, letters: int, seed: int, pause: Callable[[random.Random, Turn], float]) -> Found:
    """Writes so many letters before each kill, and lets the rest go at the end.  `pause` is how long the server takes
    for a turn, in seconds."""
    chance = random.Random(seed)
    begun: collections.Counter[str] = collections.Counter()
    calm = False

    def answer(turn: Turn) -> str | None:
        if turn.stage == "data":
            begun[turn.said] += 1
        time.sleep(0 if calm else pause(chance, turn))
        return None

    with scripted_smtp(Script(answer)) as script, helpdesk(folder) as url:
        _set_up(script.port)
        struck = 0
        for kill in range(kills):
            _write(kill, letters)
            struck += _ended(url, script, WAYS[kill % len(WAYS)], chance)
        calm = True
        while reading.has_work():
            send_once()
        return _found(script, begun, kills, struck)


def _set_up(port: int) -> None:
    add_inbox(1)
    given = {"enabled": "on", "host": "127.0.0.1", "port": str(port), "security": "none"}
    given["sender_email"] = "help@us.test"
    settings.change_all(ANNA, {f"smtp.{key}": value for key, value in given.items()})
    settings.change(ANNA, "notifications.enabled", "on")


def _write(kill: int, letters: int) -> None:
    addresses = ", ".join(f"a{kill}.{number}@x.test" for number in range(letters))
    customer = customers.add(ANNA, {"name": f"Kelly {kill}", "email": addresses})
    tickets.open_for_customer(ANNA, "Your line", customer.id, "Good morning.")


def _ended(url: str, script: Script, way: str, chance: random.Random) -> bool:
    """Ends a sender at a random moment after it began; whether it had letters under way."""
    before = len(script.turns)
    words = ("worker", "--with-window") if way == "window closed twice" else ("send", "--once")
    if way == "SIGTERM":
        words = ("worker",)
    with program(url, *words) as running:
        wait_until(lambda: len(script.turns) > before + 3, 20)
        time.sleep(chance.uniform(0, 0.4))
        if way == "SIGKILL":
            running.kill()
        elif way == "SIGTERM":
            running.send_signal(signal.SIGTERM)
        else:  # as the window does: its end of the pipe goes, and what has not ended then is told to
            assert running.stdin is not None
            running.stdin.close()
            running.send_signal(signal.SIGTERM)
        running.wait(20)
    return script.turns[-1].stage not in ("quit", "greeting")


def _found(script: Script, begun: collections.Counter[str], kills: int, struck: int) -> Found:
    rows = list(Outbox.select().where(Outbox.audience == "customer"))
    times = collections.Counter(script.taken)
    failed = [row for row in rows if row.state == "failed"]
    return Found(
        kills=kills,
        struck=struck,
        letters=len(rows),
        arrived=sum(times[row.to] > 0 for row in rows),
        unsent_failed=sum(begun[row.to] < 2 for row in failed),
        unsent_flagged=sum(begun[row.to] < 2 for row in rows if row.uncertain),
        failed=len(failed),
        doubled=sum(times[row.to] > 1 for row in rows),
        unflagged=sum(times[row.to] > 1 and not row.uncertain for row in rows),
        lost=sum(row.state == "sent" and not times[row.to] for row in rows),
    )
