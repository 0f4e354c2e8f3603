"""Who acts: named in every use case and every query (R10.1, R10.2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`login` of an administrator, or '' for the program itself; `via` is window, command or mail; `origin` is the
    account and the place on the net from which he works, as far as that is known.

    Holds no rights: those are read afresh in each transaction (THREATS P2).
    """

    login: str
    via: str
    origin: str = ""

    @property
    def is_program(self) -> bool:
        """The program itself: intake, first start, demo.  It sees all; no `--as` can name it."""
        return self.login == ""

    @property
    def name(self) -> str:
        """Who history says it was."""
        return self.login or self.via


MAIL = Actor("", "mail")
