"""Times beside a clock that may have jumped either way (THREATS D10).

Each function takes datetimes or columns of the store: both know `<=`, `&` and `|`.
"""

from datetime import datetime, timedelta
from typing import Any


def is_due(at: Any, now: datetime, longest: timedelta) -> Any:
    """Whether the time `at`, which was set at most `longest` ahead, has come.

    What is further off was set by a clock that was ahead, and is due now.
    """
    return (at <= now) | (at > now + longest)


def is_recent(at: Any, now: datetime, span: timedelta) -> Any:
    """Whether `at` lies within the `span` before `now`.

    A clock that stepped back leaves times that lie ahead of it: within the span they are recent, too, further off they
    tell nothing.
    """
    return (at > now - span) & (at <= now + span)
