"""Bytes → text, whatever charset they say they are in; nothing is dropped (R5.3)."""

import codecs

from store.cleantext import storable

# codecs that are no charsets, or whose time is not linear
_REFUSED = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"))
_ALIASES = {
    "ansi": "cp1252",
    "cp-850": "cp850",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
}


def decode(data: bytes, charset: str = "") -> str:
    """The text of `data`: by the charset named if it fits, else UTF-8, else the named one with U+FFFD for what does not
    fit, else Windows-1252.  Has no NUL and no lone surrogates."""
    named = _codec(charset)
    for name in (named, "utf-8"):
        if name:
            try:
                return storable(data.decode(name))
            except (UnicodeError, LookupError, ValueError):
                continue
    fallback = named if named and named != "utf-8" else "cp1252"
    try:
        return storable(data.decode(fallback, "replace"))
    except (UnicodeError, LookupError, ValueError):
        return storable(data.decode("latin-1"))


def _codec(charset: str) -> str:
    name = charset.strip(" \t\"'").lower()[:40]
    name = _ALIASES.get(name, name)
    if not name or name.replace("_", "-") in _REFUSED:
        return ""
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
