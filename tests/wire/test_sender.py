"""From the outbox to a real SMTP server (R7.2, R7.5, R7.6; THREATS O1, O2)."""

import os
import signal
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail import smtp
from mail.errors import MailProblem
from mail.sender import send_once, send_test
from store.errors import BadInput, Refused
from store.models import AddressHold, History, Message, Outbox
from store.queries.outbox import outgoing
from store.rules.outbox import tries_within
from store.services import customers, lease, outbox, settings, tickets
from store.services.lease import OUTBOX_LEASE
from tests.helpdesk import ANNA, add_inbox, count, helpdesk, program, wait_until
from tests.servers import Dovecot
from tests.smtp import Server, hang


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def desk(tmp_path: Path, server: Server) -> Iterator[str]:
    """Sending is set up; each ticket that is opened for the customer queues one mail to each of his addresses."""
    with helpdesk(tmp_path) as url:
        add_inbox(1)
        given = {
            "enabled": "on",
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "sender_name": "Help, Desk",
            "sender_email": "help@us.test",
        }
        settings.change_all(ANNA, {f"smtp.{key}": value for key, value in given.items()})
        settings.change(ANNA, "notifications.enabled", "on")
        yield url


def write_to(*addresses: str, text: str = "Good morning.") -> list[Outbox]:
    """One letter to each of these; their rows."""
    customer = customers.add(ANNA, {"name": "Kelly", "email": ", ".join(addresses)})
    number = tickets.open_for_customer(ANNA, "Your line", customer.id, text).number
    return list(Outbox.select().where((Outbox.ticket == number) & (Outbox.audience == "customer")).order_by(Outbox.id))


def now_of(row: Outbox) -> Outbox:
    return Outbox.get_by_id(row.id)


def due_now() -> None:
    """As if the time until the next try had passed."""
    Outbox.update(next_try=datetime.now(UTC)).where(Outbox.state == "queued").execute()


def test_R7_5_a_queued_letter_is_sent_once_and_marked(server: Server, desk: str) -> None:
    (row,) = write_to("kelly@x.test")
    assert (send_once().sent, send_once().sent) == (1, 0)
    assert (now_of(row).state, now_of(row).tries) == ("sent", 1)
    (mail,) = server.read()
    assert mail["From"] == '"Help, Desk" <help@us.test>'
    assert (mail["To"], mail["Message-ID"]) == ("Kelly <kelly@x.test>", row.message_id)
    assert "\n\nGood morning.\n\n" in server.texts()[0]
    assert "Good morning." in mail.get_body(("html",)).get_content()
    assert outgoing().last_success is not None


def test_R7_5_many_letters_go_over_one_connection(server: Server, desk: str) -> None:
    write_to(*(f"a{n}@x.test" for n in range(45)))
    before = server.connections
    assert send_once().sent == 45
    assert server.connections == before + 1


def test_O1_each_address_has_its_own_fate_and_none_blocks_another(server: Server, desk: str) -> None:
    server.answers = {"later@x.test": "451 greylisted, come back", "never@x.test": "550 no such user"}
    server.after_data = {"spam@x.test": "554 looks like spam", "full@x.test": "452 mailbox full"}
    rows = write_to("later@x.test", "never@x.test", "spam@x.test", "full@x.test", "good@x.test")
    tally = send_once()
    assert (tally.sent, tally.failed, tally.deferred) == (1, 2, 2)
    assert [now_of(row).state for row in rows] == ["queued", "failed", "failed", "queued", "sent"]
    assert now_of(rows[1]).last_error == "550 no such user"
    wait = now_of(rows[0]).next_try - datetime.now(UTC)
    assert timedelta(seconds=30) < wait < timedelta(seconds=61)
    assert [envelope.rcpt_tos for envelope in server.taken] == [["good@x.test"]]
    notes = [m.text for m in Message.select().where(Message.direction == "note")]
    assert any("never@x.test was refused: 550 no such user" in text for text in notes)
    server.answers = {}
    due_now()
    assert send_once().sent == 1


