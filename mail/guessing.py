"""How likely it is that bytes are text in a charset: what mail says of its charset is wrong at times, or not there.

A reading is scored by its characters beyond ASCII: letters and syllables that its language uses often count much, those
that it hardly uses, or that no text holds, count little.  0 is nonsense, 1 the language's commonest letters alone.
"""

import re
from functools import lru_cache

# right readings of a few words have 0.65 to 1, wrong ones 0.1 to 0.6
_LIKELY = 0.62
# what stands against the word of the message must be much likelier, and more than a name
_CERTAIN = 0.75
_MUCH = 0.25
_FEW = 6  # bytes beyond ASCII
_ENOUGH = 2_000  # bytes: more say nothing new
# letters from the commonest to the rarest
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґўјљњћ"
_GREEK = "αοιετσνηυρπκμλςωίόέάήγδφθχβύώξζψϊϋ"
_HEBREW = "יוהלאתרבשמנםכעחדפקצגטןזךסףץ"
_ARABIC = "اليمنوترةبعدسفهكقحجأشىطصخزذضغثئءإآظؤ"
_THAI = "านรกเงอม่ลยวทดตสิ้ปบะพคหัจแใขไนีชืูผุ็ำโซธศฟภถณ์ึญษฉฐ"
_ALPHABETS = {
    **dict.fromkeys(("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic"), _RUSSIAN),
    **dict.fromkeys(("cp1253", "iso8859_7"), _GREEK),
    **dict.fromkeys(("cp1255", "iso8859_8"), _HEBREW),
    **dict.fromkeys(("cp1256", "iso8859_6"), _ARABIC),
    **dict.fromkeys(("cp874", "tis_620", "iso8859_11"), _THAI),
}
# of each the national standard, and its rows of the characters that everybody learns
_STANDARDS = {
    "cp932": ("euc_jp", range(0xB0, 0xD0)),
    "euc_jis_2004": ("euc_jp", range(0xB0, 0xD0)),
    "gb18030": ("gb2312", range(0xB0, 0xD8)),
    "big5hkscs": ("big5", range(0xA4, 0xC7)),
    "cp949": ("euc_kr", range(0xB0, 0xC9)),
}
# of two that are as likely the first
_CANDIDATES = (
    "cp949",
    "gb18030",
    "cp932",
    "euc_jis_2004",
    "big5hkscs",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
)
_WESTERN = re.compile(r"cp125[02478]|cp(?:437|85\d)|iso8859_(?:[1-49]|1[03-6])|mac_(?:roman|latin2|turkish|iceland)")
_KANA = re.compile("[\u3041-\u30fe]")
_OTHER_ALPHABET = re.compile("[\u0391-\u03c9\u0401-\u0451]")
_INVERSE_CASE = re.compile("[а-яё][А-ЯЁ]{2}")
_PUNCTUATION = re.compile("[\u00ab\u00bb\u2010-\u2026\u2116\u3000-\u3015\uff01-\uff5e]")
_LONG_RUN = re.compile(b"[\x80-\xff]{4,}")
_HIGH = re.compile(b"[\x80-\xff]")
_ODD_SIGN = re.compile(b"[\x81-\x84\x86-\x90\x98-\x9f]")  # in Windows' charsets; where Shift-JIS begins its characters
# what starts a character of three or four bytes in UTF-8; some of two without a Latin letter beside them
_LONGER = re.compile(b"[\xe0-\xf4]")
_ALONE = re.compile(b"(?<![A-Za-z])(?:[\xc2-\xdf][\x80-\xbf])+(?![A-Za-z])")
_USUAL = re.compile(
    "[\x00-\x7f\xa0-\u017f\u0218-\u021b\u0384-\u03ce\u0400-\u045f\u0490\u0491\u05d0-\u05ea\u060c-\u064a\u0800-\U0010ffff]*"
)
_BY_CHANCE = 6  # bytes beyond ASCII that are correct UTF-8 by chance in one text of thousands


def likeliest(data: bytes, *, but: str = "") -> str:
    """The codec in which the bytes are most likely text of a language that Latin letters do not write; '' if in none,
    or if the codec `but`, in which they can be read, is not much less likely."""
    if is_western(data):
        return ""
    scored = {codec: score(data, codec) for codec in _CANDIDATES}
    best = max(scored, key=lambda codec: scored[codec])
    if not but:
        return best if scored[best] >= _LIKELY else ""
    against = 0.0 if _WESTERN.fullmatch(but) else score(data, but)
    enough = len(_HIGH.findall(data[:_ENOUGH])) >= _FEW
    return best if enough and scored[best] >= max(_CERTAIN, against + _MUCH) else ""


def is_likely(data: bytes, codec: str) -> bool:
    """Whether the bytes can be text in the codec that they are said to be in."""
    return is_western(data) if _WESTERN.fullmatch(codec) else score(data, codec) >= _LIKELY


def is_rather_utf8(data: bytes, codec: str) -> bool:
    """Whether bytes that are correct UTF-8 are it, though they are said to be in this codec, which may fit, too.

    Single characters of two bytes are found by chance in the texts of some charsets, longer ones hardly ever.
    """
    if not _USUAL.fullmatch(data[:_ENOUGH].decode("utf_8", "ignore")):
        return False
    if codec not in _ALPHABETS and codec not in _STANDARDS:
        return bool(_WESTERN.fullmatch(codec))
    enough = codec in _ALPHABETS and len(_HIGH.findall(data[:_ENOUGH])) >= _BY_CHANCE
    return enough or bool(_LONGER.search(data)) or not _ALONE.search(data) or score(data, codec) < _LIKELY


def score(data: bytes, codec: str) -> float:
    """How likely the bytes are text in this codec, of those that are known here; of another, 1 if they can be it."""
    start = data[:_ENOUGH]
    try:
        text = start.decode(codec)
    except UnicodeDecodeError as error:
        if len(start) - error.start > 3 or not error.start:  # more than a character that was cut
            return 0.0
        text = start[: error.start].decode(codec)
    beyond = [char for char in text if char > "\x7f"]
    if codec not in _ALPHABETS and codec not in _STANDARDS:
        return 1.0
    found = sum(_weight(char, codec) for char in beyond) / len(beyond) if beyond else 0.0
    return found / 2 if _INVERSE_CASE.search(text) else found


def is_western(data: bytes) -> bool:
    """Whether it can be text in Latin letters: beyond ASCII single letters, not whole words, and few odd signs."""
    start = data[:_ENOUGH]
    high = len(_HIGH.findall(start))
    return 2 * sum(map(len, _LONG_RUN.findall(start))) < high and 4 * len(_ODD_SIGN.findall(start)) < max(high, 4)


@lru_cache(maxsize=8_192)
def _weight(char: str, codec: str) -> float:
    if _PUNCTUATION.match(char):
        return 0.7
    if alphabet := _ALPHABETS.get(codec):
        place = alphabet.find(char.lower())
        return 1 - place / len(alphabet) if place >= 0 else 0.0
    if _OTHER_ALPHABET.match(char):
        return 0.7
    standard, common = _STANDARDS[codec]
    if _KANA.match(char):
        return 1.0 if standard == "euc_jp" else 0.1
    try:
        row = char.encode(standard)[0]
    except UnicodeEncodeError:
        return 0.1
    return (1.0 if standard == "euc_kr" else 0.9) if row in common else 0.2
