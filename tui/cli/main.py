"""`recipients`: the entry point.  Without a subcommand the window; subcommands do the same things headless (R12)."""

import errno
import io
import os
import resource
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from store.cleantext import clean
from store.errors import Problem
from tui.cli.state import Globals, take_globals

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_COMMANDS = {
    "admin": "people",
    "backup": "backup",
    "ban": "recipients",
    "customer": "customers",
    "demo": "intake",
    "deny": "deny",
    "doctor": "doctor",
    "export": "lists",
    "group": "groups",
    "ignored": "refused",
    "import": "customers",
    "inbox": "inbox",
    "init": "people",
    "list": "lists",
    "notify": "notify",
    "outbox": "outgoing",
    "pair": "recipients",
    "partner": "people",
    "poll": "intake",
    "refused": "refused",
    "rename": "recipients",
    "send": "outgoing",
    "settings": "settings",
    "share": "recipients",
    "smtp": "outgoing",
    "ticket": "ticket",
    "unban": "recipients",
    "undo": "recipients",
    "unpair": "recipients",
    "unshare": "recipients",
    "why": "ticket",
    "worker": "intake",
}


class LazyGroup(click.Group):
    """Imports a family of commands only when one of them is asked for: the start is what a person waits for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = getattr(import_module(f"tui.cli.{_COMMANDS[cmd_name]}"), f"{cmd_name}_command")
        return command


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tickets-recipients", prog_name="recipients")
@click.pass_context
def main(context: click.Context) -> None:
    """Tickets → Recipients: every sender address in one table, and who it belongs to.

    Without a command the window opens.

    \b
    Global options, before or after the command:
      --db URL       the store, sqlite:///FILE (or RECIPIENTS_DB)
      --as LOGIN     the administrator who acts (or RECIPIENTS_AS)
      --config FILE  a TOML file with db and as
      --json         print JSON where something is printed
    """
    if context.invoked_subcommand is None:
        from store.db import open_store, sqlite_path
        from tui.app import run_first_start, run_window
        from tui.cli.state import actor_of, say

        state: Globals = context.obj
        actor = actor_of(state, via="window")
        if sys.stdin is not None and sys.stdin.isatty() and not sqlite_path(state.url).exists():
            context.exit(run_first_start(state.url, actor.login))
        open_store(state.url, create=False, tell=say)
        context.exit(run_window(state.url, actor))


def run(arguments: Sequence[str] | None = None) -> None:
    """The console script: runs and exits with the status of R12; a person's mistake never shows a traceback."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold secrets and people's mail (S4)
    sys.stdout = sys.stdout or _nowhere()  # closed by whoever started this
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an old locale must not stop a list at its first umlaut
    sys.exit(status_of(list(sys.argv[1:] if arguments is None else arguments)))


def status_of(arguments: list[str]) -> int:
    """Runs one command line; its exit status.  Sentences go to standard error."""
    try:
        status = _answered(arguments)
        sys.stdout.flush()
        return status
    except (BrokenPipeError, SystemExit):
        _drop_output()  # whoever read the output has enough; click makes a SystemExit of a broken pipe
        return 0
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _crashed(error)
        _drop_output()
        _say(f"The output could not be written: {error.strerror}.")
        return 1
    except Exception as fault:  # noqa: BLE001 - main: the traceback goes to a private file, the person gets a sentence
        return _crashed(fault)


def _answered(arguments: list[str]) -> int:
    """The same, for what is done, refused, stopped by hand or a mistake of the person."""
    try:
        state, rest = take_globals(arguments)
        return int(main.main(args=rest, prog_name="recipients", obj=state, standalone_mode=False) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        _say(error.format_message())
        return error.exit_code
    except Problem as problem:
        _say(_named(problem))
        return problem.exit_status


def _named(problem: Problem) -> str:
    """The sentence, with the option or column that it is about where it does not say so itself."""
    sentence, words = str(problem), problem.field.replace("_", " ").lower()
    return sentence if words in sentence.lower() else f"{words}: {sentence}"


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _drop_output() -> None:
    """What is left in the buffer must not raise again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    print(f"recipients: {clean(sentence, limit=4_000, one_line=False)}", file=sys.stderr)


def _crashed(fault: Exception) -> int:
    import traceback

    from mail.worker_log import log_file

    place = log_file("crash")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
            traceback.print_exception(fault, file=file)
        where = f"Details are in {place}."
    except OSError as error:
        where = f"No details could be kept: {error.strerror}."
    _say(f"The program met an unexpected error ({type(fault).__name__}) and stopped. {where}")
    return 1


if __name__ == "__main__":
    run()
