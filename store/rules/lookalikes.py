"""Names and addresses that may pretend to be others (THREATS I4): mixed scripts as in UTS 39, for the letters that
Latin, Greek and Cyrillic share by their looks."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"\w+")
_ALIKE = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
MARK = "⚠ "


@lru_cache(maxsize=4_096)
def mixes_scripts(text: str) -> bool:
    """Whether one word holds letters of two scripts that look alike, as a Cyrillic `а` in `pаypal`."""
    return not text.isascii() and any(len(_scripts(word)) > 1 for word in _WORD.findall(text))


def _scripts(word: str) -> set[str]:
    firsts = (unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha())
    return {first for first in firsts if first in _ALIKE}


def marked_address(address: str) -> str:
    """The address, behind a mark if it mixes scripts."""
    return MARK + address if mixes_scripts(address) else address


def marked_name(name: str, address: str) -> str:
    """The name, behind a mark if it mixes scripts or holds an address other than this one, which is the sender's."""
    if "@" not in name and name.isascii():
        return name
    others = (found.casefold() for found in _ADDRESS.findall(name))
    doubtful = any(other != address.casefold() for other in others) or mixes_scripts(name)
    return MARK + name if doubtful else name
