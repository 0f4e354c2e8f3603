"""Matching against the deny list: one message by all entries, or all recipients by one entry (R3)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from store import patterns
from store.rules.deny import fold, plain_match

Matcher = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """One deny entry as plain values."""

    id: int
    location: str
    filter_type: str
    filter: str


@dataclass(frozen=True, slots=True)
class DenyList:
    """All entries at one time.  `version` tells a later reader whether the list has changed since."""

    version: int
    entries: tuple[Entry, ...]

    def hits(self, *, email: str, email_key: str, subject: str, text: str) -> tuple[int, ...]:
        """The ids of all entries that match a message (R3.2)."""
        texts = {"email": (email, email_key), "subject": (subject,), "message": (text,)}
        return tuple(entry.id for entry in self.entries if catches(entry, texts[entry.location]))


def catches(entry: Entry, texts: Iterable[str]) -> bool:
    """Whether the entry matches any of the texts.  Raises BadInput for a regex that does not compile."""
    match = matcher(entry.filter_type, entry.filter)
    return any(match(text) for text in texts if text)


def matcher(filter_type: str, wanted: str) -> Matcher:
    """A function that says whether one text is caught, ignoring case."""
    if filter_type == "regex":
        pattern = patterns.compiled(wanted)
        return lambda text: pattern.search(_encodable(text)) is not None
    folded = fold(wanted)
    return lambda text: plain_match(filter_type, folded, fold(text))


def caught(entry: Entry, addresses: Iterable[tuple[int, str, str]]) -> Iterator[int]:
    """Of (id, e-mail, key) triples, the ids that an entry with location Email catches."""
    match = matcher(entry.filter_type, entry.filter)
    return (row_id for row_id, email, key in addresses if match(email) or match(key))


def _encodable(text: str) -> str:
    """RE2 works on UTF-8, which has no lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")
