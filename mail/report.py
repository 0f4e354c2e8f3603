"""Delivery reports: which mail did not arrive, and what the server said (RFC 3462, RFC 3464).

Many have no machine-readable part, and are known by who writes them and how; what they say is read in
`mail.report_words`.  People quote and forward reports: theirs are messages.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from mail import headers
from mail.bodies import Part, Tree
from mail.charsets import decode
from mail.headers import Fields
from mail.report_words import (
    begins_with_failure,
    has_answer,
    is_answer_subject,
    is_delay,
    own_words,
    reason,
    says_failure,
    starts_with_failure,
)
from mail.span import Span
from store.rules.message import Report
from store.rules.refusals import Cause, cause_of

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_COMPLAINT_TYPE = "message/feedback-report"
_RECEIPT_TYPE = "message/disposition-notification"
MARK_FIELD = "x-tickets-mark"
# no person has such an address; a company may have such a name, and people have the others
_SYSTEM = re.compile(
    r"mail(?:er)?[-_. ]?daemon|\bmdaemon\b|post[-_. ]master|microsoftexchange[0-9a-f]{32}|"
    r"(?:mail|message)[-_. ]?delivery[-_. ]?(?:sub)?(?:system|service|agent)|delivery (?:status )?notification",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"postmaster|(?:system|mail)[-_. ]?(?:administrator|admin|system|server|service|gateway)|"
    r"\b(?:ndr|imss|bounces?|mailadm)\b|smtp|antivirus|interscan|content[-_ ]filter",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"@[^\s<>,;()]*")
_LOCAL_PART = re.compile(r"([^\s<>()\",;:@]{1,64})@")
_POSTMASTER = re.compile(r"(?:post[-_.]?master|mail(?:er)?[-_.]?daemon|mdaemon)@", re.IGNORECASE)
NO_SENDER = re.compile(r"<\s*>|<?mailer-daemon(?:@[^\s<>]*)?>?\s*(?:\(|$)", re.IGNORECASE)
"""An empty envelope sender (RFC 5321, 4.5.5); sendmail names it so."""
ENVELOPE_FIELDS = ("return-path", "x-envelope-from", "x-envelope-sender")
"""Where a server that delivers writes the envelope sender down."""
_PEOPLES_PROGRAMS = re.compile(
    r"outlook|thunderbird|apple mail|iphone|ipad|the bat|evolution|mutt|k-9|kmail|webmail", re.I
)
_ID_FIELD = re.compile(
    rf"^[> \t]*({MARK_FIELD}|(?:(?:x-)?original-)?message[- ]?id|original-envelope-id):"
    r"[>\s]*(<[^<>\s]{3,990}>|[^<>\s@]{1,500}@[^<>\s@]{1,500}(?=\s|$))",
    re.IGNORECASE | re.MULTILINE,
)
_ID_NAMES = ("essage-I", "essage-i", "ESSAGE-I")
# our mark first: there are services that give what they send a Message-ID of their own
_RANKS = (MARK_FIELD, "message-id")
_ANY_ID = re.compile(r"<[^<>\s@]{1,500}@[^<>\s@]{1,500}>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|@]{1,64}@[^\s<>()\[\],;:\"'|@]{1,255}")
_HEADER_ENDS = re.compile(r"\r?\n\r?\n")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")  # no part of 10.4.2.1
_CODE = re.compile(r"\b([45])\d\d(?:[ :-]|$)")
_KIND = re.compile(r"^\s*[a-z][\w-]*\s*;", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"[\W\d]*(?:smtp)?[\W\d]*")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_ACTION_OF = {"5": "failed", "4": "delayed", "2": "delivered"}
_ACTION_WORDS = {"fail": "failed", "err": "failed", "undeliver": "failed", "reject": "failed", "expire": "failed"}
_MOST_PEOPLE = 50
_MOST_NAMED = 20
_LONGEST_WORDS = 300
_MOST_TEXT = 100_000


class _Signs(NamedTuple):
    """Who wrote, as far as the header tells.  `role` is address, name (which a company may bear), or ''; `envelope`
    is empty, other, or '' where no Return-Path says."""

    system: bool
    role: str
    envelope: str
    automatic: bool
    person: bool
    subject: str


def is_postmaster(sender: str) -> bool:
    """Whether this address is that of a mail server's own mail."""
    return bool(_POSTMASTER.match(sender))


