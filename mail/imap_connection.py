"""Connecting to an IMAP server: the connection, the login, the open folder (RFC 3501, RFC 4616).

With `mail.imap` the only place that knows imap-tools.  Every socket has a time-out (N1), certificates are checked (N4),
nothing is logged in in clear by accident (N5), and control characters never reach a command (N6).
"""

import imaplib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imap_tools import BaseMailBox, ImapToolsError

from mail import oauth
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
