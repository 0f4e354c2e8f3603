"""A server that trickles, or whose reply does not end, holds the sender for a known time (N1)."""

import threading
import time

import pytest

from mail import smtp
from mail.errors import MailProblem
from mail.smtp_client import Stopped
from tests.scripted_smtp import SILENT, Script, dripping, scripted_smtp

TEXT = b"Subject: x\r\n\r\ny\r\n"


def account(port: int, timeout: float = 0.4) -> smtp.Account:
    return smtp.Account("127.0.0.1", port, security="none", timeout=timeout)


@pytest.mark.parametrize("endless", [False, True], ids=["byte by byte", "without an end"])
@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
def test_N1_the_way_to_the_login_has_an_end(stage: str, endless: bool) -> None:
    began = time.monotonic()
    with dripping(stage, each=0.0 if endless else 0.05, endless=endless) as port:
        with pytest.raises(MailProblem) as raised, smtp.connect(account(port)):
            pass
        assert raised.value.step == "connect"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("endless", [False, True], ids=["byte by byte", "without an end"])
@pytest.mark.parametrize(("stage", "fate"), [("mail", "deferred"), ("rcpt", "deferred"), ("text", "uncertain")])
def test_N1_each_command_and_each_letter_have_an_end(stage: str, fate: str, endless: bool) -> None:
    began = time.monotonic()
    with dripping(stage, each=0.0 if endless else 0.05, endless=endless) as port:
        with smtp.connect(account(port)) as transport:
            result = transport.send("a@us.test", "b@x.test", TEXT)
        assert (result.fate, result.lost, result.silent) == (fate, True, not endless)
        assert "in time" in result.words or "does not end" in result.words
    assert time.monotonic() - began < 4


def test_N1_a_text_that_does_not_get_through_has_an_end_and_is_not_uncertain() -> None:
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)

    def serve() -> None:
        client, _ = listener.accept()
        for reply in (b"220 t", b"250 t", b"250 ok", b"250 ok", b"354 go"):
            client.sendall(reply + b"\r\n")
            if not reply.startswith(b"354"):
                client.recv(4_096)
        time.sleep(5)

    threading.Thread(target=serve, daemon=True).start()
    began = time.monotonic()
    with smtp.connect(account(listener.getsockname()[1])) as transport:
        result = transport.send("a@us.test", "b@x.test", b"x" * 998 + b"\r\n" + TEXT * 100_000)
    assert (result.fate, result.lost) == ("deferred", True)
    assert time.monotonic() - began < 4
    listener.close()


def test_N1_an_honest_slow_line_gets_a_large_letter_through() -> None:
    """Each piece has its time, not the whole: 30 pieces of 16 kB that take longer than all else may."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    size = 30 * 16_384
    got = bytearray()

    def serve() -> None:
        client, _ = listener.accept()
        for reply in (b"220 t", b"250 t", b"250 ok", b"250 ok", b"354 go"):
            client.sendall(reply + b"\r\n")
            if not reply.startswith(b"354"):
                client.recv(4_096)
        while not got.endswith(b"\r\n.\r\n"):
            got.extend(client.recv(16_384))
            time.sleep(0.005)
        client.sendall(b"250 taken\r\n")
        client.recv(4_096)

    threading.Thread(target=serve, daemon=True).start()
    with smtp.connect(account(listener.getsockname()[1], timeout=0.5)) as transport:
        result = transport.send("a@us.test", "b@x.test", b"Subject: x\r\n\r\n" + b"y\r\n" * (size // 3))
    assert result.fate == "sent"
    listener.close()


def test_R7_5_a_sender_that_is_stopped_while_it_waits_ends_at_once_and_hands_nothing_in() -> None:
    stop = threading.Event()
    script = Script(answer=lambda turn: SILENT if turn.stage == "rcpt" else None)
    with scripted_smtp(script):
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Stopped), smtp.connect(account(script.port, timeout=20), stop.is_set) as transport:
            transport.send("a@us.test", "b@x.test", TEXT)
        assert time.monotonic() - began < 2


def test_N1_what_is_said_in_clear_behind_starttls_is_dropped(tls_server: object) -> None:
    """A reply that somebody slipped in before TLS does not count after it (RFC 3207; CVE-2011-0411)."""
    from tests.servers import Dovecot

    assert isinstance(tls_server, Dovecot)
    import socket
    import ssl

    folder = tls_server.folder / "tls"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "good.pem", folder / "good.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        client.sendall(b"220 t\r\n")
        client.recv(4_096)
        client.sendall(b"250-t\r\n250 STARTTLS\r\n")
        client.recv(4_096)
        client.sendall(b"220 go\r\n250-slipped in\r\n250 AUTH PLAIN\r\n")
        try:
            inner = context.wrap_socket(client, server_side=True)
            inner.recv(4_096)
            inner.sendall(b"250 t\r\n")
            inner.recv(4_096)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    ours = smtp.Account("127.0.0.1", listener.getsockname()[1], check_certificate=False, timeout=2)
    with smtp.connect(ours) as transport:
        assert not transport._client.has_extn("auth")
    listener.close()