def report_of(fields: Fields, tree: Tree, subject: str, text: str, *, answered: Sequence[str] = ()) -> Report | None:
    """The report in this message, or None.  `text` is its readable text.

    `answered` are the Message-IDs that the message refers to, for servers that return neither the mail nor its header.
    """
    kinds = {leaf.type: leaf for leaf in reversed(tree.leaves)}
    if _COMPLAINT_TYPE in kinds:
        return None  # it arrived, and somebody calls it spam (RFC 5965): that is for people to read
    status = next((kinds[kind] for kind in _STATUS_TYPES if kind in kinds), None)
    signs = _signs(fields, subject)
    if not _is_report(signs, tree, text, has_status=status is not None):
        return None
    named = _named(tree, text, signs, answered)
    if not named:
        return None
    found = Report(named[0], "failed", others=named[1:], evidence=_evidence(signs, tree))
    receipt = kinds.get(_RECEIPT_TYPE)
    if status is None and receipt is not None:
        return _from_receipt(found, text)
    failed = fields.first("x-failed-recipients")
    block = decode(status.content[:_MOST_TEXT]) if status is not None else ""
    return _from_status(found, block, text, failed)


def _signs(fields: Fields, subject: str) -> _Signs:
    origin = headers.decode_words(fields.first("from")[:1_000])
    wrote = _DOMAIN.sub(" ", origin)
    is_address = all(map(_is_nobodys, _LOCAL_PART.findall(origin)))
    is_system = bool(_SYSTEM.search(wrote))
    path = next(filter(None, map(fields.first, ENVELOPE_FIELDS)), "")
    submitted = fields.first("auto-submitted").lower()
    return _Signs(
        system=is_system and is_address,
        role=("address" if is_address else "name") if is_system or _ROLE.search(wrote) else "",
        envelope="" if not path else "empty" if NO_SENDER.match(path) else "other",
        automatic=submitted.startswith("auto-") or bool(fields.first("x-failed-recipients")),
        person=bool(fields.first("user-agent") or _PEOPLES_PROGRAMS.search(fields.first("x-mailer"))),
        subject=subject,
    )


def _is_nobodys(local_part: str) -> bool:
    return bool(_SYSTEM.search(local_part) or _ROLE.search(local_part))


def _is_report(signs: _Signs, tree: Tree, text: str, *, has_status: bool) -> bool:
    """Whether a server wrote this to say what became of a mail; the surest signs first."""
    has_receipt = any(leaf.type == _RECEIPT_TYPE for leaf in tree.leaves)
    if tree.root.type == "multipart/report":
        return has_status or has_receipt or signs.system or says_failure(f"{signs.subject}\n{own_words(text)}")
    if signs.system:
        return True
    is_answer = is_answer_subject(signs.subject)
    if signs.person or (is_answer and signs.envelope != "empty"):
        return False  # an answer to a report, or one that somebody forwards with its parts
    returns = any(leaf.type.startswith("message/") for leaf in tree.leaves)
    is_programs = signs.role != "" or signs.automatic or signs.envelope == "empty"
    if not (is_programs or returns or any(name in text for name in _ID_NAMES)):
        return False  # people's mail, as a rule, and nothing is known of any other
    is_titled = starts_with_failure(signs.subject)
    if is_programs and (has_status or (is_titled and (signs.role == "address" or says_failure(own_words(text))))):
        return True
    if not (is_programs or is_titled) or not begins_with_failure(text):
        return False
    if is_programs:  # else it may be a notice of absence, or a postmaster in person
        return returns or has_answer(own_words(text)) or (signs.role != "" and signs.envelope != "other")
    return True


def _evidence(signs: _Signs, tree: Tree) -> str:
    """What else than our Message-ID speaks for it: see `Report.evidence`."""
    if signs.envelope:
        return "envelope" if signs.envelope == "empty" else ""
    return "form" if tree.root.type == "multipart/report" else ""


def _named(tree: Tree, text: str, signs: _Signs, answered: Sequence[str]) -> tuple[str, ...]:
    """The Message-IDs of the mail that this may be about, the most likely first."""
    enclosed = list(_enclosed(tree))
    found = [*_ranked(enclosed), *_ranked([text])]
    is_programs = signs.role != "" or signs.envelope == "empty" or tree.root.type == "multipart/report"
    if is_programs or any(leaf.type in _STATUS_TYPES for leaf in tree.leaves):
        found += answered
    if signs.system and not found:
        found += _ANY_ID.findall(text[:_MOST_TEXT])
    return tuple(islice(dict.fromkeys(found), _MOST_NAMED))


