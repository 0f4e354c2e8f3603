"""`refused show|release`: mail that was kept out (R8)."""

from typing import Any

import click

from store.cleantext import clean
from tui.cli.state import NUMBER, Globals, dry_run, opened, show, told


@click.group("refused")
def refused_command() -> None:
    """Mail that was kept out. List it with: recipients list refused"""


@refused_command.command("show")
@click.argument("refused_id", metavar="ID", type=NUMBER)
@click.pass_obj
def refused_show(state: Globals, refused_id: int) -> None:
    """Read a refused message: its text alone, nothing of it is opened or fetched."""
    from mail.release import look_again
    from store import shapes
    from store.queries.refused import original

    with opened(state) as actor:
        kept = original(actor, refused_id)
        parsed = look_again(kept)
    attached = [{"name": a.name, "type": a.type, "size": a.size} for a in parsed.attachments]
    shape = {**shapes.refused(kept.line), "inbox": kept.inbox, "text": parsed.text, "attachments": attached}
    words = [
        f"Refused {shape['received']}: {kept.line.reason}. {clean(kept.line.rule)}",
        f"From: {clean(parsed.sender_name)} <{clean(parsed.sender)}>",
        f"Subject: {clean(parsed.subject)}",
        *(
            f"Attached: {clean(a.name) or 'without a name'}, {clean(a.type)}, {a.size:,} bytes"
            for a in parsed.attachments
        ),
        "",
        *clean(parsed.text, one_line=False, limit=None).split("\n"),
    ]
    show(state, shape, words)


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
    from mail.release import release
    from tui import sentences

    with opened(state) as actor:
        for number, refused_id in enumerate(refused_ids):
            first = number == 0  # the ban and the entry are gone by the second
            done = release(
                actor, refused_id, unban=unban and first, remove_rule=remove_rule and first, rehearse=rehearse
            )
            shape: dict[str, Any] = {"id": refused_id, "ticket": done.ticket, "opened": done.opened}
            show(state, {**shape, "done": not rehearse}, told(sentences.released(refused_id, done), rehearse))
