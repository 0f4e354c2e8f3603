"""How mail programs introduce what they quote, in the languages of their users: by a line such as `On …, Kelly wrote:`,
by the fields of the mail that is quoted, or by a rule in words.

By form alone that is a guess, good enough to fold a text (R5.6).  Whether an introduction is one of *our* mail is seen
in its values: our sender, addressee, date, subject or Message-ID (R5.8).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from store.rules.alignment import squeezed

_DASH = "[-\u2010-\u2015]"
RULE_IN_WORDS = re.compile(
    rf"^\s*{_DASH}{{2,}}\s*(?:"
    r"original[- ]?(?:message|mail|nachricht)|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message original|mail original|message transféré|mensaje original|mensagem original|"
    r"messaggio originale|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna|oryginalna wiadomość|"
    r"původní (?:zpráva|e-?mail)|pôvodná správa|eredeti üzenet|ursprungligt meddelande|originalmeddelande|"
    r"oprindelig (?:meddelelse|besked)|opprinnelig melding|alkuperäinen viesti|orijinal (?:mesaj|ileti)|"
    r"mesaj(?:ul)? original|αρχικό μήνυμα|исходное сообщение|пересылаемое сообщение|вихідне повідомлення|"
    r"元のメッセージ|原始邮件|原始郵件|邮件原件|원본 메(?:시지|일)|הודעה מקורית|الرسالة الأصلية|"
    rf"forwarded message|reply message|reply above this line)\s*{_DASH}{{2,}}\s*$|"
    r"^\s*(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)|"
    r"inicio del mensaje reenviado|início da mensagem (?:reencaminhada|encaminhada)|inizio messaggio inoltrato|"
    r"begin doorgestuurd bericht|vidarebefordrat brev|videresendt besked)\s*:\s*$",
    re.IGNORECASE,
)
FROM = re.compile(
    r"^\s*\*{0,2}(?:from|von|absender|de|de la|expéditeur|da|mittente|van|afzender|od|nadawca|odesílatel|från|fra|"
    r"avsändare|lähettäjä|feladó|kimden|gönderen|nuo|saatja|từ|dari|από|от|від|מאת|من|จาก|差出人|发件人|寄件者|寄件人|"
    r"보낸 ?사람)\s?(?::\*{0,2}(?=\s|$)|：)",
    re.IGNORECASE,
)
# labels in Arabic and Hebrew have marks of direction before them
FIELD = re.compile(
    r"^[\s\u200e\u200f\u202a-\u202e]*\*{0,2}[^\W\d_][^:：]{0,24}(?::\*{0,2}(?=\s|$)|：)|^\s*[^\W\d_]\s?(?::(?=\s|$)|：)"
)
DATED = re.compile(r"@|\d[:.]\d\d\b")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'\u200e\u200f\u202a-\u202e]+@[^\s<>()\[\]:;,\"'\u200e\u200f\u202a-\u202e]+")
WRITES = re.compile(
    r"(?:\b(?:wrote|writes|schrieb|schreibt|a écrit|écrit|escribió|escreveu|ha scritto|scrive|schreef|napisał|pisze|"
    r"napsal|napísal|skrev|skriver|kirjoitti|írta|yazdı|a scris|έγραψε|написал|пишет|написав|пише|napisao|je pisal|"
    r"đã viết|menulis)|写道|寫道|님이 작성|のメール)",
    re.IGNORECASE,
)
_BEGINS_WITH_A_DAY = re.compile(r"^\W*(?:on|am|le|el|il|op|den|dnia|em)\b.{5,}", re.IGNORECASE)
# a colon, before which programs for Arabic and Hebrew leave marks of direction; Zoho and GroupWise end otherwise
_ENDS_WITH_COLON = re.compile(r"[:：][\s\u200e\u200f\u202a-\u202e\u2066-\u2069]*$")
_ENDS_OTHERWISE = re.compile(rf"(?:{_DASH}{{2,}}|>{{2,}})\s*$")
# the word before a day, or a day of the week, from which on a line is its program's and no more its writer's
_BEFORE_A_DAY = re.compile(
    r"(?<!\w)(?:on|am|le|el|il giorno|il|em|op|den|dnia|w dniu|dne|v|în|στις|la|på|pe|ngày|vào|pada|in data|"
    r"בתאריך|zitat von|quoting|citando a|citation de)\s",
    re.IGNORECASE,
)
# a day as programs begin with, before which words of its writer's own may stand on the line
_OF_A_PROGRAM = re.compile(
    rf"{_BEFORE_A_DAY.pattern}+(?:[^\W\d]{{1,14}}[.,]{{0,2}}\s+){{0,3}}\d|\d{{1,4}}[./:-]\d", re.IGNORECASE
)
_DAY_OF_WEEK = re.compile(r"(?<!\w)(?:[^\W\d_]{1,14}[.,]{1,2}\s)?[^\W\d_]{1,14}[.,]{0,2}\s$")
# in quotation marks, or some words
_NAME = re.compile(r"(?:\"[^\"]{1,60}\"|(?:[^\W\d_][^\s,.;:!?<>]{0,30}\s+){0,4})[<(\[\s\u202a-\u202e]*$")
_TIME = re.compile(r"\d[:.]\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d|\d[./-]\d\d\b")
_LONGEST_INTRODUCTION = 400
_FEW_WORDS = 5  # `Zitat von Help Desk <…>:`
_LEAST_WORDS = 3  # `On Mon wrote:`
_MOST_LINES = 3
_MOST_FIELDS = 8
_LEAST_FIELDS = 3
_LEAST_SUBJECT = 6  # letters: `Help` alone stands in any text


class Values(NamedTuple):
    """What introductions of our mail say: addresses in lower case, names and subjects squeezed, the moments it was
    written or sent at, Message-IDs without brackets."""

    addresses: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    moments: tuple[datetime, ...] = ()
    identities: frozenset[str] = frozenset()

    @property
    def people(self) -> frozenset[str]:
        """Addresses and names."""
        return self.addresses | self.names

    def kinds(self, value: str) -> set[str]:
        """Which values of our mail this is, the value of a field: person, subject, date, identity."""
        letters = squeezed(value)
        found = set()
        if self.has_person(value) or squeezed(_ADDRESS.sub("", value)) in self.names:
            found.add("person")
        if any(letters.endswith(subject) for subject in self.subjects if len(subject) >= _LEAST_SUBJECT):
            found.add("subject")
        if self.has_date(value):
            found.add("date")
        if any(identity in value for identity in self.identities):
            found.add("identity")
        return found

    def has_person(self, words: str) -> bool:
        """Whether one of our addresses stands there."""
        return any(address.lower().strip(".") in self.addresses for address in _ADDRESS.findall(words))

    def person_at(self, words: str) -> int:
        """Where one of our people is named, the length if nowhere."""
        lower = words.lower()
        places = (lower.find(one) for one in self.addresses)
        named = (found.start() for found in (_spelt(name).search(words) for name in self.names) if found)
        return min((place for place in (*places, *named) if place >= 0), default=len(words))

    def has_date(self, value: str) -> bool:
        """In whatever language and zone: the year, and the day or one beside it."""
        numbers = {int(number) for number in re.findall(r"\d{1,4}", value)}
        days = (moment + timedelta(days=shift) for moment in self.moments for shift in (-1, 0, 1))
        return any({day.year, day.year % 100} & numbers and day.day in numbers for day in days)


def _spelt(name: str) -> re.Pattern[str]:
    """A squeezed name as it may be written."""
    return re.compile(r"[\W_]*".join(map(re.escape, name)), re.IGNORECASE)


def introduction(lines: Sequence[str], values: Values | None = None) -> int:
    """How many lines at the end say who wrote what follows, and when; 0 if none do.

    There is a day in it, mostly; without one it must be one line that names the writer or begins as with a day.  With
    `values` a sentence of somebody's own is told from it: it names us, or is such as programs write.
    """
    if not lines or not (_ENDS_WITH_COLON.search(lines[-1]) or _ENDS_OTHERWISE.search(lines[-1])):
        return 0
    for count in range(1, min(_MOST_LINES, len(lines)) + 1):
        words = " ".join(lines[-count:])
        if not lines[-count].strip() or len(words) > _LONGEST_INTRODUCTION:
            break
        if count > 1 and lines[-count].rstrip().endswith((".", "!", "?")):
            break
        if _names_day(words) if values is None else _names_us_and_day(words, values):
            return count
    alone = lines[-1][: _LONGEST_INTRODUCTION + 1]
    if len(alone) > _LONGEST_INTRODUCTION:
        return 0
    return int(_names_writer(alone) if values is None else _names_us(alone, values))


def introduction_of_ours(lines: Sequence[str], values: Values) -> int:
    """The same where the values are surely those of our mail, so that it needs no quotation below it."""
    count = introduction(lines, values)
    words = " ".join(lines[len(lines) - count :])
    return count if values.has_person(words) and values.has_date(words) else 0


def _names_day(words: str) -> bool:
    return _has_digit(words) and ("@" in words or bool(WRITES.search(words) or _BEGINS_WITH_A_DAY.match(words)))


def _names_writer(line: str) -> bool:
    return bool(WRITES.search(line) and ("@" in line or _BEGINS_WITH_A_DAY.match(line)))


def _names_us_and_day(words: str, values: Values) -> bool:
    if not _has_digit(words):
        return False
    if values.person_at(words) < len(words):
        return bool(WRITES.search(words) or (_TIME.search(words) and _YEAR.search(words)))
    day = _OF_A_PROGRAM.search(words)
    return day is not None and WRITES.search(words, day.end()) is not None


def _names_us(line: str, values: Values) -> bool:
    words = len(_ADDRESS.sub("", line).split())
    if values.has_person(line) and (words <= _FEW_WORDS or WRITES.search(line)):
        return True
    return words <= _LEAST_WORDS and bool(WRITES.search(line) and _BEGINS_WITH_A_DAY.match(line))


def _has_digit(words: str) -> bool:
    return any(map(str.isdigit, _ADDRESS.sub("", words)))


def begins_at(line: str, values: Values) -> int:
    """The column at which an introduction begins; what stands before it on its line is its writer's own."""
    digit = re.search(r"\d", line)
    person = values.person_at(line)
    start = min(person, digit.start() if digit else len(line))
    days = [found.start() for found in _BEFORE_A_DAY.finditer(line, 0, start)]
    if days and len(line[days[-1] : start].split()) <= _FEW_WORDS:
        start = days[-1]
    elif start == person < len(line):
        start -= len(_display_name(line[:start]))
    elif digit and (day := _DAY_OF_WEEK.search(line[:start])):
        start = day.start()
    return start if start < len(line) and squeezed(line[:start]) else 0


