"""Ban, unban, share, unshare, rename: what is done to one sender address (R2, R4.7, R4.8)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.models import Recipient
from store.queries.scope import rights
from store.queries.senders import sender_state
from store.reasons import refuse
from store.rules import pairing as rule
from store.rules.deny import fold
from store.services import deny, history
from store.services.senders import insist, locked, thing, write

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Done:
    """The address it was done to and, where it applies, the customer that it was unpaired from by the way."""

    email: str
    unpaired_from: int | None = None
    deny_entry: int | None = None


def ban(
    actor: Actor,
    recipient_id: int,
    *,
    reason: str = "",
    deny_too: bool = False,
    seen: int | None = None,
    rehearse: bool = False,
) -> Done:
    """From now on no message from this address gets in (R2.1).  `deny_too` adds an exact deny entry as well (R2.2).

    Raises Refused when it is banned already, NotFound, Conflict (`seen` is the version that the person looked at).
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_ban(sender_state(row)), row)
        change = history.new_change()
        fields = {
            "banned": True,
            "banned_at": datetime.now(UTC),
            "banned_by": actor.name,
            "ban_reason": field_text(reason, limit=500),
        }
        history.record(actor, "ban", thing(row), *write(row, fields), change=change)
        entry = deny.ensure_exact(actor, row.email, change=change) if deny_too else None
    return Done(clean(row.email), deny_entry=entry)


def unban(actor: Actor, recipient_id: int, *, seen: int | None = None, rehearse: bool = False) -> Done:
    """The next message from this address gets in again (R2.1).  Raises Refused, NotFound, Conflict."""
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_unban(sender_state(row)), row)
        fields = {"banned": False, "banned_at": None, "banned_by": "", "ban_reason": ""}
        history.record(actor, "unban", thing(row), *write(row, fields))
    return Done(clean(row.email))


def share(actor: Actor, recipient_id: int, *, seen: int | None = None, rehearse: bool = False) -> Done:
    """Marks the address as shared; a paired one is unpaired (R4.7).  Raises Refused, NotFound, Conflict."""
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_share(sender_state(row)), row)
        unpaired_from = row.customer_id
        history.record(actor, "share", thing(row), *write(row, _sharing(row)))
    return Done(clean(row.email), unpaired_from=unpaired_from)


def unshare(actor: Actor, recipient_id: int, *, seen: int | None = None, rehearse: bool = False) -> Done:
    """The address may be paired again.  Raises Refused, NotFound, Conflict."""
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        insist(rule.why_not_unshare(sender_state(row)), row)
        history.record(actor, "unshare", thing(row), *write(row, {"shared": False}))
    return Done(clean(row.email))


def rename(actor: Actor, recipient_id: int, name: str, *, seen: int | None = None, rehearse: bool = False) -> Done:
    """Gives the sender the name that tickets show; later mail never overwrites it (R4.8).  Raises as `edit_sender`."""
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        naming = _naming(row, name)
        if any(getattr(row, key) != value for key, value in naming.items()):
            history.record(actor, "rename", thing(row), *write(row, naming))
    return Done(clean(row.email))


def edit_sender(
    actor: Actor,
    recipient_id: int,
    *,
    name: str | None = None,
    shared: bool | None = None,
    seen: int | None = None,
    rehearse: bool = False,
) -> Done:
    """The *Edit sender* dialog: name and *Shared email* in one step, only what differs being written (R4.7, R4.8).

    None leaves the name, or whether the address is shared, as it is.
    Raises Refused for an empty name, NotFound, Conflict.
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, recipient_id, seen)
        change = history.new_change()
        unpaired_from = None
        if name is not None and _cleaned(name) != _cleaned(row.name):
            history.record(actor, "rename", thing(row), *write(row, _naming(row, name)), change=change)
        if shared and not row.shared:
            unpaired_from = row.customer_id
            history.record(actor, "share", thing(row), *write(row, _sharing(row)), change=change)
        if row.shared and shared is False:
            history.record(actor, "unshare", thing(row), *write(row, {"shared": False}), change=change)
    return Done(clean(row.email), unpaired_from=unpaired_from)


def may_edit_deny_list(actor: Actor) -> bool:
    """Whether the ban confirmation may offer *Add email to Deny list* (R10.1)."""
    return rights(actor).sees_all


def _naming(row: Recipient, name: str) -> dict[str, object]:
    cleaned = _cleaned(name)
    if not cleaned:
        raise refuse("name-empty", email=clean(row.email))
    return {"name": cleaned, "name_key": fold(cleaned), "name_edited": True}


def _cleaned(name: str) -> str:
    return field_text(name, limit=_LONGEST_NAME)


def _sharing(row: Recipient) -> dict[str, object]:
    if row.customer_id is None:
        return {"shared": True}
    return {"shared": True, "customer_id": None, "customer_key": "", "pair_source": "unpaired"}
