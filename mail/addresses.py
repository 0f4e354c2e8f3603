"""Who wrote? The address fields of a message, read so that no spelling makes one address pass for another (I2).

`email.utils` takes the first of several addresses, follows routes wrongly and recurses on `((((`; this reader is
iterative, bounded, and says “none” where a person could be misled.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from mail.headers import decode_words, sealed_words, unspaced
from store.cleantext import storable
from store.rules.addresses import looks_like_address

_LONGEST = 65_536
_LONGEST_SENDER = 20_000
_MOST_SENDERS = 10
_LONGEST_NAME = 500
_BETWEEN_WORDS = re.compile(r'[\s<>()\[\],;:"]+')
_ANGLED = re.compile(r"<([^<>]*)>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_AROUND_A_MARK = re.compile(r"(?<!\s)\s+(?=[@.])|(?<=[@.])\s+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written and the display name, decoded."""

    address: str
    name: str


def mailboxes(value: str) -> list[Mailbox]:
    """All mailboxes of an address field, groups and routes resolved; what has no usable address is left out."""
    return [mailbox for mailbox in _read(value) if mailbox is not None]


def the_one(values: list[str]) -> Mailbox | None:
    """The sender that all these fields agree on; None when there is none, more than one, or one in doubt (I2)."""
    certain = certain_mailboxes(values)
    return certain[0] if len({mailbox.address.casefold() for mailbox in certain}) == 1 else None


def certain_mailboxes(values: list[str]) -> list[Mailbox]:
    """All mailboxes of these fields; none at all when there are too many, or one is in doubt (I2)."""
    if len(values) > _MOST_SENDERS or any(len(value) > _LONGEST_SENDER for value in values):
        return []
    found = [mailbox for value in values for mailbox in _read(value)]
    certain = [mailbox for mailbox in found if mailbox is not None]
    return certain if len(certain) == len(found) else []


def _read(value: str) -> Iterator[Mailbox | None]:
    """The mailboxes in order; None for what means to be one and is not usable."""
    words: list[str] = []
    for piece in _pieces(sealed_words(value[:_LONGEST])):
        if "@" not in piece and "<" not in piece:
            words.append(_name(piece))  # `Smith, Anna <anna@…>`: a comma that should have been quoted
            continue
        mailbox = _mailbox(piece)
        name = ", ".join(filter(None, (*words, mailbox.name if mailbox else "")))
        words.clear()
        if mailbox is not None or "@" in piece:
            yield Mailbox(mailbox.address, name[:_LONGEST_NAME]) if mailbox else None


def _pieces(value: str) -> list[str]:
    """Cuts at commas and semicolons outside of quotes, comments and angle brackets; takes comments and group names off.

    Comments become ` (text)` at the end of their piece, for a name that stands only there.
    """
    pieces: list[str] = []
    current: list[str] = []
    depth, quoted, angled, escaped = 0, False, False, False
    has_group = ";" in value  # that ends it; else a colon is one of `Acme: Support <…>` or `[IPv6:…]`
    for char in value:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted and char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
        elif not quoted and not depth:
            if char in "<>":
                angled = char == "<"
            elif char in ",;" and not angled:
                pieces.append("".join(current))
                current = []
                continue
            elif char == ":" and has_group and not angled:
                current = []
                continue
        current.append(char)
    pieces.append("".join(current))
    return [piece for piece in pieces if piece.strip()]


def _mailbox(piece: str) -> Mailbox | None:
    text, comment = _without_comments(piece)
    unquoted = _QUOTED.sub(lambda match: " " * len(match[0]), text)
    inside = [text[found.start(1) : found.end(1)].strip() for found in _ANGLED.finditer(unquoted)]
    if inside:
        angled = {_unfolded(_behind_route(words)) for words in inside if "@" in words}
        address = _usable(angled.pop()) if len(angled) == 1 else ""
        name = _name(text[: unquoted.index("<")]) or _name(comment)
    else:
        bare = {word for word in _BETWEEN_WORDS.split(text) if "@" in word[1:-1]}
        address = _usable(text.strip()) or (_usable(bare.pop()) if len(bare) == 1 else "")
        rest = text.replace(address, " ").replace("mailto:", " ") if address else ""
        name = _name(comment) or _name(rest.strip(" []:"))
    return Mailbox(address, name) if address else None


def _behind_route(text: str) -> str:
    """`<@relay:user@host>`: the mailbox is behind the last colon (RFC 5322, 4.4); and behind a link's scheme."""
    if text[:7].lower() == "mailto:":
        return text[7:]
    return text.rpartition(":")[2] if text.startswith("@") and ":" in text else text


def _unfolded(text: str) -> str:
    """Without the white space that may stand at the dots and the @, where a long address was folded (RFC 5322, 4.4)."""
    return text if text.startswith('"') else _AROUND_A_MARK.sub("", text)


def _usable(text: str) -> str:
    return text if looks_like_address(text) else ""


def _without_comments(piece: str) -> tuple[str, str]:
    if "(" not in piece:
        return piece, ""
    kept: list[str] = []
    comment: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in piece:
        opens = char == "(" and not quoted and not escaped
        closes = char == ")" and not quoted and not escaped and depth > 0
        if char == '"' and not escaped and not depth:
            quoted = not quoted
        if opens:
            depth += 1
        if depth:
            comment.append(char)
        elif not closes:
            kept.append(char)
        if closes:
            depth -= 1
        escaped = char == "\\" and not escaped
    return "".join(kept), "".join(comment).strip("() ")


def _name(text: str) -> str:
    bare = [text.strip("<> ")]
    quoted: list[str] = []
    if '"' in text:
        bare = [words.replace('"', "") for words in _QUOTED.split(text)]
        bare[0], bare[-1] = bare[0].lstrip("<> "), bare[-1].rstrip("<> ")
        quoted = [_QUOTED_PAIR.sub(r"\1", found[1:-1]) for found in _QUOTED.findall(text)]
    said = "".join(chain.from_iterable(zip_longest(bare, quoted, fillvalue="")))
    return storable(unspaced(decode_words(said)))[:_LONGEST_NAME]
