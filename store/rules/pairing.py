"""What may be done with a sender's address (R1.3, R2, R4).  Two readers: services enforce it, the window greys keys.

Every `why_not_…` answers '' when the action is allowed, else a reason code; `store.reasons` has the sentences.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SenderState:
    """What the rules need to know of a recipient.  `ours`: it is an administrator's or an inbox's address (R4.12)."""

    paired: bool = False
    banned: bool = False
    shared: bool = False
    ours: bool = False


def why_not_pair(state: SenderState) -> str:
    """R4.7 shared, R1.3 paired already, R4.12 our own address."""
    if state.shared:
        return "pair-shared"
    if state.paired:
        return "pair-paired"
    return "pair-ours" if state.ours else ""


def why_not_unpair(state: SenderState) -> str:
    """R4.4: there must be a pair."""
    return "" if state.paired else "unpair-unpaired"


def why_not_ban(state: SenderState) -> str:
    """R2.1: once is enough."""
    return "ban-banned" if state.banned else ""


def why_not_unban(state: SenderState) -> str:
    """R2.1: only what is banned."""
    return "" if state.banned else "unban-unbanned"


def why_not_share(state: SenderState) -> str:
    """R4.7."""
    return "share-shared" if state.shared else ""


def why_not_unshare(state: SenderState) -> str:
    """R4.7."""
    return "" if state.shared else "unshare-unshared"


def may_pair_by_profile(state: SenderState, pair_source: str, owners: int) -> bool:
    """R4.6: the profile e-mail of exactly one customer pairs on first contact, unless a person decided otherwise."""
    return owners == 1 and pair_source == "" and not why_not_pair(state)
