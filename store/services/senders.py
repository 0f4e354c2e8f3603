"""What the recipient services share: reading the row under the lock, checking the rule, writing it back."""

from collections.abc import Mapping

from store.actor import Actor
from store.cleantext import clean
from store.models import Customer, Recipient
from store.queries.scope import visible
from store.reasons import refuse
from store.rules.text import search_text
from store.services.history import Thing, conflict


def locked(actor: Actor, recipient_id: int, seen: int | None) -> Recipient:
    """The recipient inside the running transaction.

    Raises NotFound when the actor may not see it, Conflict when it is not of version `seen` any more (R10.4).
    """
    row: Recipient = visible(actor, Recipient, recipient_id, f"recipient {recipient_id}")
    if seen is not None and row.version != seen:
        raise conflict(actor, clean(row.email), "recipient", row.id)
    return row


def insist(code: str, row: Recipient) -> None:
    """Raises Refused with the sentence of this reason; nothing when it is ''."""
    if code:
        customer = Customer.get_or_none(Customer.id == row.customer_id)
        raise refuse(code, email=clean(row.email), customer=clean(customer.name) if customer else "")


def thing(row: Recipient) -> Thing:
    """How history names a recipient."""
    return Thing("recipient", row.id, row.email)


def write(row: Recipient, changes: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Writes the changed columns, raises the version, keeps the search text true; the fields before and after."""
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1
    row.search = searched(row)
    row.save(only=[Recipient._meta.combined[name] for name in (*changes, "version", "search")])
    return before, dict(changes)


def searched(row: Recipient) -> str:
    """What free-text search looks in: address as written and folded, name, paired customer's name (R1.2)."""
    return search_text(row.email, row.email_key, row.name, row.customer_key)
