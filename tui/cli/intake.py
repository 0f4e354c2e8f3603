"""`poll`, `worker`, `demo`: mail coming in."""

from dataclasses import asdict

import click

from tui.cli.state import Globals, opened, say, show


@click.command("poll")
@click.option("--once", is_flag=True, required=True, help="one round of all inboxes")
@click.pass_obj
def poll_command(state: Globals, once: bool) -> None:
    """Fetch all mail that is there, once.  For a service that goes on: recipients worker"""
    from mail.poller import exit_status, poll_once
    from mail.worker_log import log_to_file
    from store.services.people import insist_on_any

    with opened(state) as actor, log_to_file(also_stderr=False, name="poll"):
        insist_on_any(actor)
        rounds = poll_once()
    show(state, {"inboxes": [asdict(done) for done in rounds]}, [_told(asdict(done)) for done in rounds])
    for done in rounds:
        if done.error:
            say(f"{done.name}: {done.error}")
    if not rounds:
        say("No inbox is enabled. Add one: recipients inbox add --help")
    click.get_current_context().exit(exit_status(rounds))


@click.command("worker")
@click.option("--with-window", is_flag=True, hidden=True)
@click.pass_obj
def worker_command(state: Globals, with_window: bool) -> None:
    """Fetch mail until stopped (SIGTERM ends it cleanly)."""
    from mail.worker import run
    from store.db import open_store

    open_store(state.url, create=False, tell=say)
    click.get_current_context().exit(run(until_stdin_closes=with_window))


@click.command("demo")
def demo_command() -> None:
    """Show the window on sample data, with mail servers of its own; leaves nothing behind."""
    from tui.demo import run_demo

    click.get_current_context().exit(run_demo())


def _told(done: dict[str, object]) -> str:
    counts = ("fetched", "opened", "joined", "refused", "ignored", "unreadable", "withheld")
    numbers = ", ".join(f"{done[name]} {name}" for name in counts if done[name] or name == "fetched")
    return f"{done['name']}: {numbers}" + (", then it failed" if done["error"] else "")
