"""`inbox add|edit|test|remove`: where mail comes from (R5.1)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from store.errors import BadInput
from tui.cli.state import Globals, opened, show

_SWITCH = click.Choice(("on", "off"))
_SWITCHES = ("accept_unregistered", "enabled", "check_certificate")


def _settings(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--email", help="its address; mail from it is our own"),
        click.option("--host", help="the IMAP server"),
        click.option("--port", type=click.IntRange(1, 65_535), help="993 with TLS, else 143"),
        click.option("--security", type=click.Choice(("tls", "starttls", "none")), help="none only to this machine"),
        click.option("--username", help="the e-mail address if not given"),
        click.option("--secret", metavar="REF", help="env:NAME, file:PATH, command:… or keyring:SERVICE/USER"),
        click.option("--folder", help="INBOX if not given"),
        click.option("--process", type=click.Choice(("all", "unread")), help="which messages to process"),
        click.option("--from", "process_from", metavar="DATETIME", help="only from then on, UTC; 'none' for all"),
        click.option("--mark-read/--no-mark-read", default=None, help="mark messages as read when processed"),
        click.option("--header", "address_header", type=click.Choice(("From", "Reply-To", "Sender"))),
        click.option("--accept-unregistered", type=_SWITCH, help="off: unknown senders are refused"),
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
        shape = {"id": row.id, "name": row.name, "email": row.email, "host": row.host, "port": row.port}
        show(state, shape, f"Added the inbox {row.name}. Try it: recipients inbox test {row.name}")


@inbox_command.command("edit")
@click.argument("name")
@_settings
@click.pass_obj
def inbox_edit(state: Globals, /, name: str, force: bool, **given: Any) -> None:
    """Change an inbox; what is not named stays."""
    from store.services import inboxes

    with opened(state) as actor:
        row = inboxes.edit(actor, name, _values(given), force=force)
        shape = {"id": row.id, "name": row.name, "email": row.email, "host": row.host, "port": row.port}
        show(state, shape, f"Changed the inbox {row.name}.")


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
    """Connect, log in and open the folder; says which step fails."""
    from mail.intake import opened as mailbox
    from store.queries.intake import settings_of
    from store.services.people import insist_on_super

    with opened(state) as actor:
        insist_on_super(actor)
        inbox = settings_of(name)
        with mailbox(inbox) as box:
            shape = {"name": name, "ok": True, "idle": box.has_idle, "uidvalidity": box.uidvalidity}
        news = "new mail is there at once (IDLE)" if shape["idle"] else "the server has no IDLE, so it is asked"
        show(state, shape, f"{name}: connected, logged in, opened {inbox.folder}; {news}.")


def _values(given: dict[str, Any]) -> dict[str, object]:
    values = {key: value for key, value in given.items() if value is not None}
    for key in _SWITCHES:
        if key in values:
            values[key] = values[key] == "on"
    if "process_from" in values:
        values["process_from"] = _moment(str(values["process_from"]))
    return values


def _moment(text: str) -> datetime | None:
    if text == "none":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--from takes a date or time such as 2026-01-31T08:00 (UTC), not “{text}”.") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
