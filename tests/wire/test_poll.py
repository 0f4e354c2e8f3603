"""One round of intake against a real server over a socket."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from peewee import OperationalError

from mail import intake, settling
from mail.demo.server import MailServer
from mail.intake import drain, opened
from mail.poller import Round, delay_after, exit_status, poll_once
from mail.settling import Tally
from store.db import database
from store.errors import Refused
from store.models import Arrival, History, Message, RawMessage, Recipient, RefusedMessage, Ticket
from store.queries import lists, recipients, refused, tickets
from store.queries.intake import inboxes_to_poll
from store.services import customers, deny, lease, pairing, settings
from store.services import recipients as actions
from store.services.lease import LostLease
from tests.helpdesk import ANNA, USER, add_inbox, helpdesk, imap, unseen
from tests.servers import PASSWORD, message


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """One embedded server for all tests; each uses a folder of its own."""
    with MailServer({USER: PASSWORD}) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    with helpdesk(tmp_path) as url:
        yield url


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def fetch_one() -> Round:
    """A round of the only inbox, which must not fail."""
    (done,) = poll_once()
    assert done.error == ""
    return done


def test_R5_1_all_messages_or_only_the_unread_ones(server: MailServer, desk: str, folder: str) -> None:
    for number in range(3):
        server.deliver(USER, message(f"a{number}@x.test", "Question"), folder)
    with imap(server.imap_port) as client:
        client.select(folder)
        client.store("1", "+FLAGS", r"(\Seen)")
    add_inbox(server.imap_port, "unread", folder=folder, process="unread", mark_read=False)
    assert fetch_one().opened == 2
    assert recipients.count(ANNA, "a0@x.test") == 0
    add_inbox(server.imap_port, "all", folder=folder)
    assert {done.name: (done.opened, done.ignored) for done in poll_once()} == {"all": (3, 0), "unread": (0, 0)}


def test_R5_1_nothing_from_before_the_date_to_process_from(server: MailServer, desk: str, folder: str) -> None:
    with imap(server.imap_port) as client:
        client.create(folder)
        for when in ('"01-Mar-2024 11:59:59 +0000"', '"01-Mar-2024 13:00:01 +0100"'):
            client.append(folder, "", when, message("a@x.test", when))
    add_inbox(server.imap_port, folder=folder, process_from=datetime(2024, 3, 1, 12, tzinfo=UTC))
    assert fetch_one().fetched == 1
    assert next(tickets.every(ANNA)).subject == '"01-Mar-2024 13:00:01 +0100"'
    server.deliver(USER, message("a@x.test", "new"), folder)
    assert fetch_one().fetched == 1


def test_R5_1_marked_as_read_only_after_the_commit_and_only_if_wanted(
    server: MailServer, desk: str, folder: str
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    fence = lease.acquire()
    assert fence is not None
    (inbox,) = inboxes_to_poll()
    stale = replace(fence, term=fence.term + 1)
    with opened(inbox) as box, pytest.raises(LostLease):
        drain(box, inbox, stale, Tally(), threading.Event())
    assert Ticket.select().count() == 0
    assert unseen(server.imap_port, folder) == 1  # test_D2: looking at a message does not flag it
    with opened(inbox) as box:
        drain(box, inbox._replace(mark_read=False), fence, Tally(), threading.Event())
    assert Ticket.select().count() == 1
    assert unseen(server.imap_port, folder) == 1


def test_D1_what_was_committed_but_not_flagged_is_flagged_by_the_next_round(
    server: MailServer, desk: str, folder: str
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    fence = lease.acquire()
    (inbox,) = inboxes_to_poll()
    assert fence is not None
    with opened(inbox) as box:  # killed right after the commit
        drain(box, inbox._replace(mark_read=False), fence, Tally(), threading.Event())
    lease.release(fence)
    assert fetch_one().fetched == 0
    assert unseen(server.imap_port, folder) == 0
    with imap(server.imap_port) as client:  # but what a person marks as unread afterwards stays so
        client.select(folder)
        client.uid("STORE", "1:*", "-FLAGS", r"(\Seen)")
    assert fetch_one().fetched == 0
    assert unseen(server.imap_port, folder) == 1


def test_R5_1_the_sender_is_taken_from_the_header_of_the_inbox(server: MailServer, desk: str, folder: str) -> None:
    server.deliver(USER, message("form@x.test", "Request", Reply_To="Ann <ann@y.test>"), folder)
    add_inbox(server.imap_port, folder=folder, address_header="Reply-To")
    fetch_one()
    assert recipients.by_email(ANNA, "ann@y.test").name == "Ann"


def test_R5_9_own_mail_is_decided_on_who_wrote(server: MailServer, desk: str, folder: str) -> None:
    add_inbox(server.imap_port, folder=folder, address_header="Reply-To")
    add_inbox(server.imap_port, "sales", email="sales@demo.test", folder=folder, enabled=False)
    customers.add(ANNA, {"name": "Ann", "email": "ann@y.test"})
    for sender, reply_to in (
        ("Ann <ann@y.test>", USER),
        ("Ann <ann@y.test>", "sales@demo.test"),
        (USER, "Ann <ann@y.test>"),
        ("sales@demo.test", f"ann@y.test, {USER}"),
    ):
        server.deliver(USER, message(sender, "Request", Reply_To=reply_to), folder)
    server.deliver(USER, message(USER, "From ourselves"), folder)
    done = fetch_one()
    assert (done.opened, done.ignored) == (4, 1)
    assert recipients.by_email(ANNA, "ann@y.test").tickets == 4
    assert Recipient.select().count() == 1


def test_R2_1_R3_2_banned_and_denied_senders_open_no_ticket(server: MailServer, desk: str, folder: str) -> None:
    server.deliver(USER, message("pest@x.test", "First"), folder)
    add_inbox(server.imap_port, folder=folder)
    fetch_one()
    actions.ban(ANNA, recipients.by_email(ANNA, "pest@x.test").id)
    deny.add(ANNA, "subject", "contain", "casino")
    server.deliver(USER, message("Pest@X.test", "Second"), folder)
    server.deliver(USER, message("new@x.test", "The best CASINO"), folder)
    done = fetch_one()
    assert (done.fetched, done.refused) == (2, 2)
    assert Ticket.select().count() == 1
    assert [line.reason for line in refused.every(ANNA)] == ["denied", "banned"]
    assert RefusedMessage.select().count() == 2
    assert unseen(server.imap_port, folder) == 0


def test_R6_1_R6_2_a_reply_with_the_number_joins_its_ticket(server: MailServer, desk: str, folder: str) -> None:
    server.deliver(USER, message("ann@x.test", "Router"), folder)
    add_inbox(server.imap_port, folder=folder)
    fetch_one()
    customer = customers.add(ANNA, {"name": "Ann"})
    pairing.pair(ANNA, recipients.by_email(ANNA, "ann@x.test").id, customer.id)
    server.deliver(USER, message("ann@x.test", "AW: #1 Router", "it works"), folder)
    server.deliver(USER, message("stranger@x.test", "Re: #1 Router", "me too"), folder)
    server.deliver(USER, message("ann@x.test", "Re: #1 Something else"), folder)
    done = fetch_one()
    assert (done.fetched, done.joined, done.opened) == (3, 1, 2)
    assert [line.text.strip() for line in tickets.messages(ANNA, 1)] == ["Hello.", "it works"]
    assert "looked like a reply to #1" in list(tickets.messages(ANNA, 2))[-1].text


def test_R5_2_the_same_message_in_two_inboxes_is_one(server: MailServer, desk: str, folder: str) -> None:
    twin = message("ann@x.test", "Router", Message_ID="<1@x.test>")
    for number, place in enumerate((f"{folder}1", f"{folder}2")):
        server.deliver(USER, twin, place)
        server.deliver(USER, message("alarm@x.test", "Disk full"), place)  # no Message-ID: equal alarms count
        add_inbox(server.imap_port, f"inbox{number}", folder=place)
    rounds = poll_once()
    assert sum(done.opened for done in rounds) == 3
    assert sum(done.ignored for done in rounds) == 1
    assert [done.fetched for done in rounds] == [2, 2]


POISON = (
    b"From: " + b"(" * 3_000 + b"\r\nSubject: x\r\n\r\nhello",
    bytes(range(256)) * 20,
    b"\r\n",
    b"From: a@x.test\r\nSubject: =?nope?B?////?=\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff\xfe\x00",
    b"Subject: " + b"word " * 3_000 + b"\r\n\r\nhello",
)


def test_R5_3_what_cannot_be_read_becomes_a_ticket_with_its_bytes(server: MailServer, desk: str, folder: str) -> None:
    for raw in POISON:
        server.deliver(USER, raw, folder)
    server.deliver(USER, message("ann@x.test", "A good one"), folder)
    add_inbox(server.imap_port, folder=folder)
    done = fetch_one()
    assert done.fetched == done.opened == len(POISON) + 1
    assert done.unreadable >= 2
    assert {bytes(row.data) for row in RawMessage.select()} >= set(POISON)


def test_D11_a_message_that_breaks_the_store_is_settled_alone(server: MailServer, desk: str, folder: str) -> None:
    poison = message("mallory@x.test", "poison")
    for raw in (message("a@x.test", "before"), poison, message("b@x.test", "after")):
        server.deliver(USER, raw, folder)
    add_inbox(server.imap_port, folder=folder)
    database.execute_sql(
        "CREATE TRIGGER poison BEFORE INSERT ON message WHEN new.subject = 'poison' "
        "BEGIN SELECT RAISE(ABORT, 'this row breaks something'); END"
    )
    done = fetch_one()
    assert (done.fetched, done.opened, done.unreadable) == (3, 3, 1)
    assert [line.subject for line in tickets.every(ANNA)] == ["after", "(unreadable message)", "before"]
    (arrival,) = Arrival.select().where(Arrival.unreadable != "")
    assert "this row breaks something" in Message.get(Message.ticket == arrival.ticket_id).text
    assert bytes(RawMessage.get_by_id(arrival.raw_id).data) == poison


def test_D8_D9_a_store_that_takes_no_writing_is_not_the_messages_fault(
    server: MailServer, desk: str, folder: str
) -> None:
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    (pages,) = database.execute_sql("PRAGMA page_count").fetchone()
    database.execute_sql(f"PRAGMA max_page_count = {pages + 40}")  # room for the bytes, but not for the text as well
    fence = lease.acquire()
    (inbox,) = inboxes_to_poll()
    assert fence is not None
    big = message("b@x.test", "Question", "x" * 100_000)
    server.deliver(USER, big, folder)
    with opened(inbox) as box, pytest.raises(Exception, match="disk is full"):
        drain(box, inbox, fence, Tally(), threading.Event())
    assert Ticket.select().count() == 0
    assert unseen(server.imap_port, folder) == 2
    database.execute_sql("PRAGMA max_page_count = 1000000")
    lease.release(fence)
    assert fetch_one().opened == 2
    assert Arrival.select().where(Arrival.unreadable != "").count() == 0


def test_D8_a_disk_that_fills_while_the_log_is_copied_is_not_the_messages_fault(
    server: MailServer, desk: str, folder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def full() -> Iterator[Callable[[], None]]:  # a disk with room for the log and none for the copy cannot be had
        def copied() -> None:
            raise OperationalError("database or disk is full")

        yield copied

    monkeypatch.setattr(intake, "checkpoints_by_hand", full)
    monkeypatch.setattr(settling, "_CHECKPOINT_BYTES", 1)
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    (done,) = poll_once()
    assert ((done.opened, done.unreadable), "disk is full" in done.error) == ((1, 0), True)
    assert "one by one" not in caplog.text
    monkeypatch.undo()
    assert fetch_one().fetched == 0
    assert unseen(server.imap_port, folder) == 0


def test_D4_a_mailbox_that_is_numbered_afresh_loses_and_doubles_nothing(
    server: MailServer, desk: str, folder: str
) -> None:
    mails = [message(f"a{number}@x.test", "Question", Message_ID=f"<{number}@x.test>") for number in range(3)]
    mails.append(message("alarm@x.test", "no id"))
    for raw in mails:
        server.deliver(USER, raw, folder)
    add_inbox(server.imap_port, folder=folder)
    assert fetch_one().opened == 4
    with imap(server.imap_port) as client:
        client.delete(folder)
    time.sleep(1.1)  # UIDVALIDITY counts seconds
    for raw in [*mails, message("new@x.test", "new")]:
        server.deliver(USER, raw, folder)
    done = fetch_one()
    assert (done.fetched, done.ignored, done.opened) == (5, 4, 1)
    assert History.select().where(History.what == "renumbered").count() == 1


def test_D5_what_is_expunged_between_list_and_fetch_is_no_ticket(server: MailServer, desk: str, folder: str) -> None:
    for number in range(3):
        server.deliver(USER, message(f"a{number}@x.test", "Question"), folder)
    add_inbox(server.imap_port, folder=folder)
    (inbox,) = inboxes_to_poll()
    fence = lease.acquire()
    assert fence is not None
    tally = Tally()
    with opened(inbox) as box, imap(server.imap_port) as other:
        fetch = box.fetch

        def expunge_first(uids: list[int], *more: object) -> object:
            other.select(folder)
            other.store("2", "+FLAGS", r"(\Deleted)")
            other.expunge()
            list(box.sizes(0))  # the server tells of it now
            return fetch(uids, *more)

        box.fetch = expunge_first  # type: ignore[method-assign,assignment]
        drain(box, inbox, fence, tally, threading.Event())
        drain(box, inbox, fence, tally, threading.Event())
    assert tally.fetched == tally.opened == 2
    assert Ticket.select().count() == 2


def test_R12_one_bad_inbox_of_three_does_not_stop_the_others(
    server: MailServer, desk: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "SERVER_SECONDS", 0.5)
    server.deliver(USER, message("a@x.test", "Question"), folder)
    add_inbox(server.imap_port, "a good one", folder=folder)
    add_inbox(server.imap_port, "no such folder", folder="nowhere")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # N1: accepts and says nothing
        add_inbox(silent.getsockname()[1], "silent")
        began = time.monotonic()
        rounds = poll_once()
        assert time.monotonic() - began < 5
    by_name = {done.name: done for done in rounds}
    assert by_name["a good one"].opened == 1
    assert "has no folder" in by_name["no such folder"].error
    assert "did not answer in time" in by_name["silent"].error
    assert exit_status(rounds) == 3
    assert exit_status([by_name["a good one"]]) == 0
    state = {line.name: line for line in lists.inboxes()}
    assert state["silent"].last_error == by_name["silent"].error
    assert state["silent"].next_try is not None
    assert state["silent"].last_success is None
    assert state["a good one"].last_error == ""
    assert state["a good one"].last_success is not None


def test_R12_busy_while_a_living_process_holds_the_lease(desk: str) -> None:
    assert lease.acquire(owner="somebody else") is not None
    began = time.monotonic()
    with pytest.raises(Refused, match="Another program"):
        poll_once(wait_seconds=0.3)
    assert time.monotonic() - began >= 0.3


def test_R12_a_dead_local_holder_is_taken_over_at_once(desk: str) -> None:
    take = f"""
