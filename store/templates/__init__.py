"""What mail of the fourteen events says: subject and text as templates, rendered and checked (R7.3).

Pure: facts in, texts out.  An administrator's own template stands in the settings `notify.EVENT.subject` and `.body`;
'' stands for the default, `store.rules.events` for the subject and the file EVENT.txt beside this for the text.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from store.cleantext import clean, for_mail_line, for_mail_text
from store.errors import BadInput
from store.rules.events import BY_KEY, Event
from store.rules.subjects import numbers_in
from store.templates.bounds import LONGEST_FACT, LONGEST_FACT_IN_SUBJECT, LONGEST_SUBJECT, MOST_CHANGES

if TYPE_CHECKING:
    from store.templates.sandbox import Trouble

REPLY_MARKER = "## Reply above this line ##"
_CUT = "\n[The message is longer than can be sent; the ticket has all of it.]"
_GROUPS = ("ticket", "customer", "requester", "assignee", "message", "actor")
# THREATS O5, O7: what an agent wrote to the customer may be quoted to him; what a stranger wrote, or a note, may not
_QUOTES_THE_MESSAGE = ("new_message_customer", "new_ticket_customer")


class Rendered(NamedTuple):
    """One line and the text, as mail may hold them.  `problem` says why the default stands for an own template."""

    subject: str
    body: str
    problem: str = ""


def render(event_key: str, subject: str, body: str, facts: Mapping[str, Any]) -> Rendered:
    """The subject and the text of one event; '' for the default template.  Never raises for what a template does.

    `facts` are shaped like `sample_facts()`; what is missing is empty.  A template that fails, or gives nothing, is
    replaced by the default one, and `problem` says so.
    """
    event = find(event_key)
    problems: list[str] = []
    line = _or_default(event, "subject", subject, facts, problems)
    text = _or_default(event, "body", body, facts, problems)
    return Rendered(line, text, " ".join(problems))


def check(event_key: str, subject: str, body: str, number: "re.Pattern[str]") -> None:
    """Whether these templates ('' for the default) can be kept.  `number` is the compiled ticket-number regex.

    Raises BadInput with the line and what is wrong: syntax, an unknown name, something forbidden, or a subject in which
    the regex does not find the ticket's number, so that no answer would find its ticket (R6.1).
    """
    check_subject(event_key, subject, number)
    check_body(event_key, body)


def check_subject(event_key: str, subject: str, number: "re.Pattern[str]") -> None:
    """The subject alone, as `check`."""
    event = find(event_key)
    for facts in _probes():
        line = _filled(event, "subject", subject or event.subject, facts)
        if facts["ticket"]["id"] not in numbers_in(line, number):
            raise BadInput(
                f"The subject of “{event.title}” would be “{clean(line, limit=80)}”, in which the ticket-number regex "
                f"“{clean(number.pattern, limit=80)}” does not find the ticket's number. "
                "Begin the subject with it, as in #{{ticket.id}}."
            )


def check_body(event_key: str, body: str) -> None:
    """The text alone, as `check`."""
    event = find(event_key)
    for facts in _probes():
        if not _filled(event, "body", body or default_body(event_key), facts):
            raise BadInput(f"The text of “{event.title}” would be empty. Leave it out for the default one.")


def find(event_key: str) -> Event:
    """The event of this key.  Raises BadInput, naming `notify list`."""
    if event_key not in BY_KEY:
        raise BadInput(f"There is no event “{clean(event_key, limit=60)}”. See: recipients notify list")
    return BY_KEY[event_key]


@functools.cache
def default_body(event_key: str) -> str:
    """The default text of an event, as a template."""
    return (Path(__file__).parent / f"{find(event_key).key}.txt").read_text(encoding="utf-8")


def names_for(event_key: str) -> tuple[str, ...]:
    """The names that a template of this event may use."""
    if find(event_key).audience == "admin":
        return (*_GROUPS, "changes")
    return tuple(name for name in _GROUPS if name != "message" or event_key in _QUOTES_THE_MESSAGE)


def sample_facts() -> dict[str, Any]:
    """Facts of a ticket that does not exist, for checks, and for a preview while there is no ticket."""
    return {
        "ticket": {
            "id": 4711,
            "number": 4711,
            "subject": "The printer does not print",
            "status": "Waiting on agent",
            "priority": "Normal",
            "group": "Support",
            "type": "Question",
            "created": "2024-05-17 09:30",
        },
        "customer": {"id": 4, "name": "Kelly Sanders"},
        "requester": {"name": "Kelly", "email": "kelly@example.com"},
        "assignee": {"name": "Anna Agent"},
        "message": {
            "text": "Good morning,\n\nit only blinks.\n\nKelly",
            "sender": "Kelly",
            "created": "2024-05-17 09:30",
            "files": "photo.jpg",
        },
        "actor": {"name": "anna"},
        "changes": [{"what": "status", "before": "New", "after": "Work in progress"}],
    }


def _probes() -> Iterator[dict[str, Any]]:
    """Facts as they come; of a ticket of which little is known; and with texts so long that they are cut.

    Their numbers differ, so that a number written into the subject by hand is found out.
    """
    usual = sample_facts()
    yield usual
    yield {"ticket": {"id": 8642, "number": 8642, "subject": usual["ticket"]["subject"]}}
    long = {name: _stretched(usual[name]) for name in _GROUPS}
    yield {**long, "ticket": {**long["ticket"], "id": 97531, "number": 97531}, "changes": usual["changes"]}


def _stretched(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value * 20 if isinstance(value, str) else value for name, value in group.items()}


def _or_default(event: Event, part: str, own: str, facts: Mapping[str, Any], problems: list[str]) -> str:
    default = event.subject if part == "subject" else default_body(event.key)
    if own:
        try:
            text = _filled(event, part, own, facts)
        except BadInput as problem:
            problems.append(f"{problem} The default stands for it.")
        else:
            if text:
                return text
            problems.append(f"The {_called(part)} of “{event.title}” came out empty. The default stands for it.")
    return _filled(event, part, default, facts)


def _filled(event: Event, part: str, source: str, facts: Mapping[str, Any]) -> str:
    """One line for a subject, a text for a body, as mail may hold them.  Raises BadInput."""
    from store.templates import sandbox

    names = names_for(event.key)
    try:
        template = sandbox.compiled(source, frozenset(names))
        text = sandbox.filled(template, _bounded(facts, names, part))
    except sandbox.Trouble as trouble:
        raise _bad(event, part, trouble) from trouble
    if part == "subject":
        return for_mail_line(text, limit=LONGEST_SUBJECT)
    return for_mail_text(text).strip("\n ")


def _bad(event: Event, part: str, trouble: "Trouble") -> BadInput:
    return BadInput(f"The {_called(part)} of “{event.title}” cannot be used: {clean(trouble)}.")


def _called(part: str) -> str:
    return "subject" if part == "subject" else "text"


def _bounded(facts: Mapping[str, Any], names: tuple[str, ...], part: str) -> dict[str, Any]:
    """The facts that the event may use, no longer than they may be."""
    cut = _cut_for_line if part == "subject" else _cut_for_text
    found: dict[str, Any] = {name: _group(facts.get(name) or {}, cut) for name in names if name != "changes"}
    if "changes" in names:
        found["changes"] = [_group(change, cut) for change in (facts.get("changes") or [])[:MOST_CHANGES]]
    return found


def _group(group: Mapping[str, Any], cut: Any) -> dict[str, Any]:
    return {name: cut(value) if isinstance(value, str) else value for name, value in group.items()}


def _cut_for_line(text: str) -> str:
    """So that one long text does not push the ticket's number out of the subject."""
    return text if len(text) <= LONGEST_FACT_IN_SUBJECT else f"{text[:LONGEST_FACT_IN_SUBJECT]}…"


def _cut_for_text(text: str) -> str:
    return text if len(text) <= LONGEST_FACT else text[:LONGEST_FACT] + _CUT
