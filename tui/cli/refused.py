"""`refused show|release` and `ignored show|release`: mail that was kept out (R8)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from store.cleantext import clean
from store.rules.remarks import remark
from tui.cli.state import NUMBER, Globals, dry_run, opened, show, told

if TYPE_CHECKING:
    from store.queries.refused import Kind


@click.group("refused")
def refused_command() -> None:
    """Mail that was kept out. List it with: recipients list refused"""


@click.group("ignored")
def ignored_command() -> None:
    """Mail that was ignored as our own, or as no person's. List it with: recipients list ignored"""


@refused_command.command("show")
@click.argument("refused_id", metavar="ID", type=NUMBER)
@click.pass_obj
def refused_show(state: Globals, refused_id: int) -> None:
    """Read a refused message: its text alone, nothing of it is opened or fetched."""
    _show(state, refused_id, "refused")


@ignored_command.command("show")
@click.argument("ignored_id", metavar="ID", type=NUMBER)
@click.pass_obj
def ignored_show(state: Globals, ignored_id: int) -> None:
    """Read an ignored message: its text alone, nothing of it is opened or fetched."""
    _show(state, ignored_id, "ignored")


@refused_command.command("release")
@click.argument("refused_ids", metavar="ID...", type=NUMBER, nargs=-1, required=True)
@click.option("--unban", is_flag=True, help="Unban its sender in the same step.")
@click.option("--remove-rule", is_flag=True, help="Take the entry that refused it off the deny list in the same step.")
@dry_run
@click.pass_obj
def refused_release(
    state: Globals, refused_ids: tuple[int, ...], unban: bool, remove_rule: bool, rehearse: bool
) -> None:
    """Let refused messages in, as if each had arrived now, but for the check that refused it.

    Example: recipients refused release 17 --unban
    """
    _release(state, refused_ids, "refused", rehearse=rehearse, unban=unban, remove_rule=remove_rule)


@ignored_command.command("release")
@click.argument("ignored_ids", metavar="ID...", type=NUMBER, nargs=-1, required=True)
@dry_run
@click.pass_obj
def ignored_release(state: Globals, ignored_ids: tuple[int, ...], rehearse: bool) -> None:
    """Let ignored messages in, as if each had arrived now, but for the check that ignored it.

    An administrator's answer to a notification goes on to the customer, as it would have.

    Example: recipients ignored release 17
    """
    _release(state, ignored_ids, "ignored", rehearse=rehearse)


def _show(state: Globals, refused_id: int, kind: "Kind") -> None:
    from mail.release import look_again
    from store import shapes
    from store.queries.refused import original

    with opened(state) as actor:
        kept = original(actor, refused_id, kind=kind)
        parsed = look_again(kept)
    attached = [{"name": a.name, "type": a.type, "size": a.size} for a in parsed.attachments]
    line = shapes.refused(kept.line) if kind == "refused" else shapes.ignored(kept.line)
    shape = {**line, "inbox": kept.inbox, "text": parsed.text, "attachments": attached}
    words = [
        f"{kind.capitalize()} {shape['received']}: {kept.line.reason}. {clean(kept.line.rule)}",
        f"From: {clean(parsed.sender_name)} <{clean(parsed.sender)}>",
        f"Subject: {clean(parsed.subject)}",
        *(
            f"Attached: {clean(a.name) or 'without a name'}, {clean(a.type)}, {a.size:,} bytes"
            for a in parsed.attachments
        ),
        clean(remark(parsed.text, [(file.name, file.type) for file in parsed.attachments])),
        *clean(parsed.text, one_line=False, limit=None).split("\n"),
    ]
    show(state, shape, words)


def _release(state: Globals, ids: Sequence[int], kind: "Kind", *, rehearse: bool, **also: bool) -> None:
    from mail.release import release
    from tui import sentences

    with opened(state) as actor:
        for number, kept_id in enumerate(ids):
            # the ban and the entry are gone by the second
            with_it = {name: value and number == 0 for name, value in also.items()}
            done = release(actor, kept_id, kind=kind, rehearse=rehearse, **with_it)
            shape: dict[str, Any] = {"id": kept_id, "ticket": done.ticket, "opened": done.opened}
            show(state, {**shape, "done": not rehearse}, told(sentences.released(kept_id, done), rehearse))
