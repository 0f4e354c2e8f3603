"""`deny add|remove|preview`: the deny list (R3)."""

from collections.abc import Callable
from typing import Any

import click

from tui.cli.state import NUMBER, Globals, dry_run, opened, show

_LOCATIONS = click.Choice(("email", "subject", "message"))
_TYPES = click.Choice(("exact", "contain", "start", "end", "regex"))


def _entry(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.argument("text")(command)
    command = click.option("--type", "filter_type", type=_TYPES, required=True)(command)
    return click.option("--location", type=_LOCATIONS, required=True)(command)


@click.group("deny")
def deny_command() -> None:
    """The deny list: mail that any entry matches opens no ticket. See it with: recipients list deny"""


@deny_command.command("add")
@_entry
@dry_run
@click.pass_obj
def deny_add(state: Globals, location: str, filter_type: str, text: str, rehearse: bool) -> None:
    """Add an entry.

    Example: recipients deny add --location email --type end @spam.example
    """
    from store.services import deny

    with opened(state) as actor:
        entry = deny.add(actor, location, filter_type, text, rehearse=rehearse)
        shape = {"id": entry.id, "location": location, "type": filter_type, "filter": entry.filter}
        words = f"Added deny entry {entry.id}: {location} {filter_type} {entry.filter}"
        show(state, shape, f"(dry run, nothing was changed) {words}" if rehearse else words)


@deny_command.command("remove")
@click.argument("entry_id", type=NUMBER, metavar="ID")
@dry_run
@click.pass_obj
def deny_remove(state: Globals, entry_id: int, rehearse: bool) -> None:
    """Take an entry off the list."""
    from store.services import deny

    with opened(state) as actor:
        entry = deny.remove(actor, entry_id, rehearse=rehearse)
        words = f"Removed deny entry {entry_id}: {entry.location} {entry.filter_type} {entry.filter}"
        show(state, {"removed": entry_id}, f"(dry run, nothing was changed) {words}" if rehearse else words)


@deny_command.command("preview")
@_entry
@click.pass_obj
def deny_preview(state: Globals, location: str, filter_type: str, text: str) -> None:
    """Say which recipients and recent messages an entry would have caught; add nothing."""
    from store.queries.deny import would_catch
    from store.services.deny import checked

    with opened(state) as actor:
        found = would_catch(actor, checked(location, filter_type, text))
    of = f"{found.messages} of the last {found.messages_looked_at} messages"
    words = [
        f"It would have caught {found.recipients} recipients and {of}.",
        *(f"  recipient {address}" for address in found.recipient_sample),
        *(f"  message {line}" for line in found.message_sample),
    ]
    show(state, found._asdict(), words)
