"""Connecting to an IMAP server: the connection, the login, the open folder (RFC 3501, RFC 4616).

With `mail.imap` the only place that knows imap-tools.  Every socket has a time-out (N1), certificates are checked (N4),
nothing is logged in in clear by accident (N5), and control characters never reach a command (N6).
"""

import imaplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imap_tools import BaseMailBox, ImapToolsError

from mail import sasl
from mail.errors import MailProblem, explained, words_of
from mail.imap_client import Client
from mail.tls import context_for, refuse_plain
from store.cleantext import clean

# time-outs and refusals are OSError
FAULTS = (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError, UnicodeError, ValueError)
CONTROL = frozenset("\r\n\0")
_SETTINGS = ("host", "user", "secret", "folder", "ca_file")
# in time-outs for a read: a server may ask another one whether the password is right, or wait before it refuses it
_LOGIN = 2
# the same: a server may look through a large mailbox for a minute before it answers
_OPENING = 4
# nobody needs the answer
_GOODBYE_SECONDS = 2.0
_COMMAND = "the LOGIN command"
# user name or password is wrong, whichever way they are given; what checks them is not there now (RFC 5530)
_WRONG, _FOR_NOW = "[AUTHENTICATIONFAILED]", "[UNAVAILABLE]"
# the longest mechanism that is known here has two
_MOST_CHALLENGES = 5


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how to get in.  `security` is tls, starttls or none; `timeout` is in seconds.

    With `auth` xoauth2 the secret is an access token.

    Without TLS only a server on this machine is logged in to, unless `plain_forced`.
    """

    host: str
    port: int
    user: str
    secret: str
    security: str = "tls"
    auth: str = "password"
    folder: str = "INBOX"
    check_certificate: bool = True
    ca_file: str = ""
    timeout: float = 30.0
    plain_forced: bool = False

    @property
    def place(self) -> str:
        """HOST:PORT, for sentences."""
        return f"{self.host}:{self.port}"


class _Box(BaseMailBox):
    """imap-tools' mailbox on our client."""

    def __init__(self, client: Client) -> None:
        self._given = client
        super().__init__()

    def _get_mailbox_client(self) -> Client:
        return self._given


def open_folder(account: Account) -> BaseMailBox:
    """A connection with the account's folder selected, to be closed with `close`.

    Raises MailProblem, naming the step that failed.
    """
    for name in _SETTINGS:
        if CONTROL & set(getattr(account, name)):
            raise MailProblem("login", f"The inbox's {name} has a control character in it; set it anew.")
    box = _connected(account)
    try:
        if not account.plain_forced:
            refuse_plain(box.client.sock, account)
        with box.client.within(_LOGIN * account.timeout):
            _log_in(box, account)
        _select(box, account)
    except BaseException:
        drop(box)
        raise
    return box


def _connected(account: Account) -> BaseMailBox:
    context = context_for(account)
    try:
        return _Box(Client(account.host, account.port, account.timeout, account.security, context))
    except FAULTS as error:
        if account.security == "starttls" and isinstance(error, imaplib.IMAP4.error):
            sentence = (
                f"{account.place} offers no STARTTLS ({words_of(error)}); nothing was sent to it. Try security tls."
            )
            raise MailProblem("tls", sentence) from error
        raise explained("connect", account.place, error) from error


def _log_in(box: BaseMailBox, account: Account) -> None:
    client: Any = box.client
    try:
        _sign_in(client, account)
        # imaplib never asks again after login: what the server offers only then (IDLE, MOVE) would stay unseen
        status, data = client.capability()
        if status == "OK" and data and data[-1]:
            client.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("login", account.place, error) from error
    except FAULTS as error:
        said = words_of(error)
        what = sasl.remedy(account.auth, account.user, account.secret, for_now=_FOR_NOW in said.upper())
        sentence = f"{account.place} refused the login of {clean(account.user)} ({said}); {what}"
        raise MailProblem("login", sentence) from None