def test_O1_what_is_not_taken_in_time_has_failed_and_says_why(server: Server, desk: str) -> None:
    server.answers = {"later@x.test": "451 greylisted"}
    (row,) = write_to("later@x.test")
    send_once()
    Outbox.update(expires=datetime.now(UTC) - timedelta(seconds=1), tries=tries_within(5) - 2).execute()
    due_now()
    send_once()
    assert now_of(row).state == "queued"
    due_now()
    send_once()
    assert (now_of(row).state, "expired" in now_of(row).last_error, "451" in now_of(row).last_error) == (
        "failed",
        True,
        True,
    )


def test_O2_a_connection_lost_after_the_text_is_tried_once_more_with_the_same_id(server: Server, desk: str) -> None:
    server.after_data = {"kelly@x.test": "take and drop"}
    (row,) = write_to("kelly@x.test")
    assert send_once().uncertain >= 1
    assert now_of(row).uncertain
    server.after_data = {}
    send_once()
    assert now_of(row).state in ("sent", "failed")
    assert {mail["Message-ID"] for mail in server.read()} == {row.message_id}
    assert len(server.taken) <= 2


def test_O2_lost_twice_has_failed_and_is_not_sent_a_third_time(server: Server, desk: str) -> None:
    server.after_data = {"kelly@x.test": "take and drop"}
    (row,) = write_to("kelly@x.test")
    for _ in range(3):
        send_once()
        due_now()
    assert now_of(row).state == "failed"
    assert "may have arrived" in now_of(row).last_error
    assert len(server.taken) == 2


def test_O2_killed_between_accept_and_mark_it_is_sent_once_more_with_the_same_id(
    server: Server, desk: str, tmp_path: Path
) -> None:
    (row,) = write_to("kelly@x.test")
    with program(desk, "send", "--once") as running:
        server.on_data = lambda: running.send_signal(signal.SIGKILL)
        running.wait(20)
    assert (now_of(row).state, len(server.taken)) == ("sending", 1)
    server.on_data = lambda: None
    assert send_once().sent == 1
    assert [mail["Message-ID"] for mail in server.read()] == [row.message_id] * 2
    assert (now_of(row).state, now_of(row).uncertain) == ("sent", True)


@pytest.mark.parametrize("broken", ["refused", "drops", "nonsense"])
def test_R7_5_a_server_that_cannot_be_used_costs_no_letter_a_try(desk: str, broken: str) -> None:
    import socket
    import threading

    listener = socket.create_server(("127.0.0.1", 0))
    if broken == "refused":
        listener.close()
    else:

        def serve() -> None:
            client, _ = listener.accept()
            client.sendall(b"" if broken == "drops" else b"\x00\xff hello? \r\n" * 3)
            client.close()

        threading.Thread(target=serve, daemon=True).start()
    port = 1 if broken == "refused" else listener.getsockname()[1]
    settings.change(ANNA, "smtp.port", str(port))
    (row,) = write_to("kelly@x.test")
    tally = send_once()
    assert tally.error
    assert "127.0.0.1" in tally.error
    assert (now_of(row).state, now_of(row).tries) == ("queued", 0)
    assert outgoing().last_error == tally.error
    listener.close()


def test_R7_5_a_connection_that_breaks_between_two_letters_loses_none(server: Server, desk: str) -> None:
    server.answers = {"a2@x.test": "drop"}
    rows = write_to("a1@x.test", "a2@x.test", "a3@x.test")
    send_once()
    server.answers = {}
    due_now()
    send_once()
    assert [now_of(row).state for row in rows] == ["sent"] * 3
    assert sorted(to for envelope in server.taken for to in envelope.rcpt_tos) == [
        "a1@x.test",
        "a2@x.test",
        "a3@x.test",
    ]


def test_R7_2_at_most_so_many_an_hour(server: Server, desk: str) -> None:
    settings.change(ANNA, "smtp.per_hour", "3")
    write_to(*(f"a{n}@x.test" for n in range(5)))
    assert (send_once().sent, send_once().sent) == (3, 0)
    Outbox.update(sent=datetime.now(UTC) - timedelta(hours=2)).where(Outbox.state == "sent").execute()
    assert send_once().sent == 2


