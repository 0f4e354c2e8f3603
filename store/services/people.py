"""Partners and administrators: who works here and what they may see (R10.1)."""

from dataclasses import dataclass

from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import BadInput, NotFound
from store.models import Administrator, Customer, Partner, Ticket
from store.queries.scope import rights
from store.reasons import refuse
from store.rules.addresses import address_in, address_key
from store.services import history
from store.services.history import Thing, conflict
from store.services.tickets.row import take_off_unseeing

ROLES = ("super", "administrator")


@dataclass(frozen=True, slots=True)
class Edited:
    """The administrator's login, and the tickets that he may not see any more and was taken off; whether it was the
    actor himself, who saw all and sees one partner's customers now."""

    login: str
    unassigned: tuple[int, ...]
    narrowed: bool = False


def start(login: str, email: str, *, name: str = "") -> Administrator:
    """The store's first super administrator (`recipients init`).  Raises Refused when there are administrators."""
    with transaction():
        if Administrator.select().exists():
            raise refuse("store-started")
        return _create(Actor("", "command"), login, email, name, "super", None)


def add_partner(actor: Actor, name: str) -> Partner:
    """Adds a partner.  Raises BadInput, Refused (exists, not a super administrator)."""
    with transaction():
        insist_on_super(actor)
        cleaned = _partner_name(name)
        _insist_on_new_partner(cleaned)
        row: Partner = Partner.create(name=cleaned)
        history.record(actor, "add", Thing("partner", row.id, cleaned), None, {"name": cleaned})
        return row


def add_administrator(
    actor: Actor, login: str, email: str, *, name: str = "", role: str = "administrator", partner: str | None = None
) -> Administrator:
    """Adds an administrator; `partner` is a partner's name, None means Any.  Raises BadInput, NotFound, Refused."""
    with transaction():
        insist_on_super(actor)
        return _create(actor, login, email, name, role, None if partner is None else partner_named(partner).id)


def edit_partner(actor: Actor, name: str, new_name: str, *, seen: int | None = None) -> str:
    """Renames a partner; its new name.

    Raises BadInput, NotFound, Refused, Conflict (`seen` is the id of the one that was called `name`, R10.4).
    """
    with transaction():
        insist_on_super(actor)
        row = partner_named(name) if seen is None else Partner.get_or_none(Partner.id == seen)
        if row is None:
            raise NotFound(f"partner {clean(name)}")
        if row.name != name:
            raise conflict(actor, f"The partner {clean(name)}", "partner", row.id)
        cleaned = _partner_name(new_name)
        if cleaned != row.name:
            _insist_on_new_partner(cleaned)
            Partner.update(name=cleaned, version=Partner.version + 1).where(Partner.id == row.id).execute()
            history.record(actor, "edit", Thing("partner", row.id, cleaned), {"name": row.name}, {"name": cleaned})
    return cleaned


def remove_partner(actor: Actor, name: str) -> str:
    """Takes a partner off that nobody belongs to; its name.  Raises NotFound, Refused while it has customers or
    administrators: nobody's scope may change behind his back."""
    with transaction():
        insist_on_super(actor)
        row = partner_named(name)
        customers = Customer.select().where(Customer.partner == row.id).count()
        administrators = Administrator.select().where(Administrator.partner == row.id).count()
        if customers or administrators:
            raise refuse("partner-used", name=clean(name), customers=customers, administrators=administrators)
        row.delete_instance()
        history.record(actor, "remove", Thing("partner", row.id, row.name), {"name": row.name}, None)
    return clean(name)


