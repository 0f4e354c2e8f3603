"""How fast the outbox drains to a local SMTP server over one connection, against smtplib alone; prints JSON.

    python -m tests.bench.outbox            (a quarter of a minute)

Reported: letters a second with everything marked and committed one by one, and the floor: the same messages handed to
smtplib by hand, storing nothing.  Medians of seven rounds, taken in turns.
"""

import argparse
import json
import smtplib
import statistics
import tempfile
import time
from pathlib import Path

from mail.compose import Sender, compose
from mail.sender import send_once
from store.models import Outbox
from store.services import customers, settings, tickets
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.smtp import Server
from tests.unit.test_compose import letter

_ROUNDS = 7


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=200)
    wanted = parser.parse_args()
    server = Server()
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder, helpdesk(Path(folder)):
            _set_up(server)
            rounds = [(_ours(wanted.letters), _floor(server, wanted.letters)) for _ in range(_ROUNDS)]
    finally:
        server.stop()
    ours, floor = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        json.dumps(
            {
                "letters": wanted.letters,
                "outbox_per_second": round(ours),
                "smtplib_per_second": round(floor),
                "ratio": round(ours / floor, 2),
                "connections": server.connections,
            }
        )
    )


def _set_up(server: Server) -> None:
    add_inbox(1)
    given = {
        "smtp.enabled": "on",
        "smtp.host": "127.0.0.1",
        "smtp.port": str(server.port),
        "smtp.security": "none",
        "smtp.sender_email": "help@us.test",
        "notifications.enabled": "on",
        "notifications.per_address_hour": "1000000",
    }
    settings.change_all(ANNA, given)
    customers.add(ANNA, {"name": "Kelly", "email": "kelly@x.test"})


def _ours(count: int) -> float:
    for number in range(count):
        tickets.open_for_customer(ANNA, f"Matter {number}", 1, "Good morning.\n" * 20)
    began = time.perf_counter()
    tally = send_once()
    taken = time.perf_counter() - began
    assert (tally.sent, tally.error) == (count, "")
    assert not Outbox.select().where(Outbox.state != "sent").exists()
    return count / taken


def _floor(server: Server, count: int) -> float:
    data = compose(letter(body="Good morning.\n" * 20), Sender("", "help@us.test"))
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        for _ in range(count):
            client.sendmail("help@us.test", "kelly@x.test", data)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