def test_R7_2_send_only_to_gets_all_and_nobody_else_does(server: Server, desk: str) -> None:
    settings.change_all(ANNA, {"smtp.send_only_to": "tester@us.test", "smtp.copy": "copy@us.test"})
    write_to("kelly@x.test")
    send_once()
    assert [envelope.rcpt_tos for envelope in server.taken] == [["tester@us.test"]]
    assert server.read()[0]["To"] == "tester@us.test"
    assert server.read()[0]["X-Tickets-Intended-For"] == "kelly@x.test"


def test_R7_2_a_copy_of_mail_to_customers_whose_refusal_stops_nothing(server: Server, desk: str) -> None:
    settings.change_all(ANNA, {"smtp.copy": "copy@us.test", "smtp.admin_email": "boss@us.test"})
    write_to("kelly@x.test")
    send_once()
    assert sorted(sorted(envelope.rcpt_tos) for envelope in server.taken) == [
        ["boss@us.test"],
        ["copy@us.test", "kelly@x.test"],
    ]
    server.answers = {"copy@us.test": "550 no"}
    write_to("ken@x.test")
    send_once()
    assert ["ken@x.test"] in [envelope.rcpt_tos for envelope in server.taken]


def test_R7_2_off_or_not_set_up_is_said_and_nothing_is_sent(server: Server, desk: str) -> None:
    write_to("kelly@x.test")
    settings.change(ANNA, "smtp.enabled", "off")
    with pytest.raises(BadInput, match="smtp set --enabled on"):
        send_once()
    settings.change_all(ANNA, {"smtp.enabled": "on", "smtp.sender_email": ""})
    with pytest.raises(BadInput, match="--sender-email"):
        send_once()
    assert server.taken == []


def test_R7_5_two_senders_never_send_at_once(server: Server, desk: str) -> None:
    write_to("kelly@x.test")
    fence = lease.acquire(OUTBOX_LEASE, owner="another")
    assert fence is not None
    with pytest.raises(Refused, match="Another program"):
        send_once(wait_seconds=0.1)
    lease.release(fence)
    assert send_once().sent == 1


def test_R7_5_retry_and_drop(server: Server, desk: str) -> None:
    server.answers = {"a@x.test": "550 no", "b@x.test": "550 no"}
    first, second = write_to("a@x.test", "b@x.test")
    send_once()
    server.answers = {}
    outbox.retry(ANNA, first.id)
    outbox.drop(ANNA, second.id)
    send_once()
    assert (now_of(first).state, now_of(second).state) == ("sent", "dropped")
    with pytest.raises(Refused, match="gone already"):
        outbox.retry(ANNA, first.id)
    assert [row.what for row in History.select().where(History.subject == "outbox")] == ["retry", "drop"]


def test_R5_4_an_address_that_bounced_gets_nothing_until_an_agent_lifts_it(server: Server, desk: str) -> None:
    (first,) = write_to("kelly@x.test")
    send_once()
    outbox.bounced(first.id, "550 5.1.1 no such user", hard=True)
    number = first.ticket_id
    assert tickets.reply(ANNA, number, "Are you there?").to == ()
    assert send_once().sent == 0
    assert outbox.lift(ANNA, "KELLY@x.test") == 1
    assert AddressHold.select().count() == 0
    assert send_once().sent == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_R7_2_tls_and_starttls_with_a_checked_certificate(tls_server: Dovecot, desk: str, security: str) -> None:
    folder = tls_server.folder / "tls"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "good.pem", folder / "good.key")
    running = Server(security=security, context=context)
    running.start()
    try:
        given = {"port": str(running.port), "security": security, "username": "help", "secret": "env:TEST_MAIL_SECRET"}
        settings.change_all(ANNA, {f"smtp.{key}": value for key, value in given.items()})
        with pytest.raises(MailProblem, match="not signed by an authority") as refused:
            send_test("kelly@x.test")
        assert refused.value.step == "tls"
        settings.change(ANNA, "smtp.ca_file", str(tls_server.ca_file))
        send_test("kelly@x.test")
        assert len(running.taken) == 1
    finally:
        running.stop()


