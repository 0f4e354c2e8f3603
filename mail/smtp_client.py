"""smtplib's client with an end to everything: each reply, the way to the login, and a text that does not get through.

smtplib's own time-out begins anew with each byte, and a reply may have lines for ever (THREATS N1).
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# an EHLO of the largest providers has 1 kB
_LONGEST_REPLY = 65_536
# so soon a wait notices that the program is to end
_SLICE_SECONDS = 0.25
# a piece in the time of a reply (30 s) is 550 bytes a second, a third of what the slowest mobile lines carry
_PIECE = 16_384
# what the system still holds when the text is ended must get through while the reply is waited for
_SEND_BUFFER = 65_536
# content filters take their time, and who gives up too early sends the letter twice
_TEXT_REPLIES = 2
_END = b"\r\n.\r\n"
Reply = tuple[int, bytes]


class Stopped(Exception):
    """The program is to end, and the server has no letter."""


class Client(smtplib.SMTP):
    """A connection.  What raises closes it, but for Stopped.

    `seconds` is how long one reply may take, however many bytes it comes in, and one piece of a text; `stopped` is
    asked while waiting.  Greeting, EHLO, TLS and login together may take twice as long, until `ready` is called.
    """

    def __init__(self, host: str, port: int, seconds: float, stopped: Callable[[], bool], **options: Any) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + 2 * seconds
        self._stopped = stopped
        self._unread = b""
        super().__init__(host, port, timeout=seconds, **options)
        assert self.sock is not None
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    def ready(self) -> None:
        """The login is done."""
        self._until = float("inf")

    def getreply(self) -> Reply:
        """One reply, -1 for what is none.  Raises TimeoutError, SMTPServerDisconnected, Stopped."""
        return self._reply(self.seconds)

    def send(self, s: Any) -> None:
        """A command.  Raises TimeoutError, SMTPServerDisconnected."""
        try:
            self._sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)
        except TimeoutError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("the connection broke") from error

    def starttls(self, **options: Any) -> Reply:  # type: ignore[override]
        """As smtplib's; what came in clear behind the answer is dropped (RFC 3207, 4.2)."""
        done = super().starttls(**options)
        self._unread = b""
        return done

    def send_text(self, text: bytes) -> Reply | None:
        """Sends the text but for its end; when this raises, the server has no letter.

        The reply of a server that refuses in the middle of it, as it should not; then the connection is of no more use.
        """
        for start in range(0, len(text), _PIECE):
            if self._stopped():
                raise Stopped
            try:
                self._sendall(text[start : start + _PIECE])
            except OSError as error:
                with suppress(smtplib.SMTPException, OSError):
                    if (reply := self._reply(_SLICE_SECONDS))[0] >= 400:
                        return reply
                self.close()
                if isinstance(error, TimeoutError):
                    raise
                raise smtplib.SMTPServerDisconnected("the connection broke") from error
        return None

    def end_text(self) -> Reply:
        """Ends the text; the reply.  When this raises, nobody knows whether the letter was taken (RFC 1047)."""
        self._stopped = lambda: False
        self.send(_END)
        return self._reply(_TEXT_REPLIES * self.seconds)

    def _sendall(self, data: bytes) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the server ended the connection")
        self.sock.settimeout(self.seconds)
        self.sock.sendall(data)

    def _reply(self, seconds: float) -> Reply:
        until = min(time.monotonic() + seconds, self._until)
        lines: list[bytes] = []
        left = _LONGEST_REPLY
        while True:
            line = self._line(until, left)
            left -= len(line) + 1
            lines.append(line[4:].strip())
            if len(line) < 3 or not line[:3].isdigit():
                return -1, b"\n".join(lines)
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def _line(self, until: float, most: int) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > most:
                self.close()
                raise smtplib.SMTPServerDisconnected("the server's reply does not end")
            self._unread += self._received(until)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _received(self, until: float) -> bytes:
        while self.sock is not None:
            if self._stopped():
                raise Stopped
            left = until - time.monotonic()
            if left <= 0:
                self.close()
                raise TimeoutError
            self.sock.settimeout(min(left, _SLICE_SECONDS))
            try:
                piece = self.sock.recv(8_192)
            except TimeoutError:
                continue
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected("the connection broke") from error
            if not piece:
                self.close()
                break
            self.sock.settimeout(self.seconds)  # of a TLS handshake that may follow
            return piece
        raise smtplib.SMTPServerDisconnected("the server ended the connection")


class TlsClient(Client, smtplib.SMTP_SSL):
    """The same over TLS from the start; it takes the `context`, an SSLContext."""


def connected(
    host: str, port: int, seconds: float, stopped: Callable[[], bool], *, tls: ssl.SSLContext | None
) -> Client:
    """A connection that was greeted.  `tls`: over TLS from the start.  Raises as Client, SMTPConnectError."""
    if tls is None:
        return Client(host, port, seconds, stopped)
    return TlsClient(host, port, seconds, stopped, context=tls)
