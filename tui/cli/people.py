"""`init`, `partner`, `admin`: who works here and what they may see."""

from typing import Any

import click

from tui.cli.state import Globals, dry_run, opened, show, told


@click.command("init")
@click.option("--login", required=True, help="your login; best the name of your user on this machine")
@click.option("--email", required=True, help="your e-mail address")
@click.option("--name", default="", help="your name, as others see it")
@click.pass_obj
def init_command(state: Globals, login: str, email: str, name: str) -> None:
    """Make the store and its first super administrator.

    Example: recipients init --login anna --email anna@example.com
    """
    from store.db import open_store, session, sqlite_path
    from store.services import people

    open_store(state.url)
    with session():
        row = people.start(login, email, name=name)
        shape = _shape(row.login)
    show(state, shape, f"Made the store {sqlite_path(state.url)}; {login} is its first super administrator.")


@click.group("partner")
def partner_command() -> None:
    """Partners: the providers that customers belong to."""


@partner_command.command("add")
@click.argument("name")
@click.pass_obj
def partner_add(state: Globals, name: str) -> None:
    """Add a partner."""
    from store.services import people

    with opened(state) as actor:
        row = people.add_partner(actor, name)
        show(state, {"id": row.id, "name": row.name}, f"Added the partner {row.name}.")


@click.group("admin")
def admin_command() -> None:
    """Administrators: the people who use this program."""


@admin_command.command("add")
@click.argument("login")
@click.option("--email", required=True)
@click.option("--name", default="")
@click.option("--role", type=click.Choice(("super", "administrator")), default="administrator")
@click.option("--partner", default="any", metavar="NAME|any", help="whose customers this administrator sees")
@click.pass_obj
def admin_add(state: Globals, login: str, email: str, name: str, role: str, partner: str) -> None:
    """Add an administrator."""
    from store.services import people

    with opened(state) as actor:
        row = people.add_administrator(
            actor, login, email, name=name, role=role, partner=None if partner == "any" else partner
        )
        show(state, _shape(row.login), f"Added the administrator {row.login}.")


@admin_command.command("edit")
@click.argument("login")
@click.option("--email")
@click.option("--name")
@click.option("--role", type=click.Choice(("super", "administrator")))
@click.option("--partner", metavar="NAME|any")
@click.option("--active", type=click.Choice(("on", "off")), help="off: may not use the program any more")
@dry_run
@click.pass_obj
def admin_edit(
    state: Globals,
    login: str,
    email: str | None,
    name: str | None,
    role: str | None,
    partner: str | None,
    active: str | None,
    rehearse: bool,
) -> None:
    """Change an administrator; what is not named stays.

    With --dry-run it says which tickets he would be taken off since he may not see them then.
    """
    from store.services import people
    from tui.sentences import sight_lost

    given: dict[str, Any] = {
        key: value for key, value in (("email", email), ("name", name), ("role", role)) if value is not None
    }
    if partner is not None:
        given["partner"] = None if partner == "any" else partner
    if active is not None:
        given["active"] = active == "on"
    with opened(state) as actor:
        done = people.edit_administrator(actor, login, rehearse=rehearse, **given)
        words = f"Changed the administrator {done.login}. {sight_lost(done, 'was')}".strip()
        show(state, _shape(done.login), told(words, rehearse))


def _shape(login: str) -> dict[str, Any]:
    from store import shapes
    from store.queries.lists import administrators

    return next(shapes.administrator(line) for line in administrators() if line.login == login)
