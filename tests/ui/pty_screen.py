"""A program in a real pseudo-terminal: what it writes is counted and shown on an emulated screen."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import pyte

KEYS = {"down": "\x1b[B", "up": "\x1b[A", "pagedown": "\x1b[6~", "pageup": "\x1b[5~", "end": "\x1b[F", "home": "\x1b[H"}


class PtyScreen:
    """Use as a context manager; `columns` by `lines` cells, true colour as over a modern SSH client."""

    def __init__(self, command: Sequence[str], *, columns: int = 80, lines: int = 24, **env: str) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._command = list(command)
        self._env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        self.raw = bytearray()

    def __enter__(self) -> "PtyScreen":
        self._master, slave = pty.openpty()
        size = struct.pack("HHHH", self.screen.lines, self.screen.columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        self._process = subprocess.Popen(
            self._command, stdin=slave, stdout=slave, stderr=slave, env=self._env, start_new_session=True
        )
        os.close(slave)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._master)

    @property
    def rows(self) -> list[str]:
        """The lines of the screen as text."""
        return list(self.screen.display)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The program."""
        return self._process

    def press(self, *keys: str) -> None:
        os.write(self._master, "".join(KEYS.get(key, key) for key in keys).encode())

    def wait_for(self, found: str | Callable[[list[str]], bool], seconds: float = 15) -> None:
        """Reads until a text, or lines that satisfy a predicate, are on the screen; AssertionError if never."""
        check = found if callable(found) else lambda rows: any(found in row for row in rows)
        end = time.monotonic() + seconds
        while not check(self.rows):
            assert time.monotonic() < end, f"never seen: {found}\n" + "\n".join(self.rows)
            self._read(0.05)

    def settle(self, quiet: float = 0.12) -> int:
        """Reads until nothing has come for `quiet` seconds; gives the number of bytes."""
        before = len(self.raw)
        while self._read(quiet):
            pass
        return len(self.raw) - before

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:
            return False
        self.raw += chunk
        self._stream.feed(chunk)
        return bool(chunk)
