"""Matching against the deny list: one message by all entries, or all recipients by one entry (R3)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from store import patterns
from store.cleantext import clean
from store.errors import BadInput
from store.rules.deny import FILTER_TYPES, LOCATIONS, fold, plain_match

Matcher = Callable[[str, str], bool]


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
        texts = {
            "email": _prepared((email, email_key)),
            "subject": _prepared((subject,)),
            "message": _prepared((text,)),
        }
        return tuple(entry.id for entry in self.entries if _catches(entry, texts[entry.location]))


def fault_of(entry: Entry) -> str:
    """Why this entry can catch nothing, '' if it can: the store was edited, or written by another version."""
    if entry.location not in LOCATIONS:
        return f"“{clean(entry.location, limit=40)}” is no location."
    if entry.filter_type not in FILTER_TYPES:
        return f"“{clean(entry.filter_type, limit=40)}” is no type."
    try:
        matcher(entry.filter_type, entry.filter)
    except BadInput as problem:
        return str(problem)
    return ""


def catches(entry: Entry, texts: Iterable[str]) -> bool:
    """Whether the entry matches any of the texts.  Raises BadInput for a regex that does not compile."""
    return _catches(entry, _prepared(texts))


def matcher(filter_type: str, wanted: str) -> Matcher:
    """A function that says whether one text is caught, ignoring case; it takes the text encodable and folded."""
    if filter_type == "regex":
        pattern = patterns.compiled(wanted)
        return lambda text, _: pattern.search(text) is not None
    target = fold(wanted)
    return lambda _, folded: plain_match(filter_type, target, folded)


def caught(entry: Entry, addresses: Iterable[tuple[int, str, str]]) -> Iterator[int]:
    """Of (id, e-mail, key) triples, the ids that an entry with location Email catches."""
    match = matcher(entry.filter_type, entry.filter)
    return (row_id for row_id, email, key in addresses if any(match(*_both(text)) for text in {email, key}))


def _catches(entry: Entry, texts: Iterable[tuple[str, str]]) -> bool:
    match = matcher(entry.filter_type, entry.filter)
    return any(match(*text) for text in texts)


def _prepared(texts: Iterable[str]) -> list[tuple[str, str]]:
    """What is asked of each entry, made once for all of them."""
    return [_both(text) for text in texts if text]


def _both(text: str) -> tuple[str, str]:
    """The text as RE2 takes it (UTF-8 has no lone surrogates), and folded."""
    if text.isascii():
        return text, text.lower()
    return text.encode("utf-8", "replace").decode("utf-8"), fold(text)
