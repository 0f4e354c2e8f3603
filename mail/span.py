"""A stretch of a message, without a copy of it: a message in a file is walked while little of it is in memory."""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_INK = re.compile(rb"\S")
_WINDOW = 4_194_304


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` to before `end` of a message or of a decoded part of one."""

    source: "bytes | mmap.mmap"
    start: int
    end: int

    @classmethod
    def of(cls, source: "bytes | mmap.mmap") -> "Span":
        """All of it."""
        return cls(source, 0, len(source))

    def __len__(self) -> int:
        return self.end - self.start

    def __bytes__(self) -> bytes:
        return self.source[self.start : self.end]

    def cut(self, start: int, end: int | None = None) -> "Span":
        """The stretch between two places of the source."""
        return Span(self.source, start, self.end if end is None else end)

    def head(self, most: int) -> bytes:
        """The first bytes."""
        return self.source[self.start : min(self.end, self.start + most)]

    def is_blank(self) -> bool:
        """Whether there is nothing but white space."""
        return _INK.search(self.source, self.start, self.end) is None

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes in pieces."""
        for start in range(self.start, self.end, size):
            yield self.source[start : min(start + size, self.end)]
            self._let_go(start, size)

    def find(self, wanted: bytes, start: int) -> int:
        """Where these bytes stand in it from a place of the source on, -1 if nowhere.

        A file is looked through window by window, so that little of it is in memory.
        """
        if isinstance(self.source, bytes):
            return self.source.find(wanted, start, self.end)
        for place in range(start, self.end, _WINDOW):
            found = self.source.find(wanted, place, min(place + _WINDOW + len(wanted) - 1, self.end))
            if found >= 0:
                return found
            self._let_go(place, _WINDOW)
        return -1

    def _let_go(self, start: int, size: int) -> None:
        """The pages of a file that were read are not needed any more."""
        if isinstance(self.source, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
            length = (min(start + size, self.end) - first) // mmap.PAGESIZE * mmap.PAGESIZE
            if length > 0:
                self.source.madvise(mmap.MADV_DONTNEED, first, length)

    def without_first_newline(self) -> "Span":
        """Behind a line break at the start, if there is one."""
        first = self.head(3)
        if first == b"\r\r\n":
            return self.cut(self.start + 3)
        return self.cut(self.start + (2 if first[:2] == b"\r\n" else first[:1] in (b"\n", b"\r")))


@contextmanager
def mapped(file: Path) -> Iterator[Span]:
    """The whole of a file, of which the system keeps in memory what it likes.  Raises OSError."""
    with file.open("rb") as source:
        if not file.stat().st_size:
            yield Span.of(b"")
            return
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield Span.of(content)
