"""What lies in a mailbox against what became of it, message by message: nothing lost, nothing doubled (R5.2, D1)."""

from collections import Counter
from typing import NamedTuple

from mail.imap import Listed
from mail.intake import is_wanted, opened
from store.db import session
from store.queries.intake import InboxSettings, outcomes, settled_here
from store.queries.withheld import uids
from store.services.intake import cursor_of

_SETTLED = ("imported", "refused", "ignored", "duplicate", "report", "unreadable")


class Reconciled(NamedTuple):
    """`on_server` is the sum of all the others but `gone`, which the server has no more.

    `withheld` are not let in for now (R5.11), `waiting` are still to be fetched, `unwanted` are not to be: read
    already, or too old (R5.1).  `missing` should be there and is not: that is never so, or something is wrong.
    """

    name: str
    on_server: int
    imported: int
    refused: int
    ignored: int
    duplicate: int
    report: int
    unreadable: int
    withheld: int
    waiting: int
    unwanted: int
    missing: int
    gone: int


def reconcile(inbox: InboxSettings) -> Reconciled:
    """Compares the inbox's folder on its server with the store.  Raises MailProblem, BadInput (secret)."""
    found: Counter[str] = Counter()
    with session(), opened(inbox) as box:
        uidvalidity, cursor = cursor_of(inbox.id)
        passed_over = dict.fromkeys(uids(inbox, box.uidvalidity), "withheld")
        settled_before = settled_here(inbox, box.uidvalidity)
        for window in box.sizes(0):
            if window:
                settled = outcomes(inbox, box.uidvalidity, window[0].uid, window[-1].uid)
                cursor_here = cursor if uidvalidity == box.uidvalidity else 0
                found.update(_kind(listed, inbox, passed_over | settled, cursor_here) for listed in window)
    kinds = {kind: found[kind] for kind in Reconciled._fields if kind not in ("name", "on_server", "gone")}
    gone = settled_before - sum(found[kind] for kind in _SETTLED)
    return Reconciled(inbox.name, sum(found.values()), **kinds, gone=max(0, gone))


def _kind(listed: Listed, inbox: InboxSettings, settled: dict[int, str], cursor: int) -> str:
    if listed.uid in settled:
        return settled[listed.uid]
    if listed.uid > cursor:
        return "waiting" if is_wanted(inbox, listed) else "unwanted"
    # its flag may have changed since: what was read then need not be read now
    return "missing" if inbox.process == "all" and is_wanted(inbox, listed) else "unwanted"
