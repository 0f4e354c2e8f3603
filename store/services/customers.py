"""Adding, changing and removing customers and leads (R12, R5.10)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import BadField, BadInput, NotFound, Refused
from store.models import Customer, Partner, ProfileAddress, Recipient, Ticket
from store.queries import lists
from store.queries.scope import rights, visible
from store.reasons import refuse
from store.rules.addresses import address_key, addresses_in, split_profile
from store.rules.deny import fold
from store.rules.text import search_text
from store.services import history
from store.services.history import Thing, conflict
from store.services.people import partner_named
from store.services.senders import searched
from store.services.tickets.row import take_off_unseeing

KINDS = ("customer", "lead")
_LONGEST = 2_000
FIELDS = ("name", "kind", "login", "email", "billing_email", "phone", "partner", "external_id")


@dataclass(frozen=True, slots=True)
class Edited:
    """The customer's name, and the tickets whose assignee may not see them any more and was taken off."""

    name: str
    unassigned: tuple[int, ...]


def add(actor: Actor, values: Mapping[str, str], *, rehearse: bool = False) -> Customer:
    """Adds a customer or lead from its field texts (FIELDS).  Raises BadInput, NotFound (partner), Refused."""
    with transaction(rehearse=rehearse):
        fields = checked(values, partial(partner_for, actor))
        external_id = fields["external_id"]
        if external_id and Customer.select().where(Customer.external_id == external_id).exists():
            raise refuse("external-exists", external_id=external_id)
        return _insert(actor, fields, history.new_change())


def edit(
    actor: Actor, customer_id: int, values: Mapping[str, str], *, seen: int | None = None, rehearse: bool = False
) -> Edited:
    """Changes a customer's fields; what is not named stays, its id always does, whether lead or customer.

    Raises BadInput, NotFound, Refused, Conflict (`seen` is the version that the person looked at).
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, customer_id, seen)
        fields = checked({**texts(row), **values}, partial(partner_for, actor))
        external_id = fields["external_id"]
        taken = (Customer.external_id == external_id) & (Customer.id != row.id)
        if external_id and Customer.select().where(taken).exists():
            raise refuse("external-exists", external_id=external_id)
        return change(actor, row, fields, history.new_change())


def remove(actor: Actor, customer_id: int, *, seen: int | None = None, rehearse: bool = False) -> str:
    """Takes a customer off the lists; its name.  Raises Refused while it is paired or has tickets, NotFound, Conflict.

    Its external id is free again: an import may bring the customer back, as a new one.
    """
    with transaction(rehearse=rehearse):
        row = locked(actor, customer_id, seen)
        take_off(actor, row, "remove", history.new_change())
    return clean(row.name)


def take_off(actor: Actor, row: Customer, what: str, mark: str) -> None:
    """Takes a customer that nothing belongs to off the lists.  Raises Refused while something does."""
    paired = Recipient.select().where(Recipient.customer == row.id).count()
    tickets = Ticket.select().where(Ticket.customer == row.id).count()
    if paired or tickets:
        raise refuse("customer-used", customer=clean(row.name), paired=paired, tickets=tickets)
    retire(actor, row, what, mark)


def retire(actor: Actor, row: Customer, what: str, mark: str, merged_into: int | None = None) -> None:
    """Takes the row off the lists: it is found no more, and no address or import leads to it."""
    gone = {"deleted": datetime.now(UTC), "external_id": None, "merged_into_id": merged_into}
    write(actor, row, gone, what, mark)


def locked(actor: Actor, customer_id: int, seen: int | None = None) -> Customer:
    """The living customer inside the running transaction.  Raises NotFound, Refused (deleted), Conflict (R10.4)."""
    row: Customer = visible(actor, Customer, customer_id, f"customer {customer_id}")
    if row.deleted is not None:
        raise refuse("customer-deleted", customer=clean(row.name))
    if seen is not None and row.version != seen:
        raise conflict(actor, clean(row.name), row.kind, row.id)
    return row


def change(actor: Actor, row: Customer, fields: dict[str, object], mark: str) -> Edited:
    """Writes the fields; who may not see the customer of another partner is taken off its tickets (R10.1)."""
    moved = fields["partner_id"] != row.partner_id
    write(actor, row, fields, "edit", mark)
    return Edited(clean(row.name), take_off_unseeing(actor, Ticket.customer == row.id, mark) if moved else ())


def texts(row: Customer, partner: str = "") -> dict[str, str]:
    """The field texts of a customer, which stay where nothing else is given; `partner`: its partner's name."""
    texts = {name: getattr(row, name) or "" for name in FIELDS if name != "partner"}
    return {**texts, "partner": partner or Partner.get_by_id(row.partner_id).name}


