"""Text from outside, made fit for where it goes: one function for each sink (THREATS T1, T6, I4, X1, O6).

    clean           a terminal: cells, dialogs, sentences, logs
    for_file        a table as a file; what its format escapes, the writer of that format adds
    as_json         JSON: nothing is lost, and a terminal may see it
    for_mail_line   the value of a header field     for_mail_text   a body
    storable        the database, as written        field_text      the database, a field of one line that was typed

What is kept is as written, and made fit at each sink anew; so `clean` feeds neither the database, mail nor a file.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from store.joiners import first_of_each_sequence, is_in_place

# C0 but newline and tab, DEL, C1, lone surrogates
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
# bidi embeddings, overrides and isolates, which reorder what stands beside them
_REORDERING = "\u202a-\u202e\u2066-\u2069"
# letters and operators that nobody sees, byte-order mark, interlinear anchors, shorthand and musical controls, tags
_INVISIBLE = (
    "\u115f\u1160\u17b4\u17b5\u180e\u2028\u2029\u2061-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# soft hyphen, marks of direction, joiners, and zero-width characters that say where a line may break
_ZERO_WIDTH = "\u00ad\u034f\u061c\u200b-\u200f\u2060"
# of zero-width characters, the blank that nobody sees is for the middle of a text, as in Thai
_NOT_FOR_FILES = re.compile(f"[{_CONTROL}{_REORDERING}{_INVISIBLE}]|(?<!\\S)\u200b|\u200b(?!\\w)")
_NOT_FOR_TERMINALS = re.compile(f"[{_CONTROL}{_REORDERING}{_INVISIBLE}{_ZERO_WIDTH}]")
_NOT_FOR_HEADERS = re.compile(f"[{_CONTROL}{_REORDERING}]")
_NOT_FOR_TEXTS = re.compile(f"[{_CONTROL}]")
_STORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_SPACE = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
_SOFT_HYPHEN = re.compile("(?<=[^\\W\\d_])\u00ad(?=[^\\W\\d_])")
_COMBINING_CAP = 4  # more break terminals (CVE-2021-26937); no language writes more on one letter
# a run of so many characters that may have no width; each of a few large blocks has one, and needs no closer look
_MAYBE_FLOOD = re.compile(
    f"[^\x00-\u02ff\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u064a\u0904-\u0939\u0e01-\u0e30\u2010-\u2027"
    f"\u2030-\u205e\u2190-\u23ff\u2500-\u2b73\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9ffc\uac00-\ud7a3"
    f"\uff01-\uff9f\U0001f300-\U0001f64f]{{{_COMBINING_CAP + 1},}}"
)


def clean(text: object, *, one_line: bool = True, limit: int | None = 500, sequences: bool = False) -> str:
    """What a terminal may be given: control, bidi and zero-width characters are made visible, lone surrogates too.

    Joiners stay where a word or an emoji sequence needs them (I4, T6); a soft hyphen inside a word, which is seen only
    where a line breaks, is left out.  Of an emoji sequence the first emoji is drawn, which is as wide as every terminal
    says, unless it draws `sequences` (its mode 2027).  `limit` counts characters, None means no limit.  With
    `one_line`, runs of white space controls become one space; otherwise newlines stay and tabs become spaces.
    """
    value = _cut(text, limit)
    if value.isascii() and value.isprintable():
        return value
    value = _SPACE.sub(" ", value) if one_line else _LINE_END.sub("\n", value).expandtabs(4)
    if "\u00ad" in value:
        value = _SOFT_HYPHEN.sub("", value)
    if "\u200d" in value and not sequences:
        value = first_of_each_sequence(value)
    return _NOT_FOR_TERMINALS.sub(_visible, _capped(value))


def for_file(text: object) -> str:
    """What a cell of a file may hold, on one line: all that was written but control characters, bidi characters that
    reorder what stands beside them, and letters that nobody sees, which are made visible; floods of combining marks
    are capped."""
    value = _cut(text, None)
    if value.isascii() and value.isprintable():
        return value
    return _NOT_FOR_FILES.sub(_visible, _capped(_SPACE.sub(" ", value)))


def for_mail_line(text: object, *, limit: int) -> str:
    """What a header field may hold (RFC 5322, 2.2): as written, without blanks around it, but line ends and tabs are
    one blank; control characters are made visible, and bidi characters that reorder the address beside a name (I4)."""
    value = _cut(text, None)
    if not (value.isascii() and value.isprintable()):
        value = _NOT_FOR_HEADERS.sub(_visible, _SPACE.sub(" ", value))
    return _cut(value.strip(), limit)


def for_mail_text(text: str) -> str:
    """What a body may hold (RFC 5322, 2.3): as written, but lines end in a newline, and control characters other than
    newline and tab are made visible."""
    return _NOT_FOR_TEXTS.sub(_visible, _LINE_END.sub("\n", text))


def field_text(text: object, *, limit: int | None = None) -> str:
    """A field of one line as it is kept: as typed, without blanks around it; control characters are made visible."""
    value = _cut(text, limit)
    if value.isascii() and value.isprintable():
        return value.strip()
    return _NOT_FOR_TEXTS.sub(_visible, _SPACE.sub(" ", value)).strip()


def storable(text: str) -> str:
    """The text as SQLite and PostgreSQL can both keep it: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text  # most is: no need to look at each character
    return _STORABLE.sub("\ufffd", text)


def as_json(value: object) -> str:
    """JSON on one line; what `clean` would replace stands there as an escape: nothing is lost, no terminal obeys it."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii() and text.isprintable():
        return text
    return _NOT_FOR_TERMINALS.sub(lambda match: _json_escape(match[0]), _capped(text, _json_escape))


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def _cut(text: object, limit: int | None) -> str:
    value = "" if text is None else str(text)
    return value if limit is None or len(value) <= limit else value[:limit].rstrip("\u200c\u200d") + "…"


def _visible(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if is_in_place(match.string, match.start()):
        return char
    return "\u2421" if code == 0x7F else "\ufffd"


def _capped(text: str, beyond: Callable[[str], str] | None = None) -> str:
    """At most four characters without a width on one that has one; `beyond` says what becomes of the others, else they
    are left out."""
    if text.isascii():
        return text

    def capped(run: "re.Match[str]") -> str:
        out: list[str] = []
        marks = 0
        for char in run[0]:
            marks = marks + 1 if _has_no_width(char) else 0
            if marks <= _COMBINING_CAP:
                out.append(char)
            elif beyond is not None:
                out.append(beyond(char))
        return "".join(out)

    return _MAYBE_FLOOD.sub(capped, text)


@lru_cache(maxsize=8_192)  # as many different characters as a long text has
def _has_no_width(char: str) -> bool:
    """Whether it is drawn on the character before: a mark (of Thai, too), a joiner, a later letter of a Hangul
    syllable, or what this Python's Unicode does not know yet, but a terminal's may, emoji apart."""
    category = unicodedata.category(char)
    if category == "Cn":
        return char < "\U0001f000"
    return category[0] == "M" or char in "\u200c\u200d" or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff"