from store.db import open_store, session
from store.services import lease
open_store({desk!r})
with session():
    lease.acquire()
"""
    subprocess.run([sys.executable, "-c", take], check=True, timeout=20)
    began = time.monotonic()
    assert poll_once() == []
    assert time.monotonic() - began < 2


def test_R5_1_no_inbox_is_polled_while_the_common_switch_is_off(server: MailServer, desk: str, folder: str) -> None:
    add_inbox(server.imap_port, folder=folder)
    settings.change(ANNA, "inboxes.enabled", "off")
    assert poll_once() == []


def test_R3_2_an_entry_added_while_mail_is_looked_at_counts(
    server: MailServer,
    desk: str,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.deliver(USER, message("a@x.test", "casino"), folder)
    add_inbox(server.imap_port, folder=folder)
    settle = intake.intake.settle

    def add_entry_first(*args: object, **options: object) -> object:
        monkeypatch.setattr(intake.intake, "settle", settle)
        deny.add(ANNA, "subject", "exact", "casino")
        return settle(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(intake.intake, "settle", add_entry_first)
    assert fetch_one().refused == 1
    assert not caplog.records


def test_D9_the_write_lock_is_left_free_as_long_as_it_was_held() -> None:
    turns = settling._Turns()
    with turns.turn(1):
        time.sleep(0.1)
    began = time.monotonic()
    with turns.turn(1):
        assert time.monotonic() - began >= 0.09


def test_R11_1_a_turn_settles_as_many_messages_as_an_agent_does_not_feel() -> None:
    turns = settling._Turns()
    for _ in range(8):
        with turns.turn(turns.at_once):
            time.sleep(turns.at_once * 0.01)
    assert 1 <= turns.at_once <= 4
    for _ in range(8):
        with turns.turn(turns.at_once):
            time.sleep(0.0005)
    assert turns.at_once > 20


def test_N3_the_wait_after_failures_grows_from_seconds_to_five_minutes() -> None:
    for failures, low, high in ((1, 5, 7.5), (2, 10, 15), (4, 40, 60), (9, 200, 300), (1_000, 200, 300)):
        assert all(low <= delay_after(failures) <= high for _ in range(50))
