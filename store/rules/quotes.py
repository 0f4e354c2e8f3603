"""What is quoted history in a message's text, to be folded (R5.6), and what its writer wrote himself (R5.8).

Mail programs introduce what they quote in the languages of their users: by a line such as `On …, Kelly wrote:`, by the
fields of the mail that is quoted, or by a rule in words.
"""

import re
from collections.abc import Iterator
from itertools import groupby, takewhile
from typing import NamedTuple

_MARKED = re.compile(r"^\s{0,3}>")
_RULE_IN_WORDS = re.compile(
    r"^\s*-{2,}\s*(?:original[- ]?(?:message|mail|nachricht)|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message original|mail original|message transféré|mensaje original|mensagem original|"
    r"messaggio originale|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna|oryginalna wiadomość|"
    r"původní (?:zpráva|e-?mail)|pôvodná správa|eredeti üzenet|ursprungligt meddelande|originalmeddelande|"
    r"oprindelig (?:meddelelse|besked)|opprinnelig melding|alkuperäinen viesti|orijinal (?:mesaj|ileti)|"
    r"mesaj(?:ul)? original|αρχικό μήνυμα|исходное сообщение|пересылаемое сообщение|вихідне повідомлення|"
    r"元のメッセージ|原始邮件|原始郵件|邮件原件|원본 메(?:시지|일)|הודעה מקורית|الرسالة الأصلية|"
    r"forwarded message|reply message|reply above this line)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_UNDERSCORES = re.compile(r"^\s*_{20,}\s*$")
_DASH = "[-\u2010-\u2015]"
_RULE = re.compile(rf"^\s*(?:(?:[_*=]|{_DASH}){{2,}}|{_DASH}{{4,}}.{{1,200}}?{_DASH}{{4,}})\s*$")
_FROM = re.compile(
    r"^\s*\*{0,2}(?:from|von|absender|de|de la|expéditeur|da|mittente|van|afzender|od|nadawca|odesílatel|från|fra|"
    r"avsändare|lähettäjä|feladó|kimden|gönderen|nuo|saatja|từ|dari|από|от|від|מאת|من|จาก|差出人|发件人|寄件者|寄件人|"
    r"보낸 ?사람)\s?(?::\*{0,2}(?=\s|$)|：)",
    re.IGNORECASE,
)
# labels in Arabic and Hebrew have marks of direction before them
_FIELD = re.compile(
    r"^[\s\u200e\u200f\u202a-\u202e]*\*{0,2}[^\W\d_][^:：]{0,24}(?::\*{0,2}(?=\s|$)|：)|^\s*[^\W\d_]\s?(?::(?=\s|$)|：)"
)
_MOST_FIELDS = 8
_DATED = re.compile(r"@|\d[:.]\d\d\b")
_ADDRESS = re.compile(r"\S+@\S+")
_WRITES = re.compile(
    r"(?:\b(?:wrote|writes|schrieb|schreibt|a écrit|écrit|escribió|escreveu|ha scritto|scrive|schreef|napisał|pisze|"
    r"napsal|napísal|skrev|skriver|kirjoitti|írta|yazdı|a scris|έγραψε|написал|пишет|написав|пише|napisao|je pisal|"
    r"đã viết|menulis)|写道|寫道|님이 작성|のメール)",
    re.IGNORECASE,
)
_BEGINS_WITH_A_DAY = re.compile(r"^\W*(?:on|am|le|el|il|op|den|dnia|em)\b.{5,}", re.IGNORECASE)
# a colon, before which programs for Arabic and Hebrew leave marks of direction
_ENDS_WITH_COLON = re.compile(r"[:：][\s\u200e\u200f\u202a-\u202e\u2066-\u2069]*$")
_LONGEST_INTRODUCTION = 400
_MOST_LINES = 3
_MOST_QUOTATIONS = 2_000
_MOST_SENT = 100_000
_LEAST_FIELDS = 3
_TELLING = 25


class Part(NamedTuple):
    """Some lines of a text, quoted or the writer's own."""

    quoted: bool
    lines: tuple[str, ...]


def parts(text: str) -> list[Part]:
    """The text in pieces, own and quoted in turn; all its own if nothing else would be left of it."""
    lines = text.split("\n")
    found = list(_grouped(lines, _kinds(lines)))
    if not any(line.strip() for part in found if not part.quoted for line in part.lines):
        return [Part(False, tuple(lines))]
    return found


def _grouped(lines: list[str], kinds: list[bool]) -> Iterator[Part]:
    for quoted, group in groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0]):
        yield Part(quoted, tuple(line for _, line in group))


def _kinds(lines: list[str]) -> list[bool]:
    """Whether each line is quoted."""
    end = next((at for at in range(len(lines)) if _begins_history(lines, at)), len(lines))
    kinds = [bool(_MARKED.match(line) or _RULE_IN_WORDS.match(line)) for line in lines[:end]]
    for at in range(end):
        if not kinds[at] and any(kinds[at + 1 : at + 3]):
            count = _introduction(lines[max(0, at + 1 - _MOST_LINES) : at + 1])
            kinds[at + 1 - count : at + 1] = [True] * count
    for at in range(1, end - 1):
        if not lines[at].strip() and kinds[at - 1] and kinds[at + 1]:
            kinds[at] = True
    return [*kinds, *[True] * (len(lines) - end)]


