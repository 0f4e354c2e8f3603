"""The standard library's IMAP client, made so that no server holds it up, floods it or makes it guess (N1, N3)."""

import imaplib
import io
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mail.pace import PacedReader

# in time-outs for a read: resolving, connecting, TLS and greeting take seconds together
_CONNECTING = 2
# the answers of most commands are a few lines; the longest, a list of 500 messages, comes in time at 600 bytes a second
_COMMAND = 4
# imaplib asks for all of a literal at once; in pieces its announced length alone reserves no memory
_PIECE = 1_000_000
# what no mail server takes from anybody: 25 to 150 MB are usual
LARGEST_LITERAL = 500_000_000
# lines of one answer: what a search that finds two million messages says
_MOST_OF_LINES = 20_000_000


class Client(imaplib.IMAP4):
    """A connection; `timeout` is in seconds for a read, and all of a command's answer may take four times that.

    A literal of which bytes keep coming may take longer (see `PacedReader.earn`).  Raises what imaplib does, and
    TooSlow, which is an OSError.
    """

    def __init__(self, host: str, port: int, timeout: float, security: str, context: ssl.SSLContext) -> None:
        self._timeout = timeout
        self._tls = context if security == "tls" else None
        self._together = True
        self._line_bytes = self._literal_bytes = 0
        self.most = LARGEST_LITERAL
        """How many bytes of literals an answer may have, together."""
        super().__init__(host, port, timeout)
        if security == "starttls":
            self.starttls(context)
        self._together = False

    @contextmanager
    def within(self, seconds: float, *, silence: float | None = None) -> Iterator[None]:
        """All commands of the block may take so long together, instead of each, and a read `silence`."""
        self._reader.allow(seconds)
        self._reader.silence = silence or self._timeout
        self._together = True
        try:
            yield
        finally:
            self._together = False
            self._reader.silence = self._timeout

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connects; part of imaplib's constructor."""
        super().open(host, port, timeout)
        self._take_over()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """What was sent ahead of the handshake, unprotected, is forgotten with the reader it lies in (N5)."""
        name = "STARTTLS"
        if name not in self.capabilities:
            raise self.abort("TLS not supported by server")
        status, data = self._simple_command(name)
        if status != "OK":
            raise self.error("Couldn't establish TLS session")
        assert ssl_context is not None
        self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
        self._take_over()
        self._tls_established = True
        self._get_capabilities()
        return status, data

    def read(self, size: int) -> bytes:
        """A literal, whole.  Raises abort when it is cut short, or longer than anything that was asked for."""
        self._literal_bytes += size
        if size > LARGEST_LITERAL or self._literal_bytes > self.most:
            raise self.abort(f"it announced {size} bytes in one piece")
        data = bytearray()
        while len(data) < size:
            piece = self._input.read1(min(_PIECE, size - len(data)))
            if not piece:
                raise self.abort(f"the connection ended after {len(data):,} of {size:,} bytes of a message")
            data += piece
            self._reader.earn(len(piece))
        return bytes(data)

    def readline(self) -> bytes:
        """A line with its end, shorter where the connection ended."""
        line = self._input.readline(_MOST_OF_LINES - self._line_bytes + 1)
        self._line_bytes += len(line)
        if self._line_bytes > _MOST_OF_LINES:
            raise self.abort(f"its answer did not end after {_MOST_OF_LINES:,} bytes")
        return line

    def has_input(self, seconds: float) -> bool:
        """Waits so long for input.  Asks the buffer first: what came in one packet with the last answer lies there, and
        neither `select` nor TLS knows of it any more."""
        self._reader.at_once = True
        try:
            if self._input.peek(1):
                return True
        finally:
            self._reader.at_once = False
        return bool(select.select([self.sock], [], [], seconds)[0])

    def begin(self) -> None:
        """What is read from now on is another answer; called for each command."""
        self._line_bytes = self._literal_bytes = 0
        self.allow()

    def allow(self) -> None:
        """What is read from now on may take as long as an answer may."""
        if not self._together:
            self._reader.allow(_COMMAND * self._timeout)

    def shutdown(self) -> None:
        """Ends the connection, whatever became of it."""
        try:
            super().shutdown()
        finally:
            self.sock.close()

    def _command(self, name: str, *args: Any) -> bytes:
        self.begin()
        return super()._command(name, *args)  # type: ignore[misc, no-any-return]

    def _create_socket(self, timeout: float) -> socket.socket:
        sock: socket.socket = super()._create_socket(timeout)  # type: ignore[misc]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return sock if self._tls is None else self._tls.wrap_socket(sock, server_hostname=self.host)

    def _take_over(self) -> None:
        """Reads from the socket that there is now, at first what the server says of itself."""
        self._reader = PacedReader(self.sock, self._timeout)
        self._reader.allow(_CONNECTING * self._timeout)
        self._input = io.BufferedReader(self._reader, _PIECE)
