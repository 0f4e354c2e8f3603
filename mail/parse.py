"""Bytes → what is known of a message.  Total: whatever the bytes, there is a result, and nothing is dropped (R5.3)."""

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mail import bodies, headers
from mail.addresses import Mailbox, mailboxes, the_one
from mail.charsets import decode
from mail.headers import Fields
from store.cleantext import storable
from store.rules.message import Attached, Parsed

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_MOST_REFERENCES = 100
_LONGEST_SUBJECT = 10_000
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_BULK = ("bulk", "junk", "list", "auto_reply", "auto-reply")


def parse(raw: bytes, *, header: str = "From") -> Parsed:
    """The message behind these bytes.  `header` is the field that names its sender (R5.1); From where it is absent.

    Never raises.  Bounded: 1 MB of header, 1,000 fields, 50 levels, 1,000 parts; what is beyond makes the result
    `unreadable`, with all that could be read.
    """
    try:
        return _parsed(raw, header)
    except Exception as fault:  # noqa: BLE001 - total by contract; the ticket shows why (R5.3)
        return Parsed(unreadable=f"the parser met {type(fault).__name__}")


def attachment_content(raw: bytes, part: int) -> bytes:
    """The content of the leaf with this number, as `Attached.part` counts.  Raises LookupError when there is none."""
    fields, body = headers.split(raw)
    return bodies.walk(fields, body).leaves[part].content


def _parsed(raw: bytes, header: str) -> Parsed:
    fields, body = headers.split(raw)
    if not fields:
        return Parsed(unreadable="it has no header" if raw.strip() else "it is empty", text=_bare_text(raw))
    tree = bodies.walk(fields, body)
    sender, used = _sender(fields, header)
    text = bodies.readable(tree)
    attached = bodies.attachments(tree)
    subject = storable(fields.text("subject"))[:_LONGEST_SUBJECT]
    message_id = next(iter(_message_ids(fields.first("message-id"))), "")
    return Parsed(
        sender=sender.address if sender else "",
        sender_name=sender.name if sender else "",
        sender_header=used,
        subject=subject,
        date=_date(fields.first("date")),
        message_id=message_id,
        in_reply_to=_message_ids(fields.first("in-reply-to")),
        references=_message_ids(fields.first("references")),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        text=text,
        attachments=attached,
        automatic=_automatic(fields),
        unreadable=fields.cut or tree.cut,
        fingerprint=_fingerprint(fields, message_id, text, attached),
    )


def _sender(fields: Fields, header: str) -> tuple[Mailbox | None, str]:
    """The one usable sender and the field it came from; two different ones are none (R4.12, I2)."""
    for name in dict.fromkeys((header, "From")):
        values = fields.all(name.lower())
        if values:
            found = the_one(values)
            if found is not None or name == "From":
                return found, name
    return None, ""


def _addresses(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(m.address for value in fields.all(name)[:10] for m in mailboxes(value))[:1_000]


def _message_ids(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(value)))[-_MOST_REFERENCES:]


def _date(value: str) -> datetime | None:
    """The Date field in UTC; None when absent or absurd (D10)."""
    try:
        moment = parsedate_to_datetime(value[:200])
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment >= _EARLIEST else None


def _automatic(fields: Fields) -> str:
    """Why this is automatic mail (RFC 3834, RFC 2076, RFC 2369, RFC 3462), '' for a person's."""
    answers = {
        "auto-submitted": fields.first("auto-submitted").lower().partition(";")[0].strip() not in ("", "no"),
        "report": headers.parameters(fields.first("content-type"))[0] == "multipart/report",
        "precedence": fields.first("precedence").lower() in _BULK,
        "list": bool(fields.first("list-id") or fields.first("list-unsubscribe")),
        "empty-return-path": fields.first("return-path").replace(" ", "") == "<>",
        "autoreply": bool(fields.first("x-autoreply") or fields.first("x-autorespond")),
    }
    return next((reason for reason, holds in answers.items() if holds), "")


def _fingerprint(fields: Fields, message_id: str, text: str, attached: tuple[Attached, ...]) -> str:
    """What makes two arrivals one message (R5.2): without a Message-ID nothing does."""
    if not message_id:
        return ""
    known = [message_id, fields.first("from"), fields.first("date"), fields.first("subject"), text]
    parts = [part.encode("utf-8", "replace") for part in (*known, *(a.sha256 for a in attached))]
    return hashlib.sha256(b"\0".join(str(len(part)).encode() + b":" + part for part in parts)).hexdigest()


def _bare_text(raw: bytes) -> str:
    return decode(raw[:100_000])
