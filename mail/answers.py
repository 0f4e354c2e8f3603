"""What an IMAP server answers to FETCH and SEARCH, as values (RFC 3501, 7.4).  Total: nonsense is left out."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_UID = re.compile(rb"\bUID (\d{1,10})")
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,19})")
_DATE = re.compile(rb'INTERNALDATE "([^"]{1,40})"')
_SHORT_BODY = re.compile(rb'BODY\[[A-Z]*\](?:<\d+>)? (?:NIL|"((?:[^"\\]|\\.)*+)")', re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def items(data: Sequence[object]) -> list[tuple[bytes, bytes | None]]:
    """imaplib's data as (line, literal) pairs; what the server writes behind a literal is part of its line."""
    found: list[tuple[bytes, bytes | None]] = []
    for item in data:
        if isinstance(item, tuple):
            found.append((item[0], item[1]))
        elif isinstance(item, bytes):
            if found and found[-1][1] is not None and not item.lstrip().split(b" ", 1)[0].isdigit():
                found[-1] = (found[-1][0] + b" " + item, found[-1][1])
            else:
                found.append((item, None))
    return found


def uid(line: bytes) -> int:
    """The UID in a FETCH answer, 0 when there is none: others' changes of flags are announced without."""
    match = _UID.search(line)
    return int(match[1]) if match else 0


def listed(line: bytes) -> Listed | None:
    """A line about UID, RFC822.SIZE, FLAGS and INTERNALDATE."""
    size = _SIZE.search(line)
    if not uid(line) or size is None:
        return None
    return Listed(uid(line), int(size[1]), b"\\SEEN" in line.upper(), received(line))


def fetched(line: bytes, literal: bytes | None) -> Fetched | None:
    """A line with a body: as a literal, or short, as a quoted string or NIL; None when it has no body (D5)."""
    if literal is None:
        short = _SHORT_BODY.search(line)
        if short is None:
            return None
        literal = re.sub(rb"\\(.)", rb"\1", short[1] or b"")
    return Fetched(uid(line), literal, received(line)) if uid(line) else None


def received(line: bytes) -> datetime:
    """INTERNALDATE in UTC; now where the server gives none that makes sense (D10)."""
    match = _DATE.search(line)
    text = match[1].decode("ascii", "replace").strip() if match else ""
    with suppress(ValueError, OverflowError):
        # not strptime: its month names follow the locale
        day, month, rest = text.split("-", 2)
        year, clock, zone = rest.split()
        hour, minute, second = (int(part) for part in clock.split(":"))
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:5]))
        number = _MONTHS.index(month.capitalize()) + 1
        moment = datetime(int(year), number, int(day), hour, minute, min(second, 59), tzinfo=UTC)
        return moment - offset
    return datetime.now(UTC)


def numbers(data: Sequence[object]) -> list[int]:
    """The UIDs that a SEARCH found, ascending."""
    lines = [line for line in data if isinstance(line, bytes)]
    return sorted(int(word) for line in lines for word in line.split() if word.isdigit())


def uid_set(uids: Sequence[int]) -> str:
    """`3:7,9`: runs in short, so that five hundred UIDs fit in a line."""
    runs: list[list[int]] = []
    for number in sorted(set(uids)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)