def test_R7_2_a_wrong_password_says_so_and_never_repeats_it(
    server: Server, desk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "s3cr3t-canary")
    settings.change_all(ANNA, {"smtp.username": "help", "smtp.secret": "env:WRONG"})
    with pytest.raises(MailProblem, match="refused the login of help") as refused:
        send_test("kelly@x.test")
    assert refused.value.step == "login"
    assert "s3cr3t" not in str(refused.value)


def test_N1_a_server_that_hangs_is_given_up(server: Server) -> None:
    server.on_data = hang(1.0)
    account = smtp.Account("127.0.0.1", server.port, security="none", timeout=0.3)
    with smtp.connect(account) as transport:
        result = transport.send("a@us.test", "b@x.test", b"Subject: x\r\n\r\ny\r\n")
    assert (result.fate, result.words) == ("uncertain", "the server did not answer in time")


def test_R7_2_starttls_that_is_not_offered_sends_nothing(server: Server) -> None:
    with (
        pytest.raises(MailProblem, match="offers no STARTTLS"),
        smtp.connect(smtp.Account("127.0.0.1", server.port, security="starttls")),
    ):
        pass


def test_R7_5_lines_that_begin_with_a_dot_arrive_as_they_were(server: Server, desk: str) -> None:
    write_to("kelly@x.test", text="one\n.\n..two\n.three")
    send_once()
    assert "one\n.\n..two\n.three" in server.texts()[0]


def test_R7_5_the_worker_sends_within_a_moment(server: Server, desk: str, tmp_path: Path) -> None:
    with program(desk, "worker", env={**os.environ, "RECIPIENTS_LOG_DIR": str(tmp_path)}) as running:
        wait_until(lambda: count(tmp_path, "lease", "name = 'mail'"))
        write_to("kelly@x.test")
        assert wait_until(lambda: server.taken) < 3
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0


def test_R12_send_once_says_what_it_did_and_its_exit_status(server: Server, desk: str, tmp_path: Path) -> None:
    write_to("kelly@x.test")
    quiet = {**os.environ, "RECIPIENTS_LOG_DIR": str(tmp_path)}
    with program(desk, "send", "--once", "--json", env=quiet, text=True) as running:
        out, _ = running.communicate(timeout=20)
        assert (running.returncode, out.strip()) == (
            0,
            '{"sent": 1, "failed": 0, "deferred": 0, "held": 0, "error": ""}',
        )
    settings.change(ANNA, "smtp.port", "1")
    write_to("ken@x.test")
    with program(desk, "send", "--once", env=quiet, text=True, stderr=subprocess.PIPE) as running:
        _, said = running.communicate(timeout=20)
        assert running.returncode == 3
        assert "refused the connection" in said


def test_O2_only_the_letter_whose_text_was_on_its_way_is_in_doubt_when_a_sender_dies(desk: str) -> None:
    rows = write_to("a@x.test", "b@x.test", "c@x.test")
    fence = lease.acquire(OUTBOX_LEASE)
    assert fence is not None
    for _ in range(3):  # found dead three times
        outbox.claim(fence)
        outbox.mark_transmitting(fence, rows[0].id)
        outbox.begin(fence)
    assert [(now_of(row).state, now_of(row).uncertain, now_of(row).tries) for row in rows[1:]] == [
        ("queued", False, 0)
    ] * 2
    assert (now_of(rows[0]).state, "may have arrived" in now_of(rows[0]).last_error) == ("failed", True)


def test_R7_2_an_hour_that_is_full_opens_no_connection(server: Server, desk: str) -> None:
    settings.change(ANNA, "smtp.per_hour", "1")
    write_to("a@x.test", "b@x.test")
    send_once()
    before = server.connections
    assert (send_once().sent, server.connections) == (0, before)
