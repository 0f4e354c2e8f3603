"""What is quoted history in a message's text, to be folded (R5.6), and what its writer wrote himself (R5.8)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from typing import NamedTuple

_MARKED = re.compile(r"^\s{0,3}>")
# what mail programs put before a quotation that is not marked line by line
_HEADED = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|message d'origine|mensaje original|"
    r"messaggio originale|oorspronkelijk bericht|wiadomość oryginalna|forwarded message|reply above this line)\s*-{2,}"
    r"|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:from|von|de|da|van|od|från|fra|от)\s?:\*?\s", re.IGNORECASE)
_INTRODUCED = re.compile(r"^\s*(?:on|am|le|el|il|op|den|dnia|em)\b.{5,300}:\s*$", re.IGNORECASE)
# in whatever language: when, and who or at which time
_INTRODUCED_ANYHOW = re.compile(r"^(?=.*\d)(?=.*(?:@|\d[:.h]\d\d)).{5,300}[:：]\s*$")
# the head of a quoted mail as Outlook and others write it, each line a label of these
_LABELS = (
    "from|von|de|da|van|od|från|fra|от|від|feladó|lähettäjä|gönderen|kimden|απο|από|差出人|发件人|寄件者|寄件人|"
    "보낸 사람|sent|date|gesendet|datum|envoyé|enviado|enviada|inviato|data|fecha|verzonden|wysłano|skickat|sendt|dato|"
    "odesláno|отправлено|дата|надіслано|elküldve|lähetetty|gönderildi|tarih|送信日時|日時|发送时间|日期|寄件日期|"
    "보낸 날짜|날짜|to|an|à|para|a|aan|do|till|til|komu|кому|címzett|vastaanottaja|kime|宛先|收件人|收件者|받는 사람|"
    "cc|kopia|kopie|копия|копія|másolatot kap|抄送|副本|참조"
)
_ABOUT = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|ämne|emne|předmět|predmet|тема|tárgy|aihe|konu|θέμα|"
    "件名|主题|主旨|제목"
)
_LABELLED = re.compile(rf"^\s*\**(?:{_LABELS}|(?P<about>{_ABOUT}))\s?[:：]\**(?:\s|$)", re.IGNORECASE)
_RULE = re.compile(r"^\s*[-_]{5,}\s*$")
_LEAST_FIELDS = 3


_FIELD = re.compile(r"^\s*\*?[A-ZÀ-Þ][\wÀ-ÿ -]{1,20}\s?:\*?\s", re.UNICODE)
_MOST_FIELDS = 8


class Part(NamedTuple):
    """Some lines of a text, quoted or the writer's own."""

    quoted: bool
    lines: tuple[str, ...]


def _head(lines: Iterable[str]) -> int:
    """How many of these lines, from the first on, are the head of a mail: three labels at least, its subject among
    them (a journey, too, has a `From:`, a `To:` and a `Date:`); else 0."""
    found = list(takewhile(bool, map(_LABELLED.match, lines)))
    return len(found) if len(found) >= _LEAST_FIELDS and any(one and one["about"] for one in found) else 0


def _introduces(line: str) -> bool:
    """`On … wrote:`, in the order and the language of any mail program."""
    return bool(_INTRODUCED.match(line) or _INTRODUCED_ANYHOW.match(line))


def parts(text: str) -> list[Part]:
    """The text in pieces, own and quoted in turn; all its own if nothing else would be left of it."""
    found = list(_grouped(text.split("\n")))
    if not any(line.strip() for part in found if not part.quoted for line in part.lines):
        return [Part(False, tuple(text.split("\n")))]
    return found


def _grouped(lines: list[str]) -> Iterator[Part]:
    current: list[str] = []
    quoted = False
    for index, kind in enumerate(_kinds(lines)):
        if kind != quoted and current:
            yield Part(quoted, tuple(current))
            current = []
        quoted = kind
        current.append(lines[index])
    if current:
        yield Part(quoted, tuple(current))


def _kinds(lines: list[str]) -> list[bool]:
    """Whether each line is quoted."""
    kinds = [bool(_MARKED.match(line)) for line in lines]
    for index, line in enumerate(lines):
        if _begins_history(lines, index, line):
            return [*kinds[:index], *[True] * (len(lines) - index)]
        if _introduces(line) and any(kinds[index + 1 : index + 3]):
            kinds[index] = True
    for index, line in enumerate(lines[1:-1], 1):
        if not line.strip() and kinds[index - 1] and kinds[index + 1]:
            kinds[index] = True
    return kinds


def _begins_history(lines: list[str], index: int, line: str) -> bool:
    """From here to the end it is history: a rule in words, a line of underscores over a `From:`, the head of a mail."""
    if _head(islice(lines, index + bool(_RULE.match(line)), index + _MOST_FIELDS)):
        return True
    if not _HEADED.match(line):
        return False
    return not line.strip().startswith("_") or any(map(_FROM.match, lines[index + 1 : index + 3]))


def own_text(text: str, marker: str) -> str:
    """What somebody wrote himself who answers a mail of ours: what stands above `marker`, the line with which that
    mail begins, without the words by which mail programs introduce it.

    Without the marker, or with nothing above it, all that is not quoted: but where the marker itself is not marked as
    quoted nothing below it can be told from the quotation, so none of it is his.  '' when nothing is his own.
    """
    lines = text.split("\n")
    cut = next((at for at, line in enumerate(lines) if marker in line), None)
    above = _without_introduction(lines[:cut]) if cut is not None else []
    if above or (cut is not None and not _MARKED.match(lines[cut])):
        return "\n".join(above)
    if cut is None:
        lines = lines[: _unmarked_history(lines)]
    kinds = _kinds(lines)
    own = [line for line, quoted in zip(lines, kinds, strict=True) if not quoted and marker not in line]
    return "\n".join(_without_introduction(own))


def _without_introduction(lines: list[str]) -> list[str]:
    """The lines without what trails: quoted ones, `On … wrote:`, and the fields of the mail that is quoted."""
    kept = list(lines)
    while kept:
        last = kept[-1]
        if not last.strip() or _MARKED.match(last) or _HEADED.match(last) or _introduces(last):
            kept.pop()
        elif len(kept) > 1 and _INTRODUCED.match(f"{kept[-2]} {last}"):
            del kept[-2:]
        elif fields := _trailing_fields(kept):
            del kept[-fields:]
        else:
            break
    while kept and not kept[0].strip():
        kept.pop(0)
    return kept


def _unmarked_history(lines: list[str]) -> int:
    """Where a quoted mail begins of which nothing is marked: a `From: …` with fields on the next lines."""
    for at, line in enumerate(lines):
        if _FROM.match(line + " ") and sum(bool(_FIELD.match(after + " ")) for after in lines[at + 1 : at + 4]) >= 2:
            return at
    return len(lines)


def _trailing_fields(lines: list[str]) -> int:
    """How many lines at the end are the `From: … Sent: … To: …` of a quoted mail, with the rule above them; 0 without
    three labels, or the address it is from, among them."""
    if labelled := _head(islice(reversed(lines), _MOST_FIELDS)):
        return labelled + bool(lines[:-labelled] and _RULE.match(lines[-labelled - 1]))
    for count, line in enumerate(reversed(lines[-_MOST_FIELDS:]), 1):
        if not _FIELD.match(line + " "):
            break
        if "@" in line and _FROM.match(line + " "):
            return count
    return 0
