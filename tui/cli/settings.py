"""`settings show|set|export|apply`: every setting as text."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from store.cleantext import as_json, clean
from store.errors import BadInput
from tui.cli.state import Globals, dry_run, opened, show


@click.group("settings")
def settings_command() -> None:
    """Every setting, as text."""


@settings_command.command("show")
@click.pass_obj
def settings_show(state: Globals) -> None:
    """Show each setting with its value and what it does."""
    from store.queries.settings import every
    from store.rules.settings import BY_KEY

    with opened(state):
        now = every()
    words = [f"{key} = {_text(value)}    # {BY_KEY[key].help}" for key, value in now.items()]
    show(state, now, words)


@settings_command.command("set")
@click.argument("key")
@click.argument("value")
@click.pass_obj
def settings_set(state: Globals, key: str, value: str) -> None:
    """Change one setting.  Example: recipients settings set timezone Europe/Berlin"""
    from store.services import settings

    with opened(state) as actor:
        now = settings.change(actor, key, value)
    show(state, {key: now}, f"{key} = {_text(now)}")


@settings_command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="write over an existing file")
@click.pass_obj
def settings_export(state: Globals, file: Path, force: bool) -> None:
    """Write all settings to a TOML FILE, for review and version control."""
    from store.export import write_text
    from store.queries.settings import every

    with opened(state):
        now = every()
    # JSON's texts, numbers and switches are TOML's, too
    lines = (f"{as_json(key)} = {as_json(value)}" for key, value in now.items())
    write_text(file, lines, force=force)
    show(state, {"file": str(file), "settings": len(now)}, f"Wrote {len(now)} settings to {file}.")


@settings_command.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@dry_run
@click.pass_obj
def settings_apply(state: Globals, file: Path, rehearse: bool) -> None:
    """Set what a TOML FILE says: all of it or nothing."""
    from store.services import settings

    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{clean(file)} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise BadInput(f"{clean(file)} is not TOML: {clean(error)}.") from error
    with opened(state) as actor:
        changed = settings.change_all(actor, dict(_texts(given)), rehearse=rehearse)
    head = "Would set" if rehearse else "Set"
    show(state, {"done": not rehearse, "settings": changed}, f"{head} {len(changed)} settings.")


def _texts(given: Mapping[str, object], table: str = "") -> Iterator[tuple[str, str]]:
    """Each setting's key and text; `[smtp]` with `host` below it, and `smtp.host`, are the setting smtp.host."""
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{table}{key}.")
        elif isinstance(value, str | int):
            yield f"{table}{key}", _text(value)
        else:
            raise BadInput(f"{clean(table + key, limit=60)} takes a text, a whole number, true or false.")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
