"""A message's header block: split, unfolded, decoded, in linear time whatever its state (RFC 5322, 2047, 2231)."""

import base64
import binascii
import quopri
import re
from urllib.parse import unquote_to_bytes

from mail.charsets import decode

LARGEST_HEADER = 65_536
MOST_HEADERS = 1_000
LARGEST_BLOCK = 1_000_000
_END = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(rb"^([!-9;-~]{1,100})[ \t]*:")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;"*]{1,60})(\*\d{1,3})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_LONGEST_VALUE = 10_000


class Fields:
    """The header fields in order, names in lower case, values as raw unfolded bytes."""

    def __init__(self, pairs: list[tuple[str, bytes]], *, cut: str = "") -> None:
        self._pairs = pairs
        self.cut = cut

    def all(self, name: str) -> list[str]:
        """Each value of a field as text with encoded words as they are, at most 64 KB each."""
        return [decode(value[:LARGEST_HEADER]).strip() for known, value in self._pairs if known == name]

    def first(self, name: str) -> str:
        """The first value of a field, '' when there is none."""
        for known, value in self._pairs:
            if known == name:
                return decode(value[:LARGEST_HEADER]).strip()
        return ""

    def text(self, name: str) -> str:
        """The first value of a field with its encoded words decoded, on one line."""
        return " ".join(decode_words(self.first(name)).split())

    def __bool__(self) -> bool:
        return bool(self._pairs)


def split(raw: bytes) -> tuple[Fields, bytes]:
    """The header fields and the body.  A line that is no header is passed over, not taken for the body's start."""
    start = 0
    while raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    first, _, _ = raw[start : start + 200].partition(b"\n")
    if not _NAME.match(first) and not first.startswith((b"From ", b">From ")):
        return (Fields([]), raw) if start else _split_at(raw, 0)
    return _split_at(raw, start)


def _split_at(raw: bytes, start: int) -> tuple[Fields, bytes]:
    end = _END.search(raw, start)
    block = raw[start : end.start()] if end else raw[start:]
    return _fields(block), raw[end.end() :] if end else b""


def _fields(block: bytes) -> Fields:
    cut = f"its header is larger than {LARGEST_BLOCK} bytes" if len(block) > LARGEST_BLOCK else ""
    pairs: list[tuple[str, list[bytes]]] = []
    for line in _LINE_END.split(block[:LARGEST_BLOCK]):
        match = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and pairs:
            pairs[-1][1].append(line)
        elif match:
            if len(pairs) >= MOST_HEADERS:
                cut = f"it has more than {MOST_HEADERS} header fields"
                break
            pairs.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
    return Fields([(name, b"".join(lines)) for name, lines in pairs], cut=cut)


def decode_words(text: str) -> str:
    """Decodes encoded words (RFC 2047); neighbours of one charset are joined first, as a character may be split over
    two of them.  What is broken stays as it is."""
    if "=?" not in text:
        return text
    joined = _BETWEEN.sub(r"\1", text)
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for match in _WORD.finditer(joined):
        data = _word_bytes(match[2], match[3])
        name = match[1].partition("*")[0]
        between = joined[at : match.start()]
        if pending and (between or name.lower() != charset.lower() or data is None):
            out.append(decode(pending, charset))
            pending = b""
        out.append(between)
        if data is None:
            out.append(match[0])
        else:
            pending, charset = pending + data, name
        at = match.end()
    out.append(decode(pending, charset) if pending else "")
    out.append(joined[at:])
    return "".join(out)


def _word_bytes(encoding: str, payload: str) -> bytes | None:
    if encoding in "qQ":
        return quopri.decodestring(payload.encode("utf-8", "replace"), header=True)
    data = payload.encode("ascii", "ignore")
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return None


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A value such as Content-Type's: the part before the first `;` in lower case, and its parameters, with
    continuations and charsets of RFC 2231.  Only the first 10,000 characters count."""
    head, separator, rest = value[:_LONGEST_VALUE].partition(";")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, number, extended, raw in _PARAMETER.findall(separator + rest):
        text = raw.strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text.strip('"'))
        pieces.setdefault(name.lower(), []).append((int(number[1:]) if number else 0, bool(extended), text))
    return head.strip().lower(), {name: _joined(parts) for name, parts in pieces.items()}


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    parts.sort(key=lambda part: part[0])
    if not any(extended for _, extended, _ in parts):
        # continuations are joined; a parameter that is merely repeated counts once
        texts = [text for _, _, text in parts] if parts[-1][0] else [parts[0][2]]
        return decode_words("".join(texts))
    charset = ""
    data = b""
    for place, (_, extended, text) in enumerate(parts):
        if extended and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return decode(data, charset)


def decoded_body(body: bytes, encoding: str) -> bytes:
    """The content of a part by its Content-Transfer-Encoding; what is not decodable stays as it is."""
    kind = encoding.strip().lower()
    if kind == "base64":
        try:
            return binascii.a2b_base64(body)
        except (binascii.Error, ValueError):
            return _lenient_base64(body)
    if kind == "quoted-printable":
        return quopri.decodestring(body)
    return body


def _lenient_base64(body: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    usable = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(usable + b"=" * (-len(usable) % 4))


def split_part(section: bytes) -> tuple[Fields, bytes]:
    """The fields and the body of one part of a multipart; a part may have no fields at all."""
    if section[:1] in (b"\n", b"\r"):
        return Fields([]), section[2:] if section.startswith(b"\r\n") else section[1:]
    return _split_at(section, 0)
