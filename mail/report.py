"""Delivery reports: which mail did not arrive, and what the server said (RFC 3462, RFC 3464).

Where there is no machine-readable part, the report of a postmaster is read as far as it quotes the mail's header.
"""

import re
from collections.abc import Sequence

from mail import headers
from mail.bodies import Tree
from mail.charsets import decode
from mail.span import Span
from store.rules.message import Report

_POSTMASTERS = ("mailer-daemon@", "postmaster@", "mailerdaemon@", "mail-daemon@")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global")
_RECEIPT_TYPE = "message/disposition-notification"
_ORIGINAL_ID = re.compile(r"^[> \t]*(?:original-)?message-id:\s*(<[^<>\s]{3,990}>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")  # no part of 10.4.2.1
_CODE = re.compile(r"\b([45])\d\d[ :-]")
_KIND = re.compile(r"^\s*[a-z][\w-]*\s*;", re.IGNORECASE)
_DELAYED = re.compile(r"\b(?:delayed|will be retried|not yet been delivered|warning: message still undelivered)", re.I)
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
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
    original = _quoted_id(tree, _ORIGINAL_TYPES)
    if status is not None:
        original = original or next(iter((*_ids_in(text), *answered)), "")
        return _from_status(decode(status.content[:_MOST_TEXT]), original) if original else None
    if receipt is not None:  # it was shown, or thrown away unread: it arrived (RFC 8098)
        original = _quoted_id(tree, (_RECEIPT_TYPE,)) or original
        return Report(original, "delivered") if original else None
    if not postmaster and tree.root.type != "multipart/report":
        return None
    original = original or next(iter(_ids_in(text)), "")
    return _from_words(text[:_MOST_TEXT], original) if original else None


def _quoted_id(tree: Tree, kinds: Sequence[str]) -> str:
    found = (_ids_in(decode(leaf.content[:_MOST_TEXT])) for leaf in tree.leaves if leaf.type in kinds)
    return next((ids[0] for ids in found if ids), "")


def _ids_in(text: str) -> list[str]:
    return _ORIGINAL_ID.findall(text[:_MOST_TEXT])


def _from_status(text: str, original: str) -> Report:
    """The worst that is said of any addressee: one block of fields each, after the block about the message."""
    texts = re.split(r"\n\s*\n", text)[:_MOST_PEOPLE]
    blocks = [headers.split(Span.of(block.strip().encode() + b"\n\n"))[0] for block in texts]
    people = [block for block in blocks if block.first("action")]
    if not people:
        return _from_words(text, original)
    worst = min(people, key=lambda block: _rank(block.first("action")))
    action = _word(worst.first("action"))
    alike = [block.first("final-recipient") for block in people if _word(block.first("action")) == action]
    words = worst.first("diagnostic-code") or worst.first("status")
    return Report(
        original=original,
        action=action,
        status=next(iter(_STATUS.findall(worst.first("status"))), ""),
        recipient=", ".join(one.rpartition(";")[2].strip()[:_LONGEST_WORDS] for one in alike),
        words=" ".join(_KIND.sub("", words, count=1).split())[:_LONGEST_WORDS],
    )


def _word(action: str) -> str:
    return re.split(r"[\s;(]", action.lower(), maxsplit=1)[0]


def _rank(action: str) -> int:
    word = _word(action)
    return _ACTIONS.index(word) if word in _ACTIONS else len(_ACTIONS)


def _from_words(text: str, original: str) -> Report:
    """A report for people only: failed, unless it says that it is a delay."""
    line = next((one for one in text.splitlines() if _STATUS.search(one) or _CODE.search(one)), "")
    status = next(iter(_STATUS.findall(line)), "") or (f"{code[1]}.0.0" if (code := _CODE.search(line)) else "")
    action = "delayed" if _DELAYED.search(text) else "failed"
    return Report(original, action, status, words=" ".join(line.split())[:_LONGEST_WORDS])
