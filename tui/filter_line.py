"""What helps a person write a filter line (R1.2): ready filters, and the grammar in examples.  Needs no Textual."""

import functools
import re
from typing import NamedTuple

from store.filters import CUSTOMERS, HISTORY, RECIPIENTS, TICKETS, Grammar


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
READY_TICKETS: tuple[Ready, ...] = (
    Ready("Open", "open:yes"),
    Ready("Closed", "closed:yes"),
    Ready("Without a customer", "unassigned:yes"),
    Ready("Assigned to me", "mine:yes"),
    Ready("Assigned to nobody", "assignee:none"),
    Ready("Updated today", "updated:<1d"),
)
GRAMMAR_TICKETS: tuple[tuple[str, str], ...] = (
    ('printer "two words"', "in the subject, requester's or customer's name or address"),
    ("open:yes mine:yes", "also closed, unassigned: yes or no"),
    ("status:waiting", "also priority, group, type, subject: a part of it"),
    ("customer:4 customer:none", "an id, a part of the name, or none"),
    ("requester:bob@x.test", "or from:, an address or a part of the name"),
    ("assignee:anna", "a login, or none"),
    ("messages:>3 number:>100", "with > < >= <= or alone"),
    ("created:<7d updated:>4w", "m, h, d or w ago"),
)
READY_CUSTOMERS: tuple[Ready, ...] = (
    Ready("Leads", "lead:yes"),
    Ready("Customers", "lead:no"),
    Ready("With paired addresses", "paired:yes"),
    Ready("Without any", "paired:no"),
)
GRAMMAR_CUSTOMERS: tuple[tuple[str, str], ...] = (
    ('smith "two words"', "in name, login, id, e-mails or phone"),
    ("lead:yes paired:no", "yes or no"),
    ("partner:main", "also name, login, email, billing, phone, external"),
    ("id:>100", "with > < >= <= or alone"),
    ("created:<7d", "m, h, d or w ago"),
)
READY_HISTORY: tuple[Ready, ...] = (
    Ready("Today", "at:<1d"),
    Ready("Recipients", "kind:recipient"),
    Ready("Tickets", "kind:ticket"),
    Ready("Settings", "kind:setting"),
    Ready("Taken back", "undone:yes"),
)
GRAMMAR_HISTORY: tuple[tuple[str, str], ...] = (
    ('bob@x.test "two words"', "in who, what, of"),
    ("who:anna what:pair", "also of, via (window, command, mail), kind, origin"),
    ("kind:recipient", "or ticket, customer, deny, inbox, setting…"),
    ("ticket:12", "what was done to one ticket"),
    ("at:<7d undone:no", "m, h, d or w ago; taken back or not"),
)


class Help(NamedTuple):
    """What helps with the filter line of one table."""

    grammar: Grammar
    ready: tuple[Ready, ...]
    examples: tuple[tuple[str, str], ...]
    all_of_them: str


RECIPIENT_HELP = Help(RECIPIENTS, READY, GRAMMAR, "all recipients")
CUSTOMER_HELP = Help(CUSTOMERS, READY_CUSTOMERS, GRAMMAR_CUSTOMERS, "all customers")
HISTORY_HELP = Help(HISTORY, READY_HISTORY, GRAMMAR_HISTORY, "all of the history")
TICKET_HELP = Help(TICKETS, READY_TICKETS, GRAMMAR_TICKETS, "all tickets")
_TOKEN = re.compile(r'-?(?:[A-Za-z]+:)?(?:"[^"]*"?|\S+)|\S+')


def toggled(line: str, term: str) -> str:
    """The line with this condition, instead of another on the same field; without it, if it was there."""
    field = term.partition(":")[0]
    tokens = _TOKEN.findall(line)
    kept = [token for token in tokens if token.lstrip("-").partition(":")[0] != field or ":" not in token]
    return " ".join(kept if term in tokens else [*kept, term])


def has(line: str, term: str) -> bool:
    """Whether the condition stands in the line."""
    return term in _TOKEN.findall(line)


def finished(line: str, grammar: Grammar = RECIPIENTS) -> tuple[str, str]:
    """The line without a condition that is still being typed, and what can follow that: `banned: yes or no`."""
    match = _unfinished(grammar).search(line)
    if match is None:
        return line, ""
    return line[: match.start()], _expected(match[1].lower(), grammar)


def suggestion(line: str, grammar: Grammar = RECIPIENTS) -> str | None:
    """The line with the field that is being typed completed: `ban` becomes `banned:yes`; None if there is none."""
    word = line.rpartition(" ")[2]
    typed = word.removeprefix("-").lower()
    if len(typed) < 2:
        return None
    for field in grammar.fields:
        full = f"{field}:{_first_value(field, grammar)}"
        if full.startswith(typed) and full != typed:
            return line + full[len(typed) :]
    return None


@functools.cache
def _unfinished(grammar: Grammar) -> "re.Pattern[str]":
    return re.compile(rf"(?:^|\s)-?({'|'.join(grammar.fields)}):\"?$", re.IGNORECASE)


def _first_value(field: str, grammar: Grammar) -> str:
    """What is most often asked for."""
    if field in grammar.flags:
        return "yes"
    if field in grammar.times:
        return "<7d"
    return ">0" if field in grammar.numbers and field not in ("id", "number") else ""


def _expected(field: str, grammar: Grammar) -> str:
    if field in grammar.flags:
        return f"{field}: yes or no"
    if field in grammar.times:
        return f"{field}: an age such as <7d"
    return f"{field}: a number such as >3" if field in grammar.numbers else f"{field}: …"
