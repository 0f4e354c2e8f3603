"""What a delivery report says in words: in the languages that mail servers speak, around the mail that it returns."""

import re

from store.rules.refusals import Cause, cause_of

_FAILED = re.compile(
    r"undeliver(?:able|ed)|non.?deliver|not? (?:be |been |being )?(?:relayed|deliver)|n.t (?:be )?deliver|"
    r"(?:unable|able|failed|failure|error|fail|attempt\w*|problem|trouble) (?:to |of |in |while |was |"
    r"has )*(?:deliver|send|mail|reach)|"
    r"deliver\w* (?:of .{1,200}|to .{1,200}|your .{1,80})?\W{0,3}(?:has |have |was )?(?:fail|error|problem|delay|"
    r"postpone|not )|"
    r"(?:mail|system|smtp|processing|delivery) (?:system |server |status )?(?:error|failure|failed|problem|warning)|"
    r"return(?:ed|ing) (?:\w+ )?(?:mail|message|to sender)|failure notice|failed (?:recipient|mail)|did not reach|"
    r"(?:delivery|mail|message) status|delivery (?:notification|report)|delayed mail|\[bounce\]|loop alert|"
    r"duplicated message|"
    r"(?:could|can|did)(?: ?not|n.t) (?:be )?(?:sent|send|accept|process)|"
    r"(?:auto\w* )?reject(?:ed|ion|ing)|blocked by|permanent(?: fatal)? error|"
    r"(?:user|recipient|address) (?:is )?unknown|"
    r"(?:unknown|no such|invalid) (?:user|recipient|address)|still (?:undelivered|being retried)|"
    r"bounced? (?:mail|message)|"
    r"unzustellbar|nicht (?:\w+ )?(?:zugestellt|zustell|übermittelt|erreich)|"
    r"zustell\w*.{0,20}(?:fehl|problem|verzög)|fehlgeschlagen|"
    r"non (?:remis|distribu|délivr|recens)|pas (?:été|ete|pu)\b|(?:échec|erreur) (?:de|d.|lors)|impossible de|"
    r"n.a pas pu|"
    r"no se (?:pudo|ha podido|puede)|no entreg|error (?:de|en)|devuelto|no ha sido entreg|"
    r"non (?:è stat|recapit|consegn|può|inviat)|manca\w* (?:recapito|consegna)|impossibile|errore di|"
    r"não (?:foi|pôde|pode|entreg)|falha (?:na|no|de)|nao (?:foi|pode)|"
    r"niet (?:\w+ )?(?:bezorgd|afgeleverd|worden)|onbestelbaar|mislukt|"
    r"nie(?:doręcz|dostarcz|\s(?:dostarcz|doręcz|mog|zosta))|zwrot|"
    r"(?:inte|ikke|ikkje|kunde inte|kunne ikke) .{0,20}(?:lever|sänd|send)|olever|ej lever|misslyck|mislykke|"
    r"ei (?:voitu|voida|toimitettu)|epäonnistu|nedoruč|nelze|neúspěš|nebyl|kézbesít|sikertelen|teslim edil|"
    r"iletileme|başarısız|"
    r"недоставл|не (?:был\w* )?(?:доставл|удалось|может|отправл|вдалося)|невозможно|ошибка|помилка|"
    r"δεν (?:ήταν|παραδ|μπορ)|αποτυχία|配信|送信できません|送信エラー|届け|不達|配送|エラー|"
    r"传输失败|投递|退信|无法|無法|失败|失敗|退回|배달|전송|전달|발송|반송|تعذر|لم يتم|فشل|לא נמסר|לא ניתן|נכשל",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\b(?:delayed|will (?:be retried|retry)|delivery attempts will continue|(?:continue|continuing|"
    r"keep) (?:on )?(?:to try|trying)|"
    r"be delivered yet|not yet been delivered|still (?:undelivered|being retried)|has been (?:delayed|postponed)|"
    r"retry for|"
    r"warning message only|temporary problem delivering|do not need to resend|noch nicht zugestellt|verzögert|"
    r"weiter versucht|"
    r"retardée?|retrasado|sigue intentando|in ritardo|vertraagd|atrasada|opóźnion\w+|zpožděn\w*|отложен\w*|задерж\w+)",
    re.IGNORECASE,
)
# a field that only the header of a returned mail has; not those with which a report names the mail in its own words
_FIELD_OF_RETURNED = re.compile(
    r"^[> \t]{0,40}(?:received|return-path|message-id|mime-version|x-tickets-mark|dkim-signature|content-type)[ \t]*:",
    re.I | re.M,
)
_SEPARATOR = re.compile(
    r"^[^\w\n]{0,80}(?:below (?:this line )?(?:is|are)|.{0,40}(?:copy of (?:the|your) (?:message|mail|original)|"
    r"copy of the header)|"
    r"(?:original|returned|unsent|undelivered|old) (?:e-?mail )?(?:message|"
    r"mail)(?: headers?)?(?: follows?)?(?: below)?[^\w\n]{0,80}$|"
    r"message headers? follow|.{0,40}lines of (?:your|the) (?:original )?message|the message (?:headers )?follow)",
    re.IGNORECASE | re.MULTILINE,
)
_NAMES_THE_MAIL = re.compile(
    r"^[>\s]*(?:from|to|cc|subject|date|sent|betreff|an|von|objet|asunto|oggetto)[ \t]*:", re.I
)
_ANSWERED = re.compile(
    r"\W*(?:re|aw|sv|vs|antw?|odp|fwd?|fw|wg|tr|rv|enc|i|r|doorst|vb|vl|ha|отв|回复|转发|返信|転送)\W*:", re.I
)
_GREETING = re.compile(
    r"\W*(?:hi|hello|hey|dear|good (?:morning|day|afternoon|evening)|hallo|guten|sehr geehrte\w*|liebe\w*|moin|"
    r"bonjour|cher|"
    r"chère|hola|estimad[oa]|buen[oa]s|ciao|buongiorno|gentile|ol[áa]|prezad[oa]|hej|hei|beste|geachte|cześć|dzień|"
    r"dobrý|"
    r"здравствуйте|добрый|привет|merhaba|sayın|szia|kedves)\b(?!\W+this is the)",
    re.IGNORECASE,
)
_ALARM = re.compile(
    r"^\W*(?:\[[^\]]{1,40}\]|(?:warning|attention|notice|error|achtung|avertissement)\b)\W*", re.IGNORECASE
)
_OWN_SUBJECT = re.compile(r":|#\d")
_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_ANSWER = re.compile(r"(?<![\d.])(?:[45]\d\d[ :#-]+(?=\D|[245]\.)|[45]\.\d{1,3}\.\d{1,3}(?!\.?\d))")
_REASON = re.compile(r"\W*(?:reason|because|error message|diagnostic\w*|grund|motif|motivo)\b[^:]{0,40}:", re.I)
_MARKS = re.compile(r"^\W*(?:<<<|said:|reason:|\*)?\s*", re.IGNORECASE)
_MOST_TEXT = 20_000  # what a report says of its own stands before the mail that it returns
_MOST_LINES = 100
_BEGINNING = 600
_LONGEST_LINE = 1_000
_LONGEST_REASON = 300


def says_failure(text: str) -> bool:
    """Whether these words say that mail was not delivered, or not yet."""
    return bool(_FAILED.search(text[:_MOST_TEXT]) or _DELAYED.search(text[:_MOST_TEXT]))


def begins_with_failure(text: str) -> bool:
    """Whether a text says so from its beginning, as a server's own does; a person greets or tells first."""
    start = text[:_BEGINNING].strip()
    paragraphs = (part.strip(" -*=_~\t\n") for part in _PARAGRAPHS.split(start))
    return not _GREETING.match(start) and any(map(says_failure, [part for part in paragraphs if part][:2]))


def starts_with_failure(subject: str) -> bool:
    """Whether a subject begins with words of that kind: before the colon behind which the mail's own may follow."""
    starts = (_OWN_SUBJECT.split(one, maxsplit=1)[0] for one in (subject[:200], _ALARM.sub("", subject[:200], count=1)))
    return not is_answer_subject(subject) and any(map(says_failure, dict.fromkeys(starts)))


def is_answer_subject(subject: str) -> bool:
    """Whether it begins as the subject of an answer or a forward does."""
    return bool(_ANSWERED.match(subject))


def has_answer(text: str) -> bool:
    """Whether there is a server's answer in it: a code of RFC 5321 or RFC 3463."""
    return bool(_ANSWER.search(text))


def is_delay(text: str) -> bool:
    """Whether these words say that delivery is tried further."""
    return bool(_DELAYED.search(text))


def own_words(text: str) -> str:
    """What a report itself says: above the mail that it returns, less the lines that name it."""
    text = text[:_MOST_TEXT].replace("\r\n", "\n")
    ends = [found.start() for found in (_SEPARATOR.search(text), _FIELD_OF_RETURNED.search(text)) if found]
    above = text[: min(ends)] if ends else text
    if ends:  # the header of the returned mail begins with its paragraph
        tail = _PARAGRAPHS.split(above)[-1]
        if any(map(_NAMES_THE_MAIL.match, tail.splitlines())):
            above = above[: len(above) - len(tail)]
    return "\n".join(line for line in above.splitlines() if not _NAMES_THE_MAIL.match(line)).strip() or (
        "" if ends else text.strip()
    )


def reason(said: str) -> str:
    """The server's answer in a report's own words, on one line: what has a code, else what tells a cause, else all."""
    lines = [" ".join(line[:_LONGEST_LINE].split()) for line in said[:_MOST_TEXT].splitlines()]
    lines = [line for line in lines if line and not line.startswith(">>>")][:_MOST_LINES]
    at = next((place for place, line in enumerate(lines) if _ANSWER.search(line)), None)
    found = _whole_answer(lines[at:]) if at is not None else _telling(lines) or lines
    return _MARKS.sub("", " ".join(found), count=1)[:_LONGEST_REASON]


def _telling(lines: list[str]) -> list[str]:
    """The lines that tell a cause where no code does; what may be a server's usual phrases only in the last place."""
    for place, line in enumerate(lines):
        if _REASON.match(line):
            return lines[place : place + 2]
    pairs = [lines[place : place + 2] for place in range(len(lines) - 1)]  # a sentence that goes on in the next line
    for some in (*([line] for line in lines), *pairs):
        if cause_of("", " ".join(some)) not in (Cause.UNKNOWN, Cause.SYSTEM):
            return some
    return next(([line] for line in lines if cause_of("", line) is Cause.SYSTEM), [])


def _whole_answer(lines: list[str]) -> list[str]:
    """The first line and those that go on with it (RFC 5321, 4.2.1: `550-` before each but the last)."""
    code = _ANSWER.search(lines[0])
    kept = [lines[0]]
    for line in lines[1:]:
        again = _ANSWER.search(line)
        if again is None or code is None or again[0][:3] != code[0][:3]:
            break
        kept.append(line)
    # an answer that is broken off goes on in the next line: `550 5.1.1 <…>:` / `unknown user`
    return kept if len(kept) > 1 or cause_of("", kept[0]) is not Cause.UNKNOWN else lines[:2]
