"""Finding the quoted history in a message's text, so that it can be folded (R5.6).  Needs no Textual."""

import re
from collections.abc import Iterator
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


class Part(NamedTuple):
    """Some lines of a text, quoted or the writer's own."""

    quoted: bool
    lines: tuple[str, ...]


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
        if _INTRODUCED.match(line) and any(kinds[index + 1 : index + 3]):
            kinds[index] = True
    for index, line in enumerate(lines[1:-1], 1):
        if not line.strip() and kinds[index - 1] and kinds[index + 1]:
            kinds[index] = True
    return kinds


def _begins_history(lines: list[str], index: int, line: str) -> bool:
    """From here to the end it is history: a rule in words, or a line of underscores over a `From:`."""
    if not _HEADED.match(line):
        return False
    return not line.strip().startswith("_") or any(map(_FROM.match, lines[index + 1 : index + 3]))
