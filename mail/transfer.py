"""Content-Transfer-Encoding (RFC 2045, 6): what a part holds, whole or in pieces, whatever its state."""

import binascii
import quopri
import re
from collections.abc import Iterator

from mail.span import Span

_ENCODING = re.compile(r"[a-z0-9-]+")
# nothing is given back in them: a line of a thousand `\r` would be tried in a million ways (THREATS D11)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=\r]*+[ \t\r]*+")
_LONG_BASE64_LINE = re.compile(rb"[^ ]{30,}+[ \t\r]*+")
# a gateway may add white space behind the `=` (RFC 2045, 6.7)
_SOFT_BREAK = re.compile(rb"=(?:[ \t]+\r*|\r\r+)\n")
_NAMES_OF_UUENCODE = ("x-uuencode", "uuencode", "x-uue", "uue")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]+=*")
# a whole file of uuencode: its name, and its lines, none of which starts with a small letter (POSIX, uuencode)
UUENCODED = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r*\n((?:[!-`][ -`]{0,84}\r*\n)*+)(?: ?\r*\n)?end[ \t]*\r*$", re.MULTILINE
)
_AT_ONCE = 4_000_000
_PIECE = 1_048_576


def decoded_body(body: bytes, encoding: str) -> bytes:
    """The content of a part by its Content-Transfer-Encoding; what is not decodable stays as it is."""
    kind = _kind(encoding)
    if kind == "base64":
        compact = body.translate(None, b" \t\r\n")
        try:
            return binascii.a2b_base64(compact, strict_mode=True)
        except (binascii.Error, ValueError):
            return _broken_base64(body)
    if kind in _NAMES_OF_UUENCODE:
        return _uudecoded(body)
    return _unquoted(body) if kind == "quoted-printable" else body


def is_encoded(encoding: str) -> bool:
    """Whether what a part holds does not stand in it as it is."""
    return _kind(encoding) in ("base64", "quoted-printable", *_NAMES_OF_UUENCODE)


def decoded_pieces(body: Span, encoding: str) -> Iterator[bytes]:
    """The same in pieces, so that a large part costs little memory; a broken large part is decoded whole."""
    if len(body) <= _AT_ONCE:
        yield decoded_body(bytes(body), encoding)
        return
    kind = _kind(encoding)
    if kind == "base64":
        try:
            for _ in _strict_pieces(body):
                pass
        except (binascii.Error, ValueError):
            yield _broken_base64(bytes(body))
        else:
            yield from _strict_pieces(body)
    elif kind == "quoted-printable":
        yield from _quoted_pieces(body)
    elif kind in _NAMES_OF_UUENCODE:
        yield _uudecoded(bytes(body))
    else:
        yield from body.pieces(_PIECE)


def _kind(encoding: str) -> str:
    found = _ENCODING.match(encoding.strip(" \t\"'").lower())
    return found[0] if found else ""


def _strict_pieces(body: Span) -> Iterator[bytes]:
    """Raises binascii.Error at what is no base64."""
    carried = b""
    for piece in body.pieces(_PIECE):
        compact = carried + piece.translate(None, b" \t\r\n")
        usable = len(compact) - len(compact) % 4
        yield binascii.a2b_base64(compact[:usable], strict_mode=True)
        carried = compact[usable:]
    if carried:
        yield binascii.a2b_base64(carried, strict_mode=True)


def _quoted_pieces(body: Span) -> Iterator[bytes]:
    """Cut behind line ends, where nothing spans the cut."""
    carried = b""
    for piece in body.pieces(_PIECE):
        text = carried + piece
        cut = text.rfind(b"\n") + 1
        yield _unquoted(text[:cut])
        carried = text[cut:]
    yield _unquoted(carried)


def _unquoted(body: bytes) -> bytes:
    return quopri.decodestring(_SOFT_BREAK.sub(b"=\n", body))


def _uudecoded(body: bytes) -> bytes:
    """The first file in it; all as it is where there is none or a line of it cannot be read."""
    found = UUENCODED.search(body)
    if found is None:
        return body
    try:
        return b"".join(binascii.a2b_uu(line) for line in found[2].splitlines())
    except binascii.Error:
        return body


def _broken_base64(body: bytes) -> bytes:
    """What can be decoded of it, and behind that, as it is, text that somebody wrote under it (or instead of it)."""
    lines = body.split(b"\n")
    first = next((number for number, line in enumerate(lines) if not _BASE64_LINE.fullmatch(line)), len(lines))
    rest = lines[first:]
    if sum(bool(_LONG_BASE64_LINE.fullmatch(line)) for line in rest) > len(rest) // 2:
        first, rest = len(lines), []  # noise within, nothing behind
    # each run ends with its own padding: pieces may be put together, and the last may be cut short
    runs = _BASE64_RUN.findall(_NOT_BASE64.sub(b"", b"".join(lines[:first])))
    decoded = b"".join(_run_of_base64(run) for run in runs)
    written = b"\n".join(rest)
    return decoded + (b"\n" if decoded else b"") + written if written.strip() else decoded


def _run_of_base64(run: bytes) -> bytes:
    letters = run.rstrip(b"=")
    usable = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))
