"""Groups of administrators who look after tickets together."""

from collections.abc import Collection

from store.actor import Actor
from store.cleantext import clean, field_text
from store.db import transaction
from store.errors import BadField, NotFound
from store.models import Administrator, GroupMember, Ticket, TicketGroup
from store.reasons import refuse
from store.services import history
from store.services.history import Thing
from store.services.people import insist_on_super


def add(actor: Actor, name: str) -> int:
    """A new group; its id.  Raises BadInput for an empty name, Refused when there is one, or for other than supers."""
    with transaction():
        insist_on_super(actor)
        return int(_create(actor, name).id)


def put(actor: Actor, name: str, logins: Collection[str], *, new: bool, seen: Collection[str] | None = None) -> None:
    """A group, new or not, with exactly these members.

    Raises BadInput, NotFound, Refused, Conflict (`seen` are the members that the person looked at, R10.4).
    """
    with transaction():
        insist_on_super(actor)
        group = _create(actor, name) if new else _named(name)
        wanted = {login: _administrator(login) for login in logins}
        joined = GroupMember.select(GroupMember, Administrator).join(Administrator)
        present = list(joined.where(GroupMember.group == group.id))
        if seen is not None and {member.administrator.login for member in present} != set(seen):
            raise history.conflict(actor, f"The group {clean(name)}", "group", group.id)
        for member in present:
            if member.administrator.login not in wanted:
                member.delete_instance()
                gone = {"login": member.administrator.login}
                history.record(actor, "member", Thing("group", group.id, group.name), gone, None)
        for who in wanted.values():
            _join(actor, group, who)


def add_member(actor: Actor, name: str, login: str) -> None:
    """An administrator joins a group; twice changes nothing.  Raises NotFound, Refused for other than supers."""
    with transaction():
        insist_on_super(actor)
        group = _named(name)
        _join(actor, group, _administrator(login))


def remove(actor: Actor, name: str) -> int:
    """Takes a group off; how many tickets still name it.  Raises NotFound, Refused for other than supers."""
    with transaction():
        insist_on_super(actor)
        group = _named(name)
        members = GroupMember.select(Administrator.login).join(Administrator).where(GroupMember.group == group.id)
        gone = {"name": group.name, "members": [login for (login,) in members.tuples()]}
        GroupMember.delete().where(GroupMember.group == group.id).execute()
        group.delete_instance()
        history.record(actor, "remove", Thing("group", group.id, group.name), gone, None)
        return int(Ticket.select().where(Ticket.ticket_group == name).count())


def _create(actor: Actor, name: str) -> TicketGroup:
    cleaned = field_text(name, limit=60)
    if not cleaned:
        raise BadField("name", "A group needs a name.")
    if TicketGroup.get_or_none(TicketGroup.name == cleaned) is not None:
        raise refuse("name-exists", kind="group", name=cleaned)
    row: TicketGroup = TicketGroup.create(name=cleaned)
    history.record(actor, "add", Thing("group", row.id, cleaned), None, {"name": cleaned})
    return row


def _join(actor: Actor, group: TicketGroup, who: Administrator) -> None:
    made = GroupMember.insert(group=group.id, administrator=who.id).on_conflict_ignore().execute()
    if made:
        history.record(actor, "member", Thing("group", group.id, group.name), None, {"login": who.login})


def _named(name: str) -> TicketGroup:
    group = TicketGroup.get_or_none(TicketGroup.name == name)
    if group is None:
        raise NotFound(f"group {clean(name, limit=60)}")
    return group  # type: ignore[no-any-return]


def _administrator(login: str) -> Administrator:
    who = Administrator.get_or_none((Administrator.login == login) & Administrator.active)
    if who is None:
        missing = NotFound(f"administrator {clean(login, limit=80)}")
        missing.field = "members"
        raise missing
    return who  # type: ignore[no-any-return]
