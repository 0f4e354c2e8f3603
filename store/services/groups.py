"""Groups of administrators who look after tickets together."""

from store.actor import Actor
from store.cleantext import clean
from store.db import transaction
from store.errors import BadInput, NotFound
from store.models import Administrator, GroupMember, TicketGroup
from store.queries.scope import rights
from store.reasons import refuse
from store.services import history
from store.services.history import Thing


def add(actor: Actor, name: str) -> int:
    """A new group; its id.  Raises BadInput for an empty name, Refused when there is one, or for other than supers."""
    cleaned = clean(name, limit=60).strip()
    if not cleaned:
        raise BadInput("A group needs a name.")
    with transaction():
        if not rights(actor).super:
            raise refuse("super-only")
        if TicketGroup.get_or_none(TicketGroup.name == cleaned) is not None:
            raise refuse("name-exists", kind="group", name=cleaned)
        row = TicketGroup.create(name=cleaned)
        history.record(actor, "add", Thing("group", row.id, cleaned), None, {"name": cleaned})
    return int(row.id)


def add_member(actor: Actor, name: str, login: str) -> None:
    """An administrator joins a group; twice changes nothing.  Raises NotFound, Refused for other than supers."""
    with transaction():
        if not rights(actor).super:
            raise refuse("super-only")
        group = TicketGroup.get_or_none(TicketGroup.name == name)
        if group is None:
            raise NotFound(f"group {clean(name, limit=60)}")
        who = Administrator.get_or_none((Administrator.login == login) & Administrator.active)
        if who is None:
            raise NotFound(f"administrator {clean(login, limit=80)}")
        made = GroupMember.insert(group=group.id, administrator=who.id).on_conflict_ignore().execute()
        if made:
            history.record(actor, "member", Thing("group", group.id, group.name), None, {"login": who.login})
