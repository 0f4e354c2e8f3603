"""The one home of the pattern library: RE2, whose time is linear in the text, whatever the pattern.

A pattern that runs away (THREATS P3, R3.4) is impossible here, not merely cut short, so a decision never depends on
how busy the machine is.  The price: no look-around and no back references, which is said when such an entry is saved.
"""

import functools
import re

import re2

from store.cleantext import clean, storable
from store.errors import BadInput


@functools.lru_cache(maxsize=512)
def compiled(pattern: str, *, ignore_case: bool = True) -> "re.Pattern[str]":
    """A compiled pattern with `.search`.  Raises BadInput with RE2's own words when it does not compile."""
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(storable(pattern), options)  # type: ignore[no-any-return]
    except re2.error as error:
        words = clean(error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0])
        raise BadInput(
            f"The regex “{clean(pattern, limit=80)}” cannot be used: {words}. "
            "Look-around and back references are not supported."
        ) from error
