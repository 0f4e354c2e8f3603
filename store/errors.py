"""What can go wrong, as types; each carries a sentence for a person.

    Problem                     any failure that a person is told about; .exit_status (R12)
    ├── Refused          1      a rule says no; .code is the reason, .facts its details
    │   ├── NotFound     1      the thing asked for does not exist, or may not be seen
    │   └── Conflict     1      somebody else changed it first (R10.4)
    ├── BadInput         2      a value or setting that cannot be used
    │   ├── BadField     2      the same, in one field of a form or column of a file; .field names it
    │   └── BadLines     2      lines of a file that cannot be used; .faults are all of them
    └── DatabaseProblem  3      the database cannot be opened or written
        └── DatabaseUnavailable  3  not now, whatever is written: busy, full, read-only

Mail adds its own branch under Problem in `mail.errors`.
"""

from collections.abc import Iterable
from typing import NamedTuple

_MOST_NAMED = 8  # what a dialog shows without being scrolled


class Problem(Exception):
    """A failure with a sentence for a person: what happened, to what, and what to do."""

    exit_status = 1
    field = ""
    """The field of a form, or the column of a file, that it is about, where that is known."""


class Refused(Problem):
    """A rule refuses the action.  `code` names the reason, `facts` fill the sentence."""

    def __init__(self, code: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.facts = facts


class NotFound(Refused):
    """The thing asked for does not exist, or is outside what the actor may see: never say which (R10.1)."""

    def __init__(self, what: str) -> None:
        super().__init__("not-found", f"There is no {what}, or you may not see it.", what=what)


class Conflict(Refused):
    """Somebody else changed the row since it was read (R10.4)."""

    def __init__(self, what: str, who: str, changed: str = "") -> None:
        by, told = (f" by {who}" if who else ""), (f" ({changed})" if changed else "")
        sentence = f"{what} was changed{by} since you opened it{told}; look again."
        super().__init__("conflict", sentence, what=what, who=who)


class BadInput(Problem):
    """A value, option or setting that cannot be used."""

    exit_status = 2


class BadField(BadInput):
    """A value that cannot stand in this field."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Fault(NamedTuple):
    """What is wrong in a line of a file; `column` is its name, number or letter, '' for the line itself, which then is
    the subject of `what`."""

    line: int
    column: str
    what: str

    @property
    def sentence(self) -> str:
        """Where it is, and what."""
        return (
            f"Line {self.line}, column {self.column}: {self.what}" if self.column else f"Line {self.line} {self.what}"
        )


class BadLines(BadInput):
    """Lines of a file that cannot be used, so that nothing of it was.  The sentence names the first ones."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        named = [fault.sentence for fault in self.faults[:_MOST_NAMED]]
        more = len(self.faults) - len(named)
        named += [f"And {more:,} more."] * bool(more)
        super().__init__("\n".join([*named, "Nothing was imported."]))


class DatabaseProblem(Problem):
    """The database cannot be opened, is of a newer version, or does not answer."""

    exit_status = 3


class DatabaseUnavailable(DatabaseProblem):
    """The database takes no writing now, whatever it is: busy, full, read-only or damaged.  Not the data's fault."""
