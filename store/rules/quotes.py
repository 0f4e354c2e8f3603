"""What is quoted history in a message's text, to be folded (R5.6): seen by its form, since nothing else is known."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from store.rules.introductions import DATED, FIELD, FROM, RULE_IN_WORDS, introduction

_MARKED = re.compile(r"^\s{0,3}>")
_UNDERSCORES = re.compile(r"^\s*_{20,}\s*$")
_MOST_LINES = 3


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
    kinds = [bool(_MARKED.match(line) or RULE_IN_WORDS.match(line)) for line in lines[:end]]
    for at in range(end):
        if not kinds[at] and any(kinds[at + 1 : at + 3]):
            count = introduction(lines[max(0, at + 1 - _MOST_LINES) : at + 1])
            kinds[at + 1 - count : at + 1] = [True] * count
    for at in range(1, end - 1):
        if not lines[at].strip() and kinds[at - 1] and kinds[at + 1]:
            kinds[at] = True
    return [*kinds, *[True] * (len(lines) - end)]


def _begins_history(lines: list[str], at: int) -> bool:
    """From here to the end it is history: a rule in words, a line of underscores over a `From:`, or the fields of a
    mail, of which nothing needs to be marked."""
    line = lines[at]
    if RULE_IN_WORDS.match(line):
        return not any(map(_MARKED.match, lines[at + 1 : at + 5]))
    if _UNDERSCORES.match(line):
        return any(map(FROM.match, lines[at + 1 : at + 3]))
    if not FROM.match(line):
        return False
    fields = sum(bool(FIELD.match(after)) for after in lines[at + 1 : at + 6])
    return fields >= 3 and any(map(DATED.search, lines[at : at + 6]))
