"""Bytes → what is known of a message.  Total: whatever the bytes, there is a result, and nothing is dropped (R5.3)."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from mail import bodies, headers
from mail.addresses import mailboxes
from mail.authentication import authentication
from mail.author import Author, author
from mail.automatic import confirmed, why_automatic
from mail.charsets import decode
from mail.headers import Fields
from mail.report import MARK_FIELD, report_of
from mail.span import Span, mapped
from mail.technical import told_apart
from store.cleantext import storable
from store.rules.addresses import OwnAddresses
from store.rules.message import Attached, Parsed

log = logging.getLogger("recipients.mail")
_MESSAGE_ID = re.compile(r"<[^<>]{1,990}>")
_MOST_REFERENCES = 100
_BARE_TEXT = 100_000
_LONGEST_SUBJECT = 10_000
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_DATE_COMMENT = re.compile(r"\([^()]*\)")
_DATE_ZONE = re.compile(r"(?:\b(?:GMT|UTC?))?([+-]\d\d):?(\d\d)\b")
_DATE_FRACTION = re.compile(r"(:\d\d)\.\d+")


class Reading(NamedTuple):
    """How an inbox's messages are read: `header` is the field that names the sender (R5.1), From where it is absent;
    `trusted` and `hops` say which server's word on the sender counts, and `behind_group` how much (see
    `mail.authentication`); `own` are the addresses that name no sender (see `mail.author`)."""

    header: str = "From"
    trusted: tuple[str, ...] = ()
    hops: int = 0
    behind_group: bool = False
    own: OwnAddresses = OwnAddresses()


USUAL = Reading()


def parse(raw: bytes, how: Reading = USUAL) -> Parsed:
    """The message behind these bytes.

    Never raises.  Bounded: 1 MB of header, 1,000 fields of 64 KB, 50 levels, 1,000 parts; what is beyond makes the
    result `unreadable`, with all that could be read.
    """
    return _parsed(Span.of(raw), how)


def _parsed(raw: Span, how: Reading) -> Parsed:
    known = Parsed()
    try:
        fields, body = headers.split(raw)
        if not fields.are_of_mail():
            why = "it is empty" if raw.is_blank() else "it has no header"
            return Parsed(unreadable=why, text=decode(raw.head(_BARE_TEXT)))
        known = _with_header(fields, how)
        return _with_body(known, fields, body)
    except Exception as fault:  # total by contract: the ticket shows why, and all that is known (R5.3)
        log.exception("a message of %d bytes could not be parsed", len(raw))
        return replace(known, text=decode(raw.head(_BARE_TEXT)), unreadable=f"the parser met {type(fault).__name__}")


def parse_file(file: Path, how: Reading = USUAL) -> Parsed:
    """The same of a message in a file, of which little is in memory at a time.  Raises OSError."""
    with mapped(file) as raw:
        return _parsed(raw, how)


def attachment_content(raw: bytes, part: int) -> bytes:
    """The content of the leaf with this number, as `Attached.part` counts.  Raises LookupError when there is none."""
    return b"".join(attachment_pieces(Span.of(raw), part))


def attachment_pieces(message: Span, part: int) -> Iterator[bytes]:
    """The same, a piece at a time."""
    leaves = bodies.walk(*headers.split(message)).leaves
    if not 0 <= part < len(leaves):
        raise LookupError(f"the message has no part {part}")
    return leaves[part].pieces()


def _with_header(fields: Fields, how: Reading) -> Parsed:
    # where a server's word on the sender counts, it is about From, unless a group writes that
    groups = how.behind_group or not how.trusted
    who = author(fields, how.header, how.own, groups=groups)
    sender, subject = who.mailbox, _subject(fields)
    return Parsed(
        sender=sender.address if sender else "",
        sender_name=sender.name if sender else "",
        sender_header=who.header,
        subject=subject,
        date=_date(fields.first("date")),
        message_id=next(iter(_message_ids(fields.first("message-id"))), ""),
        in_reply_to=_message_ids(fields.first("in-reply-to")),
        references=_message_ids(fields.first("references")),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        automatic=why_automatic(fields, sender.address if sender else "", subject),
        mark=next(iter(_message_ids(fields.first(MARK_FIELD))), ""),
        authentication=_authentication(fields, who, how),
    )


def _authentication(fields: Fields, who: Author, how: Reading) -> str:
    """What a trusted server says of the sender; one whom From does not name cannot be proved (R5.9)."""
    said = authentication(fields, who.vouched, how.trusted, how.hops, behind_group=how.behind_group)
    return said if who.is_proved_by_it or said == "fail" else "none"


def _with_body(known: Parsed, fields: Fields, body: Span) -> Parsed:
    tree = bodies.walk(fields, body)
    text = bodies.readable(tree)
    attached = told_apart(bodies.attachments(tree), tree)
    cut = fields.cut or tree.cut
    # what was not read is not known to be equal: only a message that was read to its end has a fingerprint
    fingerprint = "" if cut else _fingerprint(fields, known.message_id, text, attached)
    return replace(
        known,
        text=text,
        attachments=attached,
        automatic=confirmed(known.automatic, text),
        unreadable=cut,
        fingerprint=fingerprint,
        report=report_of(fields, tree, known.subject, text, answered=(*known.in_reply_to, *reversed(known.references))),
    )


def _subject(fields: Fields) -> str:
    subject = storable(fields.text("subject"))
    return subject if len(subject) <= _LONGEST_SUBJECT else subject[:_LONGEST_SUBJECT] + "…"


def _addresses(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(m.address for value in fields.all(name)[:10] for m in mailboxes(value))[:1_000]


def _message_ids(value: str) -> tuple[str, ...]:
    """The ids in their brackets, without the white space of folding; one that stands without brackets gets them."""
    found = ["".join(words.split()) for words in _MESSAGE_ID.findall(value)]
    if not found:
        found = [
            f"<{word}>" for word in value[:_LONGEST_SUBJECT].split() if "@" in word and not set('<>,;"') & set(word)
        ]
    return tuple(dict.fromkeys(found))[-_MOST_REFERENCES:]


def _date(value: str) -> datetime | None:
    """The Date field in UTC; None when absent or absurd (D10)."""
    try:
        iso = _ISO_DATE.match(value)
        moment = datetime.fromisoformat(value[:40]) if iso else parsedate_to_datetime(_usual_date(value[:200]))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if _EARLIEST <= moment <= _LATEST else None


def _usual_date(value: str) -> str:
    """A date as the standard library reads it right: without comments and fractions, the zone as `+0100`."""
    plain = _DATE_FRACTION.sub(r"\1", _DATE_COMMENT.sub(" ", value))
    return _DATE_ZONE.sub(r"\1\2", plain).strip()


def _fingerprint(fields: Fields, message_id: str, text: str, attached: tuple[Attached, ...]) -> str:
    """What makes two arrivals one message (R5.2): without a Message-ID nothing does."""
    if not message_id:
        return ""
    known = [message_id, *(" ".join(fields.first(name).split()) for name in ("from", "date", "subject")), text]
    parts = [part.encode("utf-8", "replace") for part in (*known, *(a.sha256 for a in attached))]
    return hashlib.sha256(b"\0".join(str(len(part)).encode() + b":" + part for part in parts)).hexdigest()
