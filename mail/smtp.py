"""One connection to an SMTP server (RFC 5321), over smtplib's client.

What a server says of one message is a result, not an exception: taken, refused for now, refused for good, or uncertain
because the connection broke after the text had gone (RFC 1047, THREATS O1, O2).
"""

import logging
import re
import smtplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from mail import sasl
from mail.errors import MailProblem, explained, words_of
from mail.smtp_client import Client, Stopped, connected
from mail.tls import context_for, refuse_plain
from store.cleantext import clean
from store.rules.smtp_replies import Stage, Verdict, verdict

log = logging.getLogger("recipients.mail")
_FAULTS = (smtplib.SMTPException, OSError, EOFError, UnicodeError, ValueError)
_CONTROL = frozenset("\r\n\0")
_LONGEST_WORDS = 300
_NEVER = (500, 600)
# an addressee whose server is asked first (call-out verification) may take this long before the other letters go first
_PATIENCE_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
# “Authentication credentials invalid” (RFC 4954, 6)
_WRONG = "5.7.8"
# the longest mechanism that is known here has two
_MOST_CHALLENGES = 5
_LINE_ENDS = re.compile(rb"\r\n?|\n")
OF_THE_LETTER = Verdict("letter")
Fate = Literal["sent", "deferred", "failed", "uncertain"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where mail is handed in.  Without `user` nobody logs in; `timeout` is for one reply, in seconds.

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
    """What became of one message; `words` are the server's, cleaned.  `lost`: the connection cannot be used again.

    `stage` is the command that was refused, or at which the connection was lost, `verdict` whom that blames; `silent`:
    the server did not answer in time; `by_copy`: the address of the copy did that, and says nothing of the letter.
    """

    fate: Fate
    words: str = ""
    lost: bool = False
    stage: Stage = "mail"
    verdict: Verdict = OF_THE_LETTER
    silent: bool = False
    by_copy: bool = False


def _never_stopped() -> bool:
    return False


def _nothing() -> None:
    """What is done before a text that nobody keeps a record of."""


@contextmanager
def connect(account: Account, stopped: Callable[[], bool] = _never_stopped) -> Iterator["Transport"]:
    """A connection that is ready to send.  Raises MailProblem, naming the step that failed.

    `stopped` is asked while the server is waited for: then Stopped is raised, here and by `Transport.send`.
    """
    for name in ("host", "user", "secret", "ca_file"):
        if _CONTROL & set(getattr(account, name)):
            raise MailProblem("login", f"The setting smtp.{name} has a control character in it; set it anew.")
    client = _connected(account, stopped)
    try:
        _log_in(client, account)
        client.ready()
        yield Transport(client)
    finally:
        _close(client)


class Transport:
    """An open connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(
        self,
        sender: str,
        to: str,
        data: bytes,
        *,
        copies: Sequence[str] = (),
        begin: Callable[[], None] = _nothing,
        hasty: bool = False,
    ) -> Result:
        """Hands one message in for `to`, and for `copies` as far as the server takes them.

        `data` is the message with CRLF line ends.  `begin` is called when the server waits for the text, before its
        first byte goes; what that raises ends the connection.  `hasty`: others wait, so an addressee that takes long
        is given up.  Never raises for what the server does or says.
        """
        if _CONTROL & set(sender + to):
            return Result("failed", "The address has a control character in it.")
        if why := self._too_much(sender, to, data):
            return why
        try:
            refused = self._envelope(sender, to, copies, len(data), hasty) or self._data()
        except _FAULTS as error:
            return self._broken(error)
        if refused is not None:
            return self._reset(refused)
        try:
            begin()
            return self._text(data)
        except BaseException:
            self._client.close()  # a goodbye would be read as text
            raise

    def _too_much(self, sender: str, to: str, data: bytes) -> Result | None:
        """What the server said beforehand that it cannot take (RFC 1870, RFC 6531)."""
        if not (sender + to).isascii() and not self._client.has_extn("smtputf8"):
            whose = OF_THE_LETTER if sender.isascii() else Verdict("us")
            words = "The server takes no address with such letters (it has no SMTPUTF8)."
            return Result("failed", words, verdict=whose)
        most = self._client.esmtp_features.get("size", "")
        if most.isascii() and most.isdigit() and 0 < int(most) < len(data):
            words = f"The letter has {_megabytes(len(data))}, and the server takes {_megabytes(int(most))} at most."
            return Result("failed", words)
        return None

    def _envelope(self, sender: str, to: str, copies: Sequence[str], size: int, hasty: bool) -> Result | None:
        """MAIL and RCPT; None when the text may follow."""
        client = self._client
        options = [f"SIZE={size}"] if client.has_extn("size") else []
        utf8 = not (sender + to).isascii()
        if utf8:
            options += ["SMTPUTF8", *(["BODY=8BITMIME"] if client.has_extn("8bitmime") else [])]
        self._stage: Stage = "mail"
        code, words = client.mail(sender, options)
        if not 200 <= code < 300:
            return _refused("mail", code, words)
        self._stage = "rcpt"
        with _within(client, min(client.seconds, _PATIENCE_SECONDS) if hasty else client.seconds):
            code, words = client.rcpt(to)
        if not 200 <= code < 300:
            return _refused("rcpt", code, words)
        return self._copies(copies if utf8 else list(filter(str.isascii, copies)))

    def _copies(self, copies: Sequence[str]) -> Result | None:
        """One that is refused is no reason not to send the mail itself."""
        for copy in copies:
            try:
                code, words = self._client.rcpt(copy)
            except _FAULTS as error:
                return replace(self._broken(error), by_copy=True)
            if code == 421:
                return replace(_refused("rcpt", code, words), by_copy=True)
            if code >= 400:
                log.warning("the copy to %s was refused: %d %s", clean(copy), code, _said(words))
        return None

    def _data(self) -> Result | None:
        self._stage = "data"
        code, words = self._client.docmd("DATA")
        return None if code == 354 else _refused("data", code, words)

    def _text(self, data: bytes) -> Result:
        self._stage = "text"
        try:
            early = self._client.send_text(_dotted(data))
        except _FAULTS as error:
            return self._broken(error)
        if early is not None:
            return replace(_refused("text", *early), lost=True)
        try:
            code, words = self._client.end_text()
        except _FAULTS as error:
            return replace(self._broken(error), fate="uncertain")
        if 200 <= code < 300:
            return Result("sent", _said(words))
        # what is no answer leaves open whether it was taken
        refused = _refused("text", code, words)
        return refused if code >= 400 else replace(refused, fate="uncertain", lost=True)

    def _broken(self, error: BaseException) -> Result:
        silent = isinstance(error, TimeoutError)
        return Result("deferred", _words(error), True, self._stage, Verdict("connection"), silent)

    def _reset(self, result: Result) -> Result:
        """Makes the connection ready for the next message."""
        if result.lost:
            return result
        try:
            code, _ = self._client.rset()
        except _FAULTS:
            return replace(result, lost=True)
        return replace(result, lost=not 200 <= code < 300)


def _connected(account: Account, stopped: Callable[[], bool]) -> Client:
    # to read the authorities takes longer than a short letter does
    context = None if account.security == "none" else context_for(account)
    step = "connect"
    client: Client | None = None
    try:
        at_once = context if account.security == "tls" else None
        client = connected(account.host, account.port, account.timeout, stopped, tls=at_once)
        client.ehlo_or_helo_if_needed()
        if account.security == "starttls":
            step = "tls"
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        return client
    except _FAULTS as error:
        if client is not None:
            _close(client)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            sentence = f"{account.place} offers no STARTTLS; nothing was sent to it. Try security tls."
            raise MailProblem("tls", sentence) from error
        raise _explained(step, account, error) from error
    except Stopped:
        if client is not None:
            client.close()
        raise


def _log_in(client: Client, account: Account) -> None:
    if not account.user:
        return
    sock = client.sock
    assert sock is not None
    refuse_plain(sock, account)
    offered = client.esmtp_features.get("auth", "").upper().split()
    known = ("XOAUTH2",) if account.auth == "xoauth2" else [one for one in sasl.WITH_PASSWORD if one in offered]
    if not known or not offered:
        raise MailProblem("login", _no_way_in(account, offered))
    try:
        _sign_in(client, account, known)
    except smtplib.SMTPAuthenticationError as error:
        raise MailProblem("login", _refused_login(account, error.smtp_code, _said(error.smtp_error))) from None
    except _FAULTS as error:
        raise _explained("login", account, error) from error


def _sign_in(client: Client, account: Account, mechanisms: Sequence[str]) -> None:
    """By the first mechanism that works; some servers offer what they do not take.

    Raises SMTPAuthenticationError with what was said to the first, and what the connection raises.
    """
    refusal: smtplib.SMTPAuthenticationError | None = None
    for mechanism in mechanisms:
        exchange = sasl.Exchange(mechanism, account.user, account.secret)
        try:
            code, said = _exchanged(client, mechanism, exchange)
        except _FAULTS as error:
            raise refusal or error from error
        if code in (235, 503):  # 503: signed in already
            return
        refusal = refusal or smtplib.SMTPAuthenticationError(code, exchange.hidden(_said(said)))
        if 400 <= code < 500 or ((account.user + account.secret).isascii() and _WRONG in _said(said)):
            break  # each further refusal may lock the account
    if refusal is not None:
        raise refusal


def _exchanged(client: Client, mechanism: str, exchange: sasl.Exchange) -> tuple[int, bytes]:
    """The server's last word on one mechanism (RFC 4954, 4).  smtplib's own takes only ASCII."""
    begun = f" {exchange.answer(b'').decode()}" if exchange.begins else ""
    code, said = client.docmd("AUTH", f"{mechanism}{begun}")
    for _ in range(_MOST_CHALLENGES):
        if code != 334:
            break
        code, said = client.docmd(exchange.answer(said).decode())
    return code, said


def _refused_login(account: Account, code: int, said: str) -> str:
    told = f"{account.place} refused the login of {clean(account.user)} ({said}); "
    return told + sasl.remedy(account.auth, account.user, account.secret, for_now=400 <= code < 500)


def _no_way_in(account: Account, offered: Sequence[str]) -> str:
    if not offered:
        return f"{account.place} takes no login; leave the user name empty, or check port and security."
    return sasl.none_fits(account.place, offered)


def _explained(step: str, account: Account, error: BaseException) -> MailProblem:
    """smtplib wraps what the server said, and hides an end of the connection behind its own words."""
    if isinstance(error, smtplib.SMTPResponseException):
        return MailProblem(step, f"{account.place} refused to serve us: {error.smtp_code} {_said(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        return explained(step, account.place, error.__context__)
    return explained(step, account.place, error)


def _refused(stage: Stage, code: int, words: bytes) -> Result:
    """5xx is for good; all else, nonsense included, for now.  421 and what is no answer end the connection."""
    said = _said(words)
    fate: Fate = "failed" if _NEVER[0] <= code < _NEVER[1] else "deferred"
    told = f"{code} {said}".strip() if code > 0 else f"no answer of a mail server: {said}"
    return Result(fate, told, code == 421 or not 200 <= code < 600, stage, verdict(stage, code, said))


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return clean(text, limit=_LONGEST_WORDS)


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "the server did not answer in time"
    return words_of(error)


def _dotted(data: bytes) -> bytes:
    """The text but for its end (RFC 5321, 4.5.2): lines that begin with a dot get another one."""
    lines = _LINE_ENDS.sub(b"\n", data).split(b"\n")
    body = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return body.removesuffix(b"\r\n")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


@contextmanager
def _within(client: Client, seconds: float) -> Iterator[None]:
    """One reply that may take so long."""
    usual = client.seconds
    client.seconds = seconds
    try:
        yield
    finally:
        client.seconds = usual


def _close(client: Client) -> None:
    """Says goodbye if the server listens; a dead connection is only dropped."""
    with suppress(*_FAULTS, Stopped):
        if client.sock is not None:
            client.seconds = _GOODBYE_SECONDS
            client.quit()
    with suppress(*_FAULTS):
        client.close()
