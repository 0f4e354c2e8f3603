"""`backup`: a copy of the store that can be put back."""

from pathlib import Path

import click

from tui.cli.state import Globals, opened, say, show


@click.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Write over FILE.")
@click.pass_obj
def backup_command(state: Globals, file: Path | None, force: bool) -> None:
    """Copy the store as it is now into FILE, while it is in use; without FILE beside the store, as the worker does.

    \b
    recipients backup
    recipients backup /mnt/safe/helpdesk.db
    To put it back, stop window and worker, remove the store's -wal and -shm files, and copy FILE over the store. Mail
    that has come since is fetched again.
    """
    from store.services.backup import copy_to

    with opened(state) as actor:
        made = copy_to(actor, file, force=force)
    show(state, {"file": str(made), "size": made.stat().st_size}, str(made))
    say(f"Copied the store, {made.stat().st_size / 1e6:,.1f} MB.")
