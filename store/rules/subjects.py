"""When a subject counts as unchanged (R6.1): reply and forward prefixes, gateway tags and the number do not count."""

import functools
import re
import unicodedata

# Reply and forward prefixes of the mail clients' languages, without the colon.
_PREFIXES = (
    "re|r|ri|rif|aw|antw|antwort|sv|vs|odp|ynt|res|enc|tr|rv|bls|atb|pd|vá|vl|vb|vedr|ref|sb|ang|"
    "fwd?|fw|wg|doorst|i|továbbítás|tovabbitas|yml|ilt|fs|転送|返信|回复|回覆|答复|转发|轉寄|회신|전달|"
    "отв|ответ|на|пересл|відп|απ|σχετ|πρθ|إعادة توجيه|رد|תגובה|הועבר"
)
_PREFIX = re.compile(rf"^\s*(?:{_PREFIXES})\s*(?:\[\d{{1,4}}\]|\(\d{{1,4}}\)|\^\d{{1,4}})?\s*[:：]\s*", re.IGNORECASE)
_TAG = re.compile(
    r"^\s*[\[(*{<]{1,2}\s*(?:external|extern|ext|spam|suspected spam|possible spam|caution|bulk|encrypt(?:ed)?|"
    r"secure|e-?mail externe|externo|esterno|外部)\s*(?:e-?mail|sender|message)?\s*[\])*}>]{1,2}\s*:?\s*",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_LONGEST = 500
_MOST_NUMBERS = 20


@functools.lru_cache(maxsize=128)
def subject_key(subject: str, number: "re.Pattern[str] | None" = None) -> str:
    """The part of a subject that must not change, folded: prefixes, tags and what `number` matches taken off.

    `number` is the compiled ticket-number pattern of the settings.  Bounded: only the first 500 characters count.
    """
    text = unicodedata.normalize("NFC", subject[:_LONGEST])
    if number is not None:
        text = number.sub(" ", text)
    while True:
        shorter = _TAG.sub("", _PREFIX.sub("", text, count=1), count=1)
        if shorter == text:
            return _SPACES.sub(" ", text).strip().casefold()
        text = shorter


@functools.lru_cache(maxsize=128)
def numbers_in(subject: str, number: "re.Pattern[str]") -> tuple[int, ...]:
    """The ticket numbers that the settings' pattern finds in a subject, in order: the first 20, none absurdly long."""
    found: dict[int, None] = {}
    for match in number.finditer(subject[:_LONGEST]):
        digits = match.group("number")
        if digits and digits.isascii() and digits.isdigit() and len(digits) <= 12:
            found[int(digits)] = None
            if len(found) == _MOST_NUMBERS:
                break
    return tuple(found)