def _enclosed(tree: Tree) -> Iterator[str]:
    """The header of the returned mail, in whatever type of part it stands, and the fields of machine-readable parts."""
    shown = {id(part) for part in tree.shown}
    hidden = [leaf for leaf in tree.leaves if id(leaf) not in shown][:_MOST_NAMED]
    for leaf in sorted(hidden, key=lambda leaf: leaf.type in (*_STATUS_TYPES, _RECEIPT_TYPE)):
        text = _beginning(leaf)
        yield text if leaf.type in (*_STATUS_TYPES, _RECEIPT_TYPE) else _HEADER_ENDS.split(text, maxsplit=1)[0]


def _beginning(leaf: Part) -> str:
    """As much of a part as counts; a large file is not read to its end."""
    content = b""
    for piece in leaf.pieces():
        content += piece
        if len(content) >= _MOST_TEXT:
            break
    return decode(content[:_MOST_TEXT]).lstrip()


def _ranked(texts: Sequence[str]) -> list[str]:
    """The Message-IDs that stand in fields, the most trustworthy first."""
    found = [
        (name.lower().replace(" ", "-"), known if known.startswith("<") else f"<{known}>")
        for name, known in chain.from_iterable(_ID_FIELD.findall(text[:_MOST_TEXT]) for text in texts)
    ]
    return [known for _, known in sorted(found, key=lambda one: (*_RANKS, one[0]).index(one[0]))]


def _from_receipt(found: Report, text: str) -> Report:
    """It was shown, or thrown away unread: it arrived (RFC 8098); or it was rejected by a filter (RFC 5429, 2.1.2)."""
    said = own_words(text)
    refused = begins_with_failure(said) and cause_of("", reason(said)) is not Cause.UNKNOWN
    return found.with_(words=reason(said)) if refused else found.with_(action="delivered", evidence="")


def _from_status(found: Report, block: str, text: str, failed: str) -> Report:
    """The worst that is said of any addressee: one block of fields each, after the block about the message."""
    texts = re.split(r"\n\s*\n", block)[:_MOST_PEOPLE]
    blocks = [headers.split(Span.of(one.strip().encode() + b"\n\n"))[0] for one in texts]
    people = [one for one in blocks if _action(one)]
    if not people:
        return _from_words(found, f"{text}\n{failed}" if failed else text)
    worst = min(people, key=lambda one: _rank(_action(one)))
    action = _action(worst)
    alike = [one for one in people if _action(one) == action]
    words = " ".join(_KIND.sub("", worst.first("diagnostic-code") or worst.first("status"), count=1).split())
    if _SAYS_NOTHING.fullmatch(words) and cause_of("", told := reason(own_words(text))) is not Cause.UNKNOWN:
        words = f"{words} {told}".strip()
    return found.with_(
        action=action,
        status=next(iter(_STATUS.findall(worst.first("status"))), ""),
        recipient=", ".join(_of_whom(one.first("final-recipient")) for one in alike),
        meant=", ".join(filter(None, (_of_whom(one.first("original-recipient")) for one in alike))),
        words=words[:_LONGEST_WORDS],
    )


def _of_whom(field: str) -> str:
    """The address in a recipient field, its type before it or not; what is no address as it stands."""
    address = _ADDRESS.search(field)
    return address[0] if address else _KIND.sub("", field, count=1).strip()[:_LONGEST_WORDS]


def _action(block: Fields) -> str:
    """What happened to an addressee; by the class of the status where that is left out (RFC 3463) or unknown."""
    said = re.split(r"[\s;(]", block.first("action").lower(), maxsplit=1)[0]
    known = next((action for action in _ACTIONS if said.startswith(action[:5])), "")
    known = known or next((action for begin, action in _ACTION_WORDS.items() if said.startswith(begin)), "")
    return known or _ACTION_OF.get(block.first("status").strip()[:1], said)


def _rank(action: str) -> int:
    return _ACTIONS.index(action) if action in _ACTIONS else len(_ACTIONS)


def _from_words(found: Report, text: str) -> Report:
    """A report for people only: failed, unless it says that it is a delay."""
    said = own_words(text)
    words = reason(said)
    status = next(iter(_STATUS.findall(words)), "") or (f"{code[1]}.0.0" if (code := _CODE.search(words)) else "")
    people = dict.fromkeys(one.rstrip(".") for one in _ADDRESS.findall(said))
    return found.with_(
        action="delayed" if is_delay(said) else "failed",
        status=status,
        recipient=", ".join(islice(people, _MOST_NAMED)),
        words=words[:_LONGEST_WORDS],
    )
