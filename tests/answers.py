"""What is an agent's own in an answer, from a unit test's few facts."""

from datetime import UTC, datetime

from store.rules.alignment import squeezed
from store.rules.introductions import Values
from store.rules.own_words import Known, Sent, own_words
from store.templates import REPLY_MARKER

SUBJECTS = ("#7 New note in ticket", "#7 New ticket created")
VALUES = Values(
    addresses=frozenset({"help@us.test", "admin@us.test", "admin24@us.test", "a@us.test"}),
    names=frozenset({"help", "helpdesk"}),
    subjects=frozenset(map(squeezed, SUBJECTS)),
    moments=(datetime(2026, 11, 23, 10, tzinfo=UTC),),
    identities=frozenset({"f00d.7@us.test"}),
)
"""What the head of the notification says."""


def own_text(answer: str, sent: str, *, notes: tuple[str, ...] = (), public: tuple[str, ...] = ()) -> str:
    """The answer's own words, of an answer to this notification in a ticket with these notes and messages."""
    return own_words(answer, Known([Sent(SUBJECTS[0], sent)], notes, public, VALUES), REPLY_MARKER).text