def _text(values: Mapping[str, str], name: str) -> str:
    text = field_text(values.get(name, ""))
    if len(text) > _LONGEST:
        raise BadField(name, f"{name} has at most {_LONGEST} characters.")
    return text


def _insert(actor: Actor, fields: dict[str, object], mark: str) -> Customer:
    row: Customer = Customer.create(**fields, search="", created=datetime.now(UTC))
    _refresh(row)
    history.record(actor, "add", Thing(row.kind, row.id, row.name), None, fields, change=mark)
    return row


def write(actor: Actor, row: Customer, fields: Mapping[str, object], what: str, mark: str) -> None:
    """Writes what differs, keeps what follows from it true, and records it as `what` of the change `mark`."""
    changed = {key: value for key, value in fields.items() if getattr(row, key) != value}
    if not changed:
        return
    before = {key: getattr(row, key) for key in changed}
    for key, value in changed.items():
        setattr(row, key, value)
    row.version += 1
    row.save()
    _refresh(row)
    if "name" in changed:
        _rename_in_recipients(row)
    history.record(actor, what, Thing(row.kind, row.id, row.name), before, changed, change=mark)


def _refresh(row: Customer) -> None:
    """Keeps the search text and the table of profile addresses true to the row."""
    row.search, keys = findable(row.id, row.__data__)
    row.save(only=[Customer.search])
    ProfileAddress.delete().where(ProfileAddress.customer == row.id).execute()
    theirs: list[str] = keys if row.deleted is None else []
    for key in theirs:
        ProfileAddress.create(customer=row.id, email_key=key)


def findable(customer_id: int, fields: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The search text of a customer with these fields, and the folded addresses of its profile (R4.12)."""
    keys = list(dict.fromkeys(address_key(address) for address in split_profile(fields["email"])))
    told = (fields[name] for name in ("name", "login", "email", "billing_email", "phone"))
    return search_text(str(customer_id), *told), keys


def _rename_in_recipients(row: Customer) -> None:
    for recipient in Recipient.select().where(Recipient.customer == row.id):
        recipient.customer_key = fold(row.name)
        recipient.search = searched(recipient)
        recipient.save(only=[Recipient.customer_key, Recipient.search])


def checked(values: Mapping[str, str], partner_of: Callable[[str], int]) -> dict[str, object]:
    """The columns that these texts of FIELDS stand for; `partner_of` knows the partner of a name, '' for none.

    Raises BadField, BadInput, and what `partner_of` raises.
    """
    fields, wrong = examined(values, partner_of)
    if wrong:
        raise wrong[0]
    return fields


def examined(
    values: Mapping[str, str], partner_of: Callable[[str], int]
) -> tuple[dict[str, object], list[BadInput | Refused]]:
    """The same, and all that is wrong, each with its field."""
    fields: dict[str, object] = {}
    wrong: list[BadInput | Refused] = []
    for name in FIELDS:
        try:
            fields[name] = _read(values, name)
            if name == "partner":
                fields["partner_id"] = partner_of(str(fields.pop(name)))
        except (BadInput, Refused) as problem:
            problem.field = problem.field or name
            wrong.append(problem)
    if not wrong:
        fields |= {"name_key": fold(str(fields["name"])), "external_id": fields["external_id"] or None}
    return fields, wrong


def _read(values: Mapping[str, str], name: str) -> str:
    text = _text(values, name)
    if name == "name" and not text:
        raise BadField("name", "A customer needs a name.")
    if name == "kind" and text and (text := text.casefold()) not in KINDS:
        raise BadField("kind", f"kind is {' or '.join(KINDS)}, not “{clean(text, limit=40)}”.")
    if name in ("email", "billing_email"):
        return ", ".join(addresses_in(values.get(name, ""), name))
    return text or ("customer" if name == "kind" else "")


def partner_for(actor: Actor, name: str) -> int:
    """The named partner; without a name the actor's own, or the only one there is.  An actor stays in his own.

    Raises NotFound, BadField, Refused.
    """
    now = rights(actor)
    if not name:
        return now.partner if now.partner is not None else _only_partner(actor)
    if not now.sees_all and name not in lists.partner_names(actor).values():
        raise refuse("partner-other", name=clean(name))  # whether there is one of that name or not
    try:
        return int(partner_named(name).id)
    except NotFound as error:
        error.field = "partner"
        raise


def _only_partner(actor: Actor) -> int:
    ids = [identity for (identity,) in Partner.select(Partner.id).limit(2).tuples()]
    if not ids:
        first = Partner.create(name="Main")
        history.record(actor, "add", Thing("partner", first.id, first.name), None, {"name": first.name})
        return int(first.id)
    if len(ids) > 1:
        raise BadField("partner", "There are several partners: say which (--partner NAME).")
    return int(ids[0])
