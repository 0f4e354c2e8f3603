"""R10.1: what each of the three kinds of administrators may do on the command line, command by command (P1)."""

from collections.abc import Iterator

import click
import pytest

from store.models import Outbox
from store.services import lease, people
from tests.commandline import Shell
from tui.cli.main import main

_REFUSALS = ("Only a super administrator", "The deny list is for", "That counts all mail", "Withheld mail has no owner")
_ALL, _ANY, _SUPER = ("partner", "any", "super"), ("any", "super"), ("super",)

COMMANDS = {
    "admin add": ("admin add new --email new@us.test", _SUPER),
    "admin edit": ("admin edit partner --name Else", _SUPER),
    "backup": ("backup {folder}/copy.db --force", _SUPER),
    "ban": ("ban bob@x.test", _ALL),
    "customer add": ("customer add --name New --partner Main", _ALL),
    "customer edit": ("customer edit 1 --phone 1", _ALL),
    "customer remove": ("customer remove 1", _ALL),
    "deny add": ("deny add --location email --type end @spam.test", _ANY),
    "deny preview": ("deny preview --location email --type end @spam.test", _ANY),
    "deny remove": ("deny remove 1", _ANY),
    "doctor": ("doctor", _ALL),
    "export": ("export {folder}/table.csv --force", _ALL),
    "group add": ("group add Third", _SUPER),
    "group list": ("group list", _ALL),
    "group member": ("group member Second any", _SUPER),
    "ignored release": ("ignored release 1", _ALL),
    "ignored show": ("ignored show 1", _ALL),
    "import customers": ("import customers {folder}/customers.csv --partner Main", _ALL),
    "inbox add": ("inbox add other --email other@us.test --host localhost", _SUPER),
    "inbox edit": ("inbox edit support --enabled on", _SUPER),
    "inbox reconcile": ("inbox reconcile support", _ANY),
    "inbox remove": ("inbox remove support", _SUPER),
    "inbox retry": ("inbox retry support", _ANY),
    "inbox test": ("inbox test support", _SUPER),
    "list": ("list history", _ALL),
    "notify list": ("notify list", _ALL),
    "notify set": ("notify set watchers off", _SUPER),
    "notify preview": ("notify preview watchers", _ALL),
    "outbox acknowledge": ("outbox acknowledge", _ANY),
    "outbox drop": ("outbox drop 1", _ALL),
    "outbox lift": ("outbox lift bob@x.test", _ALL),
    "outbox retry": ("outbox retry 1", _ALL),
    "pair": ("pair bob@x.test 1", _ALL),
    "partner add": ("partner add Third", _SUPER),
    "poll": ("poll --once", _ANY),
    "refused release": ("refused release 1", _ALL),
    "refused show": ("refused show 1", _ALL),
    "rename": ("rename bob@x.test Robert", _ALL),
    "send": ("send --once", _ANY),
    "settings apply": ("settings apply {folder}/settings.toml", _SUPER),
    "settings export": ("settings export {folder}/all.toml --force", _ALL),
    "settings set": ("settings set timezone UTC", _SUPER),
    "settings show": ("settings show", _ALL),
    "share": ("share bob@x.test", _ALL),
    "smtp set": ("smtp set --port 26", _SUPER),
    "smtp show": ("smtp show", _ALL),
    "smtp test": ("smtp test someone@x.test", _SUPER),
    "ticket ban": ("ticket ban 1", _ALL),
    "ticket cc": ("ticket cc 1 cc@x.test", _ALL),
    "ticket close": ("ticket close 1", _ALL),
    "ticket merge": ("ticket merge 1 1", _ALL),
    "ticket new": ("ticket new Text --subject S --customer 1", _ALL),
    "ticket note": ("ticket note 1 Text", _ALL),
    "ticket pair": ("ticket pair 1 1", _ALL),
    "ticket reopen": ("ticket reopen 1", _ALL),
    "ticket reply": ("ticket reply 1 Text", _ALL),
    "ticket show": ("ticket show 1", _ALL),
    "ticket update": ("ticket update 1 --status Open", _ALL),
    "ticket watch": ("ticket watch 1 any", _ALL),
    "unban": ("unban bob@x.test", _ALL),
    "undo": ("undo", _ALL),
    "unpair": ("unpair bob@x.test", _ALL),
    "unshare": ("unshare bob@x.test", _ALL),
    "why": ("why <a@x>", _ALL),
}
_FOR_ALL_AND_NOBODY = ("demo", "init", "worker")
"""Those that ask for no administrator."""


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """An administrator of each kind, bob@x.test, a ticket, an inbox that nobody answers at, and files to read."""
    with shell.desk() as desk:
        people.add_partner(desk.anna, "Main")
        people.add_partner(desk.anna, "Second")
        desk.customer("Kelly", partner="Main", email="bob@x.test")
        for login, partner, role in (
            ("partner", "Main", "administrator"),
            ("any", None, "administrator"),
            ("super", None, "super"),
        ):
            desk.administrator(login, partner, role)
        desk.send_mail()
        desk.arrive("bob@x.test")
        lease.release(desk.fence)
    shell.said("inbox", "edit", "support", "--port", "9", "--security", "none", "--secret", "env:HOME")
    (shell.folder / "customers.csv").write_text("name\nNew\n")
    (shell.folder / "settings.toml").write_text('timezone = "UTC"\n')
    return shell


@pytest.mark.parametrize("kind", _ALL)
def test_R10_1_each_command_is_for_those_that_the_table_says(helpdesk: Shell, kind: str) -> None:
    wrong = []
    for name, (line, allowed) in COMMANDS.items():
        answer = helpdesk.run(*(word.format(folder=helpdesk.folder) for word in line.split()), login=kind)
        refused = any(words in answer.err for words in _REFUSALS)
        if refused == (kind in allowed) or answer.status == 2:
            wrong.append((name, answer))
    assert not wrong, wrong


def test_R10_1_every_command_is_in_the_table() -> None:
    assert {*COMMANDS, *_FOR_ALL_AND_NOBODY} == set(leaves(main))  # type: ignore[arg-type]


def test_R10_1_P1_what_is_unwell_is_counted_over_what_one_may_see(helpdesk: Shell) -> None:
    with helpdesk.desk() as desk:
        desk.arrive("stranger@y.test", "Two")
        Outbox.update(state="failed").where(Outbox.ticket == 2).execute()
    assert "failed for good" in helpdesk.run("doctor").out
    mine = helpdesk.run("doctor", login="partner").out
    assert "failed for good" not in mine
    assert "the history is whole: the last sealed" in mine
