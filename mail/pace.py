"""Reading from a socket without being held up: a limit for silence and one for all of an answer (N1)."""

import io
import socket
import ssl
import time

# bytes a second: half of what a modem of 9,600 bit/s brought, so no line in use is slower
SLOWEST = 500.0


class TooSlow(OSError):
    """The other side went on, but so slowly that its answer would never end."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"its answer had not ended after {seconds:.0f} s")


class PacedReader(io.RawIOBase):
    """The bytes of a connected socket, for an `io.BufferedReader`.

    One read waits for at most `silence` seconds (TimeoutError), all since the last `allow` for as long as that said
    (TooSlow).  A time-out for each read alone is none: a byte a minute would renew it for ever.
    """

    def __init__(self, sock: socket.socket, silence: float) -> None:
        self._sock = sock
        self._allowed = self._end = 0.0
        self.silence = silence
        self.at_once = False
        """Whether a read brings what is there already and never waits."""

    def allow(self, seconds: float) -> None:
        """From now on what is read may take so long together."""
        self._allowed = seconds
        self._end = time.monotonic() + seconds

    def earn(self, size: int) -> None:
        """So many bytes of what was asked for have come: the end moves as far as they may take, so that a slow line
        that makes progress is never cut, whatever it carries.  No credit is saved up beyond what was allowed."""
        self._end = min(self._end + size / SLOWEST, time.monotonic() + self._allowed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """As RawIOBase: the number of bytes, 0 at the end, None when nothing is there and it must not wait."""
        left = self._end - time.monotonic()
        if left <= 0 and not self.at_once:
            raise TooSlow(self._allowed)
        self._sock.settimeout(0 if self.at_once else min(self.silence, left))
        try:
            return self._sock.recv_into(buffer)
        except TimeoutError as error:
            if left < self.silence:
                raise TooSlow(self._allowed) from error
            raise
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        finally:
            self._sock.settimeout(self.silence)
