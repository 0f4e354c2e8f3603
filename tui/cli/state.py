"""What every command shares: the global options, the open store, the actor, and how to print."""

import getpass
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from store.actor import Actor
from store.cleantext import as_json, clean
from store.errors import BadInput
from tui.origin import origin

LARGEST_NUMBER = 2**63 - 1
"""Both engines keep integers of 64 bits; Python's own have no end."""

NUMBER: "click.ParamType[Any]" = click.IntRange(-LARGEST_NUMBER, LARGEST_NUMBER)
"""An id or a ticket's number, for every option and argument that takes one."""

_MOST_SAID = 3  # more would hide what was asked for
_WITH_VALUE = {"--db": "url", "--as": "login", "--config": "config"}


@dataclass(frozen=True, slots=True)
class Globals:
    """The global options as given; `url` and `login` already have their defaults."""

    url: str = ""
    login: str = ""
    config: str = ""
    as_json: bool = False


def take_globals(arguments: Sequence[str]) -> tuple[Globals, list[str]]:
    """Takes the global options out of a command line, wherever they stand (R12); --version goes to its head.

    Raises BadInput when one lacks its value or the settings file cannot be used.
    """
    given: dict[str, str] = {}
    in_json = False
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
            in_json = True
        elif word == "--version":
            rest.insert(0, word)
        else:
            rest.append(word)
    return _with_defaults(Globals(**given, as_json=in_json)), rest


def actor_of(state: Globals, *, via: str = "command") -> Actor:
    """The administrator who acts: `--as`, RECIPIENTS_AS, or the one whose login is the user's name here.

    Raises BadInput when this machine has no name for the user: nobody must become the program itself by accident.
    """
    try:
        login = state.login or getpass.getuser()
    except (KeyError, OSError) as error:
        raise BadInput("This machine has no name for you; say which administrator you are: --as LOGIN") from error
    return Actor(login, via, origin())


@contextmanager
def opened(state: Globals) -> Iterator[Actor]:
    """The store, open for this thread, and who acts.  Raises DatabaseProblem, Refused for an unknown login."""
    from store.db import open_store, session
    from store.queries.scope import administrator

    open_store(state.url, create=False, tell=say)
    actor = actor_of(state)
    with session():
        administrator(actor)
        say_unusable(actor)
        yield actor


def show(state: Globals, shape: Any, words: str | Iterable[str]) -> None:
    """Prints one result: as JSON if asked for, else its words, cleaned (THREATS T1)."""
    if state.as_json:
        print(as_json(shape))
        return
    for line in [words] if isinstance(words, str) else words:
        print(clean(line, limit=None))


def say(sentence: str) -> None:
    """Words for the person, beside the data."""
    print(clean(sentence, limit=None), file=sys.stderr)


def say_unusable(actor: Actor) -> None:
    """What is set up so that it cannot be used any more, and what stands for it."""
    from store.queries.unusable import unusable

    found = unusable(actor)
    for one in found[:_MOST_SAID]:
        say(one.told)
    if len(found) > _MOST_SAID:
        say(f"There are {len(found) - _MOST_SAID} more such settings. See: recipients doctor")


def told(sentence: str, rehearse: bool) -> str:
    """The sentence of what was done, or of what would be."""
    return f"(dry run, nothing was changed) {sentence}" if rehearse else sentence


def unseen_note(actor: Actor, what: str, tickets: Sequence[int] = ()) -> str:
    """What to add where something and these tickets lose their customer, for one who sees a partner's only (R10.1)."""
    from store.queries.scope import rights
    from tui.sentences import out_of_sight

    return "" if rights(actor).sees_all else f" {out_of_sight(what, tickets)}"


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
