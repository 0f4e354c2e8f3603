"""One mailbox on real servers: the embedded one, a private Dovecot, and servers that misbehave (R5.1, D2-D5, N1-N6)."""

import imaplib
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mail.demo.server import MailServer
from mail.errors import MailProblem
from mail.imap import connect
from mail.imap_connection import Account
from tests.scripted import fetched, refusal, scripted, uids, usual
from tests.servers import EXPIRED, MISNAMED, PASSWORD, SELF_SIGNED, Dovecot, message

USER = "support@demo.test"


@pytest.fixture
def plain() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD, "anna@demo.test": PASSWORD}) as server:
        yield server


def on(server: MailServer, **values: object) -> Account:
    return replace(Account("127.0.0.1", server.imap_port, USER, PASSWORD, "none"), **values)  # type: ignore[arg-type]


def over_tls(server: Dovecot, user: str, **values: object) -> Account:
    account = Account("localhost", server.tls_port, user, PASSWORD, ca_file=str(server.ca_file))
    return replace(account, **values)  # type: ignore[arg-type]


class TestReading:
    def test_D2_fetching_leaves_the_message_unread_until_it_is_marked(self, plain: MailServer) -> None:
        raw = message("a@x.test", "Hello", "first")
        plain.deliver(USER, raw)
        plain.deliver(USER, message("b@x.test", "Hello", "second"))
        with connect(on(plain)) as box:
            [window] = box.sizes(0)
            assert (window[0].size, window[0].seen) == (len(raw), False)
            assert abs(window[0].received - datetime.now(UTC)) < timedelta(minutes=1)
            assert fetched(box, [listed.uid for listed in window])[0].raw == raw
            assert [listed.seen for [*window] in box.sizes(0) for listed in window] == [False, False]
            box.mark_seen([window[0].uid])
            box.mark_seen([])
            assert [listed.seen for [*window] in box.sizes(0) for listed in window] == [True, False]
            assert uids(box, unread_only=True) == [window[1].uid]
            assert uids(box, since=datetime.now(UTC) + timedelta(hours=1)) == []
            assert len(uids(box, since=datetime.now(UTC) - timedelta(hours=1))) == 2

    def test_D5_above_the_last_message_there_is_nothing(self, plain: MailServer) -> None:
        plain.deliver(USER, message("a@x.test", "Hello"))
        with connect(on(plain)) as box:
            [last] = uids(box)
            assert uids(box, last) == []
            assert uids(box, last + 100) == []
            plain.deliver(USER, message("b@x.test", "Hello"))
            assert uids(box, last) == [last + 1]

    def test_D5_what_is_gone_is_left_out(self, plain: MailServer) -> None:
        for _ in range(3):
            plain.deliver(USER, message("a@x.test", "Hello"))
        with connect(on(plain)) as box:
            first, second, third = uids(box)
            other = imaplib.IMAP4("127.0.0.1", plain.imap_port, timeout=5)
            other.login(USER, PASSWORD)
            other.select()
            other.uid("STORE", str(second), "+FLAGS", "(\\Deleted)")
            other.expunge()
            other.logout()
            box.noop()
            assert [one.uid for one in fetched(box, [first, second, third])] == [first, third]
            assert fetched(box, [second]) == []
            assert fetched(box, []) == []

    def test_D14_a_mailbox_is_listed_window_by_window(self, plain: MailServer) -> None:
        for _ in range(7):
            plain.deliver(USER, message("a@x.test", "Hello"))
        with connect(on(plain)) as box:
            windows = [[listed.uid for listed in window] for window in box.sizes(0, window=3) if window]
            assert [len(window) for window in windows] == [3, 3, 1]
            assert [uid for window in windows for uid in window] == uids(box)

    def test_R5_1_another_folder(self, plain: MailServer) -> None:
        plain.deliver(USER, message("a@x.test", "Hello"), folder="Tickets & Büro")
        with connect(on(plain, folder="Tickets & Büro")) as box:
            assert len(uids(box)) == 1

    def test_D12_a_large_message_is_fetched_in_pieces(self, plain: MailServer) -> None:
        raw = message("a@x.test", "Hello", "0123456789" * 100)
        plain.deliver(USER, raw)
        with connect(on(plain)) as box:
            [(uid, size)] = [(listed.uid, listed.size) for window in box.sizes(0) for listed in window]
            [beginning] = fetched(box, [uid], 100)
            assert (beginning.uid, len(beginning.raw)) == (uid, 100)
            pieces = [box.fetch_piece(uid, start, 300) for start in range(0, size, 300)]
            assert b"".join(piece or b"" for piece in pieces).replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n")
            assert box.fetch_piece(uid, size, 300) == b""
            assert box.fetch_piece(uid + 1, 0, 300) is None

    def test_N1_the_server_is_asked_whether_it_is_still_there(self, plain: MailServer) -> None:
        with connect(on(plain)) as box:
            box.noop()
        with (
            scripted(lambda tag, command: None if command == "NOOP" else usual(tag, command)) as account,
            connect(account) as box,
            pytest.raises(MailProblem),
        ):
            box.noop()


