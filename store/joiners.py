"""Where a joiner (U+200C, U+200D) belongs: inside words of scripts whose letters it joins or parts, and between the
emoji of one sequence.  Elsewhere it only makes two texts look alike (THREATS I4; UAX 31, 2.3; UTS 51, ED-16)."""

import re
import unicodedata

_NON_JOINER, _JOINER = "\u200c", "\u200d"
# the blocks of the scripts that need them: Arabic's family, India's, those of Myanmar, Cambodia, Mongolia and Java, and
# Arabic's presentation forms
_SCRIPT = re.compile(
    "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\u1b00-\u1bff\ua840-\ua87f\ua8e0-\ua9ff\uaa60-\uaa7f\ufb50-\ufdff"
    "\ufe70-\ufefc\U00010a00-\U00010bff\U00010d00-\U00010d3f\U00011000-\U00011aff]"
)
# pictures, as Unicode's property Extended_Pictographic has them, and what may follow one of them
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
_ONE = f"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]{{0,2}}"
_LONGEST_ONE = 3
_BEFORE = re.compile(f"{_ONE}$")
_AFTER = re.compile(_PICTURE)
_SEQUENCE = re.compile(f"({_ONE})(?:{_JOINER}{_ONE})+")


def is_in_place(text: str, at: int) -> bool:
    """Whether the character at this place is a joiner that a word or an emoji sequence needs."""
    char = text[at]
    if char not in (_NON_JOINER, _JOINER):
        return False
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if _in_word(before):
        return char == _JOINER or _in_word(after)  # in some languages a joiner shapes the last letter
    one = text[max(0, at - _LONGEST_ONE) : at]
    return char == _JOINER and bool(_BEFORE.search(one) and _AFTER.match(after))


def first_of_each_sequence(text: str) -> str:
    """The text with the first emoji of each sequence: a family's, the first of its people."""
    return _SEQUENCE.sub(r"\1", text)


def _in_word(char: str) -> bool:
    return bool(_SCRIPT.match(char)) and unicodedata.category(char)[0] in "LM"
