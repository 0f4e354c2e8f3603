"""What was decided about a message, and why (R5.5)."""

from collections.abc import Iterator, Mapping
from typing import Any

from store.cleantext import clean

REFUSALS = {"banned": "banned", "denied": "deny list", "unregistered": "unregistered", "unverified": "unverified"}
"""The reasons for which mail is refused (R8.1), as they are shown."""
IGNORED = {"own-mail": "own mail", "automatic": "automatic"}
"""The reasons for which mail is ignored and listed (R8.2), as they are shown."""
_FACTS = (
    ("sender's authentication", "authentication"),
    ("could not be read", "unreadable"),
    ("deny entries", "deny_entries"),
)


_PROOF = {
    "notified": "it answers a notification that went to this administrator",
    "vouched": "a trusted server vouches for the sender",
    "denied": "a trusted server says that the sender is forged",
    "changed": "a trusted server vouches for the sender, but the subject is none that was used in the ticket it names",
    "unseen": "the ticket is not one that this administrator may see",
    "unproven": "it answers no notification that went to this address, and no trusted server vouches for the sender",
}
_MATCHES = {
    "exact": "is",
    "contain": "contains",
    "start": "begins with",
    "end": "ends with",
    "regex": "is matched by the regex",
}


def deny_entry(location: str, filter_type: str, text: str) -> str:
    """`its sender's address ends with “@x.test”`."""
    what = {"email": "its sender's address", "subject": "its subject", "message": "its text"}.get(location, location)
    return f"{clean(what)} {_MATCHES.get(filter_type, clean(filter_type))} “{clean(text, limit=200)}”"


def why(decision: Mapping[str, Any]) -> Iterator[str]:
    """The outcome, the inbox and the field that named the sender, each check with its answer, what was written."""
    yield f"{decision['outcome']} ({decision['reason']}) in inbox {clean(decision['inbox']) or 'that is gone'}"
    yield f"  sender {clean(decision['sender']) or 'none'} from {clean(decision['header']) or 'no header'}"
    for name, key in _FACTS:
        if decision.get(key):
            yield f"  {name}: {clean(decision[key])}"
    yield from _automatic(decision)
    yield from _found(decision)
    for check, answer in decision["checks"]:
        yield f"  {check}: {answer}"
    yield from _tickets(decision)
    if before := decision.get("before"):
        yield "  before it was released:"
        yield from (f"    {check}: {answer}" for check, answer in before["checks"])


def _automatic(decision: Mapping[str, Any]) -> Iterator[str]:
    """Whether no person wrote it, or only nothing automatic is sent back (R5.4)."""
    if reason := decision.get("automatic"):
        what = "automatic mail" if decision.get("written_by_nobody", True) else "gets no automatic answer"
        yield f"  {what}: {clean(reason)}"


def _found(decision: Mapping[str, Any]) -> Iterator[str]:
    """What proves an administrator or not, which message this repeats, what is reported of which mail of ours."""
    if proof := decision.get("proof"):
        yield f"  proof: {_PROOF.get(proof, proof)}"
    if decision.get("duplicate_of"):
        yield f"  the same as a message that came before (arrival {decision['duplicate_of']})"
    if report := decision.get("report"):
        said = ": ".join(clean(report[name], limit=200) for name in ("action", "words") if report[name])
        yield f"  report on our mail {report['mail']}: {said}"


def _tickets(decision: Mapping[str, Any]) -> Iterator[str]:
    """Which ticket it looked like a message for (R6), and what was written."""
    candidate = decision.get("candidate")
    if candidate and candidate["standing"]:
        by, standing = candidate["found_by"], candidate["standing"]
        yield f"  ticket #{candidate['ticket']} by {by}, in which its sender may write ({standing})"
    if decision.get("changed"):
        yield f"  names ticket #{decision['changed']}, but its subject is none that was used there"
    if decision["looked_like"]:
        yield f"  looked like a reply to #{decision['looked_like']}, but the sender may not write there"
    if decision["written"]:
        yield f"  written: message {decision['written']} in ticket #{decision['ticket']}"
    elif decision["ticket"]:
        yield f"  noted on our mail of ticket #{decision['ticket']}"
