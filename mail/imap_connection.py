"""Connecting to an IMAP server: the connection, the login, the open folder (RFC 3501, RFC 4616).

With `mail.imap` the only place that knows imap-tools.  Every socket has a time-out (N1), certificates are checked (N4),
nothing is logged in in clear by accident (N5), and control characters never reach a command (N6).
"""

import imaplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from mail import oauth
from mail.errors import MailProblem, explained, words_of
from mail.tls import context_for, refuse_plain
from store.cleantext import clean

# time-outs and refusals are OSError
FAULTS = (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError, UnicodeError, ValueError)
CONTROL = frozenset("\r\n\0")
_SETTINGS = ("host", "user", "secret", "folder", "ca_file")
_OPENING = 4
_LARGEST_LITERAL = 500_000_000
_PIECE = 1_000_000


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


@contextmanager
def open_folder(account: Account) -> Iterator[BaseMailBox]:
    """A connection with the account's folder selected.  Raises MailProblem, naming the step that failed."""
    for name in _SETTINGS:
        if CONTROL & set(getattr(account, name)):
            raise MailProblem("login", f"The inbox's {name} has a control character in it; set it anew.")
    box = _connected(account)
    try:
        if not account.plain_forced:
            refuse_plain(box.client.sock, account)
        _log_in(box, account)
        _select(box, account)
        yield box
    finally:
        _close(box)


def _connected(account: Account) -> BaseMailBox:
    context = context_for(account)
    where = (account.host, account.port, account.timeout)
    try:
        if account.security == "tls":
            box: BaseMailBox = MailBox(*where, ssl_context=context)
        elif account.security == "starttls":
            box = MailBoxStartTls(*where, ssl_context=context)
        else:
            box = MailBoxUnencrypted(*where)
    except FAULTS as error:
        if account.security == "starttls" and isinstance(error, imaplib.IMAP4.error | ImapToolsError):
            sentence = (
                f"{account.place} offers no STARTTLS ({words_of(error)}); nothing was sent to it. Try security tls."
            )
            raise MailProblem("tls", sentence) from error
        raise explained("connect", account.place, error) from error
    box.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client: Any = box.client
    client.read = _gradual_read(client)
    return box


def _gradual_read(client: Any) -> Callable[[int], bytes]:
    """Reads a literal as it comes: its announced length alone reserves no memory (N3)."""

    def read(size: int) -> bytes:
        if size > _LARGEST_LITERAL:
            raise imaplib.IMAP4.abort(f"it announced {size} bytes in one piece")
        data = bytearray()
        while len(data) < size and (piece := client.file.read(min(_PIECE, size - len(data)))):
            data += piece
        return bytes(data)

    return read


def _log_in(box: BaseMailBox, account: Account) -> None:
    try:
        if account.auth == "xoauth2":
            _show_token(box, account)
        elif (account.user + account.secret).isascii():
            box.login(account.user, account.secret, initial_folder=None)
        else:
            box.login_utf8(account.user, account.secret, initial_folder=None)
        # imaplib never asks again after login: what the server offers only then (IDLE, MOVE) would stay unseen
        status, data = box.client.capability()
        if status == "OK" and data and data[-1]:
            box.client.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("login", account.place, error) from error
    except FAULTS as error:
        said = words_of(error).replace(account.secret or "\0", "…")
        what = "the token, which may have expired" if account.auth == "xoauth2" else "user name and secret"
        sentence = f"{account.place} refused the login of {clean(account.user)} ({said}); check {what}."
        raise MailProblem("login", sentence) from None


def _show_token(box: BaseMailBox, account: Account) -> None:
    """XOAUTH2.  A server that refuses explains itself in a challenge, which is answered with nothing, and says NO."""
    answers = iter([oauth.initial_response(account.user, account.secret)])
    box.client.authenticate("XOAUTH2", lambda challenge: next(answers, "").encode())


def _select(box: BaseMailBox, account: Account) -> None:
    try:
        # a server may look through a large mailbox for a minute before it answers
        box.client.sock.settimeout(account.timeout * _OPENING)
        try:
            box.folder.set(account.folder)
        except imaplib.IMAP4.readonly:
            box.folder.set(account.folder, readonly=True)
        box.client.sock.settimeout(account.timeout)
        said: list[Any] = box.client.untagged_responses.get("UIDVALIDITY", [b""])
        if not said[-1].isdigit():
            raise imaplib.IMAP4.error("it gives no UIDVALIDITY")
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("folder", account.place, error) from error
    except FAULTS as error:
        folder = clean(account.folder)
        sentence = f"{account.place} has no folder “{folder}” to open ({words_of(error)}); check the inbox's folder."
        raise MailProblem("folder", sentence) from error


def _close(box: BaseMailBox) -> None:
    """Says goodbye if the server listens; a dead connection is only dropped."""
    with suppress(*FAULTS):
        box.client.sock.settimeout(2)
        box.logout()
    with suppress(*FAULTS):
        box.client.shutdown()
