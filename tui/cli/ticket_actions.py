"""What agents do with tickets, headless: `ticket reply|note|update|close|reopen|merge|pair|ban|new|cc|watch`."""

import sys
from typing import Any

import click

from store.actor import Actor
from tui.cli.state import NUMBER, Globals, dry_run, opened, show, told, unseen_note

_NONE = "none"


def add_to(group: click.Group) -> None:
    """Makes these commands of the group `ticket`."""
    commands = (reply, note, update, close, reopen, merge, pair, ban, new, cc, watch)
    for command in commands:
        group.add_command(command)


@click.command("reply")
@click.argument("number", type=NUMBER)
@click.argument("text")
@click.option("--without", multiple=True, metavar="EMAIL", help="an address that must not get it; can be repeated")
@dry_run
@click.pass_obj
def reply(state: Globals, number: int, text: str, without: tuple[str, ...], rehearse: bool) -> None:
    """Write a public reply; it goes to the customer.  TEXT - is read from standard input.

    With --dry-run it says who would get it.
    """
    from store.services import tickets

    with opened(state) as actor:
        done = tickets.reply(actor, number, _text(text), without=without, rehearse=rehearse)
        told = f"goes to {', '.join(done.to)}" if done.to else "goes to nobody: notifications are off, or held"
        _done(state, actor, number, f"Reply to #{number} {told}.", rehearse, to=list(done.to))


@click.command("note")
@click.argument("number", type=NUMBER)
@click.argument("text")
@dry_run
@click.pass_obj
def note(state: Globals, number: int, text: str, rehearse: bool) -> None:
    """Write an internal note; no customer sees it.  TEXT - is read from standard input."""
    from store.services import tickets

    with opened(state) as actor:
        tickets.note(actor, number, _text(text), rehearse=rehearse)
        _done(state, actor, number, f"Noted in #{number}.", rehearse)


@click.command("update")
@click.argument("number", type=NUMBER)
@click.option("--customer", metavar="ID|none")
@click.option("--change-pair", "change_pair", is_flag=True, default=None, help="new tickets of the requester follow")
@click.option("--keep-pair", "keep_pair", is_flag=True, help="only this ticket changes")
@click.option("--assignee", metavar="LOGIN|none")
@click.option("--status", metavar="S")
@click.option("--priority", metavar="P")
@click.option("--group", metavar="G")
@click.option("--type", "type_", metavar="T")
@click.option("--subject", metavar="S")
@click.option("--note", "note_", metavar="TEXT", help="the field beside the ticket, for agents only")
@dry_run
@click.pass_obj
def update(
    state: Globals, /, number: int, change_pair: bool | None, keep_pair: bool, rehearse: bool, **given: str | None
) -> None:
    """Change a ticket's fields.

    Where the requester is paired to somebody else than the new customer, say --change-pair or --keep-pair.
    """
    from store.services import tickets
    from tui import sentences

    if change_pair and keep_pair:
        raise click.UsageError("Give --change-pair or --keep-pair, not both.")
    answer = True if change_pair else False if keep_pair else None
    changes = _changes(given)
    if not changes:
        raise click.UsageError("Say what to change, for instance --status Resolved.")
    with opened(state) as actor:
        done = tickets.update(actor, number, changes, change_pair=answer, rehearse=rehearse)
        gone = unseen_note(actor, f"#{number}") if changes.get("customer", 0) is None else ""
        _done(state, actor, number, sentences.ticket_updated(done) + gone, rehearse, changed=list(done.changed))


@click.command("close")
@click.argument("number", type=NUMBER)
@dry_run
@click.pass_obj
def close(state: Globals, number: int, rehearse: bool) -> None:
    """Close a ticket."""
    from store.services import tickets

    with opened(state) as actor:
        tickets.close(actor, number, rehearse=rehearse)
        _done(state, actor, number, f"Closed #{number}.", rehearse)


@click.command("reopen")
@click.argument("number", type=NUMBER)
@dry_run
@click.pass_obj
def reopen(state: Globals, number: int, rehearse: bool) -> None:
    """Open a closed ticket again."""
    from store.services import tickets

    with opened(state) as actor:
        tickets.reopen(actor, number, rehearse=rehearse)
        _done(state, actor, number, f"Opened #{number} again.", rehearse)


@click.command("merge")
@click.argument("number", type=NUMBER)
@click.argument("into", type=NUMBER)
@dry_run
@click.pass_obj
def merge(state: Globals, number: int, into: int, rehearse: bool) -> None:
    """Merge ticket NUMBER into ticket INTO; answers to the old number go there, too."""
    from store.services import tickets
    from tui import sentences

    with opened(state) as actor:
        done = tickets.merge(actor, number, into, rehearse=rehearse)
        _done(
            state,
            actor,
            into,
            f"Merged #{number} into #{into}: {sentences.many(done.messages, 'message')} moved.",
            rehearse,
        )


