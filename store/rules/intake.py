"""What becomes of a message: the order of the checks (R5.5) has its one home here.

`decide` is pure.  `store.services.intake` finds out the circumstances inside the transaction, so that a ticket opened
or a ban made a moment before counts, and carries the decision out.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """Each message has exactly one (R5.2)."""

    OPENED = "opened"
    JOINED = "joined"
    REFUSED = "refused"
    IGNORED = "ignored"
    REPORT = "report"


_KEPT_OUT = (Outcome.REFUSED, Outcome.IGNORED)
# what is ignored and listed (R8.2): its sender is one of ours, whom the other checks on senders would keep out
_IGNORED = ("own-mail", "automatic")
# once released (R8.1): nobody knows that the administrator wrote it
_NEVER_A_REPLY = ("unverified", "own-mail")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a message looks like it belongs to (R6.1), and whether its sender may write in it (R6.2).

    `found_by` is number or reference; `standing` is why the sender may write: requester, paired, profile, cc, or ''.
    """

    ticket: int
    found_by: str
    standing: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that the decision depends on; the defaults are those of an ordinary message from a stranger.

    `report_of` is the mail of ours that a delivery report is about, `answered` the ticket of a notification that went
    to this administrator alone and that he answers (R5.8), `proof` why he is believed or not, `changed` a ticket that
    is named though the subject is none of its own (R6.1).  `waived` is the reason for which a message was kept out
    and that does not count any more, since it is released (R8).
    """

    own_mail: bool = False
    report_of: int | None = None
    duplicate_of: int | None = None
    deny_hits: tuple[int, ...] = ()
    banned: bool = False
    administrator: bool = False
    answered: int | None = None
    proof: str = ""
    written_by_nobody: bool = False
    process_administrators: bool = False
    candidate: Candidate | None = None
    changed: int | None = None
    by_subject_only: bool = False
    accept_unregistered: bool = True
    registered: bool = False
    unreadable: bool = False
    waived: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` says which check decided; `checks` lists each check that was asked and its answer, for *why*.

    `ticket` is the one joined.  `looked_like` is the ticket that a stranger's message named (R6.2).
    """

    outcome: Outcome
    reason: str
    ticket: int | None = None
    looked_like: int | None = None
    checks: tuple[tuple[str, str], ...] = field(default=())


def decide(case: Circumstances) -> Decision:
    """The first check that has an answer decides (R5.5)."""
    asked: list[tuple[str, str]] = []
    for name, check in _CHECKS:
        decision = check(case)
        if decision and decision.outcome in _KEPT_OUT and decision.reason == case.waived:
            asked.append((name, f"{decision.reason}, but released"))
            continue
        asked.append((name, decision.reason if decision else "no"))
        if decision:
            return Decision(decision.outcome, decision.reason, decision.ticket, decision.looked_like, tuple(asked))
    raise AssertionError("the last check always answers")


def _own_mail(case: Circumstances) -> Decision | None:
    return Decision(Outcome.IGNORED, "own-mail") if case.own_mail else None


def _duplicate(case: Circumstances) -> Decision | None:
    return Decision(Outcome.IGNORED, "duplicate") if case.duplicate_of is not None else None


def _denied(case: Circumstances) -> Decision | None:
    return Decision(Outcome.REFUSED, "denied") if case.deny_hits else None


def _banned(case: Circumstances) -> Decision | None:
    return Decision(Outcome.REFUSED, "banned") if case.banned else None


def _report(case: Circumstances) -> Decision | None:
    return Decision(Outcome.REPORT, "delivery-report") if case.report_of is not None else None


def _administrator(case: Circumstances) -> Decision | None:
    """R5.8: a forged From must not speak for the company."""
    if not case.administrator:
        return None
    if case.written_by_nobody and case.waived != "automatic":
        return Decision(Outcome.IGNORED, "automatic")  # such as a vacation notice (R5.4)
    if case.answered is not None and not case.unreadable and case.waived not in _NEVER_A_REPLY:
        return Decision(Outcome.JOINED, "agent-reply", case.answered)
    ticket = case.answered or (case.candidate and case.candidate.ticket)
    if ticket and case.waived in (*_NEVER_A_REPLY, "automatic"):
        return Decision(Outcome.JOINED, "released-note", ticket)
    trusted = case.process_administrators or case.waived in _IGNORED
    return None if trusted else Decision(Outcome.REFUSED, "unverified")


def _reply(case: Circumstances) -> Decision | None:
    candidate = case.candidate
    if candidate is None or case.unreadable:
        return None
    if case.by_subject_only or candidate.standing:
        return Decision(Outcome.JOINED, candidate.standing or "subject-only", candidate.ticket)
    return None


def _unregistered(case: Circumstances) -> Decision | None:
    refused = not case.accept_unregistered and not case.registered and case.waived not in _IGNORED
    return Decision(Outcome.REFUSED, "unregistered") if refused else None


def _new_ticket(case: Circumstances) -> Decision:
    stranger = case.candidate is not None and not case.unreadable
    return Decision(Outcome.OPENED, "new", looked_like=case.candidate.ticket if stranger and case.candidate else None)


_CHECKS = (
    ("own mail", _own_mail),
    ("duplicate", _duplicate),
    ("deny list", _denied),
    ("ban", _banned),
    ("delivery report", _report),
    ("administrator", _administrator),
    ("reply", _reply),
    ("unregistered", _unregistered),
    ("new ticket", _new_ticket),
)
