"""Bytes → text, whatever charset they say they are in; nothing is dropped (R5.3)."""

import codecs
import re
from encodings import aliases, normalize_encoding
from functools import lru_cache

from mail.guessing import is_likely, is_rather_utf8, likeliest
from store.cleantext import storable

# codecs that are no charsets, or whose time is not linear
_REFUSED = frozenset(
    "base64_codec bz2_codec hex_codec idna mbcs oem punycode quopri_codec raw_unicode_escape rot_13 undefined "
    "unicode_escape uu_codec zlib_codec".split()
)
# asked first: Python looks for a module by every name that a sender invents, and remembers for ever that it has none
_KNOWN = frozenset(
    (*aliases.aliases.values(), "cp720", "cp737", "cp856", "cp874", "cp875", "koi8_t", "koi8_u", "utf_8_sig")
)
_ALIASES = {
    "ansi": "cp1252",
    "cp_850": "cp850",
    "windows_874": "cp874",
    "x_mac_roman": "mac_roman",
    "x_mac_cyrillic": "mac_cyrillic",
    "ks_c_5601_1987": "cp949",
    "euc_kr": "cp949",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "x_sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "big5": "big5hkscs",
    "windows_31j": "cp932",
    "ms932": "cp932",
    "euc_jp": "euc_jis_2004",
    "koi8_ru": "koi8_u",
    "iso_10646_ucs_2": "utf_16_be",
    "unicode_1_1_utf_7": "utf_7",
    "us_ascii": "utf_8",
    "ascii": "utf_8",
    "iso_8859_1": "cp1252",
    "latin_1": "cp1252",
    "latin1": "cp1252",
}
# Windows' charsets that are sent as the ISO's, in which there are no characters from 0x80 to 0x9F
_OF_WINDOWS = {
    "iso8859_2": "cp1250",
    "iso8859_4": "cp1257",
    "iso8859_6": "cp1256",
    "iso8859_7": "cp1253",
    "iso8859_8": "cp1255",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "iso8859_13": "cp1257",
    "iso8859_15": "cp1252",
    "tis_620": "cp874",
}
_OF_ASCII = frozenset(("", "utf_8", "cp1252", *_OF_WINDOWS))
_NOT_OF_ISO = re.compile(b"[\x80-\x9f]")
_PRINTABLE = bytes(range(0x20, 0x7F))
_MARKS = ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16"), (codecs.BOM_UTF16_BE, "utf_16"))
_CODE_PAGE = re.compile(r"(?:cp|win|windows|dos|ibm|ms)_?(\d{3,5})")
_SHIFT, _KOREAN = b"\x1b$", b"\x1b$)C"
_JIS_SHIFT = re.compile(rb"\x1b(\$[@B]|\([BIJ])")
_END_OF_NAME = re.compile(r"[\s\"'(;,]")


def decode(data: bytes, charset: str = "", *, guess: str = "", structured: bool = False) -> str:
    """The text of `data`: by the charset named if it is likely, else by what is; with U+FFFD for what nothing fits.

    UTF-8 is known by its form, the codes of Japan with shifts by theirs; of the others the likeliest is taken only
    where the one named does not fit, or gives nonsense (see `mail.guessing`).  `guess` is one that is likely, if no
    charset is named.  `structured`: of an address field, in which no reading may make or hide an `@` (I2).  Has no NUL
    and no lone surrogates.
    """
    if data.isascii() and b"\x1b" not in data and (not charset or _codec(charset) in _OF_ASCII):
        return storable(data.decode("ascii"))  # most is: no need to look closer
    named = _named(data, charset)
    if data.isascii() and _SHIFT in data and not named.startswith(("utf_16", "utf_32", "iso2022_kr")):
        return storable(_from_jis(data))
    try:
        text = _read(data, named, _above_ascii(_codec(guess)))
    except (UnicodeError, LookupError, ValueError):
        text = data.decode("latin-1")
    if structured and text.count("@") != data.count(b"@"):
        text = data.decode("utf_8", "replace")
    return storable(text).removeprefix("\ufeff")


