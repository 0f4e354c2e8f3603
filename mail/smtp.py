"""One connection to an SMTP server: the only place that knows smtplib (RFC 5321).

What a server says of one message is a result, not an exception: taken, refused for now, refused for good, or uncertain
because the connection broke after the text had gone (RFC 1047, THREATS O1, O2).
"""

import smtplib
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from mail import oauth
from mail.errors import MailProblem, explained, words_of
from mail.tls import context_for, refuse_plain
from store.cleantext import clean

_FAULTS = (smtplib.SMTPException, OSError, EOFError, UnicodeError, ValueError)
_CONTROL = frozenset("\r\n\0")
_LONGEST_WORDS = 300
_NEVER = (500, 600)
Fate = Literal["sent", "deferred", "failed", "uncertain"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where mail is handed in.  Without `user` nobody logs in; `timeout` is in seconds.

    With `auth` xoauth2 the secret is an access token.
    """

    host: str
    port: int
    user: str = ""
    secret: str = ""
    security: str = "starttls"
    auth: str = "password"
    check_certificate: bool = True
    ca_file: str = ""
    timeout: float = 30.0

    @property
    def place(self) -> str:
        """HOST:PORT, for sentences."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message; `words` are the server's, cleaned.  `lost`: the connection cannot be used again."""

    fate: Fate
    words: str = ""
    lost: bool = False


@contextmanager
def connect(account: Account) -> Iterator["Transport"]:
    """A connection that is ready to send.  Raises MailProblem, naming the step that failed."""
    for name in ("host", "user", "secret", "ca_file"):
        if _CONTROL & set(getattr(account, name)):
            raise MailProblem("login", f"The setting smtp.{name} has a control character in it; set it anew.")
    client = _connected(account)
    try:
        _log_in(client, account)
        yield Transport(client)
    finally:
        _close(client)


class Transport:
    """An open connection."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client

    def send(self, sender: str, to: str, data: bytes, *, copies: Sequence[str] = ()) -> Result:
        """Hands one message in for `to`, and for `copies` as far as the server takes them.

        `data` is the message with CRLF line ends.  Never raises for what the server does or says.
        """
        if _CONTROL & set(sender + to):
            return Result("failed", "The address has a control character in it.")
        try:
            before = self._envelope(sender, to, copies)
        except _FAULTS as error:
            return Result("deferred", _words(error), lost=True)
        if before is not None:
            return self._reset(before)
        return self._text(data)

    def _envelope(self, sender: str, to: str, copies: Sequence[str]) -> Result | None:
        """MAIL and RCPT; None when the text may follow."""
        options = []
        if not (sender + to).isascii():
            if not self._client.has_extn("smtputf8"):
                return Result("failed", "The server takes no address with such letters (it has no SMTPUTF8).")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        for code, words in (self._client.mail(sender, options), self._client.rcpt(to)):
            if not 200 <= code < 300:
                return _refused(code, words)
        for copy in copies if options else filter(str.isascii, copies):
            self._client.rcpt(copy)  # one that is refused is no reason not to send the mail itself
        return None

    def _text(self, data: bytes) -> Result:
        try:
            code, words = self._client.docmd("DATA")
            if code != 354:
                return self._reset(_refused(code, words))
        except _FAULTS as error:
            return Result("deferred", _words(error), lost=True)
        try:
            self._client.send(_dotted(data))
            code, words = self._client.getreply()
        except _FAULTS as error:
            return Result("uncertain", _words(error), lost=True)
        if 200 <= code < 300:
            return Result("sent", _said(words))
        # what is no answer leaves open whether it was taken
        return _refused(code, words) if code != -1 else Result("uncertain", _said(words), lost=True)

    def _reset(self, result: Result) -> Result:
        """Makes the connection ready for the next message."""
        try:
            code, _ = self._client.rset()
        except _FAULTS:
            return Result(result.fate, result.words, lost=True)
        return Result(result.fate, result.words, lost=not 200 <= code < 300)


def _connected(account: Account) -> smtplib.SMTP:
    context = context_for(account)
    step = "connect"
    client: smtplib.SMTP | None = None
    try:
        if account.security == "tls":
            client = smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout, context=context)
        else:
            client = smtplib.SMTP(account.host, account.port, timeout=account.timeout)
        client.ehlo_or_helo_if_needed()
        if account.security == "starttls":
            step = "tls"
            client.starttls(context=context)
            client.ehlo()
        return client
    except _FAULTS as error:
        if client is not None:
            _close(client)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            sentence = f"{account.place} offers no STARTTLS; nothing was sent to it. Try security tls."
            raise MailProblem("tls", sentence) from error
        raise _explained(step, account, error) from error


def _log_in(client: smtplib.SMTP, account: Account) -> None:
    if not account.user:
        return
    sock = client.sock
    assert sock is not None
    refuse_plain(sock, account)
    try:
        if account.auth == "xoauth2":
            _show_token(client, account)
        else:
            client.login(account.user, account.secret)
    except smtplib.SMTPAuthenticationError as error:
        said = _said(error.smtp_error).replace(account.secret or "\0", "…")
        what = "the token, which may have expired" if account.auth == "xoauth2" else "user name and secret"
        sentence = f"{account.place} refused the login of {clean(account.user)} ({said}); check {what}."
        raise MailProblem("login", sentence) from None
    except smtplib.SMTPNotSupportedError as error:
        sentence = f"{account.place} takes no login; leave the user name empty, or check port and security."
        raise MailProblem("login", sentence) from error
    except _FAULTS as error:
        raise _explained("login", account, error) from error


def _show_token(client: smtplib.SMTP, account: Account) -> None:
    """XOAUTH2.  A server that refuses explains itself in a challenge, which is answered with nothing."""
    client.ehlo_or_helo_if_needed()
    if not client.has_extn("auth"):
        raise smtplib.SMTPNotSupportedError
    answers = iter([oauth.initial_response(account.user, account.secret)])
    client.auth("XOAUTH2", lambda challenge=None: next(answers, ""))


def _explained(step: str, account: Account, error: BaseException) -> MailProblem:
    """smtplib wraps what the server said, and hides an end of the connection behind its own words."""
    if isinstance(error, smtplib.SMTPResponseException):
        return MailProblem(step, f"{account.place} refused to serve us: {error.smtp_code} {_said(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        return explained(step, account.place, error.__context__)
    return explained(step, account.place, error)


def _refused(code: int, words: bytes) -> Result:
    """5xx is for good; all else, nonsense included, for now.  421 and what is no answer end the connection."""
    fate: Fate = "failed" if _NEVER[0] <= code < _NEVER[1] else "deferred"
    return Result(fate, f"{code} {_said(words)}".strip(), lost=code in (421, -1))


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return clean(text, limit=_LONGEST_WORDS)


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "the server did not answer in time"
    return words_of(error)


def _dotted(data: bytes) -> bytes:
    """RFC 5321, 4.5.2: lines that begin with a dot get another one, and a lone dot ends it."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    body = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return body.removesuffix(b"\r\n") + b"\r\n.\r\n"


def _close(client: smtplib.SMTP) -> None:
    """Says goodbye if the server listens; a dead connection is only dropped."""
    with suppress(*_FAULTS):
        sock: socket.socket | None = client.sock
        if sock is not None:
            sock.settimeout(2)
            client.quit()
    with suppress(*_FAULTS):
        client.close()