@click.command("pair")
@click.argument("number", type=NUMBER)
@click.argument("customer_id", type=NUMBER)
@click.option("--assign-all", is_flag=True, help="Assign all tickets of the requester that have no customer.")
@dry_run
@click.pass_obj
def pair(state: Globals, number: int, customer_id: int, assign_all: bool, rehearse: bool) -> None:
    """Pair the requester with a customer or lead."""
    from store.services import tickets
    from tui import sentences

    with opened(state) as actor:
        done = tickets.pair_requester(actor, number, customer_id, assign_all=assign_all, rehearse=rehearse)
        _done(state, actor, number, sentences.paired(done), rehearse, tickets=list(done.tickets))


@click.command("ban")
@click.argument("number", type=NUMBER)
@click.option("--reason", default="", help="Why; shown with the recipient.")
@click.option("--deny", "deny_too", is_flag=True, help="Add an exact entry to the deny list, too.")
@dry_run
@click.pass_obj
def ban(state: Globals, number: int, reason: str, deny_too: bool, rehearse: bool) -> None:
    """Let no message of the requester in any more."""
    from store.services import tickets
    from tui import sentences

    with opened(state) as actor:
        done = tickets.ban_requester(actor, number, reason=reason, deny_too=deny_too, rehearse=rehearse)
        _done(state, actor, number, sentences.banned(done, deny_too=deny_too), rehearse)


@click.command("new")
@click.argument("text")
@click.option("--subject", required=True)
@click.option("--customer", "customer_id", type=NUMBER, required=True, metavar="ID")
@click.option("--assignee", metavar="LOGIN")
@dry_run
@click.pass_obj
def new(state: Globals, text: str, subject: str, customer_id: int, assignee: str | None, rehearse: bool) -> None:
    """Open a ticket for a customer; TEXT goes to the profile e-mail.  TEXT - is read from standard input."""
    from store.services import tickets

    with opened(state) as actor:
        done = tickets.open_for_customer(actor, subject, customer_id, _text(text), assignee=assignee, rehearse=rehearse)
        told = f"; it goes to {', '.join(done.to)}" if done.to else ""
        _done(state, actor, done.number, f"Opened #{done.number}{told}.", rehearse, to=list(done.to))


@click.command("cc")
@click.argument("number", type=NUMBER)
@click.argument("email")
@click.option("--remove", is_flag=True, help="the address gets no more of it")
@dry_run
@click.pass_obj
def cc(state: Globals, number: int, email: str, remove: bool, rehearse: bool) -> None:
    """Add an address to Cc: it gets replies, and may write in the ticket."""
    from store.services import tickets

    with opened(state) as actor:
        read = (tickets.remove_cc if remove else tickets.add_cc)(actor, number, email, rehearse=rehearse)
        _done(state, actor, number, f"{read} {'is no longer' if remove else 'is'} in Cc of #{number}.", rehearse)


@click.command("watch")
@click.argument("number", type=NUMBER)
@click.argument("login")
@click.option("--remove", is_flag=True, help="he hears no more of it")
@dry_run
@click.pass_obj
def watch(state: Globals, number: int, login: str, remove: bool, rehearse: bool) -> None:
    """Let an administrator hear of everything in a ticket."""
    from store.services import tickets

    with opened(state) as actor:
        (tickets.remove_watcher if remove else tickets.add_watcher)(actor, number, login, rehearse=rehearse)
        _done(state, actor, number, f"{login} {'no longer watches' if remove else 'watches'} #{number}.", rehearse)


def _text(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _changes(given: dict[str, str | None]) -> dict[str, str | int | None]:
    """The options that were given, under the names of the use case."""
    changes: dict[str, str | int | None] = {}
    for option, value in given.items():
        name = option.rstrip("_")
        if value is None:
            continue
        if name == "customer":
            changes[name] = _customer(value)
        else:
            changes[name] = None if name == "assignee" and value.lower() == _NONE else value
    return changes


def _customer(value: str) -> int | None:
    if value.lower() == _NONE:
        return None
    if not value.isascii() or not value.isdigit():
        raise click.UsageError(f"--customer takes a customer's id or none, not “{value}”.")
    return int(NUMBER.convert(value, None, None))


def _done(state: Globals, actor: Actor, number: int, sentence: str, rehearse: bool, **more: Any) -> None:
    """Prints the ticket as it is now, with what was done; a rehearsal says so."""
    from store import shapes
    from store.errors import NotFound
    from store.queries import tickets

    shape: dict[str, Any] = {"done": not rehearse, **more}
    try:
        shape["ticket"] = shapes.ticket(tickets.one(actor, number))
    except NotFound:
        shape["ticket"] = None  # rehearsed, or out of sight now
    show(state, shape, told(sentence, rehearse))
