"""What a refusal of an SMTP server is about: the connection, us, the address or the letter (R7.5; RFC 5321, RFC 3463).

One sender writes all mail, so what is refused before any address was named is never the letter's fault.  Later the
words tell best, then the enhanced status code, then the code, then the command that was refused.
"""

import re
from dataclasses import dataclass
from typing import Literal

from store.rules.refusals import Cause, cause_of

Stage = Literal["mail", "rcpt", "data", "text"]
Blame = Literal["connection", "us", "address", "letter"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whom a refusal blames.

    `connection`: this one is used up, a new one may do.  `us`: sender, login, quota, rate, policy, or the server
    itself; every letter would be refused.  `certain`: the server said so; else it is what its command most often means.
    """

    blame: Blame
    certain: bool = True


_TOO_MANY = re.compile("too many recipients", re.I)
_ENHANCED = re.compile(r"\b[45]\.(\d{1,3})\.(\d{1,3})\b")


def _any(*patterns: str) -> "re.Pattern[str]":
    return re.compile("|".join(patterns), re.I)


# at hand-in these are about one addressee, and about us, whatever a report that says the same is about
_THEIRS = _any(
    r"tr(?:ied|ying) to (?:reach|contact)",
    r"receiving (?:mail|messages|e-?mail)",
    r"(?:mailbox|recipient|account|inbox).{0,30}(?:full|over.?quota|out of space|exceeded its)",
    r"gr[ea]y.?list",
)
_OURS = _any(
    # quota and rate
    r"(?:daily|hourly|monthly|sending|submission|outgoing|outbound|relay|smtp|rate).{0,40}(?:quota|limit)",
    r"(?:quota|limit).{0,30}(?:sending|sent|send|per (?:day|hour|minute))",
    r"\byour?\b.{0,40}(?:exceeded|quota)(?!.{0,30}size)|\brate\b.{0,20}exceed",
    r"number of (?:messages|mails|e-?mails)|(?:messages|mails|e-?mails) (?:per|an?|each) (?:hour|day|minute)",
    # login and relaying
    r"not logged in|log ?in (?:first|required)|credentials|send ?as|not owned by|not verified",
    r"relay(?:ing)?.{0,20}(?:den|not|prohibit|refus|reject)|not relay|unable to relay|rcpthosts",
    # the server itself
    r"insufficient (?:system|disk)|queue (?:file )?(?:write|is full)|out of (?:memory|disk)|no space left",
    r"(?:server|system) (?:is )?(?:too )?(?:busy|overload|not accept|shutting)",
)
# whose, is not said
_VAGUE = _any(r"(?<!dmarc )polic(?:y|ies)|access denied|prohibited")
_SPAM = _any(r"\bspam|virus|content|suspicious|phish")
_BLAMES: dict[Cause, Blame] = {
    **dict.fromkeys((Cause.ADDRESS, Cause.FULL, Cause.CHOICE), "address"),
    **dict.fromkeys((Cause.SIZE, Cause.CONTENT), "letter"),
    **dict.fromkeys((Cause.US, Cause.RATE), "us"),
}
_OF_LOGIN = frozenset({432, 454, 523, 525, 530, 534, 535, 538})
# 5.1.7 and 5.1.8: the sender's address; 5.1.90: Microsoft's daily limit
_BAD_SENDER = frozenset({7, 8, 90})
_OF_SYSTEM = frozenset({0, 1, 2, 3, 5})
# who may write to that address: mailing lists (RFC 3463), owners that changed (RFC 7293), Microsoft's groups
_OF_ADDRESS_POLICY = frozenset({2, 17, 18, 124, 133, 134, 135, 136})


def verdict(stage: Stage, code: int, words: str) -> Verdict:
    """Whom this reply blames; `words` are all that the server said, `code` is no success.  Never raises."""
    if code == 421 or not 400 <= code < 600:
        return Verdict("connection")
    found = _ENHANCED.search(words)
    status = (int(found[1]), int(found[2])) if found else (0, 0)
    # a command out of turn, too many recipients: a new one begins afresh
    if status in ((5, 1), (5, 3)) or code == 503 or _TOO_MANY.search(words):
        return Verdict("connection")
    named = _by_words(stage, words) or _by_status(*status)
    if stage == "mail":
        return Verdict("letter" if named == Verdict("letter") or (code == 552 and named is None) else "us")
    return Verdict("us") if code in _OF_LOGIN else named or _by_code(stage, code)


def _by_words(stage: Stage, words: str) -> Verdict | None:
    if _THEIRS.search(words):
        return Verdict("address")
    if _OURS.search(words):
        return Verdict("us")
    cause = cause_of("", _VAGUE.sub(" ", _ENHANCED.sub(" ", words)))
    if cause is Cause.US and stage == "text" and _SPAM.search(words):
        return Verdict("letter")
    return Verdict(_BLAMES[cause]) if cause in _BLAMES else None


def _by_status(subject: int, detail: int) -> Verdict | None:
    """RFC 3463 and the registry of RFC 5248."""
    if subject == 1:
        return Verdict("us" if detail in _BAD_SENDER else "address")
    if subject == 2:
        return Verdict("address")
    if subject == 3:
        return Verdict("letter") if detail == 4 else Verdict("us") if detail in _OF_SYSTEM else None
    if subject == 4:
        return Verdict("us" if detail in (2, 5) else "address")
    if subject == 6:
        return Verdict("letter")
    if subject == 7 and detail in _OF_ADDRESS_POLICY:
        return Verdict("address")
    return Verdict("us") if subject == 7 and detail > 1 else None


def _by_code(stage: Stage, code: int) -> Verdict:
    """What the command most often means, which may be wrong (`certain` is false)."""
    if code in (551, 556):
        return Verdict("address")
    if stage == "rcpt":
        return Verdict("address", certain=False)
    return Verdict("letter", certain=False)