def _named(data: bytes, charset: str) -> str:
    """The codec that is meant by what is said of the charset, '' if none is."""
    named = _codec(charset)
    if named.startswith(("utf_16", "utf_32")) and data.isascii() and b"\0" not in data:
        named = ""  # a page that was saved as UTF-16 and sent as something else still says so
    if data.isascii():
        return "iso2022_kr" if _KOREAN in data else named
    if named in _OF_WINDOWS and _NOT_OF_ISO.search(data) and _strictly(data, "utf_8") is None:
        return _OF_WINDOWS[named]
    return named or next((name for mark, name in _MARKS if data.startswith(mark)), "")


def _read(data: bytes, named: str, guess: str) -> str:
    as_named = _strictly(data, named or "ascii")
    if as_named is not None and (data.isascii() or named == "utf_8"):
        return as_named
    utf8 = _strictly(data, "utf_8")
    if utf8 is not None and (as_named is None or is_rather_utf8(data, named)):
        return utf8
    if as_named is not None and is_likely(data, named):
        return as_named
    if guess and not named and is_likely(data, guess) and (guessed := _strictly(data, guess)) is not None:
        return guessed
    if as_named is None and (mostly := _mostly_utf8(data)):
        return mostly
    if other := likeliest(data, but=named if as_named is not None else ""):
        return data.decode(other, "replace")
    if as_named is not None:
        return as_named
    return data.decode(next(codec for codec in (named, guess, "cp1252") if codec not in ("", "utf_8")), "replace")


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _mostly_utf8(data: bytes) -> str:
    """The text as UTF-8 if that reads more characters than it spoils, else ''."""
    text = data.decode("utf_8", "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text if beyond_ascii > 2 * text.count("\ufffd") else ""


@lru_cache(maxsize=64)
def _above_ascii(codec: str) -> str:
    """A codec if all that is ASCII stays so in it, so that a guess makes no other address of one (I2); else ''."""
    try:
        return codec if codec and _PRINTABLE.decode(codec) == _PRINTABLE.decode("ascii") else ""
    except (UnicodeError, LookupError, ValueError):
        return ""


def _from_jis(data: bytes) -> str:
    """ISO-2022-JP as Japanese mail programs write it: with the characters of Windows' Shift-JIS, such as ① and ㈱, that
    are not in the standard, and often without a word on the charset."""
    shifted = bytearray()
    mode = b"(B"
    for place, piece in enumerate(_JIS_SHIFT.split(data)):
        if place % 2:
            mode = piece
        elif mode.startswith(b"$"):
            shifted += _to_shift_jis(piece)
        else:
            shifted += bytes(byte | 0x80 for byte in piece) if mode == b"(I" else piece
    return shifted.decode("cp932", "replace")


def _to_shift_jis(pairs: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(pairs):
        high, low = pairs[at], pairs[at + 1] if at + 1 < len(pairs) else 0
        if high < 0x21 or low < 0x21:  # a line end, or half a character
            out.append(high)
            at += 1
            continue
        row = (high - 0x21) // 2 + 0x81
        out.append(row if row < 0xA0 else row + 0x40)
        out.append(low + (0x7E if high % 2 == 0 else 0x1F if low < 0x60 else 0x20))
        at += 2
    return bytes(out)


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    """Python's name of a charset, '' for what is none."""
    words = _END_OF_NAME.split(charset.strip(" \t\"'")[:60], maxsplit=1)[0]
    if not words.isascii():
        return ""
    name = normalize_encoding(words.lower())
    while name.startswith("x_") and name not in _ALIASES:
        name = name[2:]
    if page := _CODE_PAGE.fullmatch(name):
        name = f"cp{page[1]}"
    name = _ALIASES.get(name, aliases.aliases.get(name, name))
    name = _ALIASES.get(name, name)
    return "" if name in _REFUSED or name not in _KNOWN else name
