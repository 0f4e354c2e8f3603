"""What may be done with a ticket (R4.9, R4.10, R11.1).  Services enforce it, the window greys keys.

Every `why_not_…` answers '' when the action is allowed, else a reason code; `store.reasons` has the sentences.
"""

from dataclasses import dataclass

from store.rules.pairing import SenderState, why_not_ban, why_not_pair


@dataclass(frozen=True, slots=True)
class TicketState:
    """What the rules need to know of a ticket.  `requester` None: nobody usable wrote it (R4.12)."""

    closed: bool = False
    merged: bool = False
    customer: int | None = None
    requester: SenderState | None = None
    requester_customer: int | None = None


def why_not_close(state: TicketState) -> str:
    """Once is enough."""
    return "close-closed" if state.closed else ""


def why_not_reopen(state: TicketState) -> str:
    """Only what is closed; a merged ticket goes on in the other one."""
    if state.merged:
        return "ticket-merged"
    return "" if state.closed else "reopen-open"


def why_not_write(state: TicketState) -> str:
    """A merged ticket goes on in the other one."""
    return "ticket-merged" if state.merged else ""


def why_not_merge(state: TicketState, into: TicketState, *, same: bool) -> str:
    """R11.1: tickets of one customer, or one of them without; what is merged already goes on elsewhere."""
    if same:
        return "merge-itself"
    if state.merged or into.merged:
        return "ticket-merged"
    both = state.customer is not None and into.customer is not None
    return "merge-customers" if both and state.customer != into.customer else ""


def why_not_pair_requester(state: TicketState) -> str:
    """R4.9: the rules of pairing from the table."""
    return "requester-none" if state.requester is None else why_not_pair(state.requester)


def why_not_ban_requester(state: TicketState) -> str:
    """R11.1: *Ban incoming email*."""
    return "requester-none" if state.requester is None else why_not_ban(state.requester)


def asks_for_pair(state: TicketState, customer: int | None) -> bool:
    """R4.10: whether changing the ticket's customer opens *Change pair for recipient*."""
    if customer is None or customer == state.customer or state.requester is None or state.requester.shared:
        return False
    return state.requester_customer is not None and state.requester_customer != customer
