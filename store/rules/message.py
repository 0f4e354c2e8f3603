"""What is known of a message once it is parsed: plain values, whatever the bytes were (R5)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from store.rules.refusals import Cause, cause_of

# Each forbids automatic answers (RFC 3834, 2), and a person's own words may come with it: through a list, a group, a
# company's gateway, a helpdesk, from an address that wants no answers.
_PEOPLE_WRITE_SO = ("", "list", "precedence", "loop", "suppress", "no-reply", "postmaster", "keyword", "subject")


def is_written_by_nobody(automatic: str) -> bool:
    """Whether the reason for which a message gets no automatic answer also says that no person wrote it (R5.4)."""
    return automatic not in _PEOPLE_WRITE_SO


@dataclass(frozen=True, slots=True)
class Attached:
    """One attachment.  `part` counts the message's leaf parts from 0, so that the content can be found in the raw
    message again; `size` is in bytes, decoded; `sha256` is the hex digest of the decoded content (THREATS X2).
    `technical`: it is no file that somebody attached but a part of the mail itself, such as its signature; `inline`: it
    stands in the text, as pictures do."""

    name: str
    type: str
    size: int
    sha256: str
    part: int
    technical: bool = False
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says (RFC 3464): `original` is the Message-ID of the mail it is about, `others` are more
    that it may be about, the most likely first; `action` is failed, delayed, delivered, relayed or expanded, `status`
    such as `5.1.1`, `words` the server's.

    `recipient` is to whom that happened and `meant` to whom it was sent, each several with commas between.  `evidence`
    is what speaks for it beside the Message-ID: envelope (its own sender is empty: RFC 5321, 4.5.5), form (it is a
    multipart/report, and nothing tells its envelope), or ''.
    """

    original: str
    action: str
    status: str = ""
    recipient: str = ""
    words: str = ""
    meant: str = ""
    others: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def cause(self) -> Cause:
        """What the refusal is about."""
        return cause_of(self.status, self.words)

    @property
    def is_hard(self) -> bool:
        """Whether it says that there is no such address, so that no mail will arrive there later either."""
        return self.action == "failed" and self.cause is Cause.ADDRESS

    def with_(self, **fields: Any) -> "Report":
        """The same but for these fields."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message as facts.  Text has no NUL or lone surrogate, but is otherwise as written: clean before display.

    `sender` is '' when no usable address was found (R4.12); `sender_header` names the header it came from.
    `date` is the Date header in UTC, or None if absent or absurd.  `automatic` is '' or why nothing automatic may be
    sent back (R5.4).  `unreadable` is '' or why the message could not be read (R5.3).
    `fingerprint` identifies duplicates by Message-ID, From, Date, Subject, body and attachments (R5.2), '' when
    there is no Message-ID.  `authentication` is what a trusted server says of its sender: pass, fail, none, or '' when
    no server is trusted (R5.5); none, too, where From does not name the sender (R5.9).  `mark` is the Message-ID that
    our own outgoing mail repeats in a field of ours (R5.9).
    """

    sender: str = ""
    sender_name: str = ""
    sender_header: str = ""
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    text: str = ""
    attachments: tuple[Attached, ...] = field(default=())
    automatic: str = ""
    unreadable: str = ""
    fingerprint: str = ""
    mark: str = ""
    report: Report | None = None
    authentication: str = ""

    @property
    def written_by_nobody(self) -> bool:
        """Whether no person wrote this (R5.4); else somebody may have."""
        return is_written_by_nobody(self.automatic)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message on the server that is not let in for now (R5.11).

    `kind` is failed, deleted or draft, `reason` says it in words.  `size` is in bytes, 0 if unknown; `received` is its
    INTERNALDATE in UTC, None if unknown; `sender` and `subject` as far as they are known.
    """

    uid: int
    kind: str
    reason: str
    size: int = 0
    received: datetime | None = None
    sender: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message on the server, fetched and looked at: what `services.intake.settle` decides about.

    `raw` is the exact bytes and `sha256` their hex digest; `received` is the server's INTERNALDATE in UTC.
    `deny_hits` are the ids of the deny entries that match (R3.2).  `whole_size` is given when `raw` is only the
    beginning of a message of so many bytes.
    """

    uid: int
    raw: bytes
    sha256: str
    received: datetime
    parsed: Parsed
    deny_hits: tuple[int, ...] = ()
    whole_size: int = 0


def still_fetched(size: int) -> str:
    """What stands below the beginning of a message of so many bytes while the rest is being fetched."""
    return f"[This message has {size / 1e6:.1f} MB. This is its beginning; the rest is being fetched.]"
