"""Who wrote? The address fields of a message, read so that no spelling makes one address pass for another (I2).

`email.utils` takes the first of several addresses, follows routes wrongly and recurses on `((((`; this reader is
iterative, bounded, and says “none” where a person could be misled.
"""

import re
import unicodedata
from dataclasses import dataclass

from mail.headers import decode_words
from store.cleantext import storable

_LONGEST = 20_000
_LONGEST_ADDRESS = 320
_BARE = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"@]+")
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written and the display name, decoded."""

    address: str
    name: str


def mailboxes(value: str) -> list[Mailbox]:
    """All mailboxes of an address field, groups and routes resolved; what has no usable address is left out."""
    found = (_mailbox(piece) for piece in _pieces(value[:_LONGEST]))
    return [mailbox for mailbox in found if mailbox is not None]


def the_one(values: list[str]) -> Mailbox | None:
    """The sender that all these fields agree on; None when there is none, or more than one (I2)."""
    found = [mailbox for value in values for mailbox in mailboxes(value)]
    if len({mailbox.address.casefold() for mailbox in found}) != 1:
        return None
    return found[0]


def _pieces(value: str) -> list[str]:
    """Cuts at commas and semicolons outside of quotes, comments and angle brackets; takes comments and group names off.

    Comments become ` (text)` at the end of their piece, for a name that stands only there.
    """
    pieces: list[str] = []
    current: list[str] = []
    depth, quoted, angled, escaped = 0, False, False, False
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
            elif char == ":" and not angled:
                current = []
                continue
        current.append(char)
    pieces.append("".join(current))
    return [piece for piece in pieces if piece.strip()]


def _mailbox(piece: str) -> Mailbox | None:
    text, comment = _without_comments(piece)
    start = _outside_quotes(text, "<")
    if start >= 0:
        inner = text[start + 1 :].partition(">")[0].strip()
        if inner.startswith("@") and ":" in inner:
            # a source route, `<@relay:user@host>`: the mailbox is behind the last colon (RFC 5322, 4.4)
            inner = inner.rpartition(":")[2]
        address = _usable(inner)
        name = _name(text[:start]) or _name(comment)
    else:
        bare = _BARE.findall(text)
        address = _usable(text.strip()) or (_usable(bare[0]) if len(bare) == 1 else "")
        name = _name(comment) or (_name(text.replace(address, " ")) if address else "")
    return Mailbox(address, name) if address else None


def _usable(text: str) -> str:
    """The address if it can be one: local part, domain, no white space, control or format characters, not endless."""
    local, _, domain = text.rpartition("@")
    plain = local.strip('"') if local.startswith('"') and local.endswith('"') and len(local) > 2 else local
    if not plain or not domain or len(text) > _LONGEST_ADDRESS:
        return ""
    if "@" in local and plain is local:
        return ""
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs") for char in text):
        return ""
    if any(char in '<>()[],;:"\\' for char in domain) and not re.fullmatch(r"\[[0-9A-Fa-f.:IPv]+\]", domain):
        return ""
    return text


def _without_comments(piece: str) -> tuple[str, str]:
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


def _outside_quotes(text: str, wanted: str) -> int:
    """Where `wanted` stands last outside of quotes: a bracket in an unquoted name is not the address's."""
    quoted, place = False, -1
    for index, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char == wanted and not quoted:
            place = index
    return place


def _name(text: str) -> str:
    stripped = text.strip()
    if stripped.startswith('"'):
        stripped = _QUOTED_PAIR.sub(r"\1", stripped.strip('"'))
    return storable(" ".join(decode_words(stripped).split()))[:500]