class TestDovecot:
    def test_R5_1_tls_starttls_and_none_read_the_same(self, tls_server: Dovecot) -> None:
        user = "three-ways@demo.test"
        raw = message("a@x.test", "Grüße", "Hello").replace(b"\n", b"\r\n")
        tls_server.deliver(user, raw)
        ways = [("tls", tls_server.tls_port), ("starttls", tls_server.port), ("none", tls_server.port)]
        for security, port in ways:
            with connect(over_tls(tls_server, user, security=security, port=port)) as box:
                assert (uids(box), box.uidnext) == ([1], 2)
                assert fetched(box, [1])[0].raw == raw
                box.mark_seen([1])
        assert tls_server.count(user) == 1

    @pytest.mark.parametrize(
        ("host", "words"), [(EXPIRED, "has expired"), (MISNAMED, "another name"), (SELF_SIGNED, "--ca-file")]
    )
    def test_N4_a_bad_certificate_is_refused_and_the_sentence_says_why(
        self, tls_server: Dovecot, host: str, words: str
    ) -> None:
        step, sentence = refusal(over_tls(tls_server, "bad@demo.test", host=host))
        assert (step, words in sentence, host in sentence) == ("tls", True, True)
        with connect(over_tls(tls_server, "bad@demo.test", host=host, check_certificate=False)) as box:
            assert uids(box) == []

    def test_N4_a_certificate_of_an_authority_that_is_not_known(self, tls_server: Dovecot) -> None:
        for security, port in (("tls", tls_server.tls_port), ("starttls", tls_server.port)):
            step, sentence = refusal(over_tls(tls_server, "bad@demo.test", security=security, port=port, ca_file=""))
            assert (step, "--ca-file" in sentence) == ("tls", True)
        step, sentence = refusal(over_tls(tls_server, "bad@demo.test", ca_file="/no/such/file"))
        assert (step, "/no/such/file" in sentence) == ("tls", True)

    def test_R12_tls_to_a_port_that_does_not_speak_it(self, tls_server: Dovecot) -> None:
        step, sentence = refusal(over_tls(tls_server, "bad@demo.test", port=tls_server.port))
        assert (step, "port and security" in sentence) == ("tls", True)

    def test_R12_a_wrong_password_and_a_folder_that_does_not_exist(self, tls_server: Dovecot) -> None:
        step, sentence = refusal(over_tls(tls_server, "bad@demo.test", secret="not it"))
        assert (step, "check user name and secret" in sentence) == ("login", True)
        step, sentence = refusal(over_tls(tls_server, "bad@demo.test", folder="Nowhere"))
        assert (step, "“Nowhere”" in sentence) == ("folder", True)

    def test_D4_a_rebuilt_mailbox_has_another_uidvalidity(self, tls_server: Dovecot) -> None:
        account = over_tls(tls_server, "rebuilt-alone@demo.test")
        tls_server.deliver(account.user, message("a@x.test", "Hello"))
        with connect(account) as box:
            before = box.uidvalidity
        with connect(account) as box:
            assert box.uidvalidity == before
        time.sleep(1.1)  # it counts seconds
        tls_server.renumber(account.user)
        with connect(account) as box:
            assert box.uidvalidity != before

    def test_N2_news_is_heard_at_once_over_tls(self, tls_server: Dovecot) -> None:
        account = over_tls(tls_server, "news@demo.test")
        with connect(account) as box:
            assert box.has_idle
            assert uids(box) == []
            threading.Timer(0.3, tls_server.deliver, (account.user, message("a@x.test", "Hello"))).start()
            began = time.monotonic()
            assert box.wait(20, threading.Event())
            assert time.monotonic() - began < 3
            assert uids(box) == [1]

    def test_R5_1_names_and_secrets_beyond_ascii(self, tls_server: Dovecot) -> None:
        step, sentence = refusal(over_tls(tls_server, "jörg@demo.test", secret="falsches Paßwort"))
        assert (step, "jörg@demo.test" in sentence) == ("login", True)
        with connect(over_tls(tls_server, "jörg@demo.test")) as box:
            assert uids(box) == []


