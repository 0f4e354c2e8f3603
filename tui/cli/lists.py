"""`list THING` and `export FILE`: what is there, filtered, sorted, with the columns asked for."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from store.actor import Actor
from store.cleantext import clean
from store.errors import BadInput
from tui.cli.state import Globals, opened, say

_CHOICES = (
    *("admins", "customers", "deny", "history", "inboxes"),
    *("messages", "partners", "recipients", "refused", "tickets"),
)
_FORMATS = ("table", "json", "jsonl", "csv")
Shape = dict[str, Any]


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which rows, in which order, with which columns."""
    for option in (
        click.option("--filter", "line", default="", metavar="LINE", help="e.g. 'banned:yes tickets:>3 smith'"),
        click.option("--sort", default="", metavar="COLUMN[:desc]"),
        click.option("--columns", default="", metavar="A,B", help="which columns, in this order"),
        click.option("--limit", type=click.IntRange(min=1), help="at most so many rows"),
    ):
        command = option(command)
    return command


@click.command("list")
@click.argument("thing", type=click.Choice(_CHOICES))
@_selection
@click.option("--format", "form", type=click.Choice(_FORMATS), help="table is the default, json with --json")
@click.pass_obj
def list_command(
    state: Globals, thing: str, line: str, sort: str, columns: str, limit: int | None, form: str | None
) -> None:
    """List recipients, tickets, messages, customers, refused mail, the deny list, history, inboxes and so on.

    \b
    Examples:
      recipients list recipients --filter 'unpaired:yes unassigned:>0' --sort last_message:desc
      recipients list tickets --format json
    """
    chosen = form or ("json" if state.as_json else "table")
    with opened(state) as actor:
        if thing == "recipients":
            _list_recipients(actor, line, sort, columns, limit, chosen)
        else:
            _list_others(actor, thing, line, sort, columns, limit, chosen)


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_selection
@click.option("--format", "form", default="", help="csv, xlsx, pdf, txt, jsonl, md or html; else by FILE's ending")
@click.option("--force", is_flag=True, help="write over an existing file")
@click.pass_obj
def export_command(
    state: Globals, file: Path, line: str, sort: str, columns: str, limit: int | None, form: str, force: bool
) -> None:
    """Export the Recipients table to FILE; its ending picks csv, xlsx, pdf, txt, jsonl, md or html.

    Example: recipients export unpaired.xlsx --filter unpaired:yes
    """
    from store.queries.recipients import Selection, sort_from
    from store.services import exports

    with opened(state) as actor:
        key, descending = sort_from(sort) if sort else ("id", True)
        chosen = _recipient_columns(actor, columns)
        done = exports.export_recipients(
            actor,
            file,
            Selection(line, key, descending),
            chosen,
            form=form,
            force=force,
            limit=limit,
            progress=_progress if sys.stderr.isatty() else None,
        )
    if state.as_json:
        print(json.dumps({"file": str(done.path), "rows": done.rows}))
    else:
        say(f"Wrote {done.rows:,} recipients to {done.path}.")


def _progress(rows: int) -> None:
    print(f"\r{rows:,} rows", end="\r", file=sys.stderr, flush=True)


def _recipient_columns(actor: Actor, columns: str) -> Any:
    from store.columns import pick
    from store.services.preferences import columns as mine

    return pick(columns.split(",")) if columns else mine(actor)


def _list_recipients(actor: Actor, line: str, sort: str, columns: str, limit: int | None, form: str) -> None:
    from store import shapes
    from store.queries.recipients import Selection, every, sort_from
    from store.queries.settings import timezone
    from store.services.exports import display_row

    key, descending = sort_from(sort) if sort else ("id", True)
    rows = every(actor, Selection(line, key, descending), limit=limit)
    if form in ("json", "jsonl"):
        keys = columns.split(",") if columns else None
        _print_json((_only(shapes.recipient(row), keys) for row in rows), form)
        return
    chosen = _recipient_columns(actor, columns)
    _print_table(chosen, (display_row(row, chosen) for row in rows), timezone(), form)


