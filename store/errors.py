"""What can go wrong, as types; each carries a sentence for a person.

    Problem                     any failure that a person is told about; .exit_status (R12)
    ├── Refused          1      a rule says no; .code is the reason, .facts its details
    │   ├── NotFound     1      the thing asked for does not exist, or may not be seen
    │   └── Conflict     1      somebody else changed it first (R10.4)
    ├── BadInput         2      a value or setting that cannot be used
    │   └── BadField     2      the same, in one field of a form or column of a file; .field names it
    └── DatabaseProblem  3      the database cannot be opened or written
        └── DatabaseUnavailable  3  not now, whatever is written: busy, full, read-only

Mail adds its own branch under Problem in `mail.errors`.
"""


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


class DatabaseProblem(Problem):
    """The database cannot be opened, is of a newer version, or does not answer."""

    exit_status = 3


class DatabaseUnavailable(DatabaseProblem):
    """The database takes no writing now, whatever it is: busy, full, read-only or damaged.  Not the data's fault."""
