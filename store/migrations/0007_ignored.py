"""Ignored mail is listed, too; what was ignored before and still has its bytes as well (R8.2)."""

import json
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any

from store.cleantext import storable
from store.rules.addresses import address_key

_AT_ONCE = 500
_LARGEST_HEADER = 65_536
_MARK = "x-tickets-mark"
_RULES = {
    "own-mail": "From an address of ours, or with the Message-ID of mail of ours",
    "automatic": "Automatic mail from an administrator's address",
}


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    db.execute_sql('ALTER TABLE "refused_message" ADD COLUMN "kind" TEXT NOT NULL DEFAULT \'refused\'')
    db.execute_sql('ALTER TABLE "refused_message" ADD COLUMN "listed" INTEGER')
    ours = {key for (key,) in db.execute_sql("SELECT email_key FROM inbox").fetchall()}
    for (value,) in db.execute_sql("SELECT value FROM setting WHERE key = 'smtp.sender_email'").fetchall():
        ours.add(address_key(json.loads(value)))
    now = time.time_ns() // 1_000
    for arrival, reason, message_id, received, sender, raw in _ignored(db):
        known = _header(raw)
        returned = any(_is_our_mail(db, text) for text in (message_id, known.get(_MARK, "")))
        if returned and address_key(sender) in ours:
            continue
        row = (arrival, reason, _RULES[reason], sender, address_key(sender), _subject(known), received, now)
        db.execute_sql(
            "INSERT INTO refused_message (arrival_id, kind, reason, rule, recipient_id, sender, sender_key, subject,"
            " received, released_by, listed) SELECT ?, 'ignored', ?, ?,"
            " (SELECT id FROM recipient WHERE email_key = ?), ?, ?, ?, ?, '', ?",
            (*row[:3], row[4], *row[3:]),
        )


def _ignored(db: Any) -> Iterator[tuple[int, str, str, int, str, bytes]]:
    """What was ignored and is no duplicate: arrival, reason, Message-ID, when it was received, sender, bytes."""
    page = (
        "SELECT a.id, a.reason, a.message_id, a.received, a.why, substr(r.data, 1, ?) FROM arrival a"
        " JOIN raw_message r ON r.id = a.raw_id WHERE a.outcome = 'ignored' AND a.reason <> 'duplicate'"
        " AND length(r.data) > 0 AND a.id > ? ORDER BY a.id LIMIT ?"
    )
    last = 0
    while rows := db.execute_sql(page, (_LARGEST_HEADER, last, _AT_ONCE)).fetchall():
        for last, reason, message_id, received, why, raw in rows:
            yield last, reason, message_id, received, json.loads(why).get("sender", ""), bytes(raw)


def _is_our_mail(db: Any, message_id: str) -> bool:
    found = db.execute_sql("SELECT 1 FROM outbox WHERE message_id = ?", (message_id.strip(),)).fetchone()
    return found is not None


def _header(raw: bytes) -> dict[str, str]:
    """The fields of its header as far as they can be read, names in lower case."""
    try:
        return {name.lower(): str(value) for name, value in message_from_bytes(raw).items()}
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):  # the message is listed nevertheless
        return {}


def _subject(known: dict[str, str]) -> str:
    text = known.get("subject", "")
    try:
        text = str(make_header(decode_header(text)))
    except (ValueError, LookupError, TypeError, HeaderParseError):  # it is shown as it is
        text = text.encode("utf-8", "replace").decode()
    return storable(" ".join(text.split()))[:1_000]
