"""When a subject counts as unchanged (R6.1): reply and forward prefixes, gateway tags and the number do not count."""

import functools
import re
import unicodedata

# Reply and forward prefixes of the mail clients' languages, without the colon.
_PREFIXES = (
    "re|r|ri|rif|aw|antw|antwort|sv|svar|vs|vastaus|odp|ynt|yanıt|cevap|res|resp|enc|tr|rv|bls|atb|pd|vá|válasz|vl|vb|"
    "vedr|ref|sb|ang|réf|rép|réponse|respuesta|resposta|risposta|odpověď|odpoveď|odpowiedź|trả lời|ตอบ|balas|"
    "external|extern|ext|spam|fwd?|fw|wg|doorst|i|továbbítás|tovabbitas|yml|ilt|i̇lt|fs|転送|返信|回复|回覆|答复|"
    "转发|轉寄|회신|전달|отв|ответ|на|пересл|відп|απ|σχετ|πρθ|إعادة توجيه|رد|תגובה|הועבר|"
    # what answers while somebody is away
    "auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|automatische antwort|abwesenheitsnotiz|"
    "réponse automatique|respuesta automática|resposta automática|risposta automatica|automatisch antwoord|"
    "odpowiedź automatyczna|automatická odpověď|automatiskt svar|autosvar|automatisk svar|автоматический ответ|"
    "otomatik yanıt|自動応答|自动答复|自動回覆"
)
_COUNT = r"(?:\[\d{1,4}\]|\(\d{1,4}\)|[\^*]\d{1,4})"
_PREFIX = re.compile(rf"^\s*(?:{_PREFIXES})\.?\s*{_COUNT}?\s*[:：]\s*", re.IGNORECASE)
_OPEN, _CLOSE = r"[\[({<【*=\-]", r"[\])}>】*=\-]"
_TAG = re.compile(
    rf"^\s*{_OPEN}{{1,10}}\s*(?:⚠\ufe0f?\s*)?(?:(?:caution|warning)\s*:\s*)?(?:(?:possible|potential|suspected|likely|"
    r"confirmed)\s*)?(?:external|extern|ext|spam|caution|warning|bulk|encrypt(?:ed)?|secure|e-?mail externe|externe|"
    r"externo|externa|esterno|外部|外部メール|外部邮件|junk|phish(?:ing)?|suspicious|disarmed|virus|filename|"
    r"dangerous content|fraud|marketing|graymail|greymail|quarantined?|sec(?:urity)?=[\w :-]{1,40})\s*"
    rf"(?:e-?mail|sender|message|mail|\d{{1,3}}(?:\.\d{{1,2}})?)?\s*[?!]{{0,2}}\s*{_CLOSE}{{1,10}}\s*[:-]?\s*",
    re.IGNORECASE,
)
# what some programs and governments put behind it
_TRAILING = re.compile(r"\s*(?:\(fwd\)|\[(?:external|ext|sec=[\w :-]{1,40})\])\s*$", re.IGNORECASE)
# what stood around a number, with nothing in it now
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|<\s*>|【\s*】")
_LEADING_MARKS = re.compile(r"^[\s:：|–—-]+")
# what is written around an address or a number and not seen: soft hyphen, zero width, directions
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
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
        text = _EMPTY.sub(" ", number.sub(" ", text))
    text = _SPACES.sub(" ", text)  # no pattern below has to try where a long gap ends
    while True:
        shorter = _LEADING_MARKS.sub("", _TAG.sub("", _PREFIX.sub("", text, count=1), count=1))
        shorter = _TRAILING.sub("", shorter)
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
