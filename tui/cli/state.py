"""What every command shares: the global options, the open store, the actor, and how to print."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from store.actor import Actor
from store.cleantext import clean
from store.errors import BadInput

_WITH_VALUE = {"--db": "url", "--as": "login", "--config": "config"}


@dataclass(frozen=True, slots=True)
class Globals:
    """The global options as given; `url` and `login` already have their defaults."""

    url: str = ""
    login: str = ""
    config: str = ""
    as_json: bool = False


def take_globals(arguments: Sequence[str]) -> tuple[Globals, list[str]]:
    """Takes the global options out of a command line, wherever they stand (R12).

    Raises BadInput when one lacks its value or the settings file cannot be used.
    """
    given: dict[str, str] = {}
    as_json = False
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name in _WITH_VALUE:
            text = value if equals else next(words, None)
            if text is None:
                raise BadInput(f"{name} needs a value.")
            given[_WITH_VALUE[name]] = text
        elif word == "--json":
            as_json = True
        else:
            rest.append(word)
    return _with_defaults(Globals(**given, as_json=as_json)), rest


def actor_of(state: Globals, *, via: str = "command") -> Actor:
    """The administrator who acts: `--as`, RECIPIENTS_AS, or the one whose login is the user's name here."""
    return Actor(state.login or getpass.getuser(), via)


@contextmanager
def opened(state: Globals) -> Iterator[Actor]:
    """The store, open for this thread, and who acts.  Raises DatabaseProblem, Refused for an unknown login."""
    from store.db import open_store, session
    from store.queries.scope import administrator

    open_store(state.url, create=False)
    actor = actor_of(state)
    with session():
        administrator(actor)
        yield actor


def show(state: Globals, shape: Any, words: str | Iterable[str]) -> None:
    """Prints one result: as JSON if asked for, else its words, cleaned (THREATS T1)."""
    if state.as_json:
        print(json.dumps(shape, ensure_ascii=False))
        return
    for line in [words] if isinstance(words, str) else words:
        print(clean(line, limit=None))


def say(sentence: str) -> None:
    """Words for the person, beside the data."""
    print(clean(sentence, limit=None), file=sys.stderr)


def dry_run(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option --dry-run."""
    return click.option("--dry-run", "rehearse", is_flag=True, help="Say what would be done, and do nothing.")(command)


def _with_defaults(given: Globals) -> Globals:
    kept = _settings_file(given.config) if given.config else {}
    url = given.url or os.environ.get("RECIPIENTS_DB", "") or kept.get("db", "") or _default_url()
    login = given.login or os.environ.get("RECIPIENTS_AS", "") or kept.get("as", "")
    return replace(given, url=url, login=login)


def _settings_file(path: str) -> dict[str, str]:
    import tomllib

    try:
        kept = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"The settings file {clean(path)} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise BadInput(f"The settings file {clean(path)} is not TOML: {clean(error)}.") from error
    unknown = [key for key, value in kept.items() if key not in ("db", "as") or not isinstance(value, str)]
    if unknown:
        raise BadInput(f"The settings file {clean(path)} may hold db and as, both texts, not {clean(unknown[0])}.")
    return kept


def _default_url() -> str:
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('recipients', appauthor=False) / 'store.db'}"