def _sign_in(client: Any, account: Account) -> None:
    """In the first way that works.  Raises MailProblem when there is none, else what was said to the first."""
    ways = list(_ways(client.capabilities, account))
    if not ways:
        offered = [one.removeprefix("AUTH=") for one in client.capabilities if one.startswith("AUTH=")]
        raise MailProblem("login", sasl.none_fits(account.place, offered))
    refusal: Exception | None = None
    for way in ways:
        try:
            _try(client, account, way)
            return
        except (imaplib.IMAP4.abort, OSError, EOFError) as error:
            raise refusal or error from error
        except imaplib.IMAP4.error as error:
            refusal = refusal or error
            is_ascii = (account.user + account.secret).isascii()
            if _FOR_NOW in str(error).upper() or (is_ascii and _WRONG in str(error).upper()):
                break  # each further refusal may lock the account
    if refusal is not None:
        raise refusal


def _ways(capabilities: Sequence[str], account: Account) -> Iterator[str]:
    """The mechanisms that may work, in order.  LOGIN is a command, not a mechanism, and knows of no letters beyond
    ASCII (RFC 3501, 6.2.3), so for those it is the last resort."""
    if account.auth == "xoauth2":
        yield "XOAUTH2"
        return
    is_allowed, is_ascii = "LOGINDISABLED" not in capabilities, (account.user + account.secret).isascii()
    first, *others = (one if f"AUTH={one}" in capabilities else "" for one in sasl.WITH_PASSWORD)
    others = [*others, _COMMAND] if not is_ascii else [_COMMAND, *others]
    yield from (way for way in (first, *others) if way and (way != _COMMAND or is_allowed))


def _try(client: Any, account: Account, way: str) -> None:
    """Raises IMAP4.error in the server's words, but nothing that it repeats of ours."""
    exchange = sasl.Exchange(way, account.user, account.secret) if way != _COMMAND else None
    try:
        status, data = _login(client, account) if exchange is None else _authenticate(client, way, exchange)
        if status != "OK":
            raise imaplib.IMAP4.error(data[-1] if data else status)
    except imaplib.IMAP4.error as error:
        words = words_of(error).replace(_quoted(account.secret), "…").replace(account.secret or "\0", "…")
        raise type(error)(words if exchange is None else exchange.hidden(words)) from None
    client.state = "AUTH"


def _authenticate(client: Any, mechanism: str, exchange: sasl.Exchange) -> Any:
    client.literal = _Said(exchange.answer, more=_MOST_CHALLENGES).next
    return client._simple_command("AUTHENTICATE", mechanism)


def _login(client: Any, account: Account) -> Any:
    """Quoted where that can be, else each as a literal, which may hold any letters (RFC 9051, 4.3)."""
    user, secret = sasl.encoded(account.user), sasl.encoded(account.secret)
    if (user + secret).isascii():
        return client._simple_command("LOGIN", _quoted(account.user), _quoted(account.secret))
    said = iter((user + b" {%d}" % len(secret), secret))
    client.literal = _Said(lambda _: next(said), more=2).next
    return client._simple_command("LOGIN", f"{{{len(user)}}}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Said:
    """What imaplib sends at each continuation that the server asks for; it takes only a method for that."""

    def __init__(self, answer: Callable[[bytes], bytes], *, more: int) -> None:
        self._answer = answer
        self._more = more

    def next(self, challenge: bytes) -> bytes:
        """Raises IMAP4.abort when the server never has enough."""
        if not self._more:
            raise imaplib.IMAP4.abort("it asks for more and more")
        self._more -= 1
        return self._answer(challenge)


def _select(box: BaseMailBox, account: Account) -> None:
    try:
        with box.client.within(2 * _OPENING * account.timeout, silence=_OPENING * account.timeout):
            try:
                box.folder.set(account.folder)
            except imaplib.IMAP4.readonly:
                box.folder.set(account.folder, readonly=True)
        said: list[Any] = box.client.untagged_responses.get("UIDVALIDITY", [b""])
        if not said[-1].isdigit():
            raise imaplib.IMAP4.error("it gives no UIDVALIDITY")
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("folder", account.place, error) from error
    except FAULTS as error:
        folder = clean(account.folder)
        sentence = f"{account.place} has no folder “{folder}” to open ({words_of(error)}); check the inbox's folder."
        raise MailProblem("folder", sentence) from error


def close(box: BaseMailBox) -> None:
    """Says goodbye if the server listens; a dead connection is only dropped."""
    with suppress(*FAULTS), box.client.within(_GOODBYE_SECONDS):
        box.logout()
    drop(box)


def drop(box: BaseMailBox) -> None:
    """Ends a connection that is not to be used any more."""
    with suppress(*FAULTS):
        box.client.shutdown()
