"""Delivery reports: which mail did not arrive, and what the server said (RFC 3462, RFC 3464).

Where there is no machine-readable part, the report of a postmaster is read as far as it quotes the mail's header.
"""

import re
from collections.abc import Sequence

from mail import headers
from mail.bodies import Tree
from mail.charsets import decode
from mail.headers import Fields
from mail.span import Span
from store.rules.message import Report

_POSTMASTERS = ("mailer-daemon@", "postmaster@", "mailerdaemon@", "mail-daemon@")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_COMPLAINT_TYPE = "message/feedback-report"
_RECEIPT_TYPE = "message/disposition-notification"
MARK_FIELD = "x-tickets-mark"
_ORIGINAL_ID = re.compile(
    rf"^[> \t]*({MARK_FIELD}|(?:(?:x-)?original-)?message-id):\s*(<[^<>\s]{{3,990}}>)", re.IGNORECASE | re.MULTILINE
)
# our mark first: there are services that give what they send a Message-ID of their own
_RANKS = (MARK_FIELD, "message-id")
_HEADER_ENDS = re.compile(r"\r?\n\r?\n")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")  # no part of 10.4.2.1
_CODE = re.compile(r"\b([45])\d\d[ :-]")
_KIND = re.compile(r"^\s*[a-z][\w-]*\s*;", re.IGNORECASE)
_DELAYED = re.compile(
    r"\b(?:delayed|will be retried|delivery attempts will continue|(?:continue|keep) (?:on )?trying|be delivered yet|"
    r"not yet been delivered|warning: message still undelivered|noch nicht zugestellt|verzögert|weiter versucht|"
    r"retardée?|retrasado|sigue intentando|in ritardo|vertraagd|atrasada|opóźnion\w+|zpožděn\w*|отложен\w*|задерж\w+)",
    re.IGNORECASE,
)
_QUOTED_HEADER = re.compile(
    rf"^[> \t]*(?:received|return-path|from|to|subject|date|message-id|{MARK_FIELD}):", re.IGNORECASE | re.MULTILINE
)
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_ACTION_OF = {"5": "failed", "4": "delayed", "2": "delivered"}
_MOST_PEOPLE = 50
_LONGEST_WORDS = 300
_MOST_TEXT = 100_000


def is_postmaster(sender: str) -> bool:
    """Whether this address is that of a mail server's own mail."""
    return sender.lower().startswith(_POSTMASTERS)


def report_of(tree: Tree, text: str, *, postmaster: bool, answered: Sequence[str] = ()) -> Report | None:
    """The report in this automatic message, or None.  `text` is its readable text.

    What has no machine-readable part is a report only of a `postmaster`, or if it says that it is one: a vacation
    notice, too, may quote the header of what it answers.  `answered` are the Message-IDs that the message refers to,
    for a server that returns neither the mail nor its header.
    """
    kinds = {leaf.type: leaf for leaf in reversed(tree.leaves)}
    status = next((kinds[kind] for kind in _STATUS_TYPES if kind in kinds), None)
    receipt = kinds.get(_RECEIPT_TYPE)
    if _COMPLAINT_TYPE in kinds:
        return None  # it arrived, and somebody calls it spam (RFC 5965): that is for people to read
    named = (*_enclosed_ids(tree, _ORIGINAL_TYPES), *_enclosed_ids(tree, (*_STATUS_TYPES, _RECEIPT_TYPE)))
    original = next(iter(named), "")
    if status is not None:
        original = original or next(iter((*_ids_in(text), *answered)), "")
        return _from_status(decode(status.content[:_MOST_TEXT]), original) if original else None
    if receipt is not None:  # it was shown, or thrown away unread: it arrived (RFC 8098)
        original = original or next(iter(answered), "")
        return Report(original, "delivered") if original else None
    if not postmaster and tree.root.type != "multipart/report":
        return None
    original = original or next(iter(_ids_in(text)), "")
    return _from_words(text[:_MOST_TEXT], original) if original else None


def _enclosed_ids(tree: Tree, kinds: Sequence[str]) -> list[str]:
    """What is named in the headers of the parts of these types."""
    texts = (decode(leaf.content[:_MOST_TEXT]).lstrip() for leaf in tree.leaves if leaf.type in kinds)
    return [found for text in texts for found in _ids_in(_HEADER_ENDS.split(text, maxsplit=1)[0])]


def _ids_in(text: str) -> list[str]:
    """The Message-IDs that stand in fields, the most trustworthy first."""
    found = [(name.lower(), known) for name, known in _ORIGINAL_ID.findall(text[:_MOST_TEXT])]
    return [known for _, known in sorted(found, key=lambda one: (*_RANKS, one[0]).index(one[0]))]


def _from_status(text: str, original: str) -> Report:
    """The worst that is said of any addressee: one block of fields each, after the block about the message."""
    texts = re.split(r"\n\s*\n", text)[:_MOST_PEOPLE]
    blocks = [headers.split(Span.of(block.strip().encode() + b"\n\n"))[0] for block in texts]
    people = [block for block in blocks if _action(block)]
    if not people:
        return _from_words(text, original)
    worst = min(people, key=lambda block: _rank(_action(block)))
    action = _action(worst)
    alike = [block.first("final-recipient") for block in people if _action(block) == action]
    words = worst.first("diagnostic-code") or worst.first("status")
    return Report(
        original=original,
        action=action,
        status=next(iter(_STATUS.findall(worst.first("status"))), ""),
        recipient=", ".join(one.rpartition(";")[2].strip()[:_LONGEST_WORDS] for one in alike),
        words=" ".join(_KIND.sub("", words, count=1).split())[:_LONGEST_WORDS],
    )


def _action(block: Fields) -> str:
    """What happened to an addressee; by the class of the status where that is left out (RFC 3463)."""
    said = re.split(r"[\s;(]", block.first("action").lower(), maxsplit=1)[0]
    return said or _ACTION_OF.get(block.first("status").strip()[:1], "")


def _rank(action: str) -> int:
    return _ACTIONS.index(action) if action in _ACTIONS else len(_ACTIONS)


def _from_words(text: str, original: str) -> Report:
    """A report for people only: failed, unless it says that it is a delay; by what stands above the mail it quotes."""
    quoted = _QUOTED_HEADER.search(text)
    said = (text[: quoted.start()] if quoted else "").strip() or text
    line = next((one for one in said.splitlines() if _STATUS.search(one) or _CODE.search(one)), "")
    status = next(iter(_STATUS.findall(line)), "") or (f"{code[1]}.0.0" if (code := _CODE.search(line)) else "")
    action = "delayed" if _DELAYED.search(said) else "failed"
    return Report(original, action, status, words=" ".join((line or said).split())[:_LONGEST_WORDS])
