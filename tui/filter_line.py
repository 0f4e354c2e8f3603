"""What helps a person write a filter line (R1.2): ready filters, and the grammar in examples.  Needs no Textual."""

import re
from typing import NamedTuple

from store.filters import FIELDS


class Ready(NamedTuple):
    """A filter of the menu: its title and the condition it adds to the line."""

    title: str
    term: str


READY: tuple[Ready, ...] = (
    Ready("Unpaired", "paired:no"),
    Ready("Paired", "paired:yes"),
    Ready("Banned", "banned:yes"),
    Ready("In deny list", "denied:yes"),
    Ready("Shared email", "shared:yes"),
    Ready("Has unassigned tickets", "unassigned:yes"),
)
GRAMMAR: tuple[tuple[str, str], ...] = (
    ('smith "two words"', "in e-mail, name or paired customer's name"),
    ("banned:yes denied:no", "also paired, unpaired, shared: yes or no"),
    ("tickets:>3 unassigned:0", "also id, blocked; with > < >= <= or alone"),
    ("last:<7d first:>4w", "last message, first seen; m, h, d or w ago"),
    ("domain:example.com", "also email, name, customer, inbox"),
    ("-banned:yes -smith", "a minus turns a word or condition round"),
)
_TOKEN = re.compile(r'-?(?:[A-Za-z]+:)?(?:"[^"]*"?|\S+)|\S+')
_UNFINISHED = re.compile(rf"(?:^|\s)-?({'|'.join(FIELDS)}):\"?$", re.IGNORECASE)
_FIRST_VALUES = {"tickets": ">0", "unassigned": ">0", "blocked": ">0", "last": "<7d", "first": "<7d"}
_FLAGS = ("paired", "unpaired", "banned", "denied", "shared")


def toggled(line: str, term: str) -> str:
    """The line with this condition, instead of another on the same field; without it, if it was there."""
    field = term.partition(":")[0]
    tokens = _TOKEN.findall(line)
    kept = [token for token in tokens if token.lstrip("-").partition(":")[0] != field or ":" not in token]
    return " ".join(kept if term in tokens else [*kept, term])


def has(line: str, term: str) -> bool:
    """Whether the condition stands in the line."""
    return term in _TOKEN.findall(line)


def finished(line: str) -> tuple[str, str]:
    """The line without a condition that is still being typed, and what can follow that: `banned: yes or no`."""
    match = _UNFINISHED.search(line)
    if match is None:
        return line, ""
    return line[: match.start()], _expected(match[1].lower())


def suggestion(line: str) -> str | None:
    """The line with the field that is being typed completed: `ban` becomes `banned:yes`; None if there is none."""
    word = line.rpartition(" ")[2]
    typed = word.removeprefix("-").lower()
    if len(typed) < 2:
        return None
    for field in FIELDS:
        full = f"{field}:{'yes' if field in _FLAGS else _FIRST_VALUES.get(field, '')}"
        if full.startswith(typed) and full != typed:
            return line + full[len(typed) :]
    return None


def _expected(field: str) -> str:
    if field in _FLAGS:
        return f"{field}: yes or no"
    if field in ("last", "first"):
        return f"{field}: an age such as <7d"
    return f"{field}: a number such as >3" if field in ("id", "tickets", "unassigned", "blocked") else f"{field}: …"
