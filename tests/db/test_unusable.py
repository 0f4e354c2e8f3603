"""What is set up and became unusable never ends a command or the window: a default and a word (R12)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from store.db import database, transaction
from store.models import DenyEntry, Inbox, Preference, Ticket
from store.queries import settings as present
from store.queries.unusable import unusable
from store.rules.settings import BY_KEY
from store.services import deny, lease, preferences
from store.services import settings as changing
from tests.commandline import Shell
from tests.driver import ANNA, Desk

GARBAGE = {
    "no JSON": "{",
    "nothing": "",
    "null": "null",
    "a list": '["x"]',
    "an object": '{"a": 1}',
    "too deep": "[" * 20_000,
    "a switch": "true",
    "a number": "7",
    "far off": "-999999999999999999999",
    "infinite": "Infinity",
    "half": "0.5",
    "a text": json.dumps("Atlantis/Nowhere (?P<number"),
    "controls": json.dumps("\x1b[2J\x00\n\u202e" * 9),
    "half a character": '"\\ud800"',
    "no UTF-8": b"\xff\xfe\x00",
}
LISTS = "admins customers deny history ignored inboxes messages outbox partners recipients refused tickets".split()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    present._understood.cache_clear()
    yield
    present._understood.cache_clear()


def keep(value: object, *keys: str) -> None:
    """Past all checks, as whoever edits the store by hand: all settings, or these."""
    with transaction():
        for key in keys or BY_KEY:
            database.execute_sql("REPLACE INTO setting(key, value) VALUES (?, ?)", (key, value))


@pytest.mark.parametrize("kind", GARBAGE)
def test_R12_each_setting_has_its_default_and_is_named(desk: Desk, kind: str) -> None:
    keep(GARBAGE[kind])
    now, named = present.every(), {one.key: one for one in present.unusable()}
    for key, setting in BY_KEY.items():
        assert type(now[key]) is type(setting.default)
        assert present.one(key) == now[key]
        assert bool(present.why_unusable(key)) is (key in named)
        if key in named:
            assert now[key] == setting.default
    assert named.keys() == BY_KEY.keys() if kind in ("no JSON", "a list", "no UTF-8", "too deep") else named
    assert all(char.isprintable() for one in unusable(ANNA) for char in one.told + one.remedy)
    assert present.timezone() is not None


def test_R12_a_default_takes_the_place_of_what_could_not_be_used(desk: Desk) -> None:
    keep("{")
    defaults = {key: text_of(setting.default) for key, setting in BY_KEY.items()}
    changing.change_all(ANNA, defaults)
    assert unusable(ANNA) == []


def text_of(default: object) -> str:
    return ("off", "on")[default] if isinstance(default, bool) else str(default)


@pytest.mark.parametrize("kind", ["no JSON", "a number", "controls", "no UTF-8"])
def test_R12_no_command_ends_by_all_of_them_together(shell: Shell, kind: str) -> None:
    with shell.desk() as desk:
        desk.customer("Kelly", email="bob@x.test")
        desk.arrive("bob@x.test", "Hello")
        keep(GARBAGE[kind], *BY_KEY, "deny.version", "unknown")
        Inbox.update(enabled=False).execute()
        lease.release(desk.fence)
        wrong = len(unusable(ANNA))
    assert wrong > 3
    for words in (
        *(("list", thing) for thing in LISTS),
        ("settings", "show"),
        ("notify", "list"),
        ("ticket", "show", "1"),
        ("ticket", "reply", "1", "Hello"),
        ("poll", "--once"),
        ("send", "--once"),
        ("deny", "add", "--location", "email", "--type", "exact", "eve@x.test"),
        ("doctor",),
    ):
        answer = shell.run(*words, *(("--json",) if words[0] != "settings" else ()))
        assert "program itself" not in answer.err, words
        assert (answer.status, words[0]) in ((0, words[0]), (1, "doctor"), (2, "send")), (words, answer.err)
        assert "recipients doctor" in answer.err or words[0] == "send"
        assert "cannot be used" in answer.err or words[0] == "send"
    found = json.loads(answer.out)
    assert sum("cannot be used" in one["what"] for one in found if one["state"] == "bad") >= wrong


def test_R12_what_else_is_kept_has_a_default_and_a_word_too(shell: Shell) -> None:
    with shell.desk() as desk:
        desk.arrive("bob@x.test", "Hello")
        deny.add(ANNA, "subject", "contain", "spam")
        preferences.choose_columns(ANNA, ["email"])
        Inbox.update(port="x", security="ssl", auth="kerberos", process="some", address_header="Bcc").execute()
        database.execute_sql(
            "UPDATE inbox SET process_from = 'soon', enabled = 1, mark_read = 'perhaps', host = '127.0.0.1'"
        )
        rows = [("subject", "regex", "(?<=x)("), ("body", "contain", "x"), ("email", "fuzzy", "x")]
        for location, kind, text in rows:
            now = {"created": 0, "created_by": "anna", "location": location, "filter_type": kind, "filter": text}
            DenyEntry.create(**now)
        Preference.update(value="[1, ").execute()
        Ticket.update(status="\x1b[31mOdd", priority="?").execute()
        database.execute_sql("DROP TRIGGER history_unchanged")
        database.execute_sql("UPDATE history SET after = '{' WHERE id = 2")
        # what can be used still is
        assert desk.arrive("eve@x.test", "spam").reason == "denied"
        assert desk.arrive("eve@x.test", "Hello").outcome == "opened"
        lease.release(desk.fence)
    for thing in LISTS:
        answer = shell.run("list", thing)
        assert (answer.status, "program itself" in answer.err) == (0, False), answer
    answer = shell.run("poll", "--once")
    assert (answer.status, "program itself" in answer.err) == (3, False)
    told = "\n".join(one["what"] for one in json.loads(shell.run("doctor", "--json").out) if one["state"] == "bad")
    for word in (
        "port",
        "security",
        "auth",
        "process",
        "address header",
        "process from",
        "entry 2",
        "entry 3",
        "entry 4",
    ):
        assert word in told, told
    assert "choice of columns" in told
    assert [line["id"] for line in shell.json("list", "deny")] == [1, 2, 3, 4]
    for number in (2, 3, 4):
        shell.said("deny", "remove", str(number))
    for remedy in "--port 993", "--security tls", "--auth password", "--process all", "--header From", "--from none":
        shell.said("inbox", "edit", "support", *remedy.split())
    with shell.desk():
        preferences.choose_columns(ANNA, ["email"])
        assert unusable(ANNA) == []


ZONE = """
import sys
from store.db import open_store, session
from store.queries.settings import timezone, unusable
if sys.argv[2] == "no package": sys.modules["tzdata"] = None
open_store(sys.argv[1])
with session(): print(timezone(), [one.key for one in unusable()])
"""


@pytest.mark.parametrize(("machine", "told"), [("", "Europe/Berlin []"), ("no package", "UTC ['timezone']")])
def test_R12_a_machine_without_zone_files_has_them_from_the_package(shell: Shell, machine: str, told: str) -> None:
    shell.said("settings", "set", "timezone", "Europe/Berlin")
    bare = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", ZONE, str(shell.path), machine], env=bare, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == told
