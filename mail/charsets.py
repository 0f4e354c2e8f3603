"""Bytes → text, whatever charset they say they are in; nothing is dropped (R5.3)."""

import codecs
import re
from encodings import aliases, normalize_encoding
from functools import lru_cache

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
    "unicode_1_1_utf_7": "utf_7",
    "us_ascii": "utf_8",
    "ascii": "utf_8",
    "iso_8859_1": "cp1252",
    "latin_1": "cp1252",
    "latin1": "cp1252",
}
_MARKS = ((codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF16_LE, "utf_16"), (codecs.BOM_UTF16_BE, "utf_16"))
_END_OF_NAME = re.compile(r"[\s\"'(;,]")


def decode(data: bytes, charset: str = "") -> str:
    """The text of `data`: by the charset named if it fits, else UTF-8, else what fits most of it, with U+FFFD for the
    rest.  Has no NUL and no lone surrogates."""
    named = _codec(charset)
    marked = "" if named else next((name for mark, name in _MARKS if data.startswith(mark)), "")
    for name in (named or marked, "utf_8"):
        if name:
            try:
                return storable(data.decode(name)).removeprefix("\ufeff")
            except (UnicodeError, LookupError, ValueError):
                continue
    try:
        return storable(_guessed(data, named))
    except (UnicodeError, LookupError, ValueError):
        return storable(data.decode("latin-1"))


def _guessed(data: bytes, named: str) -> str:
    """What no charset fits: UTF-8 if that reads more characters than it spoils, else the one named or Windows-1252."""
    text = data.decode("utf_8", "replace")
    spoilt = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if beyond_ascii > 2 * spoilt:
        return text
    return data.decode(named if named and named != "utf_8" else "cp1252", "replace")


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    """Python's name of a charset, '' for what is none."""
    words = _END_OF_NAME.split(charset.strip(" \t\"'")[:60], maxsplit=1)[0]
    if not words.isascii():
        return ""
    name = normalize_encoding(words.lower())
    name = _ALIASES.get(name, aliases.aliases.get(name, name))
    name = _ALIASES.get(name, name)
    return "" if name in _REFUSED or name not in _KNOWN else name
