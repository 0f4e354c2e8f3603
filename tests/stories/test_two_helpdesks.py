"""Two helpdesks of ours whose inboxes are each other's customers: words arrive, and nothing goes round (O3)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mail.demo.server import MailServer
from mail.poller import poll_once
from mail.sender import send_once
from store.db import open_store, session
from store.models import Message, Outbox, Ticket
from store.services import customers, people, settings, tickets
from tests.helpdesk import ANNA, add_inbox
from tests.servers import PASSWORD, message

OURS, THEIRS = "support@one.test", "support@two.test"
ANNAS, BENS = "anna@one.test", "ben@two.test"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer(dict.fromkeys((OURS, THEIRS, ANNAS, BENS), PASSWORD)) as running:
        yield running


@contextmanager
def inside(path: Path) -> Iterator[None]:
    open_store(str(path))
    with session():
        yield


def set_up(server: MailServer, path: Path, own: str, admin: str, other: str) -> None:
    """A helpdesk that sends from its own inbox's address, tells its administrator, and has the other as a customer."""
    with inside(path):
        people.start("anna", admin)
        add_inbox(server.imap_port, email=own)
        given = {
            "smtp.enabled": "on",
            "smtp.host": "127.0.0.1",
            "smtp.port": str(server.smtp_port),
            "smtp.security": "none",
            "smtp.username": own,
            "smtp.secret": "env:TEST_MAIL_SECRET",
            "smtp.sender_email": own,
            "smtp.admin_email": admin,
            "notifications.enabled": "on",
        }
        settings.change_all(ANNA, given)
        customers.add(ANNA, {"name": "The other desk", "email": other})


def rounds(server: MailServer, stores: tuple[Path, Path], count: int) -> None:
    """Each fetches and sends in turn; what is sent lies in the other's mailbox."""
    for _ in range(count):
        for path in stores:
            before = len(server.sent)
            with inside(path):
                assert [done.error for done in poll_once()] == [""]
                assert send_once().error == ""
            for envelope in server.sent[before:]:
                for address in envelope.rcpt_tos:
                    server.deliver(address, envelope.original_content)


def test_O3_R5_4_two_of_our_own_helpdesks_talk_and_do_not_go_round(tmp_path: Path, server: MailServer) -> None:
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    set_up(server, one, OURS, ANNAS, THEIRS)
    set_up(server, two, THEIRS, BENS, OURS)
    server.deliver(OURS, message(THEIRS, "Line down", "Please help."))  # as if their agent had written it
    rounds(server, (one, two), 4)
    confirmed = len(server.sent)
    assert confirmed <= 4  # the confirmation, and each administrator told of a ticket

    with inside(two):
        other = Ticket.get()
        tickets.close(ANNA, other.id)
    with inside(one):
        tickets.reply(ANNA, 1, "A new cable is on its way.")
    rounds(server, (one, two), 4)
    with inside(two):
        said = [m.text for m in Message.select().where(Message.direction == "in")]
        assert any("A new cable is on its way." in text for text in said)
        assert Ticket.get_by_id(other.id).status == "Work in progress"
    ended = len(server.sent)
    rounds(server, (one, two), 3)
    assert len(server.sent) == ended
    counts = Counter(address for envelope in server.sent for address in envelope.rcpt_tos)
    assert counts == {THEIRS: 2, BENS: 2, ANNAS: 1}
    for path in (one, two):
        with inside(path):
            assert (Ticket.select().count(), Outbox.select().where(Outbox.state == "held").count()) == (1, 0)
