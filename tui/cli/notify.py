"""`notify list|set|preview`: the events that send mail, and what it says (R7.3)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from store.cleantext import clean
from store.errors import BadInput
from tui.cli.state import NUMBER, Globals, dry_run, opened, say, show

if TYPE_CHECKING:
    from store.queries.notifications import EventLine

_FILE = click.Path(path_type=Path, dir_okay=False)
_subject = click.option("--subject", metavar="T", help="the subject's template; an empty one is the default again")
_template = click.option("--template", type=_FILE, help="a file with the text; an empty one is the default again")


@click.group("notify")
def notify_command() -> None:
    """The events that send mail, and what it says."""


@notify_command.command("list")
@click.pass_obj
def notify_list(state: Globals) -> None:
    """Show each event: whether it is sent, its name, its subject."""
    from store.queries.notifications import notifications

    with opened(state) as actor:
        now = notifications(actor)
    width = max(len(event.key) for event in now.events)
    words = [_line(event, width) for event in now.events]
    show(state, [event._asdict() for event in now.events], words)
    if not now.enabled:
        say("Ticket notifications are off as a whole: recipients settings set notifications.enabled on")


@notify_command.command("set")
@click.argument("event")
@click.argument("switch", metavar="on|off", type=click.Choice(("on", "off")))
@_subject
@_template
@dry_run
@click.pass_obj
def notify_set(
    state: Globals, event: str, switch: str, subject: str | None, template: Path | None, rehearse: bool
) -> None:
    """Switch an event on or off, and say what its mail says.

    A template may use ticket.id, ticket.subject, ticket.status, customer.name, requester.email, message.text, changes
    and more; try one with: recipients notify preview

    Example: recipients notify set closed_customer on --subject "#{{ticket.id}} Done: {{ticket.subject}}"
    """
    from store.services import settings
    from store.templates import find

    key = f"notify.{find(event).key}"
    given = {f"{key}.on": switch, f"{key}.subject": subject, f"{key}.body": _text_of(template)}
    with opened(state) as actor:
        texts = {name: text for name, text in given.items() if text is not None}
        changed = settings.change_all(actor, texts, rehearse=rehearse)
    head = "(dry run, nothing was changed) " if rehearse else ""
    parts = ", ".join(name.rpartition(".")[2] for name in texts if not name.endswith(".on"))
    show(
        state,
        {"done": not rehearse, "settings": changed},
        f"{head}{event} is {switch}{f'; new {parts}' * bool(parts)}.",
    )


@notify_command.command("preview")
@click.argument("event")
@click.option("--ticket", "number", type=NUMBER, metavar="N", help="the ticket to show it with, else the newest")
@_subject
@_template
@click.pass_obj
def notify_preview(state: Globals, event: str, number: int | None, subject: str | None, template: Path | None) -> None:
    """Show what the mail of an event says of a ticket; with the options, what other templates would say.

    Example: recipients notify preview changes_admin --ticket 17 --template changes.txt
    """
    from store.queries.notifications import notifications, preview, wrong_with
    from store.templates import find

    find(event)
    text = _text_of(template)
    with opened(state) as actor:
        now = next(line for line in notifications(actor).events if line.key == event)
        subject, text = now.subject if subject is None else subject, now.body if text is None else text
        rendered = preview(actor, event, subject, text, number)
        wrong = [trouble for trouble in wrong_with(event, subject, text) if trouble]
    if wrong:
        raise BadInput(" ".join(wrong))
    show(
        state, {"subject": rendered.subject, "body": rendered.body}, [rendered.subject, "", *rendered.body.split("\n")]
    )


def _text_of(file: Path | None) -> str | None:
    """The file's text, of which no more is read than a template may be long.  Raises BadInput."""
    from store.templates.bounds import LONGEST_TEMPLATE

    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as source:
            return source.read(LONGEST_TEMPLATE + 1)
    except OSError as error:
        raise BadInput(f"{clean(file)} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise BadInput(f"{clean(file)} is not text in UTF-8.") from error


def _line(event: "EventLine", width: int) -> str:
    own = "  (own text)" if event.own_body else ""
    return f"{'on ' if event.on else 'off'}  {event.key:<{width}}  {event.subject}{own}"
