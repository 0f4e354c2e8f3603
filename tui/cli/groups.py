"""`group`: administrators who look after tickets together."""

import click

from tui.cli.state import Globals, opened, show


@click.group("group")
def group_command() -> None:
    """Ticket groups. A ticket is given to one with: recipients ticket update N --group NAME"""


@group_command.command("add")
@click.argument("name")
@click.pass_obj
def group_add(state: Globals, name: str) -> None:
    """Add a group."""
    from store.services import groups

    with opened(state) as actor:
        identity = groups.add(actor, name)
        show(state, {"id": identity, "name": name.strip()}, f"Added the group {name.strip()}.")


@group_command.command("member")
@click.argument("name")
@click.argument("login")
@click.pass_obj
def group_member(state: Globals, name: str, login: str) -> None:
    """Let an administrator join a group."""
    from store.queries.lists import groups as listed
    from store.services import groups

    with opened(state) as actor:
        groups.add_member(actor, name, login)
        shape = next(one for one in listed() if one.name == name)
        show(state, {**shape._asdict(), "members": list(shape.members)}, f"{login} is in the group {name}.")


@group_command.command("list")
@click.pass_obj
def group_list(state: Globals) -> None:
    """List the groups with their members."""
    from store.queries.lists import groups as listed

    with opened(state):
        found = listed()
    shapes = [{**one._asdict(), "members": list(one.members)} for one in found]
    show(state, shapes, [f"{one.name}: {', '.join(one.members) or 'nobody'}" for one in found])
