"""The filter line's grammar (R1.2): `banned:yes domain:example.com tickets:>3 last:<7d smith`.

Words without a colon are searched in e-mail, name and paired customer's name; quotes keep spaces; a leading `-` turns a
word or condition around.  Shared by the table, the command line and the exports.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from store.cleantext import clean, storable
from store.errors import BadInput

_LONGEST_LINE = 4_000
_MOST_TERMS = 60
Comparison = Literal["=", ">", "<", ">=", "<="]

_TOKEN = re.compile(r'(-?)(?:([A-Za-z]+):)?("[^"]*"?|\S+)')
_NUMBER = re.compile(r"^(>=|<=|>|<|=)?(\d{1,15})$")
_AGE = re.compile(r"^(>=|<=|>|<)?(\d{1,5})([mhdw])$")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_YES = {"yes": True, "y": True, "on": True, "true": True, "no": False, "n": False, "off": False, "false": False}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.  `field` is '' for a searched word.  Times are ages: `last:<7d` is less than seven days ago."""

    field: str
    comparison: Comparison
    value: str | int | bool | timedelta
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """The conditions that a table knows, by the kind of value they take.  `counted_flag` is a number that may also be
    asked for with yes or no."""

    flags: tuple[str, ...]
    numbers: tuple[str, ...]
    times: tuple[str, ...]
    texts: tuple[str, ...]
    counted_flag: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.flags, *self.numbers, *self.times, *self.texts)


RECIPIENTS = Grammar(
    flags=("paired", "unpaired", "banned", "denied", "shared"),
    numbers=("id", "tickets", "unassigned", "blocked"),
    times=("last", "first"),
    texts=("domain", "email", "name", "customer", "inbox"),
    counted_flag="unassigned",
)
TICKETS = Grammar(
    flags=("open", "closed", "unassigned", "mine"),
    numbers=("number", "messages"),
    times=("created", "updated"),
    texts=("status", "priority", "group", "type", "customer", "requester", "from", "assignee", "subject"),
)
CUSTOMERS = Grammar(
    flags=("lead", "paired"),
    numbers=("id",),
    times=("created",),
    texts=("name", "login", "email", "billing", "phone", "partner", "external"),
)
HISTORY = Grammar(
    flags=("undone",),
    numbers=("ticket",),
    times=("at",),
    texts=("who", "what", "of", "via", "kind", "origin"),
)


def parse(line: str, grammar: Grammar = RECIPIENTS) -> tuple[Term, ...]:
    """The conditions of a filter line, all of which must hold.

    Raises BadInput naming the word that cannot be used and what could stand there.
    """
    if len(line) > _LONGEST_LINE:
        raise BadInput(f"A filter line has at most {_LONGEST_LINE} characters.")
    terms: list[Term] = []
    for minus, field, raw in _TOKEN.findall(storable(line)):
        value = raw.strip('"')
        if field.lower() in grammar.fields:
            terms.append(_term(grammar, field.lower(), value, negated=bool(minus)))
        elif field and not raw.startswith(("/", '"')) and value:
            raise BadInput(f"“{clean(field, limit=30)}:” is no filter. There are: {', '.join(grammar.fields)}.")
        elif value:
            terms.append(Term("", "=", value, negated=bool(minus)))
    if len(terms) > _MOST_TERMS:
        raise BadInput(f"A filter line has at most {_MOST_TERMS} words and conditions.")
    return tuple(terms)


def _term(grammar: Grammar, field: str, value: str, *, negated: bool) -> Term:
    if field in grammar.flags:
        if value.lower() not in _YES:
            raise BadInput(f"{field}: takes yes or no, not “{clean(value, limit=30)}”.")
        return Term(field, "=", _YES[value.lower()], negated)
    if field == grammar.counted_flag and value.lower() in _YES:
        return Term(field, ">", 0, negated ^ (not _YES[value.lower()]))
    if field in grammar.numbers:
        return _number(field, value, negated=negated)
    if field in grammar.times:
        return _age(field, value, negated=negated)
    return Term(field, "=", value, negated)


def _number(field: str, value: str, *, negated: bool) -> Term:
    match = _NUMBER.match(value)
    if match is None:
        raise BadInput(f"{field}: takes a number such as {field}:>3, not “{clean(value, limit=30)}”.")
    return Term(field, match[1] or "=", int(match[2]), negated)  # type: ignore[arg-type]


def _age(field: str, value: str, *, negated: bool) -> Term:
    match = _AGE.match(value)
    if match is None:
        raise BadInput(f"{field}: takes an age such as {field}:<7d (m, h, d or w), not “{clean(value, limit=30)}”.")
    return Term(field, match[1] or "<", int(match[2]) * _UNITS[match[3]], negated)  # type: ignore[arg-type]
