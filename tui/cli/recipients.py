"""The row actions: pair, unpair, ban, unban, share, unshare, rename; and undo."""

from typing import Any

import click

from store.actor import Actor
from store.cleantext import clean
from store.errors import NotFound
from tui.cli.state import NUMBER, Globals, dry_run, opened, show, told, unseen_note


@click.command("pair")
@click.argument("email")
@click.argument("customer_id", type=NUMBER)
@click.option("--assign-all", is_flag=True, help="Assign all its tickets without a customer, not only the newest.")
@dry_run
@click.pass_obj
def pair_command(state: Globals, email: str, customer_id: int, assign_all: bool, rehearse: bool) -> None:
    """Say that EMAIL belongs to a customer or lead.

    Example: recipients pair bob@example.com 4 --assign-all
    """
    from store.services import pairing
    from tui import sentences

    with opened(state) as actor:
        row = _found(actor, email)
        done = pairing.pair(actor, row.id, customer_id, assign_all=assign_all, seen=row.version, rehearse=rehearse)
        _done(state, actor, email, sentences.paired(done), rehearse, tickets=list(done.tickets))


@click.command("unpair")
@click.argument("email")
@click.option("--unassign", is_flag=True, help="Take the customer off the tickets that EMAIL opened, too.")
@dry_run
@click.pass_obj
def unpair_command(state: Globals, email: str, unassign: bool, rehearse: bool) -> None:
    """Remove the pair of EMAIL; its new tickets will have no customer."""
    from store.services import pairing
    from tui import sentences

    with opened(state) as actor:
        row = _found(actor, email)
        done = pairing.unpair(actor, row.id, unassign=unassign, seen=row.version, rehearse=rehearse)
        words = sentences.unpaired(done, clean(row.paired_to)) + unseen_note(actor, done.email)
        _done(state, actor, email, words, rehearse, tickets=list(done.tickets))


@click.command("ban")
@click.argument("email")
@click.option("--reason", default="", help="Why; shown with the recipient.")
@click.option("--deny", "deny_too", is_flag=True, help="Add an exact entry to the deny list, too.")
@dry_run
@click.pass_obj
def ban_command(state: Globals, email: str, reason: str, deny_too: bool, rehearse: bool) -> None:
    """Let no message from EMAIL in any more."""
    from store.services import recipients
    from tui import sentences

    with opened(state) as actor:
        row = _found(actor, email)
        done = recipients.ban(actor, row.id, reason=reason, deny_too=deny_too, seen=row.version, rehearse=rehearse)
        _done(state, actor, email, sentences.banned(done, deny_too=deny_too), rehearse)


@click.command("unban")
@click.argument("email")
@click.option("--release", "let_in", is_flag=True, help="Let in what was refused meanwhile, too.")
@dry_run
@click.pass_obj
def unban_command(state: Globals, email: str, let_in: bool, rehearse: bool) -> None:
    """Let the next message from EMAIL in again; says how many were refused meanwhile and are kept."""
    from mail.release import release_all
    from store.queries import refused
    from store.services import recipients
    from tui import sentences

    with opened(state) as actor:
        row = _found(actor, email)
        kept = refused.by_ban(actor, row.id)
        done = recipients.unban(actor, row.id, seen=row.version, rehearse=rehearse)
        let = release_all(actor, kept if let_in else (), rehearse=rehearse)
        words = f"{sentences.unbanned(done)} {sentences.let_in(let, kept)}".rstrip()
        _done(state, actor, email, words, rehearse, refused=kept, tickets=let.tickets)


@click.command("share")
@click.argument("email")
@dry_run
@click.pass_obj
def share_command(state: Globals, email: str, rehearse: bool) -> None:
    """Mark EMAIL as used by many people: it cannot be paired, and is unpaired if it was."""
    from store.services import recipients

    with opened(state) as actor:
        row = _found(actor, email)
        done = recipients.share(actor, row.id, seen=row.version, rehearse=rehearse)
        lost = ""
        if done.unpaired_from is not None:
            lost = f" Its pair to {clean(row.paired_to)} was removed.{unseen_note(actor, done.email)}"
        _done(state, actor, email, f"{done.email} is marked as shared.{lost}", rehearse)


@click.command("unshare")
@click.argument("email")
@dry_run
@click.pass_obj
def unshare_command(state: Globals, email: str, rehearse: bool) -> None:
    """Mark EMAIL as one person's again: it can be paired."""
    from store.services import recipients

    with opened(state) as actor:
        row = _found(actor, email)
        done = recipients.unshare(actor, row.id, seen=row.version, rehearse=rehearse)
        _done(state, actor, email, f"{done.email} is not shared any more.", rehearse)


@click.command("rename")
@click.argument("email")
@click.argument("name")
@dry_run
@click.pass_obj
def rename_command(state: Globals, email: str, name: str, rehearse: bool) -> None:
    """Give EMAIL the NAME that tickets show; later mail does not change it."""
    from store.services import recipients

    with opened(state) as actor:
        row = _found(actor, email)
        done = recipients.rename(actor, row.id, name, seen=row.version, rehearse=rehearse)
        _done(state, actor, email, f"{done.email} is shown as {clean(name, limit=200).strip()}.", rehearse)


@click.command("undo")
@click.argument("what", metavar="[EMAIL|N]", default="")
@dry_run
@click.pass_obj
def undo_command(state: Globals, what: str, rehearse: bool) -> None:
    """Take back the last thing that you did to recipients, tickets or the deny list.

    With EMAIL or a ticket's number the last that anybody did to that recipient or ticket.  What was changed since
    stays as it is, and says who changed it; sent mail stays sent.
    """
    from store.queries.settings import timezone
    from store.services import undo
    from tui import sentences

    with opened(state) as actor:
        kind, thing = _thing(actor, what)
        found = undo.newest(actor, kind=kind, thing=thing)
        undo.undo(actor, found.change, rehearse=rehearse)
        words = sentences.undone(found, timezone())
        words += [sentences.out_of_sight(", ".join(found.unseen))] * bool(found.unseen)
        steps = [{"what": step.what, "of": step.of, "before": step.after, "after": step.before} for step in found.steps]
    show(state, {"done": not rehearse, "undone": steps}, [told(words[0], rehearse), *words[1:]])


def _thing(actor: Actor, what: str) -> tuple[str, int | None]:
    number = what.removeprefix("#")
    if number.isascii() and number.isdigit():
        return "ticket", int(NUMBER.convert(number, None, None))
    return ("recipient", _found(actor, what).id) if what else ("", None)


def _found(actor: Actor, email: str) -> Any:
    from store.queries.recipients import by_email

    return by_email(actor, email)


def _done(state: Globals, actor: Actor, email: str, sentence: str, rehearse: bool, **more: object) -> None:
    """The recipient as it is now, with what else was done; or the sentence."""
    from store import shapes

    try:
        now = shapes.recipient(_found(actor, email))
    except NotFound:  # it was done, and took the recipient out of this administrator's sight (R10.1)
        now = None
    shape = {"done": not rehearse, "recipient": now, **more}
    show(state, shape, told(sentence, rehearse))
