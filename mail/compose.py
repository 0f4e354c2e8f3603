"""A letter of the outbox → the bytes that are sent (R7.6, RFC 5322, RFC 3834).

Names and subjects come from outside: control characters are made visible in every header, and the finished message is
read again to see that it has the headers that were meant, and no others (THREATS O6).
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from mail import headers
from mail.errors import MailProblem
from mail.header_lines import address_field, text_field
from mail.report import MARK_FIELD
from mail.span import Span
from store.cleantext import for_mail_line, for_mail_text
from store.rules.addresses import domain_key
from store.services.outbox import Letter

_IDENTITY = re.compile(r"<[!-;=?-~]{3,900}>")
_FILE_TYPE = re.compile(r"(?:application|audio|font|image|model|text|video)/[a-z0-9.+-]{1,100}")
_LONGEST_TEXT = 250  # of a name or subject: templates make none that is longer, and as one encoded word it fits a line
_LONGEST_LINE = 900  # of a local part: what is longer than a line holds is no address
_MOST_REFERENCES = 20
_INTENDED_FIELD = "X-Tickets-Intended-For"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends (R7.2); `only_to` is the address that gets all mail while testing, '' otherwise."""

    name: str
    email: str
    only_to: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a letter: its name as it may be written, its type, its bytes."""

    name: str
    type: str
    content: bytes


def compose(letter: Letter, sender: Sender, enclosed: Iterable[Enclosed] = ()) -> bytes:
    """The message with CRLF line ends.  Raises MailProblem (send) when it would not be what was meant (O6)."""
    envelope = "".join(map(envelope_address, (sender.only_to or letter.to, sender.email)))
    utf8 = not envelope.isascii()
    fields = list(_fields(letter, sender))
    head = "".join(_line(name, value, utf8=utf8) for name, value in fields)
    message = EmailMessage(policy=policy.SMTPUTF8 if utf8 else policy.SMTP)
    body = for_mail_text(letter.body)
    message.set_content(body, cte="quoted-printable")
    message.add_alternative(_page(body), subtype="html", cte="quoted-printable")
    for file in enclosed:
        kind, _, subtype = _type_of(file).partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=_one_line(file.name) or "file")
    data = head.encode() + message.as_bytes()
    _insist(data, [name for name, _ in fields] + list(message))
    return data


def mailbox(name: str, email: str) -> Address:
    """Name and address as a header holds them: `Kelly Sanders <kelly@x.test>`, the domain in A-labels."""
    local, _, domain = email.rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])  # Address quotes it by itself
    return Address(_one_line(name), for_mail_line(local, limit=_LONGEST_LINE), domain_key(domain))


def envelope_address(email: str) -> str:
    """The address as SMTP wants it: its domain in A-labels."""
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain_key(domain)}"


def _line(name: str, value: str | Address, *, utf8: bool) -> str:
    write = address_field if isinstance(value, Address) else text_field
    return write(name, value, utf8=utf8)  # type: ignore[arg-type]


def _fields(letter: Letter, sender: Sender) -> Iterator[tuple[str, str | Address]]:
    yield "From", mailbox(sender.name, sender.email)
    yield "To", mailbox("" if sender.only_to else letter.to_name, sender.only_to or letter.to)
    yield "Subject", _one_line(letter.subject)
    yield "Date", format_datetime(datetime.now(UTC))
    yield "Message-ID", letter.message_id
    yield MARK_FIELD.title(), letter.message_id
    answered = _identities(letter.in_reply_to)[:1]
    if answered:
        yield "In-Reply-To", answered[0]
    # its own id, too: a relay may rename the Message-ID, but an answer repeats what stands here (RFC 5322, 3.6.4)
    thread = [*_identities(letter.references), *_identities(letter.message_id)]
    yield "References", " ".join(dict.fromkeys(thread[-_MOST_REFERENCES:]))
    if letter.reply_to:
        yield "Reply-To", mailbox("", letter.reply_to)
    if letter.automatic:
        yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    if sender.only_to:
        yield _INTENDED_FIELD, quote(letter.to, safe="@+._-")


def _type_of(file: Enclosed) -> str:
    """Its type, if it is one; a message in a message goes as a file, so that nothing in it counts as a header."""
    kind = file.type.lower()
    return kind if _FILE_TYPE.fullmatch(kind) else "application/octet-stream"


def _identities(text: str) -> list[str]:
    """The Message-IDs in a field that came from outside; whatever else stands there is left out."""
    return _IDENTITY.findall(text)


def _one_line(text: str) -> str:
    return for_mail_line(text, limit=_LONGEST_TEXT)


def _page(text: str) -> str:
    """The same text for programs that show HTML only; it loads nothing."""
    body = html.escape(text)
    return f'<!doctype html><html><body><div style="white-space: pre-wrap">{body}</div></body></html>\n'


def _insist(data: bytes, written: list[str]) -> None:
    """Reads the own bytes again, with our own parser, and compares the headers' names and number."""
    fields, _ = headers.split(Span.of(data))
    meant = sorted(name.lower() for name in written)
    found = sorted(name for name in set(meant) for _ in fields.all(name))
    if fields.names() != set(meant) or found != meant:
        raise MailProblem("send", "The message could not be put together safely, so it was not sent.")
