"""The deny list's vocabulary and its comparing (R3.1).  Regexes are matched in `store.patterns`."""

import unicodedata

LOCATIONS = {"email": "Email", "subject": "Subject", "message": "Message"}
FILTER_TYPES = {
    "exact": "Exact entry",
    "contain": "Contain",
    "start": "Starting with",
    "end": "Ending with",
    "regex": "Regex",
}


def fold(text: str) -> str:
    """Matching ignores case (R3.1) and the way accents are composed."""
    return unicodedata.normalize("NFC", text).casefold()


def plain_match(filter_type: str, wanted: str, text: str) -> bool:
    """Whether folded `text` is caught by the folded filter `wanted` of a type other than regex."""
    if filter_type == "exact":
        return text.strip() == wanted.strip()
    if filter_type == "contain":
        return wanted in text
    if filter_type == "start":
        return text.startswith(wanted)
    return text.endswith(wanted)