def _display_name(before: str) -> str:
    """What stands before an address and may be its owner's name, as the program that quotes knows them."""
    found = _NAME.search(before)
    if found is None:
        return ""
    words = found[0].split()
    small = [at for at, word in enumerate(words) if word[:1].islower()]
    if not small:
        return found[0]
    return found[0][found[0].rindex(words[small[-1]]) + len(words[small[-1]]) :]


def blocks(lines: Sequence[str], values: Values) -> Iterator[range]:
    """The lines that are fields of our mail, in any program's block and language: its subject or Message-ID stands
    there, beside a person, a day or two further fields."""
    end = 0
    for at in range(len(lines)):
        if at < end or not FIELD.match(lines[at]):
            continue
        end = at + 1
        while end < len(lines) and _is_field(lines, end):
            end += 1
        kinds = _kinds(lines, range(at, end), values)
        every = set().union(*kinds.values())
        if every & {"subject", "identity"} and (len(every) > 1 or end - at >= _LEAST_FIELDS):
            yield _from_its_beginning(lines, at, kinds)


def block_above(lines: Sequence[str], values: Values) -> int:
    """How many lines at the end are fields of our mail: as `blocks`, but right above what is quoted it is enough that
    it is from us, or that a person and a day are of our mail."""
    start = len(lines)
    while start > max(0, len(lines) - _MOST_FIELDS) and _is_field(lines, start - 1):
        start -= 1
    kinds = _kinds(lines, range(start, len(lines)), values)
    every = set().union(*kinds.values())
    ours = every >= {"person", "date"} or (every & {"subject", "identity"} and len(lines) - start >= _LEAST_FIELDS)
    if ours or any("person" in kinds[at] and FROM.match(lines[at]) for at in kinds):
        return len(lines) - _from_its_beginning(lines, start, kinds).start
    return 0


def _is_field(lines: Sequence[str], at: int) -> bool:
    """A field, or the rest of a list of addresses that was wrapped."""
    if FIELD.match(lines[at]):
        return True
    return at > 0 and "@" in lines[at] and lines[at - 1].rstrip().endswith((",", ";"))


def _kinds(lines: Sequence[str], fields: range, values: Values) -> dict[int, set[str]]:
    return {at: found for at in fields if (found := values.kinds(FIELD.sub("", lines[at], count=1)))}


def _from_its_beginning(lines: Sequence[str], start: int, kinds: dict[int, set[str]]) -> range:
    """From the sender's field, or the day that some programs begin with, to the last field with a value of our mail."""
    first = min(kinds)
    above = range(first, max(start - 1, first - _MOST_FIELDS), -1)
    begin = next((at for at in above if FROM.match(lines[at])), first)
    if begin > start and DATED.search(lines[begin - 1]):
        begin -= 1
    return range(begin, max(kinds) + 1)
