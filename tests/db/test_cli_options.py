"""R12: the global options, the exit statuses, what goes to which stream, and what a command loads."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.commandline import Shell
from tui.cli import main


@pytest.mark.parametrize("place", ["before", "after", "joined"])
def test_R12_global_options_stand_before_or_after_the_command(shell: Shell, place: str) -> None:
    options = ["--db", shell.url, "--as", "anna", "--json"]
    command = ["list", "admins"]
    words = {
        "before": options + command,
        "after": command + options,
        "joined": ["list", f"--db={shell.url}", "--as=anna", "admins", "--json"],
    }[place]
    answer = shell.raw(*words)
    assert answer.status == 0
    assert answer.out.startswith('[{"id": 1, "login": "anna"')


def test_R12_the_environment_names_the_store_and_the_administrator(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECIPIENTS_DB", shell.url)
    monkeypatch.setenv("RECIPIENTS_AS", "anna")
    assert shell.raw("list", "admins").status == 0
    monkeypatch.setenv("RECIPIENTS_AS", "nobody")
    assert shell.raw("list", "admins", "--as", "anna").status == 0


def test_R12_the_administrator_is_the_one_named_like_the_user_of_the_system(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECIPIENTS_AS", raising=False)
    monkeypatch.setenv("LOGNAME", "anna")
    assert shell.raw("--db", shell.url, "list", "admins").status == 0
    monkeypatch.setenv("LOGNAME", "bert")
    answer = shell.raw("--db", shell.url, "list", "admins")
    assert answer.status == 1
    assert "no administrator with the login “bert”" in answer.err
    assert "--as LOGIN" in answer.err


def test_R10_1_without_a_name_nobody_becomes_the_program_itself(shell: Shell) -> None:
    answer = shell.run("list", "recipients", login="")
    assert answer.status == 1
    assert "no administrator" in answer.err


def test_R12_the_settings_file_names_store_and_administrator(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECIPIENTS_DB", raising=False)
    file = shell.folder / "recipients.toml"
    file.write_text(f'db = "{shell.url}"\nas = "anna"\n')
    assert shell.raw("list", "admins", "--config", str(file)).status == 0
    assert shell.raw("--as", "nobody", "list", "admins", "--config", str(file)).status == 1  # an option goes before it


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("db = ", "is not TOML"),
        ('host = "x"', "may hold db and as, both texts, not host"),
        ("as = 3", "not as"),
        (None, "cannot be read"),
    ],
)
def test_R12_a_bad_settings_file_is_wrong_usage(shell: Shell, text: str | None, says: str) -> None:
    file = shell.folder / "bad.toml"
    if text is not None:
        file.write_text(text)
    answer = shell.raw("list", "admins", "--config", str(file))
    assert answer.status == 2
    assert says in answer.err
    assert answer.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["list", "nothing"],
        ["nothing"],
        ["list", "recipients", "--limit", "none"],
        ["list", "recipients", "--limit", "0"],
        ["list", "recipients", "--format", "xml"],
        ["list", "recipients", "--filter", "colour:red"],
        ["list", "recipients", "--sort", "colour"],
        ["pair", "bob@x.test"],
        ["pair", "bob@x.test", "four"],
        ["poll"],
        ["ticket"],
        ["list", "recipients", "--db"],
    ],
)
def test_R12_wrong_usage_is_status_2_with_words_on_stderr_only(shell: Shell, words: list[str]) -> None:
    answer = shell.run(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.startswith("recipients: ")
    assert "Traceback" not in answer.err


def test_R12_a_missing_store_says_how_to_make_one(tmp_path: Path, shell: Shell) -> None:
    for words in (["list", "recipients"], ["worker"], []):
        answer = shell.raw("--db", f"sqlite:///{tmp_path}/none.db", "--as", "anna", *words)
        assert answer.status == 3
        assert "recipients init --login" in answer.err
    assert not (tmp_path / "none.db").exists()


def test_R12_a_damaged_store_is_status_3(shell: Shell) -> None:
    shell.path.write_bytes(b"this is no database" * 100)
    answer = shell.run("list", "recipients")
    assert answer.status == 3
    assert "damaged" in answer.err


def test_R12_what_is_not_there_is_status_1(shell: Shell) -> None:
    for words in (["ban", "bob@x.test"], ["ticket", "show", "4"], ["why", "<x@y>"], ["deny", "remove", "7"]):
        answer = shell.run(*words)
        assert answer.status == 1, words
        assert "There is no " in answer.err
        assert answer.out == ""


def test_R12_the_version_and_the_help_need_no_store(shell: Shell, tmp_path: Path) -> None:
    for words in (["--version"], ["list", "--version"], ["--db", f"{tmp_path}/none.db", "--version"]):
        assert shell.raw(*words).out.startswith("recipients, version ")
    answer = shell.raw("--help")
    assert answer.status == 0
    for name in main.main.list_commands(None):  # type: ignore[arg-type]
        assert f"\n  {name} " in answer.out


def test_R12_every_command_has_help(shell: Shell) -> None:
    groups = {
        "admin": ["add", "edit"],
        "customer": ["add"],
        "deny": ["add", "remove", "preview"],
        "import": ["customers"],
        "inbox": ["add", "edit", "test", "remove"],
        "partner": ["add"],
        "settings": ["show", "set", "export", "apply"],
        "ticket": ["show"],
    }
    for name in main.main.list_commands(None):  # type: ignore[arg-type]
        for more in groups.get(name, [""]):
            words = [name, more] if more else [name]
            answer = shell.raw(*words, "--help")
            assert answer.status == 0
            assert answer.out.startswith(f"Usage: recipients {' '.join(words)} ")


def test_R12_an_unexpected_error_is_a_sentence_and_a_private_log(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(main._COMMANDS, "ban", "no_such_module")
    answer = shell.run("ban", "bob@x.test")
    log = shell.folder / "crash.log"
    assert answer.status == 1
    assert answer.err == (
        f"recipients: The program met an unexpected error (ModuleNotFoundError) and stopped. Details are in {log}.\n"
    )
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_R12_the_interrupt_key_ends_with_130_and_no_words(shell: Shell) -> None:
    pipe = shell.folder / "settings"
    os.mkfifo(pipe)
    running = shell.process("list", "recipients", "--config", str(pipe))
    with open(pipe, "w"):  # it waits in there for its settings
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, b"", b"")


def test_R12_who_reads_the_first_lines_only_is_no_error(shell: Shell) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    running = shell.process("list", "history", stdout=writer)
    os.close(writer)
    assert running.communicate(timeout=20)[1] == b""
    assert running.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_R12_output_for_which_there_is_no_room_is_said(shell: Shell) -> None:
    with open("/dev/full", "w") as full:
        running = shell.process("list", "history", stdout=full)
        err = running.communicate(timeout=20)[1].decode()
    assert err == "recipients: The output could not be written: No space left on device.\n"
    assert running.returncode == 1


def test_R12_an_old_locale_does_not_stop_a_list(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Łucja")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    out, err = shell.process("list", "customers", env=environment).communicate(timeout=20)
    assert b"\\u0141ucja" in out
    assert err == b""


@pytest.mark.parametrize(
    "words",
    [
        ["list", "recipients", "--format", "csv"],
        ["list", "tickets", "--json"],
        ["doctor"],
        ["deny", "add", "--location", "email", "--type", "end", "@spam.test"],
        ["pair", "bob@x.test", "1", "--dry-run"],
        ["settings", "show"],
        ["inbox", "add", "support", "--email", "s@us.test", "--host", "localhost"],
    ],
)
def test_R12_a_headless_command_loads_no_window_and_nothing_heavy(shell: Shell, words: list[str]) -> None:
    heavy = ("textual", "rich", "openpyxl", "imap_tools", "fpdf", "selectolax", "lxml")
    code = (
        "import sys\nfrom tui.cli.main import status_of\n"
        f"status_of(['--db', {shell.url!r}, '--as', 'anna', *{words!r}])\n"
        f"print('loaded:', *[name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "loaded:"


def test_R12_the_window_says_what_it_needs_where_there_is_no_terminal(shell: Shell) -> None:
    running = shell.process()
    out, err = running.communicate(timeout=20)
    assert running.returncode == 2
    assert b"The window needs a terminal" in err
    assert out == b""


_TOO_LARGE = "99999999999999999999"


def _numbers(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Parameter]]:
    """Every option and argument of every command that takes a number."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _numbers(inner, (*path, name))
        return
    yield from ((path, one) for one in command.params if isinstance(one.type, click.types.IntParamType))


