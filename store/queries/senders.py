"""What the rules need to know of a sender's row."""

from store.models import Administrator, Inbox, Recipient
from store.rules.pairing import SenderState


def sender_state(row: Recipient) -> SenderState:
    """The state of this recipient."""
    return SenderState(
        paired=row.customer_id is not None, banned=row.banned, shared=row.shared, ours=is_ours(row.email_key)
    )


def is_ours(email_key: str) -> bool:
    """Whether an active administrator or an inbox has this address (R4.12)."""
    return bool(
        Administrator.select().where((Administrator.email_key == email_key) & Administrator.active).exists()
        or Inbox.select().where(Inbox.email_key == email_key).exists()
    )
