"""What the README says is so: keys, commands, columns, settings and the two commands to start."""

import re
from pathlib import Path

from store.columns import RECIPIENT_COLUMNS
from store.filters import RECIPIENTS, TICKETS
from store.rules.settings import SETTINGS
from tui.actions import key_table
from tui.cli.main import _COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_key_table_is_the_one_of_the_window() -> None:
    assert key_table() in README


def test_every_command_column_and_filter_is_told() -> None:
    told = {
        "command": [name for name in _COMMANDS if not re.search(rf"`[^`]*\b{name}\b[^`]*`", README)],
        "column": [column.title for column in RECIPIENT_COLUMNS if column.title not in README],
        "filter": [field for field in (*RECIPIENTS.fields, *TICKETS.fields) if f"{field}:" not in README],
    }
    assert told == {"command": [], "column": [], "filter": []}


def test_R12_every_setting_says_what_it_does() -> None:
    assert all(len(setting.help) > 10 for setting in SETTINGS)


def test_two_commands_start_the_demo_and_the_tests() -> None:
    first, second = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)[:2]
    for command in (first, second):
        assert command.count("\n") == 1
        assert command.startswith(
            "python3 -m venv --without-pip .venv && python3 -m pip --python .venv/bin/python install"
        )
    assert first.rstrip().endswith(".venv/bin/recipients demo")
    assert second.rstrip().endswith("-m pytest -n 3")


def test_pictures_and_links_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
