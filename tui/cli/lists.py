"""`list THING` and `export FILE`: what is there, filtered, sorted, with the columns asked for."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from store.actor import Actor
from store.cleantext import as_json, clean
from tui.cli.state import LARGEST_NUMBER, Globals, opened, say, show

_CHOICES = (
    *("admins", "customers", "deny", "history", "ignored", "inboxes"),
    *("messages", "outbox", "partners", "recipients", "refused", "tickets", "withheld"),
)
_FORMATS = ("table", "json", "jsonl", "csv")
_WIDEST = 60
_NUMBERS = {"id", "number", "ticket", "port", "tries", "uid", "size", "filtered_today", "filtered_total"}
_TIMES = {"at", "created", "updated", "closed", "received", "last_success", "last_error_at", "next_try", "process_from"}
_TIMES |= {"token_expires", "since", "last_try"}


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which rows, in which order, with which columns."""
    for option in (
        click.option("--filter", "line", default="", metavar="LINE", help="e.g. 'banned:yes tickets:>3 smith'"),
        click.option("--sort", default="", metavar="COLUMN[:desc]"),
        click.option("--columns", default="", metavar="A,B", help="which columns, in this order"),
        click.option("--limit", type=click.IntRange(1, LARGEST_NUMBER), help="at most so many rows"),
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
      recipients list tickets --filter 'status:new -customer:none' --format json
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
    from store.services import exports

    with opened(state) as actor:
        done = exports.export_table(
            actor,
            file,
            _recipients(line, sort),
            _recipient_columns(actor, columns),
            form=form,
            force=force,
            limit=limit,
            progress=_progress if sys.stderr.isatty() else None,
        )
    if state.as_json:
        show(state, {"file": str(done.path), "rows": done.rows}, "")
    else:
        say(f"Wrote {done.rows:,} recipients to {clean(done.path)}.")


def _progress(rows: int) -> None:
    print(f"\r{rows:,} rows", end="\r", file=sys.stderr, flush=True)


def _recipients(line: str, sort: str) -> Any:
    from store.queries.recipients import Selection, sort_from

    key, descending = sort_from(sort) if sort else ("id", True)
    return Selection(line, key, descending)


def _recipient_columns(actor: Actor, columns: str) -> Any:
    """The columns asked for, else those that the administrator has chosen in the window."""
    from store.columns import pick
    from store.services.preferences import columns as mine

    keys = [part.strip() for part in columns.split(",") if part.strip()]
    return pick(keys) if keys else mine(actor)


def _list_recipients(actor: Actor, line: str, sort: str, columns: str, limit: int | None, form: str) -> None:
    from store import shapes
    from store.queries.recipients import every
    from store.services.exports import display_row

    shown = _recipient_columns(actor, columns)
    rows = every(actor, _recipients(line, sort), limit=limit)
    if form in ("json", "jsonl"):
        keys = [column.key for column in shown] if columns.strip(" ,") else None
        _print_json((_only(shapes.recipient(row), keys) for row in rows), form)
    else:
        _print_table(shown, (display_row(row, shown) for row in rows), form)


def _list_others(actor: Actor, thing: str, line: str, sort: str, columns: str, limit: int | None, form: str) -> None:
    from store.columns import Column
    from tui.cli.choosing import chosen, columns_of
    from tui.cli.things import listing

    keys, found = listing(actor, thing)
    wanted = columns_of(columns, keys)
    objects = chosen(found, keys, line=line, sort=sort, limit=limit)
    if form in ("json", "jsonl"):
        _print_json((_only(one, wanted) for one in objects), form)
        return
    shown = [
        Column(key, key.replace("_", " ").capitalize(), "number" if key in _NUMBERS else "text", 20) for key in wanted
    ]
    widest = _WIDEST if form == "table" else None
    _print_table(shown, ([_cell(key, one[key], widest) for key in wanted] for one in objects), form)


def _cell(key: str, value: Any, widest: int | None) -> Any:
    from tui.cli.choosing import words

    if key in _TIMES and value:
        return datetime.fromisoformat(value)
    return value if isinstance(value, bool | int) else clean(words(value), limit=widest) if widest else words(value)


def _only(one: Mapping[str, Any], keys: Sequence[str] | None) -> Mapping[str, Any]:
    return one if keys is None else {key: one[key] for key in keys}


def _print_json(objects: Iterable[Mapping[str, Any]], form: str) -> None:
    if form == "jsonl":
        for one in objects:
            print(as_json(one))
        return
    texts = map(as_json, objects)
    first = next(texts, "")  # what goes wrong at the start leaves nothing half printed
    print(f"[{first}", end="")
    for text in texts:
        print(f",\n {text}", end="")
    print("]")


def _print_table(columns: Any, rows: Iterable[Sequence[Any]], form: str) -> None:
    from store.export import as_csv, as_text
    from store.queries.settings import timezone

    if form == "table":  # for a terminal
        rows = ([clean(value, limit=None) if isinstance(value, str) else value for value in row] for row in rows)
    for text in (as_csv if form == "csv" else as_text)(columns, rows, timezone()):
        print(text)