def test_R12_every_option_that_takes_a_number_refuses_one_that_no_store_can_keep() -> None:
    found = list(_numbers(main.main))
    assert len(found) > 20
    for path, parameter in found:
        with pytest.raises(click.BadParameter):
            parameter.type.convert(_TOO_LARGE, parameter, None)
        assert isinstance(parameter.type, click.IntRange), path


@pytest.mark.parametrize(
    "words",
    [
        ("list", "recipients", "--limit", _TOO_LARGE),
        ("ticket", "show", _TOO_LARGE),
        ("ticket", "update", "1", "--customer", _TOO_LARGE),
        ("undo", f"#{_TOO_LARGE}"),
        ("undo", "9" * 5_000),
        ("list", "recipients", "--filter", f"tickets:>{_TOO_LARGE}"),
        ("list", "tickets", "--filter", f"number:{_TOO_LARGE}"),
        ("list", "recipients", "--filter", f"customer:{_TOO_LARGE}"),
        ("settings", "set", "smtp.per_hour", _TOO_LARGE),
        ("inbox", "edit", "support", "--port", _TOO_LARGE),
    ],
)
def test_R12_a_number_too_large_for_any_store_is_refused_in_words(shell: Shell, words: tuple[str, ...]) -> None:
    answer = shell.raw("--db", shell.url, "--as", "anna", *words)
    assert answer.status in (0, 1, 2)
    assert "unexpected" not in answer.err
