"""How connections to mail servers are secured, IMAP and SMTP alike (N4, N5)."""

import ipaddress
import socket
import ssl
from typing import Protocol

from mail.errors import MailProblem, words_of
from store.cleantext import clean


class Secured(Protocol):
    """What says how to connect.  `security` is tls, starttls or none."""

    @property
    def security(self) -> str: ...
    @property
    def check_certificate(self) -> bool: ...
    @property
    def ca_file(self) -> str: ...
    @property
    def place(self) -> str:
        """HOST:PORT, for sentences."""
        ...


def context_for(account: Secured) -> ssl.SSLContext:
    """Certificates are checked unless the account says otherwise.  Raises MailProblem (tls) for its `ca_file`."""
    try:
        context = ssl.create_default_context(cafile=account.ca_file or None)
    except OSError as error:
        sentence = f"The certificate file {clean(account.ca_file)} cannot be used: {words_of(error)}."
        raise MailProblem("tls", sentence, "ca_file") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not account.check_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def refuse_plain(sock: socket.socket, account: Secured) -> None:
    """Raises MailProblem (tls) when a password would leave this machine readable.

    Looks at the address that was really connected to, not at the host's name.
    """
    if account.security != "none":
        return
    if not ipaddress.ip_address(sock.getpeername()[0].partition("%")[0]).is_loopback:
        sentence = (
            f"{account.place} is another machine: without TLS the password would cross the network readable, so it was "
            "not sent. Use security tls or starttls, or force it."
        )
        raise MailProblem("tls", sentence)
