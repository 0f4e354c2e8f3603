"""Refused mail (R8): why it was refused, in words that stay true when the rule is gone."""

from store.models import DenyEntry, Recipient
from store.rules.deny import FILTER_TYPES, LOCATIONS


def rule_in_words(inbox: str, reason: str, entry_id: int | None, recipient: Recipient | None) -> str:
    """The rule behind a refusal: the deny entry, the ban, or the setting."""
    if entry_id is not None:
        entry = DenyEntry.get_by_id(entry_id)
        return f"Deny list {entry.id}: {LOCATIONS[entry.location]}, {FILTER_TYPES[entry.filter_type]}: {entry.filter}"
    if reason == "banned" and recipient is not None:
        why = f": {recipient.ban_reason}" if recipient.ban_reason else ""
        return f"Banned by {recipient.banned_by}{why}"
    if reason == "unregistered":
        return f"Inbox {inbox} takes mail from known senders only"
    return "From an administrator's address, and forwarded e-mail from administrators is off"
