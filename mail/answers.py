"""What an IMAP server answers to FETCH and SEARCH, as values (RFC 3501, 7.4).  Total: nonsense is left out.

items    imaplib's pieces → for each FETCH answer its data items by name
all_listed, fetched, uid    what the items say
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

# a name and what it holds, in the order sent: so what stands in a keyword or in a quoted body is never taken for a name
_ITEM = re.compile(
    rb"""([A-Z][A-Z0-9.-]*(?:\[[^\]]*\])?)(?:<\d+>)?[ ]
    (?: "((?:[^"\\]|\\.)*+)" | ~?\{(\d+)\+?\} | (\((?:[^()"]|"(?:[^"\\]|\\.)*+")*+\)) | ([^\s()"]+) )""",
    re.IGNORECASE | re.VERBOSE,
)
# brackets, but not those in quoted strings
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"|[()]')
_LITERAL = re.compile(rb"\{\d+\+?\}")
_BODY = b"BODY[]"
Items = Mapping[bytes, bytes | None]
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the server lists it: `size` in bytes, `received` its INTERNALDATE in UTC, `flags` in lower case.

    `withheld` is '' or why the rest is not known: the server fails at listing it.
    """

    uid: int
    size: int
    flags: frozenset[str]
    received: datetime
    withheld: str = ""

    @property
    def seen(self) -> bool:
        """Whether it is flagged as read."""
        return "\\seen" in self.flags


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message's exact bytes (the beginning where only that was asked for).

    `withheld` is '' or why there are none: the server lists the message, but does not give it.
    """

    uid: int
    raw: bytes
    received: datetime
    withheld: str = ""


def items(data: Sequence[object]) -> list[Items]:
    """imaplib's data as the items of each message: an answer goes on behind each literal, which may be any of them.

    What did not come whole is left out: an answer that ends in the middle, or one whose literal was longer or shorter
    than it was said to be, so that the line behind it is a piece of the message.
    """
    answers: list[tuple[list[bytes], list[bytes]]] = []
    for piece in data:
        line, literal = (piece[0], piece[1]) if isinstance(piece, tuple) else (piece, None)
        if not isinstance(line, bytes):
            continue
        if not (answers and len(answers[-1][1]) == len(answers[-1][0])):
            answers.append(([], []))
        answers[-1][0].append(line)
        if literal is not None:
            answers[-1][1].append(literal)
    return [_items(b" ".join(lines), literals) for lines, literals in answers if _is_whole(lines)]


def _is_whole(lines: Sequence[bytes]) -> bool:
    """Whether these lines, a literal behind each but the last, are one list in brackets."""
    if any(line[:1] not in (b" ", b")") for line in lines[1:]):
        return False
    marks = [mark for line in lines for mark in _BRACKET.findall(line) if len(mark) == 1]
    depths = list(accumulate(1 if mark == b"(" else -1 for mark in marks))
    return 0 not in depths[:-1] and depths[-1:] == [0] and lines[-1].rstrip().endswith(b")")


def _items(line: bytes, literals: Sequence[bytes]) -> Items:
    """The items of one answer; a value of None is NIL.  Names are in upper case."""
    found: dict[bytes, bytes | None] = {}
    left = iter(literals)
    for match in _ITEM.finditer(line):
        name, quoted, literal, many, word = match.groups()
        value: bytes | None
        if literal is not None:
            value = next(left, b"")
        elif quoted is not None:
            value = re.sub(rb"\\(.)", rb"\1", quoted)
        elif many is not None:
            value = many
            for _ in _LITERAL.findall(many):
                next(left, b"")
        else:
            value = None if word.upper() == b"NIL" else word
        found.setdefault(name.upper(), value)
    return found


def uid(items: Items) -> int:
    """The UID in a FETCH answer, 0 when there is none: others' changes of flags are announced without."""
    return _number(items.get(b"UID"))


def all_listed(answers: Sequence[Items]) -> list[Listed]:
    """What answers to UID, RFC822.SIZE, FLAGS and INTERNALDATE list.

    One without its size is news of a change of flags; but of a server that gives none at all each is a message, of 0
    bytes as far as is known.
    """
    sized = [items for items in answers if (items.get(b"RFC822.SIZE") or b"").isdigit()]
    return [_listed(items) for items in sized or answers if uid(items)]


def _listed(items: Items) -> Listed:
    flags = (items.get(b"FLAGS") or b"").decode("ascii", "replace").lower().strip("()").split()
    return Listed(uid(items), _number(items.get(b"RFC822.SIZE")), frozenset(flags), received(items))


def fetched(items: Items) -> Fetched | None:
    """A message's bytes, whether they came as a literal or short, as a quoted string; None when there are none (D5):
    NIL says that, too (RFC 9051, 4.5)."""
    raw = items.get(_BODY)
    return None if raw is None or not uid(items) else Fetched(uid(items), raw, received(items))


def _number(value: bytes | None) -> int:
    return int(value) if value is not None and value.isdigit() and len(value) < 20 else 0


def received(items: Items) -> datetime:
    """INTERNALDATE in UTC; now where the server gives none that makes sense (D10)."""
    text = (items.get(b"INTERNALDATE") or b"").decode("ascii", "replace").strip()
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
