"""`inbox add|edit|test|retry|reconcile|remove`: where mail comes from (R5.1)."""

import os
from collections.abc import Callable
from shlex import quote
from typing import Any

import click

from store.cleantext import clean
from tui.cli.state import Globals, opened, say, show

_SWITCH = click.Choice(("on", "off"))
_HEADER = click.Choice(("From", "Reply-To", "Sender"), case_sensitive=False)
_SWITCHES = ("accept_unregistered", "behind_group", "enabled", "check_certificate")


def _settings(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--email", help="its address; mail from it is our own"),
        click.option("--host", help="the IMAP server"),
        click.option("--port", type=click.IntRange(1, 65_535), help="993 with TLS, else 143"),
        click.option("--security", type=click.Choice(("tls", "starttls", "none")), help="none only to this machine"),
        click.option("--username", help="the e-mail address if not given"),
        click.option("--secret", metavar="REF", help="env:NAME, file:PATH, command:… or keyring:SERVICE/USER"),
        click.option("--auth", type=click.Choice(("password", "xoauth2")), help="xoauth2: the secret is a token"),
        click.option("--folder", help="INBOX if not given"),
        click.option("--process", type=click.Choice(("all", "unread")), help="which messages to process"),
        click.option("--from", "process_from", metavar="DATETIME", help="only from then on, UTC; 'none' for all"),
        click.option("--mark-read/--no-mark-read", default=None, help="mark messages as read when processed"),
        click.option("--header", "address_header", type=_HEADER, help="which header names the sender"),
        click.option("--accept-unregistered", type=_SWITCH, help="off: unknown senders are refused"),
        click.option("--behind-group", type=_SWITCH, help="on: a group or list passes its mail on"),
        click.option("--priority", help="of new tickets"),
        click.option("--group", "ticket_group", help="of new tickets"),
        click.option("--type", "ticket_type", help="of new tickets"),
        click.option("--enabled", type=_SWITCH),
        click.option("--ca-file", help="certificates of authorities to trust, PEM"),
        click.option("--check-certificate", type=_SWITCH),
        click.option("--force", is_flag=True, help="allow security none to another machine"),
    ):
        command = option(command)
    return command


@click.group("inbox")
def inbox_command() -> None:
    """Inboxes: where mail comes from."""


@inbox_command.command("add")
@click.argument("name")
@_settings
@click.pass_obj
def inbox_add(state: Globals, /, name: str, force: bool, **given: Any) -> None:
    """Add an inbox.

    \b
    Example: recipients inbox add support --email support@example.com \\
               --host imap.example.com --secret file:/home/anna/.imap-secret
    """
    from store.services import inboxes

    with opened(state) as actor:
        row = inboxes.add(actor, name, _values(given), force=force)
        show(state, _shape(row.name), f"Added the inbox {row.name}. Try it: recipients inbox test {quote(row.name)}")


@inbox_command.command("edit")
@click.argument("name")
@_settings
@click.pass_obj
def inbox_edit(state: Globals, /, name: str, force: bool, **given: Any) -> None:
    """Change an inbox; what is not named stays."""
    from store.services import inboxes

    with opened(state) as actor:
        row = inboxes.edit(actor, name, _values(given), force=force)
        show(state, _shape(row.name), f"Changed the inbox {row.name}.")


@inbox_command.command("remove")
@click.argument("name")
@click.pass_obj
def inbox_remove(state: Globals, name: str) -> None:
    """Take an inbox off; its tickets stay."""
    from store.services import inboxes

    with opened(state) as actor:
        inboxes.remove(actor, name)
        show(state, {"removed": name}, f"Removed the inbox {name}; its tickets stay.")


@inbox_command.command("test")
@click.argument("name")
@click.pass_obj
def inbox_test(state: Globals, name: str) -> None:
    """Connect, log in and open the folder; says which step fails: secret, name, connect, tls, login or folder."""
    from mail.errors import MailProblem
    from mail.trial import try_inbox
    from store.services.people import insist_on_super

    with opened(state) as actor:
        insist_on_super(actor)
        try:
            words = try_inbox(name)
        except MailProblem as problem:
            if state.as_json:
                show(state, {"name": name, "ok": False, "step": problem.step, "error": clean(problem)}, "")
            say(f"{name}, step {problem.step}: {problem}")
            click.get_current_context().exit(problem.exit_status)
        show(state, {"name": name, "ok": True}, words)


@inbox_command.command("retry")
@click.argument("name")
@click.pass_obj
def inbox_retry(state: Globals, name: str) -> None:
    """Try again at once what the inbox's server holds and was not let in. List it with: recipients list withheld"""
    from mail.poller import poll_now
    from store.services import inboxes
    from tui.sentences import many

    with opened(state) as actor:
        count = inboxes.retry(actor, name)
        done = poll_now(name) if count else None
    found = many(count, "message")
    if done is None:
        words = (
            f"{found} of {name}: looked at as soon as its mail is fetched."
            if count
            else f"Nothing of {name} is withheld."
        )
    else:
        words = f"{found} of {name} tried again: {done.withheld} still withheld."
    show(state, {"name": name, "tried": count, "withheld": done.withheld if done else count}, clean(words))
    if done is not None and done.error:
        say(f"{name}: {done.error}")
        click.get_current_context().exit(3)


@inbox_command.command("reconcile")
@click.argument("name")
@click.pass_obj
def inbox_reconcile(state: Globals, name: str) -> None:
    """Compare what lies in the inbox's mailbox with what became of it, message by message.

    Exit status 1 when a message that should be here is not.
    """
    from mail.reconcile import reconcile
    from store.queries.intake import settings_of
    from store.services.people import insist_on_any

    with opened(state) as actor:
        insist_on_any(actor)
        found = reconcile(settings_of(name))
    facts = found._asdict()
    kinds = [f"{count:,} {kind}" for kind, count in facts.items() if kind not in ("name", "on_server", "gone")]
    words = [f"{name}: {found.on_server:,} on the server = {' + '.join(kinds)}"]
    words += [f"{found.gone:,} more were settled and are gone from the server since"] * bool(found.gone)
    show(state, facts, words)
    click.get_current_context().exit(1 if found.missing else 0)


def _shape(name: str) -> dict[str, Any]:
    from store import shapes
    from store.queries.lists import inboxes

    return next(shapes.inbox(line) for line in inboxes() if line.name == name)


def _values(given: dict[str, Any]) -> dict[str, object]:
    from store.services.inboxes import moment

    values = {key: value for key, value in given.items() if value is not None}
    for key in _SWITCHES:
        if key in values:
            values[key] = values[key] == "on"
    for key in ("secret", "ca_file"):
        if key in values:
            values[key] = _from_anywhere(str(values[key]), key)
    if "process_from" in values:
        values["process_from"] = moment(str(values["process_from"]))
    return values


def _from_anywhere(reference: str, key: str) -> str:
    """A file by its full path: the worker has another working directory than whoever names it here."""
    prefix, path = ("file:", reference.removeprefix("file:")) if key == "secret" else ("", reference)
    if not path or path.startswith("~") or not reference.startswith(prefix):
        return reference
    return prefix + os.path.abspath(path)