def edit_administrator(
    actor: Actor, login: str, *, seen: int | None = None, rehearse: bool = False, **changes: str | bool | None
) -> Edited:
    """Changes name, email, role, partner (a name or None for Any) or active.

    Raises BadInput, NotFound, Refused, Conflict (`seen` is the version that the person looked at).
    """
    with transaction(rehearse=rehearse):
        insist_on_super(actor)
        row = Administrator.get_or_none(Administrator.login == login)
        if row is None:
            raise NotFound(f"administrator {clean(login)}")
        if seen is not None and row.version != seen:
            raise conflict(actor, clean(login), "administrator", row.id)
        given = _fields(changes)
        fields = {key: value for key, value in given.items() if getattr(row, key) != value}
        if not fields:
            return Edited(row.login, ())
        before = {key: getattr(row, key) for key in fields}
        mark = history.new_change()
        Administrator.update(**fields, version=Administrator.version + 1).where(Administrator.id == row.id).execute()
        history.record(actor, "edit", Thing("administrator", row.id, row.login), before, fields, change=mark)
        _insist_on_a_super()
        lost = take_off_unseeing(actor, Ticket.assignee == row.id, mark)
        works_on = login == actor.login and fields.get("active", True)
        return Edited(row.login, lost, narrowed=bool(works_on) and not rights(actor).sees_all)


def partner_named(name: str) -> Partner:
    """The partner of this name.  Raises NotFound."""
    row = Partner.get_or_none(Partner.name == name)
    if row is None:
        raise NotFound(f"partner {clean(name)}")
    return row  # type: ignore[no-any-return]


def _partner_name(name: str) -> str:
    cleaned = field_text(name, limit=200)
    if not cleaned:
        raise BadInput("A partner needs a name.")
    if cleaned.casefold() == "any":
        raise BadInput("“Any” means every partner, so no partner can be called that.")
    return cleaned


def _insist_on_new_partner(name: str) -> None:
    if Partner.select().where(Partner.name == name).exists():
        raise refuse("name-exists", kind="partner", name=name)


def note_sign_in(actor: Actor) -> None:
    """Writes into the history that this administrator opened a window (THREATS S6)."""
    with transaction():
        history.record(actor, "sign in", Thing("window", None, actor.name), None, None)


def insist_on_super(actor: Actor) -> None:
    """Raises Refused unless the actor is a super administrator."""
    if not rights(actor).super:
        raise refuse("super-only")


def insist_on_any(actor: Actor) -> None:
    """Raises Refused for an administrator of one partner: what counts all mail is not for him (R10.1)."""
    if not rights(actor).sees_all:
        raise refuse("all-mail")


def _create(actor: Actor, login: str, email: str, name: str, role: str, partner: int | None) -> Administrator:
    cleaned = field_text(login, limit=60)
    if not cleaned or cleaned != login or any(char.isspace() for char in cleaned):
        raise BadInput("A login is one word of printable characters.")
    if Administrator.select().where(Administrator.login == cleaned).exists():
        raise refuse("login-exists", login=cleaned)
    fields = {"name": field_text(name or cleaned, limit=200), **_address(email), **_role(role), "partner_id": partner}
    row: Administrator = Administrator.create(login=cleaned, **fields)
    history.record(actor, "add", Thing("administrator", row.id, cleaned), None, fields)
    return row


def _fields(changes: dict[str, str | bool | None]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, value in changes.items():
        if key == "email":
            fields.update(_address(str(value)))
        elif key == "role":
            fields.update(_role(str(value)))
        elif key == "partner":
            fields["partner_id"] = None if value is None else partner_named(str(value)).id
        elif key == "name":
            fields["name"] = field_text(value, limit=200)
        else:
            fields[key] = bool(value)
    return fields


def _address(email: str) -> dict[str, object]:
    read = address_in(email)
    return {"email": read, "email_key": address_key(read)}


def _role(role: str) -> dict[str, object]:
    if role not in ROLES:
        raise BadInput(f"A role is one of {', '.join(ROLES)}.")
    return {"role": role}


def _insist_on_a_super() -> None:
    if not Administrator.select().where((Administrator.role == "super") & Administrator.active).exists():
        raise BadInput("There must be at least one active super administrator; nothing was changed.")
