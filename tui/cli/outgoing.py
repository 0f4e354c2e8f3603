"""`send`, `smtp`, `outbox`: mail going out."""

from typing import Any

import click

from store.actor import Actor
from store.errors import BadInput
from tui.cli.state import NUMBER, Globals, opened, say, show

# more than that is seldom meant by a filter
_MOST_UNASKED = 100
_SMTP = (
    ("host", "H", "the mail server that sends"),
    ("port", "P", "its port: 587 with starttls, 465 with tls"),
    ("security", "tls|starttls|none", "how the connection is secured"),
    ("check-certificate", "on|off", "whether the server's certificate is checked"),
    ("ca-file", "FILE", "the authority that signed it, if not a public one"),
    ("username", "U", "the user name there; empty: no log-in"),
    ("auth", "password|xoauth2", "how one signs in; xoauth2: the secret is an access token"),
    ("secret", "REF", "env:NAME, file:PATH, command:… or keyring:SERVICE/USER"),
    ("sender-name", "N", "the sender's name"),
    ("sender-email", "E", "the sender's e-mail"),
    ("admin-email", "E", "who hears of new tickets"),
    ("copy", "E", "gets a copy of all mail to customers"),
    ("send-only-to", "E", "for testing: gets all mail instead"),
    ("expire-days", "N", "how long sending is tried"),
    ("per-hour", "N", "how many messages an hour; 0: any number"),
    ("enabled", "on|off", "whether mail is sent"),
)


@click.command("send")
@click.option("--once", is_flag=True, required=True, help="all that is due now")
@click.pass_obj
def send_command(state: Globals, once: bool) -> None:
    """Send all mail that is due, once.  For a service that goes on: recipients worker"""
    from mail.sender import send_once
    from mail.worker_log import log_to_file
    from store.queries.outbox import outgoing
    from store.services.people import insist_on_any

    with opened(state) as actor, log_to_file(also_stderr=False, name="send"):
        insist_on_any(actor)
        tally = send_once()
        held = outgoing().held
    shape = {
        "sent": tally.sent,
        "failed": tally.failed,
        "deferred": tally.deferred + tally.uncertain,
        "held": held,
        "error": tally.error,
    }
    numbers = [f"{tally.sent} sent"] + [
        f"{shape[name]} {name}" for name in ("failed", "deferred", "held") if shape[name]
    ]
    show(state, shape, ", ".join(numbers))
    if tally.error:
        say(tally.error)
    click.get_current_context().exit(3 if tally.error else 0)


@click.group("smtp")
def smtp_command() -> None:
    """Where outgoing mail is handed in."""


def _options(command: Any) -> Any:
    for name, metavar, words in reversed(_SMTP):
        command = click.option(f"--{name}", metavar=metavar, help=words)(command)
    return command


@smtp_command.command("set")
@_options
@click.pass_obj
def smtp_set(state: Globals, /, **given: str | None) -> None:
    """Set up the server that sends; only what is given changes.

    Example: recipients smtp set --host mail.example.com --username helpdesk --secret file:$HOME/.smtp-secret
    --sender-email help@example.com --admin-email you@example.com --enabled on
    """
    from store.services import settings

    texts = {f"smtp.{name}": text for name, text in given.items() if text is not None}
    if not texts:
        raise click.UsageError("Say what to set, for instance --host mail.example.com.")
    with opened(state) as actor:
        now = settings.change_all(actor, texts)
    show(state, now, [f"{key} = {_text(value)}" for key, value in now.items()])


@smtp_command.command("show")
@click.pass_obj
def smtp_show(state: Globals) -> None:
    """Show the settings of outgoing mail."""
    from store.queries.settings import every

    with opened(state):
        now = {key: value for key, value in every().items() if key.startswith("smtp.")}
    show(state, now, [f"{key} = {_text(value)}" for key, value in now.items()])


