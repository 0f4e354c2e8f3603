"""Intake over TLS from a private Dovecot, where one is installed."""

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mail.poller import poll_once
from store.models import History, Ticket
from store.services import lease
from tests.helpdesk import add_inbox, count, helpdesk, program, unseen, wait_until
from tests.servers import HAS_DOVECOT, Dovecot, dovecot, message

pytestmark = pytest.mark.skipif(not HAS_DOVECOT, reason="dovecot is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with tempfile.TemporaryDirectory() as folder, dovecot(Path(folder)) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    with helpdesk(tmp_path) as url:
        yield url


def add_tls_inbox(server: Dovecot, user: str, name: str = "support", **values: object) -> None:
    """An inbox over TLS, the test's own authority trusted."""
    secure = {"host": "localhost", "security": "tls", "ca_file": str(server.ca_file), "email": user}
    add_inbox(server.tls_port, name, **{**secure, **values})


def test_R5_1_over_tls_and_starttls_and_never_without_a_certificate_that_holds(server: Dovecot, desk: str) -> None:
    for user in ("tls@demo.test", "starttls@demo.test", "untrusted@demo.test"):
        server.deliver(user, message("a@x.test", user))
    add_tls_inbox(server, "tls@demo.test", "tls")
    add_tls_inbox(server, "starttls@demo.test", "starttls", security="starttls", port=server.port)
    add_tls_inbox(server, "untrusted@demo.test", "untrusted", ca_file="")
    by_name = {done.name: done for done in poll_once()}
    assert {name: done.opened for name, done in by_name.items()} == {"tls": 1, "starttls": 1, "untrusted": 0}
    assert "certificate" in by_name["untrusted"].error
    assert [unseen(server.port, user=user) for user in ("tls@demo.test", "untrusted@demo.test")] == [0, 1]


def test_D4_a_mailbox_that_dovecot_rebuilt_loses_and_doubles_nothing(server: Dovecot, desk: str) -> None:
    user = "rebuilt@demo.test"
    for number in range(3):
        server.deliver(user, message(f"a{number}@x.test", "Question"))
    add_tls_inbox(server, user)
    assert [done.opened for done in poll_once()] == [3]
    time.sleep(1.1)  # UIDVALIDITY counts seconds
    server.renumber(user)
    server.deliver(user, message("new@x.test", "Question"))
    assert [(done.fetched, done.ignored, done.opened) for done in poll_once()] == [(4, 3, 1)]
    assert Ticket.select().count() == 4
    assert History.select().where(History.what == "renumbered").count() == 1


def test_R5_2_mail_is_in_the_store_within_a_second_over_tls(server: Dovecot, desk: str, tmp_path: Path) -> None:
    user = "idle@demo.test"
    server.deliver(user, message("a0@x.test", "Question"))
    add_tls_inbox(server, user)
    with program(desk, "worker") as running:
        wait_until(lambda: count(tmp_path, "ticket") == 1)
        for number in range(2, 6):
            server.deliver(user, message(f"a{number}@x.test", "Question"))
            assert wait_until(lambda wanted=number: count(tmp_path, "ticket") == wanted) < 1
            time.sleep(0.11 * number)
        running.send_signal(signal.SIGTERM)
        assert running.wait(2) == 0
    assert not lease.is_held()
    assert unseen(server.port, user=user) == 0