def _list_others(actor: Actor, thing: str, line: str, sort: str, columns: str, limit: int | None, form: str) -> None:
    from store.columns import Column
    from store.queries.settings import timezone

    keys, found = _THINGS[thing](actor)
    wanted = columns.split(",") if columns else None
    for key in wanted or ():
        if key not in keys:
            raise BadInput(f"There is no column “{clean(key, limit=40)}”. The columns are: {', '.join(keys)}.")
    shapes = _limited(_sorted(_matching(found, line), sort, keys), limit)
    if form in ("json", "jsonl"):
        _print_json((_only(shape, wanted) for shape in shapes), form)
        return
    shown = tuple(Column(key, key.replace("_", " ").capitalize(), "text", 20) for key in wanted or keys)
    rows = ([_flat(shape[column.key]) for column in shown] for shape in shapes)
    _print_table(shown, rows, timezone(), form)


def _matching(found: Iterable[Shape], line: str) -> Iterator[Shape]:
    words = [word.casefold() for word in line.split()]
    for shape in found:
        text = " ".join(str(_flat(value)) for value in shape.values()).casefold() if words else ""
        if all(word in text for word in words):
            yield shape


def _sorted(found: Iterable[Shape], sort: str, keys: Sequence[str]) -> Iterable[Shape]:
    if not sort:
        return found
    key, _, way = sort.partition(":")
    if key not in keys or way not in ("", "asc", "desc"):
        raise BadInput(f"Cannot sort by “{clean(sort, limit=40)}”. Columns: {', '.join(keys)}; add :desc to go down.")
    return sorted(found, key=lambda shape: _rank(shape[key]), reverse=way == "desc")


def _rank(value: object) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(_flat(value)).casefold())


def _limited(found: Iterable[Shape], limit: int | None) -> Iterator[Shape]:
    for number, shape in enumerate(found):
        if limit is not None and number >= limit:
            return
        yield shape


def _only(shape: Shape, keys: Sequence[str] | None) -> Shape:
    if keys is None:
        return shape
    for key in keys:
        if key not in shape:
            raise BadInput(f"There is no column “{clean(key, limit=40)}”. The columns are: {', '.join(shape)}.")
    return {key: shape[key] for key in keys}


def _flat(value: Any) -> Any:
    """One cell: of an object its name, of a list its length or texts."""
    if isinstance(value, dict):
        return value.get("name") or value.get("email") or json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ", ".join(str(_flat(part)) for part in value)
    return value


def _print_json(shapes: Iterable[Shape], form: str) -> None:
    if form == "jsonl":
        for shape in shapes:
            print(json.dumps(shape, ensure_ascii=False))
        return
    print("[", end="")
    for number, shape in enumerate(shapes):
        print(",\n " if number else "", json.dumps(shape, ensure_ascii=False), sep="", end="")
    print("]")


def _print_table(columns: Any, rows: Iterable[Sequence[Any]], zone: tzinfo, form: str) -> None:
    from store.export import as_csv, as_text

    for text in (as_csv if form == "csv" else as_text)(columns, rows, zone):
        print(text)


def _tickets(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries import tickets

    keys = "number subject status customer assignee requester priority group type created updated closed messages"
    return keys.split(), map(shapes.ticket, tickets.every(actor))


def _messages(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries import tickets

    keys = "id ticket direction sender name text attachments message_id created"
    return keys.split(), map(shapes.message, tickets.messages(actor))


def _customers(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.customers import CustomerLine, find

    return list(CustomerLine._fields), map(shapes.customer, find(actor, limit=None))


def _refused(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.lists import RefusedLine, refused

    return list(RefusedLine._fields), map(shapes.refused, refused(actor))


def _deny(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.deny import DenyLine, every
    from store.queries.settings import timezone

    return list(DenyLine._fields), map(shapes.deny, every(actor, timezone()))


def _history(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.lists import HistoryLine, history

    return list(HistoryLine._fields), map(shapes.history, history(actor))


def _inboxes(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.lists import InboxLine, inboxes

    return list(InboxLine._fields), map(shapes.inbox, inboxes())


def _admins(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.lists import AdministratorLine, administrators

    return list(AdministratorLine._fields), map(shapes.administrator, administrators())


def _partners(actor: Actor) -> tuple[list[str], Iterable[Shape]]:
    from store import shapes
    from store.queries.lists import PartnerLine, partners

    return list(PartnerLine._fields), map(shapes.partner, partners())


_THINGS: dict[str, Callable[[Actor], tuple[list[str], Iterable[Shape]]]] = {
    "admins": _admins,
    "customers": _customers,
    "deny": _deny,
    "history": _history,
    "inboxes": _inboxes,
    "messages": _messages,
    "partners": _partners,
    "refused": _refused,
    "tickets": _tickets,
}