@smtp_command.command("test")
@click.argument("address")
@click.option("--wait", type=click.IntRange(1, 600), default=30, show_default=True, help="seconds to wait for arrival")
@click.pass_obj
def smtp_test(state: Globals, address: str, wait: int) -> None:
    """Send one test mail to ADDRESS now; says which step fails.

    If ADDRESS is that of an inbox, it is waited for there.
    """
    from mail.trial import try_sending
    from store.services.people import insist_on_super

    with opened(state) as actor:
        insist_on_super(actor)
        told = try_sending(address, seconds=wait)
    show(state, {"ok": True, "to": address}, told)


@click.group("outbox")
def outbox_command() -> None:
    """Mail to be sent. List it with: recipients list outbox"""


@outbox_command.command("retry")
@click.argument("outbox_id", metavar="[ID]", type=NUMBER, required=False)
@click.option("--filter", "line", metavar="LINE", help="all that these find, e.g. 'state:failed to:example.com'")
@click.option("--all", "every", is_flag=True, help="all that failed")
@click.option("--yes", is_flag=True, help="also when a filter finds more than 100")
@click.pass_obj
def outbox_retry(state: Globals, outbox_id: int | None, line: str | None, every: bool, yes: bool) -> None:
    """Send mail that failed, bounced, was held or dropped at the next opportunity: one by its ID, or many.

    \b
    Examples:
      recipients outbox retry --all
      recipients outbox retry --filter 'state:held to:boss@example.com'
    """
    from store.services import outbox
    from tui.sentences import many

    if sum((outbox_id is not None, bool(line and line.strip()), every)) != 1:
        raise click.UsageError("Say which: an ID, --filter LINE, or --all for all that failed.")
    with opened(state) as actor:
        if outbox_id is not None:
            outbox.retry(actor, outbox_id)
            show(state, {"id": outbox_id, "state": "queued"}, f"Mail {outbox_id} is queued.")
            return
        found = _found(actor, "state:failed" if every else str(line))
        if len(found) > _MOST_UNASKED and not (yes or every):
            raise BadInput(f"That finds {len(found):,} mails; add --yes to send all of them again.")
        count = outbox.retry_all(actor, found)
    show(state, {"queued": count}, f"{many(count, 'mail')} queued.")


def _found(actor: Actor, line: str) -> list[int]:
    """The numbers of the mails that a filter line finds and that may be sent again."""
    from store import shapes
    from store.queries import lists
    from store.rules.outbox import why_not_retry
    from tui.cli.choosing import chosen

    rows = map(shapes.outbox, lists.outbox(actor))
    found = chosen(rows, lists.OutboxLine._fields, line=line, sort="", limit=None)
    return [row["id"] for row in found if not why_not_retry(row["state"])]


@outbox_command.command("drop")
@click.argument("outbox_id", metavar="ID", type=NUMBER)
@click.pass_obj
def outbox_drop(state: Globals, outbox_id: int) -> None:
    """Never send a mail that has not gone yet."""
    from store.services import outbox

    with opened(state) as actor:
        outbox.drop(actor, outbox_id)
    show(state, {"id": outbox_id, "state": "dropped"}, f"Mail {outbox_id} is dropped.")


@outbox_command.command("lift")
@click.argument("email")
@click.pass_obj
def outbox_lift(state: Globals, email: str) -> None:
    """Write to an address that bounced again; what was held for it is queued."""
    from store.services import outbox
    from tui.sentences import many

    with opened(state) as actor:
        count = outbox.lift(actor, email)
    show(
        state, {"email": email, "queued": count}, f"{email} may be written to again; {many(count, 'held mail')} queued."
    )


@outbox_command.command("acknowledge")
@click.pass_obj
def outbox_acknowledge(state: Globals) -> None:
    """Say that you know that other servers refuse our mail: doctor and title are quiet until the next one does."""
    from store.services import returned

    with opened(state) as actor:
        returned.acknowledge(actor)
    show(state, {"acknowledged": True}, "Acknowledged; it is said again when the next mail is refused because of us.")


def _text(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