class TestRefusing:
    def test_R12_a_host_that_is_unknown_and_a_port_where_nobody_listens(self) -> None:
        for host in ("no-such-host.invalid", "x" * 70 + ".test"):
            step, sentence = refusal(Account(host, 993, "u", PASSWORD))
            assert (step, "not known" in sentence) == ("name", True)
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as closed:
            port = closed.server_address[1]
        step, sentence = refusal(Account("127.0.0.1", port, "u", PASSWORD))
        assert (step, "refused the connection" in sentence) == ("connect", True)

    def test_N1_a_server_that_says_nothing_is_given_up(self) -> None:
        with scripted(usual, greeting=b"") as account:
            began = time.monotonic()
            step, sentence = refusal(replace(account, timeout=0.3))
            assert (step, "in time" in sentence) == ("connect", True)
            assert time.monotonic() - began < 3

    def test_N1_a_server_that_falls_silent_is_given_up(self) -> None:
        def silent(tag: str, command: str) -> bytes:
            return b"" if command.startswith("UID") else usual(tag, command)

        with scripted(silent) as account, connect(replace(account, timeout=0.3)) as box:
            began = time.monotonic()
            with pytest.raises(MailProblem, match="in time") as caught:
                uids(box)
            assert caught.value.step == "fetch"
            assert time.monotonic() - began < 3

    def test_N5_without_starttls_nothing_is_sent(self) -> None:
        heard: list[str] = []
        with scripted(lambda tag, command: heard.append(command) or usual(tag, command)) as account:
            step, sentence = refusal(replace(account, security="starttls"))
        assert (step, "offers no STARTTLS" in sentence) == ("tls", True)
        assert heard == ["CAPABILITY"]

    def test_N5_a_server_that_logs_in_by_itself_before_starttls_gets_nothing(self) -> None:
        heard: list[str] = []

        def answer(tag: str, command: str) -> bytes:
            heard.append(command)
            return usual(tag, command, CAPABILITY=b"* CAPABILITY IMAP4rev1 STARTTLS\r\n")

        with scripted(answer, greeting=b"* PREAUTH welcome\r\n") as account:
            assert refusal(replace(account, security="starttls"))[0] == "tls"
        assert not any(word.startswith(("LOGIN", "AUTHENTICATE")) for word in heard)

    def test_N5_without_tls_no_password_goes_to_another_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        heard: list[str] = []
        with scripted(lambda tag, command: heard.append(command) or usual(tag, command)) as account:
            monkeypatch.setattr("socket.socket.getpeername", lambda connected: ("192.0.2.1", 143))
            step, sentence = refusal(account)
            assert (step, "force" in sentence) == ("tls", True)
            assert not any(word.startswith("LOGIN") for word in heard)
            with connect(replace(account, plain_forced=True)) as box:
                assert box.uidvalidity == 7

    @pytest.mark.parametrize("name", ["host", "user", "secret", "folder", "ca_file"])
    @pytest.mark.parametrize("control", ["\r", "\n", "\0"])
    def test_N6_control_characters_never_reach_the_server(self, plain: MailServer, name: str, control: str) -> None:
        account = on(plain, **{name: f"x{control}X1 DELETE INBOX"})
        with pytest.raises(MailProblem, match="control character"), connect(account):
            pass

    def test_N6_quotes_and_backslashes_stay_in_their_argument(self) -> None:
        heard: list[str] = []
        with (
            scripted(lambda tag, command: heard.append(command) or usual(tag, command)) as account,
            connect(replace(account, user='a" b\\', folder='x" y')),
        ):
            pass
        assert f'LOGIN "a\\" b\\\\" "{PASSWORD}"' in heard
        assert 'SELECT "x\\" y"' in heard
