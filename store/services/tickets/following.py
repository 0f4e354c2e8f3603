"""Who follows a ticket, and what is done to its requester from the ticket (R4.9, R6.2, R11.1)."""

from collections.abc import Sequence

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.errors import NotFound
from store.models import Administrator, Customer, Participant, Recipient, Ticket
from store.queries.scope import visible
from store.queries.senders import is_ours
from store.queries.tickets import state_of
from store.reasons import refuse
from store.rules import ticket as rule
from store.rules.addresses import address_in, address_key, keys_named
from store.services import history, pairing, recipients
from store.services.tickets.row import assignable, insist, locked, thing, write


def add_cc(actor: Actor, number: int, email: str, *, rehearse: bool = False) -> str:
    """Replies go to this address too, and it may write in the ticket (R6.2); the address, read from what was typed.

    Raises BadInput when it is no address, Refused when it is there already or one of ours, NotFound.
    """
    written = address_in(email, "cc")
    key = address_key(written)
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        if is_ours(key):
            raise refuse("cc-ours", email=clean(written))
        _add(actor, row, "cc", written, key, None)
    return clean(written)


def remove_cc(actor: Actor, number: int, email: str, *, rehearse: bool = False) -> str:
    """The address gets no more replies of this ticket; as it stood there.  Raises NotFound, BadField."""
    with transaction(rehearse=rehearse):
        return _remove(actor, locked(actor, number, None), "cc", keys_named(email, "cc"), clean(email, limit=80))


def add_watcher(actor: Actor, number: int, login: str, *, rehearse: bool = False) -> None:
    """This administrator hears of everything in the ticket.  Raises NotFound, Refused (may not see it; is there)."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        who = assignable(login, row.customer_id)
        _add(actor, row, "watcher", who.email, who.email_key, who.id)


def remove_watcher(actor: Actor, number: int, login: str, *, rehearse: bool = False) -> None:
    """This administrator hears no more of the ticket.  Raises NotFound."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        who = Administrator.get_or_none(Administrator.login == login)
        if who is None:
            raise NotFound(f"administrator {clean(login, limit=80)}")
        _remove(actor, row, "watcher", (who.email_key,), clean(login))


def pair_requester(
    actor: Actor, number: int, customer_id: int, *, assign_all: bool = False, rehearse: bool = False
) -> pairing.Paired:
    """*Pair Customer/Lead to requester*: as from the table (R4.9).  Raises as `pairing.pair`, Refused without one."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        insist(rule.why_not_pair_requester(state_of(row)), number, **_requester(actor, row))
        return pairing.pair(actor, row.requester_id, customer_id, assign_all=assign_all)


def ban_requester(
    actor: Actor, number: int, *, reason: str = "", deny_too: bool = False, rehearse: bool = False
) -> recipients.Done:
    """*Ban incoming email*: as from the table (R2).  Raises as `recipients.ban`, Refused without a requester."""
    with transaction(rehearse=rehearse):
        row = locked(actor, number, None)
        insist(rule.why_not_ban_requester(state_of(row)), number, **_requester(actor, row))
        return recipients.ban(actor, row.requester_id, reason=reason, deny_too=deny_too)


def _requester(actor: Actor, row: Ticket) -> dict[str, object]:
    """What is said of the requester.  Raises NotFound when the actor sees the ticket, but not him (R10.1)."""
    if row.requester_id is None:
        return {}
    requester: Recipient = visible(actor, Recipient, row.requester_id, f"requester of ticket #{row.id}")
    customer = Customer.get_or_none(Customer.id == requester.customer_id)
    return {"email": clean(requester.email), "customer": clean(customer.name) if customer else ""}


def _add(actor: Actor, row: Ticket, kind: str, email: str, key: str, administrator: int | None) -> None:
    mine = (Participant.ticket == row.id) & (Participant.kind == kind) & (Participant.email_key == key)
    if Participant.select().where(mine).exists():
        raise refuse("follows-already", email=clean(email), number=row.id)
    Participant.create(ticket=row.id, kind=kind, email=email, email_key=key, administrator=administrator)
    write(row, {})
    history.record(actor, kind, thing(row.id), None, {kind: email})


def _remove(actor: Actor, row: Ticket, kind: str, keys: Sequence[str], said: str) -> str:
    mine = (Participant.ticket == row.id) & (Participant.kind == kind) & Participant.email_key.in_(keys)
    found = Participant.get_or_none(mine)
    if found is None:
        raise NotFound(f"{kind} {said} of ticket #{row.id}")
    found.delete_instance()
    write(row, {})
    history.record(actor, f"{kind}-remove", thing(row.id), {kind: found.email}, None)
    return clean(found.email)
