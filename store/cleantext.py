"""The one place where text from outside becomes displayable (THREATS T1, T6, I4; needs no Textual).

`clean` is called at the store's boundary for what is kept as text, and again at every sink: table cell, dialog,
command-line table, export.  Raw mail is kept as bytes and never passes here.
"""

import json
import re
import unicodedata

# C0 but newline and tab, DEL, C1, lone surrogates, bidi marks, line and paragraph separators, zero-width and
# invisible operators, byte-order mark, interlinear anchors, shorthand and musical controls, tag characters
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SPACE = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
_STORABLE = re.compile("[\x00\ud800-\udfff]")
_COMBINING_CAP = 4


def clean(text: object, *, one_line: bool = True, limit: int | None = 500) -> str:
    """Displayable text: no control, bidi, zero-width or lone surrogate characters; made visible, not dropped.

    `limit` counts characters, None means no limit.  With `one_line`, runs of white space controls become one space;
    otherwise newlines stay and tabs become spaces.
    """
    value = "" if text is None else str(text)
    if limit is not None and len(value) > limit:
        value = value[:limit] + "…"
    if value.isascii() and value.isprintable():
        return value
    if one_line:
        value = _SPACE.sub(" ", value)
    else:
        value = value.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _cap_combining(_UNSAFE.sub(_visible, value))


def storable(text: str) -> str:
    """The text as SQLite and PostgreSQL can both keep it: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text  # most is: no need to look at each character
    return _STORABLE.sub("\ufffd", text)


def as_json(value: object) -> str:
    """JSON on one line; what `clean` would replace stands there as an escape: nothing is lost, no terminal obeys it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f"


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _cap_combining(text: str) -> str:
    """At most four combining marks on one character: more break terminals (CVE-2021-26937)."""
    if text.isascii():
        return text
    out: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if _has_no_width(char) else 0
        if marks <= _COMBINING_CAP:
            out.append(char)
    return "".join(out)


def _has_no_width(char: str) -> bool:
    """Whether it is drawn on the character before: a mark (of Thai, too), a later letter of a Hangul syllable, or what
    this Python's Unicode does not know yet, but a terminal's may, emoji apart."""
    category = unicodedata.category(char)
    if category == "Cn":
        return char < "\U0001f000"
    return category[0] == "M" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff"
