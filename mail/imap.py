"""One mailbox on an IMAP server: the only place that knows imap-tools (RFC 3501, RFC 2177).

Every socket has a time-out (N1), certificates are checked (N4), nothing is logged in in clear by accident (N5), control
characters never reach a command (N6), bodies are fetched with PEEK (D2), and nothing here ever expunges.
"""

import imaplib
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from mail.errors import NETWORK_ERRORS, MailProblem, explained

_FAULTS = (ImapToolsError, *NETWORK_ERRORS)
_LONGEST_IDLE = 9 * 60.0
_SLICE_SECONDS = 0.5
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_CONTROL = re.compile("[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how to get in.  `security` is tls, starttls or none; `timeout` is in seconds."""

    host: str
    port: int
    user: str
    secret: str
    security: str = "tls"
    folder: str = "INBOX"
    check_certificate: bool = True
    ca_file: str = ""
    timeout: float = 30.0

    @property
    def place(self) -> str:
        """HOST:PORT, for sentences."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the server lists it: `size` in bytes, `received` its INTERNALDATE in UTC."""

    uid: int
    size: int
    seen: bool
    received: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message's exact bytes (the header alone where only that was asked for)."""

    uid: int
    raw: bytes
    received: datetime


@contextmanager
def connect(account: Account) -> Iterator["Mailbox"]:
    """An open mailbox with its folder selected.  Raises MailProblem, naming the step that failed."""
    for value in (account.host, account.user, account.secret, account.folder, account.ca_file):
        if _CONTROL.search(value):
            raise MailProblem("login", f"The settings of {account.host!a} have a control character in them.")
    box = _connected(account)
    try:
        _log_in(box, account)
        _select(box, account)
        yield Mailbox(box, account)
    finally:
        _close(box)


class Mailbox:
    """The selected folder of an open connection.  Every method raises MailProblem when the server fails."""

    def __init__(self, box: BaseMailBox, account: Account) -> None:
        self._client: Any = box.client
        self._place = account.place
        self._idling: Any = box.idle
        responses: dict[str, Any] = self._client.untagged_responses
        self.uidvalidity = int(responses["UIDVALIDITY"][-1])
        self.has_idle = "IDLE" in self._client.capabilities

    def sizes(
        self,
        after_uid: int,
        *,
        window: int = 500,
        unread_only: bool = False,
        since: datetime | None = None,
    ) -> Iterator[list[Listed]]:
        """What lies above `after_uid`, in lists of at most `window` UIDs, sizes first and without downloading (D14).

        A list may be empty.  `unread_only` and `since` (INTERNALDATE, UTC) leave out what does not qualify.
        """
        last = self._last_uid()
        for start in range(after_uid + 1, last + 1, window):
            end = min(start + window - 1, last)
            items = self._uid_fetch(f"{start}:{end}", "(UID RFC822.SIZE FLAGS INTERNALDATE)")
            listed = [found for head, _ in items if (found := _listed(head)) and start <= found.uid <= end]
            listed.sort(key=lambda found: found.uid)
            yield [
                found
                for found in listed
                if not (unread_only and found.seen) and not (since is not None and found.received < since)
            ]

    def fetch(self, uids: Sequence[int]) -> list[Fetched]:
        """The messages of these UIDs in one command, leaving \\Seen alone; what is gone is left out (D2, D5)."""
        return self._bodies(uids, "BODY.PEEK[]")

    def fetch_headers(self, uids: Sequence[int]) -> list[Fetched]:
        """The same, but only their headers (D12)."""
        return self._bodies(uids, "BODY.PEEK[HEADER]")

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Flags messages as read.  Idempotent; never expunges, as imap-tools' own `flag` would."""
        if not uids:
            return
        with self._explained("fetch"):
            self._checked(self._client.uid("STORE", _uid_set(uids), "+FLAGS.SILENT", "(\\Seen)"))

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Waits for news: True when the server announced something.  Ends early when `stop` is set.

        With IDLE in one go of at most nine minutes (N2), else by pausing; either way the caller polls afterwards.
        """
        with self._explained("fetch"):
            if not self.has_idle:
                stop.wait(seconds)
                self._checked(self._client.noop())
                return False
            if "EXISTS" in self._client.untagged_responses:
                return True  # announced in passing, with the answer to another command: it will not be said again
            return self._idle(min(seconds, _LONGEST_IDLE), stop)

    def _idle(self, seconds: float, stop: threading.Event) -> bool:
        """Waits on the socket, not in imap-tools' `poll`, which loses half-read lines."""
        self._idling.start()
        end = time.monotonic() + seconds
        news = False
        try:
            while not (news or stop.is_set() or time.monotonic() >= end):
                news = self._has_input()
        finally:
            self._idling.stop()
        return news

    def _has_input(self) -> bool:
        """Waits a moment for input.  Asks imaplib's buffer first: what came in one packet with the answer to IDLE lies
        there, and neither `select` nor TLS knows of it any more."""
        sock = self._client.sock
        timeout = sock.gettimeout()
        sock.settimeout(0)
        try:
            if self._client.file.peek(1):
                return True
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            sock.settimeout(timeout)
        return bool(select.select([sock], [], [], _SLICE_SECONDS)[0])

    def _last_uid(self) -> int:
        """The highest UID there is: `*` always names the last message (D5); 0 in an empty folder."""
        with self._explained("fetch"):
            self._checked(self._client.noop())
            self._client.untagged_responses.pop("EXISTS", None)
        heads = [head for head, _ in self._uid_fetch("*", "(UID)")]
        return max((int(match[1]) for head in heads if (match := _UID.search(head))), default=0)

    def _bodies(self, uids: Sequence[int], what: str) -> list[Fetched]:
        if not uids:
            return []
        wanted = set(uids)
        fetched: dict[int, Fetched] = {}
        for head, body in self._uid_fetch(_uid_set(uids), f"(UID INTERNALDATE {what})"):
            match = _UID.search(head)
            if body is not None and match and int(match[1]) in wanted:
                fetched[int(match[1])] = Fetched(int(match[1]), body, _received(head))
        return [fetched[uid] for uid in uids if uid in fetched]

    def _uid_fetch(self, uid_set: str, what: str) -> list[tuple[bytes, bytes | None]]:
        """(line, literal) pairs; what the server writes behind a literal is part of its line."""
        with self._explained("fetch"):
            data = self._checked(self._client.uid("FETCH", uid_set, what))
        items: list[tuple[bytes, bytes | None]] = []
        for item in data:
            if isinstance(item, tuple):
                items.append((item[0], item[1]))
            elif isinstance(item, bytes):
                if items and items[-1][1] is not None and not item.lstrip().split(b" ", 1)[0].isdigit():
                    items[-1] = (items[-1][0] + b" " + item, items[-1][1])
                else:
                    items.append((item, None))
        return items

    def _checked(self, answer: tuple[str, Any]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise imaplib.IMAP4.error(data[-1] if data else status)
        return list(data or ())

    @contextmanager
    def _explained(self, step: str) -> Iterator[None]:
        try:
            yield
        except _FAULTS as error:
            raise explained(step, self._place, error) from error


def _connected(account: Account) -> BaseMailBox:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if account.ca_file:
        try:
            context.load_verify_locations(account.ca_file)
        except OSError as error:
            raise MailProblem(
                "tls", f"The certificate file {account.ca_file} cannot be used: {error.strerror}."
            ) from error
    if not account.check_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    where = (account.host, account.port, account.timeout)
    try:
        if account.security == "tls":
            box: BaseMailBox = MailBox(*where, ssl_context=context)
        elif account.security == "starttls":
            box = MailBoxStartTls(*where, ssl_context=context)
        else:
            box = MailBoxUnencrypted(*where)
    except _FAULTS as error:
        step = "tls" if account.security == "starttls" and isinstance(error, ImapToolsError) else "connect"
        raise explained(step, account.place, error) from error
    box.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return box


def _log_in(box: BaseMailBox, account: Account) -> None:
    try:
        if (account.user + account.secret).isascii():
            box.login(account.user, account.secret, initial_folder=None)
        else:
            box.login_utf8(account.user, account.secret, initial_folder=None)
        # imaplib never asks again after login: what the server offers only then (IDLE, MOVE) would stay unseen
        status, data = box.client.capability()
        if status == "OK" and data and data[-1]:
            box.client.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("login", account.place, error) from error
    except _FAULTS as error:
        sentence = f"{account.place} refused the login of {account.user}; check user name and secret."
        raise MailProblem("login", sentence) from error


def _select(box: BaseMailBox, account: Account) -> None:
    try:
        box.folder.set(account.folder)
        if "UIDVALIDITY" not in box.client.untagged_responses:
            raise imaplib.IMAP4.error("it gives no UIDVALIDITY")
    except (imaplib.IMAP4.abort, OSError, EOFError) as error:
        raise explained("folder", account.place, error) from error
    except _FAULTS as error:
        sentence = f"{account.place} has no folder “{account.folder}” that can be opened; check the inbox's folder."
        raise MailProblem("folder", sentence) from error


def _close(box: BaseMailBox) -> None:
    """Says goodbye if the server listens; a dead connection is only dropped."""
    with suppress(*_FAULTS):
        box.client.sock.settimeout(2)
        box.logout()
    with suppress(*_FAULTS):
        box.client.shutdown()


def _listed(line: bytes) -> Listed | None:
    uid, size = _UID.search(line), _SIZE.search(line)
    if uid is None or size is None:
        return None
    return Listed(int(uid[1]), int(size[1]), b"\\SEEN" in line.upper(), _received(line))


def _received(line: bytes) -> datetime:
    """INTERNALDATE in UTC; now where the server gives none that makes sense (D10)."""
    match = _DATE.search(line)
    text = match[1].decode("ascii", "replace").strip() if match else ""
    with suppress(ValueError):
        # not strptime: its month names follow the locale
        day, month, rest = text.split("-", 2)
        year, clock, zone = rest.split()
        hour, minute, second = (int(part) for part in clock.split(":"))
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:5]))
        number = _MONTHS.index(month.capitalize()) + 1
        moment = datetime(int(year), number, int(day), hour, minute, min(second, 59), tzinfo=UTC)
        return moment - offset
    return datetime.now(UTC)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _uid_set(uids: Sequence[int]) -> str:
    """`3:7,9`: runs in short, so that five hundred UIDs fit in a line."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)