def _begins_history(lines: list[str], at: int) -> bool:
    """From here to the end it is history: a rule in words, a line of underscores over a `From:`, or the fields of a
    mail, of which nothing needs to be marked."""
    line = lines[at]
    if _RULE_IN_WORDS.match(line):
        return not any(map(_MARKED.match, lines[at + 1 : at + 5]))
    if _UNDERSCORES.match(line):
        return any(map(_FROM.match, lines[at + 1 : at + 3]))
    if not _FROM.match(line):
        return False
    fields = sum(bool(_FIELD.match(after)) for after in lines[at + 1 : at + 6])
    return fields >= 3 and any(map(_DATED.search, lines[at : at + 6]))


def _introduction(lines: list[str]) -> int:
    """How many lines at the end say who wrote what follows, and when; 0 if none do.

    There is a day in it, mostly; without one it must be one line that names the writer or begins as with a day.
    """
    if not lines or not _ENDS_WITH_COLON.search(lines[-1]):
        return 0
    for count in range(1, min(_MOST_LINES, len(lines)) + 1):
        words = " ".join(lines[-count:])
        line = lines[-count]
        if not line.strip() or len(words) > _LONGEST_INTRODUCTION:
            break
        if count > 1 and line.rstrip().endswith((".", "!", "?")):
            break
        dated = any(map(str.isdigit, _ADDRESS.sub("", words)))
        if dated and ("@" in words or _WRITES.search(words) or _BEGINS_WITH_A_DAY.match(words)):
            return count
    alone = lines[-1]
    return int(bool(_WRITES.search(alone) and ("@" in alone or _BEGINS_WITH_A_DAY.match(alone))))


def own_text(text: str, marker: str, sent: str = "") -> str:
    """What somebody wrote himself who answers a mail of ours: all that is not quoted, nor words by which mail programs
    introduce a quotation.  '' when nothing is his own.

    `marker` is the line with which that mail begins: where it is not marked as quoted nothing below it can be told from
    the quotation, so none of it is his.  `sent` is that mail, its subject first: where it begins his words end though
    the marker was taken away, and what goes on with a quoted line as it stands there is quoted, too, though the mail
    program left it unmarked when it wrapped the line.
    """
    lines = text.split("\n")
    cut = next((at for at, line in enumerate(lines) if marker in line and not _MARKED.match(line)), None)
    if cut is not None and (before := lines[cut].partition(marker)[0].rstrip()):
        lines[cut : cut + 1] = [before, ""]
        cut += 1
    if cut is None and not any(marker in line for line in lines):
        cut = _begins_sent(lines, sent)
    lines = lines[:cut]
    if cut is not None:
        lines = lines[: len(lines) - _leading_in(lines, sent)]
    kinds = [quoted or marker in line for line, quoted in zip(lines, _kinds(lines), strict=True)]
    own = [part.lines for part in _grouped(lines, _with_wrapped(lines, kinds, sent)) if not part.quoted]
    kept = (_without_rules(list(piece)) for piece in own)
    return "\n\n".join("\n".join(piece) for piece in kept if piece)


def _begins_sent(lines: list[str], sent: str) -> int | None:
    """Where the mail that is answered begins though neither marker nor mark is left of it: two lines that follow each
    other there, too, or one that is long; None if it does not."""
    whole = _squeezed(sent[:_MOST_SENT])
    words = [_squeezed(line) for line in lines[:_MOST_QUOTATIONS]] if whole else []
    for at, here in enumerate(words):
        below = next(filter(None, words[at + 1 : at + 4]), "")
        if here and len(here + below) >= _TELLING and here + below in whole:
            return at
    return None


def _leading_in(lines: list[str], sent: str) -> int:
    """How many lines at the end introduce what is quoted below them: `On … wrote:`, or the fields of that mail."""
    blank = next((count for count, line in enumerate(reversed(lines)) if line.strip()), len(lines))
    end = len(lines) - blank
    for at in range(end - 1, max(-1, end - 1 - _MOST_FIELDS), -1):
        if not lines[at].strip():
            break
        if _FROM.match(lines[at]) and at < end - 1 and _FIELD.match(lines[at + 1]):
            above = bool(at and _FIELD.match(lines[at - 1]) and _DATED.search(lines[at - 1]))  # some begin with the day
            return len(lines) - at + above
    return blank + (_introduction(lines[:end]) or _fields_of(lines[:end], sent))


def _fields_of(lines: list[str], sent: str) -> int:
    """How many lines at the end are fields, in a language that is not known, of which one has a line of that mail."""
    fields = [*takewhile(bool, (_FIELD.match(line) for line in reversed(lines[-_MOST_FIELDS:])))]
    told = {line.strip() for line in sent.split("\n")} - {""}
    values = (field.string[field.end() :].strip() for field in fields if field)
    return len(fields) if len(fields) >= _LEAST_FIELDS and any(value in told for value in values) else 0


def _with_wrapped(lines: list[str], kinds: list[bool], sent: str) -> list[bool]:
    """The kinds, with the ends of quoted lines that a mail program wrapped and did not mark.

    Bounded: beyond a few thousand quotations what follows one counts as its end.
    """
    whole = _squeezed(sent)
    if not whole:
        return kinds
    before, found, left = "", list(kinds), _MOST_QUOTATIONS
    for at, line in enumerate(lines):
        words = _squeezed(line.lstrip("> \t"))
        if not words:
            continue
        if not found[at] and before:
            left -= 1
            found[at] = left < 0 or before + words in whole
        before = words if found[at] else ""
    return found


def _squeezed(text: str) -> str:
    """Without white space, which wrapping changes."""
    return "".join(text.split())


def _without_rules(lines: list[str]) -> list[str]:
    """The lines without what is empty around them, and without the rule that stood above a quotation."""
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return lines
