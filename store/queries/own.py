"""Which addresses are our own (R5.9, R4.12)."""

from collections.abc import Mapping

from store.models import Administrator, Inbox
from store.rules.addresses import OwnAddresses, address_key
from store.rules.settings import Value


def own_addresses(now: Mapping[str, Value]) -> OwnAddresses:
    """Those of every inbox, enabled or not, of the active administrators, and of the settings as they are `now`."""
    inboxes = frozenset(key for (key,) in Inbox.select(Inbox.email_key).tuples())
    people = {key for (key,) in Administrator.select(Administrator.email_key).where(Administrator.active).tuples()}
    if now["smtp.admin_email"]:
        people.add(address_key(str(now["smtp.admin_email"])))
    return OwnAddresses(inboxes, frozenset(people) - inboxes, address_key(str(now["smtp.sender_email"])))
