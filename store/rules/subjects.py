"""When a subject counts as unchanged (R6.1): reply and forward prefixes, gateway tags and the number do not count."""

import functools
import re
import unicodedata

AUTOMATIC_PREFIXES = (
    "auto(?:matic)?[ -]?(?:reply|response)|auto[ -]?responder|ooo|out of (?:the )?office(?: auto[ -]?reply)?|"
    "automatische antwort|abwesend|abwesenheits(?:notiz|nachricht|meldung|assistent)|automatisch antwoord|"
    "afwezigheids(?:bericht|melding)|"
    "réponse automatique|(?:message|notification|avis) d['’]absence|absence du bureau|"
    "respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|"
    "resposta autom[áàa]tica|fora do escrit[óo]rio|automati(?:skt?|sk) svar|autosvar|frånvaromeddelande|"
    "fraværs(?:melding|besked|assistent)|automaattinen vastaus|poissaoloilmoitus|"
    "odpowied[źz] automatyczna|automatyczna odpowied[źz]|automatick[áa] odpov[ěe]ď|mimo kancelář|"
    "автоответ(?:чик)?|автоматический ответ|автоматична відповідь|автоматичен отговор|otomatik yanıt|ofis dışında|"
    "automatikus (?:válasz|üzenet)|házon kívül|răspuns automat|αυτόματη απάντηση|automatski odgovor|"
    "аутоматски одговор|"
    "samodejni odgovor|automaatvastus|automātiskā atbilde|automatinis atsakymas|sjálfvirkt svar|"
    "תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي|balasan otomatis|(?:thư )?trả lời tự động|"
    "การตอบกลับอัตโนมัติ|ตอบกลับอัตโนมัติ|"
    "自动(?:回复|答复)|自動(?:返信|応答|回覆)|不在通知|자동 ?(?:회신|응답)|부재 ?중"
)
"""What programs put before a subject when they answer for somebody, without the colon; as a regex."""
# Reply and forward prefixes of the mail clients' languages, without the colon.
_PREFIXES = (
    "re|r|ri|rif|aw|antw|antwort|sv|svar|svar på|vs|vast|vastaus|välitys|odp|odg|odgovor|ynt|yanıt|cevap|res|resp|enc|"
    "tr|trs|rv|bls|atb|ats|na|pd|vá|válasz|vl|vb|vidarebefordrat|vedr|ref|sb|ang|réf|rép|réponse|respuesta|resposta|"
    "risposta|râsp|răspuns|odpověď|odpoveď|odpowiedź|beantw|reply|trả lời|chuyển tiếp|ตอบ|ส่งต่อ|balas|"
    "external|extern|ext|spam|caution|external (?:e-?mail|mail|sender)|fwd?|fw|forward|forwarded|wg|weitergeleitet|"
    "doorst|doorgestuurd|reenv|i|továbbítás|tovabbitas|yml|ilt|i̇lt|hiv|fs|edasi|pers|redir|posr|posredovano|proslijeđeno|"
    "転送|返信|回复|回覆|答复|转发|轉寄|회신|답장|전달|отв|ответ|на|пер|пересл|відп|отг|απ|απάντηση|σχετ|πρθ|"
    "إعادة توجيه|رد|תגובה|השב|הועבר"
)
_COUNT = r"(?:\[\d{1,4}\]|\(\d{1,4}\)|[\^*]\d{1,4})"
_PREFIX = re.compile(
    rf"^[^\w\[({{<【*=-]{{0,3}}(?:{_PREFIXES}|{AUTOMATIC_PREFIXES})\.?\s*{_COUNT}?\s*[:：]\s*", re.IGNORECASE
)
# What gateways write in brackets, stars or dashes, before the subject or behind it: some of these words, alone or with
# such as fill it up
_TAG = re.compile(
    r"^(?:[\[({<【*]{1,10}([^\[\](){}<>【】]{1,60}?)[\])}>】*]{1,10}|[*=-]{2,10}([^*=-]{1,40})[*=-]{2,10})"
    r"\s*[:-]?\s*(?=\S)"
)
_LAST_TAG = re.compile(r"(?<=\S)\s*[\[(]([^\[\]()]{1,60})[\])]\s*$")
_TAG_WORDS = frozenset(
    "external extern externe externo externa esterno ext ekstern zewnętrzny zewnętrzna внешняя внешнее 外部 外部メール "
    "外部邮件 社外 spam junk bulk phish phishing suspicious suspected disarmed caution warning unverified unscannable "
    "secure encrypted encrypt marketing newsletter graymail greymail quarantine quarantined virus fraud fwd sec "
    "security dangerous filename".split()
)
_FILLING = frozenset(
    "possible potential likely confirmed probable sender source origin mail email e message courriel correo posta "
    "poczta почта письмо score content official sensitive unclassified from the organization".split()
)
_TAG_WORD = re.compile(r"[^\W\d_]+")
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
    while (shorter := _with_one_less(text)) != text:
        text = shorter
    return text.strip().casefold()


def _with_one_less(text: str) -> str:
    """The text without its first prefix, or else without a tag, unless nothing else would be left."""
    text = text.lstrip()
    if prefix := _PREFIX.match(text):
        return text[prefix.end() :]
    for tag in (_TAG.search(text), _LAST_TAG.search(text)):
        if tag and _is_tag(next(filter(None, tag.groups()))):
            return text[: tag.start()] + text[tag.end() :]
    return _LEADING_MARKS.sub("", text)


def _is_tag(inside: str) -> bool:
    words = set(_TAG_WORD.findall(inside.lower()))
    return bool(words & _TAG_WORDS) and words <= _TAG_WORDS | _FILLING


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
