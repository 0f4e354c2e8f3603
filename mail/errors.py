"""What can go wrong with a mail server, each as a sentence that says at which step and what to do."""

import re
import socket
import ssl

from store.cleantext import clean
from store.errors import Problem

# how imaplib begins what it says of a command
_WRAPPED = re.compile(r"^command: [A-Z]+ => (?:socket error: )?")


class MailProblem(Problem):
    """A mail server did not do what was asked.

    `step` is secret, name, connect, tls, login, folder, fetch, send or arrive; `field` the setting that mends it, where
    that is more than the step tells.
    """

    exit_status = 3

    def __init__(self, step: str, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.step, self.field = step, field


class Refusal(MailProblem):
    """The server answered NO or BAD to one command; the connection is as good as before."""


def explained(step: str, place: str, error: BaseException) -> MailProblem:
    """The problem behind an exception of the network at this step; `place` is HOST:PORT."""
    if isinstance(error, MailProblem):
        return error
    if isinstance(error, socket.gaierror) or (step == "connect" and isinstance(error, UnicodeError)):
        return MailProblem("name", f"The host name of {place} is not known; check the host.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(place, error)
    if isinstance(error, ssl.SSLError) and step in ("connect", "tls"):
        words = clean(error.reason or error)
        return MailProblem("tls", f"{place} does not speak TLS as asked ({words}); check port and security.")
    if isinstance(error, TimeoutError):
        remedy = "check host, port and security" if step == "connect" else "it is tried again"
        return MailProblem(step, f"{place} did not answer in time while trying to {_DOING[step]}; {remedy}.")
    if isinstance(error, ConnectionRefusedError):
        return MailProblem("connect", f"{place} refused the connection; check host and port, and that the server runs.")
    return MailProblem(step, f"{place} failed to {_DOING[step]}: {words_of(error)}")


_DOING = {
    "secret": "read the secret",
    "name": "find the host",
    "connect": "connect",
    "tls": "start TLS",
    "login": "log in",
    "folder": "open the folder",
    "fetch": "fetch mail",
    "send": "send mail",
}


def _certificate(place: str, error: ssl.SSLCertVerificationError) -> MailProblem:
    words = error.verify_message or str(error)
    if "expired" in words:
        return MailProblem("tls", f"The certificate of {place} has expired; its owner must renew it.")
    if "match" in words:
        told = f"The certificate of {place} is for another name; use the host name that it is made for."
        return MailProblem("tls", told, "host")
    if "self-signed" in words or "self signed" in words or "issuer" in words:
        told = (
            f"The certificate of {place} is not signed by an authority this machine trusts; "
            "name the right one's file (Authority, --ca-file)."
        )
        return MailProblem("tls", told, "ca_file")
    return MailProblem("tls", f"The certificate of {place} is not valid ({clean(words)}).")


def words_of(error: BaseException) -> str:
    """What the server or the system said, without the wrapping of bytes and of the libraries."""
    answer = getattr(error, "command_result", None)  # imap-tools: (status, [words])
    said = answer[1][-1] if answer and answer[1] else error.args[0] if error.args else error
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    if isinstance(said, str):
        said = _WRAPPED.sub("", said)
    return clean(getattr(error, "strerror", None) or said or type(error).__name__, limit=300)
