"""A message's header block: split, unfolded, decoded, in linear time whatever its state (RFC 5322, 2047, 2231)."""

import quopri
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from mail.charsets import decode
from mail.span import Span
from mail.transfer import decoded_body

LARGEST_HEADER = 65_536
MOST_HEADERS = 1_000
LARGEST_BLOCK = 1_000_000
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\0]*")
# a line of white space alone ends the header only if no field follows it
_END = re.compile(rb"\r{0,2}\n\r{0,2}\n|\r\r(?!\n)|\r?\n[ \t]+\r?\n(?![!-9;-~]{1,100}[ \t]*:|[ \t])")
_LINE_END = re.compile(rb"\r{0,2}\n|\r")  # a line end that went through a text file twice is `\r\r\n`
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_USUAL = re.compile(
    rb"(?:arc|authentication|auto|bcc|cc|comments|content|date|delivered|dkim|errors|from|importance|in-reply|keywords|list|"
    rb"message|mime|organi[sz]ation|precedence|priority|received|references|reply|resent|return|sender|subject|thread|to|"
    rb"user|x)(?:-[a-z0-9-]*)?[ \t]*:",
    re.IGNORECASE,
)
_MAILBOX_LINE = (b"From ", b">From ")
_WORD_START = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_PARAMETER = re.compile(r';\s*([^\s=;"*]{1,60})(\*\d{1,3})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
# characters in an encoded word that mean something in an address field
_UNSEALED = re.compile(r"=\?[^?\s]{1,60}\?[qQ]\?[^?\s<>@]{1,1000}\?=")
_WORD_OF_BYTES = re.compile(rb"=\?[!->@-~]{1,60}\?[qQ]\?[^?]{1,1000}\?=")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_BROKEN_ESCAPE = re.compile(rb"=[ \t]+")
_MEANINGFUL = re.compile(r'["(),:;\[\\\]]')
_COMMENT = re.compile(r"\([^()]*\)")
_SPACE = re.compile("[\t-\r\x1c-\x20\x85\u2028\u2029]+")
_LONGEST_VALUE = 10_000
_WHOLE = -1
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_FIRST_PART = 4_000


class Fields:
    """The header fields in order, names in lower case, values as raw unfolded bytes.

    `cut` is '' or says which bound was met; `stray` are the lines that are no fields, which may be text; `charset` is
    the one of the text below, which a writer of bare 8-bit characters most likely used here, too.
    """

    def __init__(self, pairs: list[tuple[str, bytes]], *, cut: str = "", stray: bytes = b"", charset: str = "") -> None:
        self._pairs = pairs
        self._values: dict[str, list[bytes]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.cut = cut
        self.stray = stray
        self._charset = charset

    def all(self, name: str) -> list[str]:
        """Each value of a field as text with encoded words as they are, at most 64 KB each."""
        return [self._read(value) for value in self._values.get(name, ())]

    def first(self, name: str) -> str:
        """The first value of a field, '' when there is none."""
        values = self._values.get(name)
        return self._read(values[0]) if values else ""

    def _read(self, value: bytes, *, structured: bool = True) -> str:
        start = value[:LARGEST_HEADER]
        if not start.isascii():
            start = _WORD_OF_BYTES.sub(_in_ascii, start)
        return decode(start, guess=self._charset, structured=structured).strip()

    def above(self, name: str, mark: str, passed: int) -> Iterator[str]:
        """Each value of a field that stands above the field `mark`, of which so many are passed by."""
        for each, value in self._pairs:
            if each == mark:
                passed -= 1
                if passed < 0:
                    return
            elif each == name:
                yield self._read(value)

    def names(self) -> set[str]:
        """The names of all fields."""
        return set(self._values)

    def are_of_mail(self) -> bool:
        """Whether one is a field that mail has; else `Note: …` at the top is text, not a header."""
        return any(_USUAL.match(f"{name}:".encode()) for name in self._values)

    def text(self, name: str) -> str:
        """The first value of a field of free text with its encoded words decoded, on one line."""
        values = self._values.get(name)
        return unspaced(decode_words(self._read(values[0], structured=False))) if values else ""

    def __bool__(self) -> bool:
        return bool(self._values)


def split(raw: Span) -> tuple[Fields, Span]:
    """The header fields and the body.  A line that is no header is passed over, not taken for the body's start."""
    leading = _LEADING.match(raw.source, raw.start, raw.end)
    start = leading.end() if leading else raw.start
    begins = _NAME.match(raw.source, start, raw.end) or raw.cut(start).head(6).startswith(_MAILBOX_LINE)
    if start > raw.start and not begins:
        return Fields([]), raw
    return _split_at(raw, start)


def _split_at(raw: Span, start: int) -> tuple[Fields, Span]:
    end = _END.search(raw.source, start, raw.end)
    block = raw.cut(start, end.start() if end else raw.end).head(LARGEST_BLOCK + 1)
    body = raw.cut(end.end() if end else raw.end)
    charset = "" if block.isascii() else _charset_named(block, body)
    return _fields(block, charset), body


def _charset_named(block: bytes, body: Span) -> str:
    found = _CHARSET.search(block) or _CHARSET.search(body.head(_FIRST_PART))
    return found[1].decode("ascii", "replace") if found else ""


def _fields(block: bytes, charset: str) -> Fields:
    cut = f"its header is larger than {LARGEST_BLOCK} bytes" if len(block) > LARGEST_BLOCK else ""
    pairs: list[tuple[str, list[bytes]]] = []
    stray: list[bytes] = []
    current: list[bytes] = stray
    for number, line in enumerate(_LINE_END.split(block[:LARGEST_BLOCK])):
        match = _NAME.match(line)
        if line[:1] in (b" ", b"\t"):
            current.append(line)
        elif match and (not stray or _USUAL.match(line)):
            if len(pairs) >= MOST_HEADERS:
                cut = f"it has more than {MOST_HEADERS} header fields"
                break
            current = [line[match.end() :]]
            pairs.append((match[1].decode("ascii").lower(), current))
        elif number or not line.startswith(_MAILBOX_LINE):
            # from here on, what only looks like a field (`Note: …`) is text, too
            current = stray
            current.append(line)
    fields = [(name, b"".join(lines)) for name, lines in pairs]
    if not cut and any(len(value) > LARGEST_HEADER for _, value in fields):
        cut = f"a header field is larger than {LARGEST_HEADER} bytes"
    return Fields(fields, cut=cut, stray=b"\n".join(stray).strip(), charset=charset)


def _in_ascii(word: "re.Match[bytes]") -> bytes:
    """An encoded word, in which there may be bytes that should have been encoded: they are in its charset, too."""
    return _HIGH_BYTE.sub(lambda byte: b"=%02X" % byte[0][0], word[0])


def decode_words(text: str) -> str:
    """Decodes encoded words (RFC 2047), in one pass.  Neighbours of one charset are joined first, as a character may be
    split over two of them.  What is broken stays as it is."""
    out: list[str] = []
    pending, charset, at = b"", "", 0
    for start, end, name, data in _encoded_words(text):
        between = text[at:start]
        if at and not between.strip():
            between = ""
        if pending and (between or name.lower() != charset.lower()):
            out.append(decode(pending, charset))
            pending = b""
        out.append(between)
        pending, charset, at = pending + data, name, end
    if pending:
        out.append(decode(pending, charset))
    out.append(text[at:])
    return "".join(out)


def unspaced(text: str) -> str:
    """The text on one line: line ends, tabs and runs of blanks as one blank; the wide and narrow blanks of other
    scripts, and those that hold words together, stay."""
    return _SPACE.sub(" ", text).strip()


def sealed_words(text: str) -> str:
    """The text with each encoded word as the one atom that it is, even if its writer left a `,` or `(` in it as it was
    (RFC 2047, 5).  What has white space or an address in it is none."""
    return _UNSEALED.sub(lambda word: _MEANINGFUL.sub(lambda char: f"={ord(char[0]):02X}", word[0]), text)


def _encoded_words(text: str) -> Iterator[tuple[int, int, str, bytes]]:
    """(start, end, charset, bytes) of each encoded word that can be read."""
    at = 0
    while (start := text.find("=?", at)) >= 0:
        match = _WORD_START.match(text, start)
        if match is None:
            at = start + 2
            continue
        end = text.find("?=", match.end())
        if end < 0:  # its writer cut it off
            end = len(text)
        payload = text[match.end() : end].encode("utf-8", "replace")
        encoding = "base64" if match[2] in "bB" else "q"
        if encoding == "q":
            data = quopri.decodestring(_BROKEN_ESCAPE.sub(b"", payload), header=True)
        else:
            data = decoded_body(payload, encoding)
        yield start, end + 2, match[1].partition("*")[0], data
        at = end + 2


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A value such as Content-Type's: the part before the first `;` in lower case, and its parameters, with
    continuations and charsets of RFC 2231.  Only the first 10,000 characters count."""
    head, separator, rest = value[:_LONGEST_VALUE].partition(";")
    if "=" in head and "/" not in head:  # the kind is not said
        head, separator, rest = "", ";", value[:_LONGEST_VALUE]
    head = _COMMENT.sub(" ", head)
    kind = re.split(r'[\s",]', head.strip(' \t"'), maxsplit=1)[0]
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, number, extended, raw in _PARAMETER.findall(separator + rest):
        text = raw.strip()
        if text.startswith('"'):
            text = re.sub(r'\\(["\\])', r"\1", text.strip('"'))  # of `C:\a.pdf` the backslash is meant
        pieces.setdefault(name.lower(), []).append((int(number[1:]) if number else _WHOLE, bool(extended), text))
    return kind.lower(), {name: _joined(parts) for name, parts in pieces.items()}


def _joined(found: list[tuple[int, bool, str]]) -> str:
    """`name*`, which may stand beside a plain `name` for old programs; else the continuations; else the plain one, of
    which the first counts."""
    whole = [part for part in found if part[0] == _WHOLE]
    parts = [part for part in whole if part[1]][:1]
    parts = parts or sorted((part for part in found if part[0] != _WHOLE), key=lambda part: part[0]) or whole[:1]
    if not any(extended for _, extended, _ in parts):
        return "".join(text for _, _, text in parts)
    charset = ""
    data = b""
    for place, (_, extended, text) in enumerate(parts):
        if extended and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return decode(data, charset)


def split_part(section: Span) -> tuple[Fields, Span]:
    """The fields and the body of one part of a multipart; a part may have no fields at all."""
    if section.head(1) in (b"\n", b"\r"):
        return Fields([]), section.without_first_newline()
    fields, body = _split_at(section, section.start)
    return (fields, body) if fields else (Fields([]), section)
