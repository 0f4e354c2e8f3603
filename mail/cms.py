"""What an S/MIME part holds (RFC 5652, RFC 8551): the message inside of one that is signed, without a look at the
signature; who wrote is decided elsewhere (I1).

No library for this is both kept and small: five nested elements are stepped into, of which mail programs write any in
the form without a length (BER), too.  Nothing here recurses, and each step goes forward.
"""

from collections.abc import Iterator
from typing import NamedTuple

_SEQUENCE, _INTEGER, _SET, _OBJECT, _CONTEXT_0 = 0x30, 0x02, 0x31, 0x06, 0xA0
_OCTETS, _OCTETS_IN_PARTS = 0x04, 0x24
_END = b"\0\0"
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")


class _Element(NamedTuple):
    """Where the content of an element stands; `stop` is None where its end is marked."""

    tag: int
    start: int
    stop: int | None


def signed_content(data: bytes) -> bytes | None:
    """The MIME entity inside of SignedData; None if the bytes are anything else, such as encrypted, or broken."""
    try:
        at = _into(data, _into(data, 0, _SEQUENCE), _OBJECT, _SIGNED_DATA)
        at = _into(data, _into(data, at, _CONTEXT_0), _SEQUENCE)
        for tag in (_INTEGER, _SET):
            at = _behind(data, at, tag)
        at = _into(data, _into(data, at, _SEQUENCE), _OBJECT, _DATA)
        return b"".join(_octets(data, _into(data, at, _CONTEXT_0)))
    except (IndexError, ValueError):
        return None


def _element(data: bytes, at: int) -> _Element:
    """Raises IndexError, ValueError where there is none."""
    tag, size, start = data[at], data[at + 1], at + 2
    if size == 0x80:
        return _Element(tag, start, None)
    if size > 0x80:
        many = size & 0x7F
        size, start = int.from_bytes(data[start : start + many], "big"), start + many
    if start + size > len(data):
        raise ValueError("it is cut off")
    return _Element(tag, start, start + size)


def _into(data: bytes, at: int, tag: int, content: bytes = b"") -> int:
    """Where the content of the element here begins, or, if it must be a certain one, what stands behind it."""
    found = _element(data, at)
    if found.tag != tag or (content and data[found.start : found.stop] != content):
        raise ValueError("it is something else")
    return found.start if not content else found.start + len(content)


def _behind(data: bytes, at: int, tag: int) -> int:
    """What stands behind the element here."""
    if data[at] != tag:
        raise ValueError("it is something else")
    depth = 0
    while True:
        if depth and data[at : at + 2] == _END:
            depth, at = depth - 1, at + 2
        else:
            found = _element(data, at)
            depth, at = (depth + 1, found.start) if found.stop is None else (depth, found.stop)
        if not depth:
            return at


def _octets(data: bytes, at: int) -> Iterator[bytes]:
    """The octet string here, which may be in parts, and these again."""
    ends: list[int | None] = []
    while True:
        if ends and (at == ends[-1] or (ends[-1] is None and data[at : at + 2] == _END)):
            at += 0 if ends.pop() is not None else 2
        else:
            found = _element(data, at)
            if found.tag == _OCTETS_IN_PARTS:
                ends.append(found.stop)
                at = found.start
            elif found.tag == _OCTETS and found.stop is not None:
                yield data[found.start : found.stop]
                at = found.stop
            else:
                raise ValueError("it is no text")
        if not ends:
            return
