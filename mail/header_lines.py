"""Header fields as we write them, so that they read back as what was meant, whatever reads them (RFC 5322, RFC 2047).

The standard library writes a name that is itself an encoded word as it is, and reads a `,` out of it as the end of an
address.  Here what a reader could take for syntax goes into an encoded word of ours.
"""

import base64
import re
from collections.abc import Iterator
from email.headerregistry import Address
from itertools import pairwise

_LINE = 76  # of a line with an encoded word (RFC 2047, 2); RFC 5322, 2.1.1 has 78
_LONGEST_WORD = 75  # of an encoded word (RFC 2047, 2)
_LONGEST_UNBROKEN = 900  # a line has at most 998 characters (RFC 5322, 2.1.1), and the field's name stands in it, too
_ATOMS = re.compile(r'[^\s()<>\[\]:;@\\,."]+(?: [^\s()<>\[\]:;@\\,."]+)*')
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")  # RFC 2047, 5 (3)
_BREAK = "\r\n "


def address_field(name: str, mailbox: Address, *, utf8: bool) -> str:
    """`To: Kelly Sanders <kelly@x.test>` with its line end.  `utf8`: the header may hold UTF-8 (RFC 6532)."""
    phrase, spec = _phrase(mailbox.display_name, utf8=utf8), mailbox.addr_spec
    if not phrase:
        return f"{name}: {spec}\r\n"
    gap = " " if len(f"{name}: {phrase} <{spec}>") <= _LINE else _BREAK
    return f"{name}: {phrase}{gap}<{spec}>\r\n"


def text_field(name: str, text: str, *, utf8: bool) -> str:
    """A field of free text, such as the subject, with its line end; `text` is one line."""
    words = text.split(" ")
    plain = (utf8 or text.isascii()) and "=?" not in text and max(map(len, words)) <= _LONGEST_UNBROKEN
    room = _LINE - len(name) - len(": ")
    return f"{name}: {_folded(words) if plain else _BREAK.join(_encoded(text, room))}\r\n"


def _phrase(name: str, *, utf8: bool) -> str:
    """A display name: as it is, quoted, or as one encoded word.

    As one, though it may become longer than the RFC has it: readers disagree about what stands between two in a name;
    Python's has a blank there.
    """
    if not name:
        return ""
    if (utf8 or name.isascii()) and "=?" not in name and "@" not in name:
        return name if _ATOMS.fullmatch(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return next(_encoded(name, _LONGEST_UNBROKEN, _LONGEST_UNBROKEN))


def _folded(words: list[str]) -> str:
    """The words with a blank between them, which is on the next line where the line becomes too long."""
    out = words[0]
    length = len(words[0])
    for before, word in pairwise(words):
        folds = before and word and length + 1 + len(word) > _LINE - len("Subject: ")
        out += f"{_BREAK if folds else ' '}{word}"
        length = len(word) if folds else length + 1 + len(word)
    return out


def _encoded(text: str, room: int, longest: int = _LONGEST_WORD) -> Iterator[str]:
    """The text as encoded words, each of whole characters; the first is at most `room` long."""
    quoted = {char: _quoted(char) for char in set(text)}
    as_quoted = sum(len(quoted[char]) for char in text) <= len(base64.b64encode(text.encode()))
    head = "=?utf-8?q?" if as_quoted else "=?utf-8?b?"
    piece = ""
    for char in text:
        longer = piece + char
        size = sum(len(quoted[one]) for one in longer) if as_quoted else 4 * -(-len(longer.encode()) // 3)
        if piece and len(head) + size + len("?=") > min(room, longest):
            yield _word(head, piece, quoted if as_quoted else None)
            longer, room = char, longest
        piece = longer
    yield _word(head, piece, quoted if as_quoted else None)


def _word(head: str, piece: str, quoted: dict[str, str] | None) -> str:
    said = base64.b64encode(piece.encode()).decode() if quoted is None else "".join(quoted[char] for char in piece)
    return f"{head}{said}?="


def _quoted(char: str) -> str:
    """A character in the encoding Q."""
    if char in _PLAIN:
        return char
    return "_" if char == " " else "".join(f"={byte:02X}" for byte in char.encode())
