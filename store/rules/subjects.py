"""When a subject counts as unchanged (R6.1): reply and forward prefixes, gateway tags and the number do not count."""

import functools
import re
import unicodedata

# Reply and forward prefixes of the mail clients' languages, without the colon.
_PREFIXES = (
    "re|r|ri|rif|aw|antw|antwort|sv|vs|odp|ynt|res|enc|tr|rv|bls|atb|pd|vá|vl|vb|vedr|ref|sb|ang|"
    "réf|trả lời|ตอบ|balas|external|extern|ext|"
    "fwd?|fw|wg|doorst|i|továbbítás|tovabbitas|yml|ilt|fs|転送|返信|回复|回覆|答复|转发|轉寄|회신|전달|"
    "отв|ответ|на|пересл|відп|απ|σχετ|πρθ|إعادة توجيه|رد|תגובה|הועבר"
)
_PREFIX = re.compile(
    rf"^\s*(?:{_PREFIXES})\.?\s*(?:\[\d{{1,4}}\]|\(\d{{1,4}}\)|\^\d{{1,4}})?\s*[:：]\s*", re.IGNORECASE
)
_TAG = re.compile(
    r"^\s*[\[(*{<]{1,10}\s*(?:(?:caution|warning)\s*:\s*)?(?:external|extern|ext|spam|suspected spam|possible spam|"
    r"caution|bulk|encrypt(?:ed)?|secure|e-?mail externe|externe|externo|esterno|外部|junk|"
    r"(?:possible |suspected )?phishing|suspicious)\s*"
    r"(?:e-?mail|sender|message)?\s*[?!]{0,2}\s*[\])*}>]{1,10}\s*:?\s*",
    re.IGNORECASE,
)
# what is written around an address or a number and not seen: soft hyphen, zero width, directions
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_NUMBER_WAS = "\0"
# a number may have stood in brackets, or with a colon or a dash behind it
_AROUND_NUMBER = re.compile(rf"[\[(]\s*{_NUMBER_WAS}\s*[\])]\s*[:-]?|{_NUMBER_WAS}\s*[:–-](?=\s)")
_SPACES = re.compile(r"\s+")
_LONGEST = 500
_MOST_NUMBERS = 20


@functools.lru_cache(maxsize=128)
def subject_key(subject: str, number: "re.Pattern[str] | None" = None) -> str:
    """The part of a subject that must not change, folded: prefixes, tags and what `number` matches taken off.

    `number` is the compiled ticket-number pattern of the settings.  Bounded: only the first 500 characters count.
    """
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", subject[:_LONGEST]))
    if number is not None:
        text = _AROUND_NUMBER.sub(" ", number.sub(_NUMBER_WAS, text)).replace(_NUMBER_WAS, " ")
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
