"""User names and passwords beyond ASCII, by every mechanism, to real servers and scripted ones (R5.1, RFC 4616)."""

import base64
import hmac
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from mail import imap_connection, smtp
from mail.errors import MailProblem
from mail.imap import connect
from mail.imap_connection import Account
from mail.oauth import credentials
from mail.secret import NewSecret
from tests.scripted import refusal, scripted, usual
from tests.servers import ODD_PASSWORDS, PASSWORD, Dovecot
from tests.smtp import Server

LETTERS = "pässwörd€"
USER = "jürgen@bücher.test"
OFFERED = "PLAIN LOGIN CRAM-MD5"


# ---- IMAP, Dovecot


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN", "CRAM-MD5", imap_connection._COMMAND])
def test_R5_1_imap_takes_every_password_in_every_way(
    tls_server: Dovecot, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(imap_connection, "_ways", lambda *_: [way])
    for user, password in ODD_PASSWORDS.items():
        account = Account("localhost", tls_server.tls_port, user, password, ca_file=str(tls_server.ca_file))
        with connect(account) as box:
            assert box.uidvalidity
    told = refusal(replace(account, secret="päß"))
    assert told[0] == "login"
    assert "letters beyond ASCII" in told[1]


def test_R5_1_a_password_is_sent_as_it_was_typed(tls_server: Dovecot) -> None:
    """No SASLprep: é in one character and in two are two passwords, which the server tells apart or does not."""
    decomposed = ODD_PASSWORDS["decomposed@demo.test"]
    place = ("localhost", tls_server.tls_port, "composed@demo.test", decomposed)
    assert refusal(Account(*place, ca_file=str(tls_server.ca_file)))[0] == "login"


def test_R5_1_from_the_form_s_file_to_the_server(tls_server: Dovecot, tmp_path: Path) -> None:
    for user, password in ODD_PASSWORDS.items():
        NewSecret(f"file:{tmp_path}/secret", password).put()
        secret = credentials(f"file:{tmp_path}/secret", "password").value
        with connect(Account("localhost", tls_server.tls_port, user, secret, ca_file=str(tls_server.ca_file))):
            pass


# ---- IMAP, scripted


def said(first: str) -> Callable[[str, str], bytes]:
    """A server that refuses to sign anybody in with these words, and hears `heard`."""
    return lambda tag, command: f"{tag} {first}\r\n".encode()


@contextmanager
def server(capabilities: str, script: Callable[[str, str], bytes | None], heard: list[str]) -> Iterator[Account]:
    """A mailbox behind a login that `script` answers: it is given the tag of the command, and each line."""
    state = {"tag": ""}

    def answer(tag: str, command: str) -> bytes | None:
        line = f"{tag} {command}".strip()
        name = command.split(" ")[0]
        if name in ("AUTHENTICATE", "LOGIN"):
            state["tag"] = tag
        if name in ("CAPABILITY", "SELECT", "EXAMINE", "LOGOUT", "NOOP"):
            return usual(tag, command, CAPABILITY=f"* CAPABILITY IMAP4rev1 {capabilities}\r\n".encode())
        heard.append(line)
        return script(state["tag"], line)

    with scripted(answer) as account:
        yield replace(account, user=USER, secret=LETTERS)


def literals(tag: str, line: str) -> bytes:
    """Takes LOGIN with two literals."""
    return f"{tag} OK in\r\n".encode() if line == LETTERS else b"+ go on\r\n"


def test_R5_1_without_a_mechanism_login_has_literals() -> None:
    heard: list[str] = []
    with server("", literals, heard) as account, connect(account):
        pass
    user, secret = USER.encode(), LETTERS.encode()
    assert heard[0].endswith(f" LOGIN {{{len(user)}}}")
    assert heard[1:] == [f"{USER} {{{len(secret)}}}", LETTERS]


def test_R5_1_plain_goes_first_and_login_is_the_last_resort() -> None:
    heard: list[str] = []

    def script(tag: str, line: str) -> bytes:
        if "AUTHENTICATE" in line:
            return b"+ say it\r\n"  # no base64, as some servers do
        if line == base64.b64encode(f"\0{USER}\0{LETTERS}".encode()).decode():
            return f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode()
        return literals(tag, line)

    with server("AUTH=PLAIN", script, heard) as account, connect(account):
        pass
    assert [line.split(" ")[1] for line in heard if line[:1] == "F" or " LOGIN " in line or "AUTHENTICATE" in line] == [
        "AUTHENTICATE",
        "LOGIN",
    ]


@pytest.mark.parametrize(
    ("capabilities", "answer", "told"),
    [
        ("LOGINDISABLED", "NO never asked", "takes no password over this connection; try security tls or starttls"),
        ("LOGINDISABLED AUTH=GSSAPI AUTH=NTLM", "NO never asked", "It offers: GSSAPI, NTLM."),
        ("LOGINDISABLED AUTH=XOAUTH2", "NO never asked", "it wants a token: sign in with xoauth2"),
        ("", "BAD bad literal", "letters beyond ASCII, which not every server takes"),
        ("", "NO wrong", "(wrong); check user name and secret. They have letters beyond ASCII"),
        ("AUTH=PLAIN", "NO [UNAVAILABLE] the directory is away", "it says that it is for now, so it is tried again"),
        ("AUTH=CRAM-MD5 LOGINDISABLED", "NO wrong", "(wrong)"),
    ],
)
def test_R5_1_a_refused_login_is_explained(capabilities: str, answer: str, told: str) -> None:
    heard: list[str] = []
    with server(capabilities, said(answer), heard) as account:
        step, sentence = refusal(account)
    assert step == "login"
    assert told in sentence
    assert LETTERS not in sentence
    assert ("LOGINDISABLED" not in capabilities or "CRAM" in capabilities) == bool(heard)
    assert not [line for line in heard if " LOGIN " in line and "LOGINDISABLED" in capabilities]


@pytest.mark.parametrize(
    ("answer", "tries"),
    [("NO [AUTHENTICATIONFAILED] no", 1), ("NO [UNAVAILABLE] away", 1), ("NO no such mechanism", 2)],
)
def test_R5_1_a_wrong_password_is_not_tried_in_every_way(answer: str, tries: int) -> None:
    """Each refusal counts towards a lock of the account; where only the mechanism may be refused, LOGIN is tried."""
    heard: list[str] = []
    with server("AUTH=PLAIN", said(answer), heard) as account:
        _, sentence = refusal(replace(account, user="anna", secret=PASSWORD))
    assert len(heard) == tries
    assert "LOGIN command" not in sentence


def test_R5_1_plain_letters_are_quoted_where_only_the_login_command_is_left() -> None:
    heard: list[str] = []
    taking = server("", lambda tag, _: f"{tag} OK in\r\n".encode(), heard)
    with taking as account, connect(replace(account, user='a "b" \\c', secret=' q"\\ ')):
        pass
    assert heard[0].partition(" ")[2] == 'LOGIN "a \\"b\\" \\\\c" " q\\"\\\\ "'


@pytest.mark.parametrize("echo", ["OK", "NO", "BAD", "* BYE"])
def test_S4_no_sentence_repeats_what_a_server_echoes_of_a_password(echo: str) -> None:
    def script(tag: str, line: str) -> bytes:
        if "AUTHENTICATE" in line:
            return b"+ \r\n"
        word = {"* BYE": "* BYE", "OK": "* OK"}.get(echo, f"{tag} {echo}")
        return f"{word} what is {line} or {LETTERS}?\r\n".encode()

    with server("AUTH=PLAIN LOGINDISABLED", script, []) as account:
        _, sentence = refusal(replace(account, timeout=0.5))
    assert base64.b64encode(f"\0{USER}\0{LETTERS}".encode()).decode() not in sentence


def test_N1_a_server_that_asks_for_ever_is_left() -> None:
    heard: list[str] = []
    with server("AUTH=PLAIN LOGINDISABLED", lambda *_: b"+ more\r\n", heard) as account:
        _, sentence = refusal(account)
    assert "asks for more and more" in sentence
    assert heard[2] == "*"


# ---- SMTP


class Strict(Server):
    """Takes one user with one password, by the mechanisms it is told to offer."""

    def __init__(self, mechanisms: str, password: str = LETTERS, user: str = USER, refuses: str = "") -> None:
        self.wanted, self.refuses, self.tried = (user, password), refuses, []
        all_of_them = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")
        super().__init__(auth_exclude_mechanism=[one for one in all_of_them if one not in mechanisms.split()])

    def factory(self) -> SMTP:
        made = super().factory()
        made._authenticator = self._takes
        return made

    def _takes(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.tried.append(mechanism)
        given = (data.login.decode(), data.password.decode())
        if mechanism == self.refuses or given != self.wanted:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True)

    async def auth_CRAM__MD5(self, server: SMTP, args: list[str]) -> AuthResult:
        self.tried.append("CRAM-MD5")
        said = await server.challenge_auth("<1896.697170952@test>")
        user, _, digest = bytes(said).decode().rpartition(" ")
        wanted = hmac.new(self.wanted[1].encode(), b"<1896.697170952@test>", "md5").hexdigest()
        return AuthResult(success=(user, digest) == (self.wanted[0], wanted), handled=False)


@contextmanager
def running(server: Strict) -> Iterator[tuple[Strict, smtp.Account]]:
    server.start()
    try:
        yield server, smtp.Account("127.0.0.1", server.port, *server.wanted, security="none", timeout=5)
    finally:
        server.stop()


def refused(account: smtp.Account) -> str:
    with pytest.raises(MailProblem) as caught, smtp.connect(account):
        pass
    assert caught.value.step == "login"
    assert account.secret not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("mechanism", OFFERED.split())
def test_R7_2_smtp_takes_every_password_by_every_mechanism(mechanism: str) -> None:
    for user, password in ODD_PASSWORDS.items():
        with running(Strict(mechanism, password, user)) as (server, account):
            with smtp.connect(account) as transport:
                assert transport.send("a@x.test", "b@x.test", b"Subject: Hi\r\n\r\nHi\r\n").fate == "sent"
            assert server.tried == [mechanism]
    with running(Strict(mechanism)) as (_, account):
        assert "letters beyond ASCII" in refused(replace(account, secret="wörng"))


def test_R7_2_another_mechanism_is_tried_where_the_first_is_refused() -> None:
    with running(Strict(OFFERED, refuses="PLAIN")) as (server, account), smtp.connect(account):
        assert server.tried == ["PLAIN", "LOGIN"]


def test_R7_2_a_wrong_password_is_not_tried_by_every_mechanism() -> None:
    with running(Strict(OFFERED, "right", "anna")) as (server, account):
        assert "check user name and secret." in refused(replace(account, secret="wrong"))
    assert server.tried == ["PLAIN"]


@pytest.mark.parametrize(
    ("mechanisms", "told"),
    [("XOAUTH2", "it wants a token: sign in with xoauth2"), ("", "takes no login; leave the user name empty")],
)
def test_R7_2_a_server_that_takes_no_password_is_explained(mechanisms: str, told: str) -> None:
    with running(Strict(mechanisms)) as (_, account):
        assert told in refused(account)


def test_R7_2_the_user_of_a_token_may_have_any_letters() -> None:
    with running(Strict("XOAUTH2")) as (server, account):
        with smtp.connect(replace(account, auth="xoauth2", secret="a-token-that-holds")):
            pass
        assert server.signed_in == [USER]
        assert "check the token" in refused(replace(account, auth="xoauth2", secret="old"))


# ---- where passwords come from


def test_R12_a_password_that_is_no_utf_8_goes_to_the_server_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environb, b"ODD_SECRET", "pässwörd".encode("latin-1"))
    command = "command:printf 'p\\344ssw\\366rd\\n'"
    heard: list[bytes] = []

    class Raw(Strict):
        def _takes(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            heard.append(data.password)
            return AuthResult(success=True)

    for reference in ("env:ODD_SECRET", command):
        secret = credentials(reference, "password").value
        with running(Raw("PLAIN")) as (_, account), smtp.connect(replace(account, secret=secret)):
            pass
    assert heard == ["pässwörd".encode("latin-1")] * 2


def test_R12_a_file_with_a_byte_order_mark_is_read_and_another_coding_is_said(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xef\xbb\xbf" + LETTERS.encode() + b"\r\n")
    file.chmod(0o600)
    assert credentials(f"file:{file}", "password").value == LETTERS
    file.write_bytes(LETTERS.encode("cp1252"))
    with pytest.raises(MailProblem, match="is not in UTF-8"):
        credentials(f"file:{file}", "password")
