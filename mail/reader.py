"""Messages are read in a process of their own, so that the worst of them stops nothing (THREATS D11).

    Reader.read    messages → what is known of each, in the child; one that kills it, or takes too long, is unreadable
    python -m mail.reader    the child: requests come in on standard input and are answered on standard output

The child may use a bounded amount of memory, and ends when its parent does.  It gets none of the parent's secrets, and
what it answers is data, never objects (`mail.parsed_json`).  Beside that it uses another processor than settling does.
"""

import contextlib
import io
import logging
import os
import pickle
import resource
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mail import parsed_json
from mail.parse import Reading, parse, parse_file
from store.cleantext import clean
from store.rules.message import Parsed

log = logging.getLogger("recipients.mail")
Message = bytes | Path
_SECONDS = 30.0
_MEMORY = 1_000_000_000
_HEAD = struct.Struct(">Q")
_FAREWELL_SECONDS = 1.0
# of a batch of 4 MB, or one large message: all text is bounded by the parser
_LARGEST_ANSWER = 256_000_000
# what Python needs to start and to find its modules; `env:` secrets are variables, too
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH", "VIRTUAL_ENV")


class Reader:
    """One child for all threads of this process; it is started when first needed, and again when it died."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, messages: Sequence[Message], how: Reading) -> list[Parsed]:
        """What is known of each message: its bytes, or the file that it is in.  Never raises for what they are."""
        if not messages:
            return []
        with self._lock:
            found = self._asked(messages, how)
            if found is None:  # one of them kills: each by itself
                found = [parsed for message in messages for parsed in self._asked([message], how) or [_DEADLY]]
        return found

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._end()

    def _asked(self, messages: Sequence[Message], how: Reading) -> list[Parsed] | None:
        """The child's answer; None when it died or was too slow: then there is none any more."""
        child = self._child = self._child or _started()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            _send(child.stdin, pickle.dumps((list(messages), how), pickle.HIGHEST_PROTOCOL))
            answer = _receive(child.stdout.fileno(), time.monotonic() + self._seconds, most=_LARGEST_ANSWER)
            found, told = parsed_json.decoded(answer, len(messages))
        except (OSError, EOFError, ValueError) as fault:
            log.warning("the reader of messages ended (%s); %d messages are read anew", fault, len(messages))
            self._end()
            return None
        if told:
            log.error("reading: %s", clean(told, one_line=False, limit=10_000))
        return found

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        child.wait(_FAREWELL_SECONDS)


shared = Reader()
_DEADLY = Parsed(unreadable="the program that reads messages died of it, or took too long")


def _started() -> "subprocess.Popen[bytes]":
    # a process group of its own, as Ctrl-C at the terminal is the parent's to obey, but no session: that would be given
    # as much of the processors as whoever works in a window
    command = [sys.executable, "-P", "-m", "mail.reader"]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0, env=environment)


def _send(pipe: Any, data: bytes) -> None:
    pipe.write(_HEAD.pack(len(data)) + data)
    pipe.flush()


def _receive(descriptor: int, until: float | None = None, *, most: int | None = None) -> bytes:
    """Raises TimeoutError, EOFError, ValueError: it is larger than `most` bytes."""
    size = _HEAD.unpack(_exactly(descriptor, _HEAD.size, until))[0]
    if most is not None and size > most:
        raise ValueError(f"it answered {size} bytes")
    return _exactly(descriptor, size, until)


def _exactly(descriptor: int, size: int, until: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError("it took too long")
        piece = os.read(descriptor, min(size - len(data), 1_048_576))
        if not piece:
            raise EOFError("it died")
        data += piece
    return bytes(data)


def _serve() -> None:
    """Answers until standard input closes."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's mail
    told = io.StringIO()
    logging.basicConfig(stream=told)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    while True:
        try:
            messages, how = pickle.loads(_receive(sys.stdin.fileno()))  # the parent's: it is trusted
        except EOFError:
            return
        found = [_parsed(one, how) for one in messages]
        _send(answers, parsed_json.encoded(found, told.getvalue()))
        told.seek(0)
        told.truncate()


def _parsed(message: Message, how: Reading) -> Parsed:
    if isinstance(message, bytes):
        return parse(message, how)
    try:
        return parse_file(message, how)
    except OSError as error:
        return Parsed(unreadable=f"its file cannot be read: {error.strerror}")


if __name__ == "__main__":
    _serve()
