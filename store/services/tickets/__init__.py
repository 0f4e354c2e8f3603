"""What agents do with tickets (R11.1).

writing    reply, note, a new ticket for a customer
changing   update, close, reopen, and the question of R4.10
merging    one ticket into another
following  Cc and watchers; the requester's pair and ban from the ticket
row        reading and writing the ticket's row, shared by these
"""

from store.services.tickets.changing import Updated, close, reopen, update
from store.services.tickets.following import (
    add_cc,
    add_watcher,
    ban_requester,
    pair_requester,
    remove_cc,
    remove_watcher,
)
from store.services.tickets.merging import Merged, merge
from store.services.tickets.writing import Noted, Opened, Replied, note, open_for_customer, reply

__all__ = [
    "Merged",
    "Noted",
    "Opened",
    "Replied",
    "Updated",
    "add_cc",
    "add_watcher",
    "ban_requester",
    "close",
    "merge",
    "note",
    "open_for_customer",
    "pair_requester",
    "remove_cc",
    "remove_watcher",
    "reopen",
    "reply",
    "update",
]
