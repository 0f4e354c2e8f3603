"""Who hears of what (R7.4): plain facts in, addressees out."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Party:
    """An address that may hear of a ticket.  `customer` is the one it is paired to."""

    email: str
    key: str
    name: str = ""
    customer: int | None = None
    banned: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Circle:
    """All who may hear of a ticket.  Administrators who may not see it are left out by whoever fills this (R10.1).

    `profile` are the customer's profile addresses, `writers` those paired to him that wrote in this ticket, `admins`
    the assignee or else the admin e-mail, `ours` the folded addresses of our inboxes.
    """

    customer: int | None = None
    requester: tuple[Party, ...] = ()
    profile: tuple[Party, ...] = ()
    writers: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    admins: tuple[Party, ...] = ()
    assignee: tuple[Party, ...] = ()
    group: tuple[Party, ...] = ()
    watchers: tuple[Party, ...] = ()
    ours: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class Addressee:
    """One who gets it: `why` is the part of the circle that he is in, `warnings` what an agent should know before.

    Warnings are banned, bounced, shared and re-paired: paired to another customer than the ticket's.
    """

    email: str
    name: str
    key: str
    why: str
    warnings: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


_ALL_OF_CUSTOMER = ("requester", "profile", "writers", "cc")
PARTS: dict[str, tuple[str, ...]] = {
    "ticket_received_customer": ("requester",),
    "new_ticket_customer": _ALL_OF_CUSTOMER,
    "new_message_customer": _ALL_OF_CUSTOMER,
    "closed_customer": _ALL_OF_CUSTOMER,
    "opened_customer": _ALL_OF_CUSTOMER,
    "new_ticket_admin": ("admins",),
    "changes_admin": ("admins",),
    "new_message_admin": ("admins",),
    "new_note_admin": ("admins",),
    "closed_admin": ("admins",),
    "opened_admin": ("admins",),
    "assigned_admin": ("assignee",),
    "assigned_group": ("group",),
    "watchers": ("watchers",),
}


def plan(event: str, circle: Circle, *, without: Collection[str] = ()) -> tuple[Addressee, ...]:
    """Who gets the mail of this event, each address once.  `without` are folded addresses that must not: those an
    agent unticked, or the administrator who did it himself."""
    found: dict[str, Addressee] = {}
    for part in PARTS[event]:
        for party in getattr(circle, part):
            if party.key in circle.ours or party.key in without or party.key in found or not party.key:
                continue
            if part == "writers" and (party.shared or party.banned):
                continue
            warnings = _warnings(party, circle, part)
            found[party.key] = Addressee(party.email, party.name, party.key, part, warnings, (event,))
    return tuple(found.values())


def warned(one: Addressee, word: str) -> Addressee:
    """The same with one more warning."""
    return replace(one, warnings=(*one.warnings, word))


def may_confirm(circle: Circle, *, automatic: bool) -> bool:
    """R7.4, R5.4: *Request received* goes to a requester through whose pairing the ticket has its customer."""
    if automatic or circle.customer is None or not circle.requester:
        return False
    requester = circle.requester[0]
    return requester.customer == circle.customer and not requester.shared


def _warnings(party: Party, circle: Circle, part: str) -> tuple[str, ...]:
    strayed = part != "profile" and party.customer is not None and party.customer != circle.customer
    said = (("banned", party.banned), ("shared", party.shared), ("re-paired", strayed))
    return tuple(word for word, holds in said if holds)
