"""The chain of the history (THREATS S6): each entry is sealed together with all before it.

Whoever changes, removes or slips in an entry behind the program's back breaks every seal from there on.  Whoever may
write the file could seal all anew; noting the last seal elsewhere shows that too.
"""

import hashlib
import json
from collections.abc import Sequence

FIRST = b""
_SHOWN = 16


def seal(before: bytes, fields: Sequence[object]) -> bytes:
    """The seal (SHA-256) of an entry with these fields (texts, numbers, None) that follows one sealed `before`."""
    return hashlib.sha256(before + json.dumps(fields, separators=(",", ":")).encode()).digest()


def shown(value: bytes) -> str:
    """The beginning of a seal, to be noted and compared: `3f9a…`, 16 digits."""
    return value.hex()[:_SHOWN]
