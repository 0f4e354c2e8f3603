"""R5.7: every option, setting, column and form field that takes an address reads what people paste, or says why not."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import click
import pytest

from store.db import database
from store.errors import BadInput
from store.models import AddressHold, Customer, DenyEntry, Outbox, Participant, ProfileAddress
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.rules.settings import SETTINGS
from store.services import customers, deny, recipients, undo
from tests.commandline import Answer, Shell
from tests.driver import ANNA, Desk
from tui.cli.main import main
from tui.dialogs.first_steps import FirstInbox, FirstSmtp
from tui.dialogs.inbox import InboxDialog
from tui.dialogs.people import AdministratorForm
from tui.dialogs.smtp import SmtpDialog
from tui.first_start import YouForm

ONE = "c@x.example"
PASTED = (
    "<c@x.example>",
    "mailto:c@x.example",
    "Anna <c@x.example>",
    "c@x.example;",
    "ｃ＠ｘ．ｅｘａｍｐｌｅ",
    "\u200bc@x.example.\u00a0",
)
BAD = ("anna smith@x.example", "c@@x.example", "e@z.example <c@x.example>")
Field = tuple[Callable[[Shell, str], Answer], Callable[[Shell], str]]


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """c@x.example wrote #1; customer 1 is Kelly, administrator ben, inbox support."""
    with shell.desk() as desk:
        desk.send_mail()
        desk.administrator("ben")
        desk.customer("Kelly")
        desk.arrive(ONE, "Help")
    return shell


def shown(thing: str, column: str, place: int = -1) -> Callable[[Shell], str]:
    """What stands in a list afterwards."""
    return lambda shell: str(shell.json("list", thing, "--sort", "id")[place][column])


def setting(key: str) -> Callable[[Shell], str]:
    return lambda shell: str(shell.json("settings", "show")[key])


def command(*words: str) -> Callable[[Shell, str], Answer]:
    """A command whose word `@` is the address."""
    return lambda shell, text: shell.run(*(text if word == "@" else word for word in words))


def applied(shell: Shell, text: str) -> Answer:
    file = shell.folder / "settings.toml"
    file.write_text(f'smtp.copy = """{text}"""\n', encoding="utf-8")
    return shell.run("settings", "apply", str(file))


def imported(column: str) -> Callable[[Shell, str], Answer]:
    def run(shell: Shell, text: str) -> Answer:
        file = shell.folder / "customers.csv"
        file.write_text(f'name,{column}\nLee,"{text}"\n', encoding="utf-8")
        return shell.run("import", "customers", str(file))

    return run


def denied(shell: Shell) -> str:
    with shell.desk():
        return str(DenyEntry.get().filter)


def in_cc(shell: Shell) -> str:
    with shell.desk():
        return str(Participant.get(Participant.kind == "cc").email)


def lifted(shell: Shell, text: str) -> Answer:
    shell.said("pair", ONE, "1")
    shell.said("ticket", "reply", "1", "Hello.")
    with shell.desk() as desk:
        row = Outbox.get(Outbox.to_key == ONE)
        AddressHold.replace(
            email=ONE, email_key=ONE, reason="gone", outbox=row.id, at=row.created, until=row.created
        ).execute()
        assert desk.model(ONE)
    return shell.run("outbox", "lift", text)


def holds(shell: Shell) -> str:
    with shell.desk():
        return ONE if not AddressHold.select().exists() else "held"


def without(shell: Shell, text: str) -> Answer:
    shell.run("pair", ONE, "1")
    return shell.run("ticket", "reply", "1", "Hello.", "--without", text, "--json")


def got(shell: Shell) -> str:
    with shell.desk():
        return "mailed" if Outbox.select().where(Outbox.event == "new_message_customer").exists() else ONE


def uncc(shell: Shell, text: str) -> Answer:
    shell.said("ticket", "cc", "1", ONE)
    return shell.run("ticket", "cc", "1", text, "--remove")


def found(flag: str) -> Callable[[Shell], str]:
    """That the recipient is so afterwards."""
    return lambda shell: ONE if shell.json("list", "recipients", "--filter", flag) else "nobody"


def after(*words: str) -> Callable[[Shell, str], Answer]:
    """The first command undoes or follows what was done first by its exact address."""

    def run(shell: Shell, text: str) -> Answer:
        first = {"unpair": "pair", "unban": "ban", "unshare": "share"}[words[0]]
        shell.said(first, ONE, *(("1",) if first == "pair" else ()))
        return shell.run(words[0], text)

    return run


def undone(shell: Shell, text: str) -> Answer:
    shell.said("ban", ONE)
    return shell.run("undo", text)


def begun(shell: Shell, text: str) -> Answer:
    shell.url = f"sqlite:///{shell.folder}/new{len(list(shell.folder.iterdir()))}.db"
    return shell.raw("--db", shell.url, "init", "--login", "anna", "--email", text)


_INBOX = ("inbox", "add", "two", "--host", "h.test", "--email")
FIELDS: dict[str, Field] = {
    "customer add --email": (command("customer", "add", "--name", "Lee", "--email", "@"), shown("customers", "email")),
    "customer add --billing-email": (
        command("customer", "add", "--name", "Lee", "--billing-email", "@"),
        shown("customers", "billing_email"),
    ),
    "customer edit --email": (command("customer", "edit", "1", "--email", "@"), shown("customers", "email")),
    "customer edit --billing-email": (
        command("customer", "edit", "1", "--billing-email", "@"),
        shown("customers", "billing_email"),
    ),
    "import email": (imported("email"), shown("customers", "email")),
    "import billing_email": (imported("billing_email"), shown("customers", "billing_email")),
    "init --email": (begun, shown("admins", "email")),
    "admin add --email": (command("admin", "add", "zoe", "--email", "@"), shown("admins", "email")),
    "admin edit --email": (command("admin", "edit", "ben", "--email", "@"), shown("admins", "email")),
    "inbox add --email": (command(*_INBOX, "@"), lambda shell: shell.json("list", "inboxes")[-1]["email"]),
    "inbox edit --email": (command("inbox", "edit", "support", "--email", "@"), shown("inboxes", "email")),
    "smtp set --sender-email": (command("smtp", "set", "--sender-email", "@"), setting("smtp.sender_email")),
    "smtp set --admin-email": (command("smtp", "set", "--admin-email", "@"), setting("smtp.admin_email")),
    "smtp set --copy": (command("smtp", "set", "--copy", "@"), setting("smtp.copy")),
    "smtp set --send-only-to": (command("smtp", "set", "--send-only-to", "@"), setting("smtp.send_only_to")),
    "settings set": (command("settings", "set", "smtp.copy", "@"), setting("smtp.copy")),
    "settings apply": (applied, setting("smtp.copy")),
    "deny add": (command("deny", "add", "--location", "email", "--type", "exact", "@"), denied),
    "deny preview": (command("deny", "preview", "--location", "email", "--type", "exact", "@"), lambda _: ONE),
    "ticket cc email": (command("ticket", "cc", "1", "@"), in_cc),
    "ticket cc --remove": (uncc, lambda _: ONE),
    "ticket reply --without": (without, got),
    "pair email": (command("pair", "@", "1"), found("paired:yes")),
    "unpair email": (after("unpair"), found("paired:no")),
    "ban email": (command("ban", "@"), found("banned:yes")),
    "unban email": (after("unban"), found("banned:no")),
    "share email": (command("share", "@"), found("shared:yes")),
    "unshare email": (after("unshare"), found("shared:no")),
    "rename email": (command("rename", "@", "Anna"), found("name:Anna")),
    "undo what": (undone, found("banned:no")),
    "outbox lift email": (lifted, holds),
    "list recipients --filter email": (
        lambda shell, text: shell.run("list", "recipients", "--filter", f'email:"{text}"', "--format", "csv"),
        lambda _: ONE,
    ),
}


# what a field is called in the sentence, where that is not the option's name
_CALLED = {
    "undo what": "email",
    "settings set": "smtp.copy",
    "settings apply": "smtp.copy",
    "deny add": "filter",
    "deny preview": "filter",
    "ticket cc email": "cc",
    "ticket cc --remove": "cc",
}


@pytest.mark.parametrize("name", FIELDS)
def test_R5_7_the_field_reads_what_people_paste_or_refuses_it_in_words(helpdesk: Shell, name: str) -> None:
    do, look = FIELDS[name]
    begin = stores(helpdesk)
    for text in PASTED:
        next(begin)
        answer = do(helpdesk, text)
        assert answer.status == 0, (text, answer)
        assert look(helpdesk) == ONE, text
        assert "list" not in name or len(answer.out.splitlines()) == 2, (text, answer.out)
    field = _CALLED.get(name, name.split()[-1].strip("-").replace("-", " ").replace("_", " "))
    for text in BAD:
        next(begin)
        answer = do(helpdesk, text)
        assert answer.status == 2, (text, answer)
        assert "is no e-mail address" in answer.err, answer
        assert field in answer.err.replace("_", " "), answer


def stores(shell: Shell) -> Iterator[None]:
    """Each time the store as it was at first."""
    first = shell.path
    for count in itertools.count():
        shell.path = shell.folder / f"{count}.db"
        with closing(sqlite3.connect(first)) as source, closing(sqlite3.connect(shell.path)) as copy:
            source.backup(copy)
        shell.path.chmod(0o600)
        shell.url = f"sqlite:///{shell.path}"
        yield


def parameters(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Parameter]]:
    """Every option and argument of every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        if isinstance(one, click.Group):
            yield from parameters(one, f"{path}{name} ")
        elif one is not None:
            yield from ((f"{path}{name}", parameter) for parameter in one.params)


def test_R5_7_no_option_argument_or_setting_that_takes_an_address_is_forgotten() -> None:
    addresses = {setting.key.removeprefix("smtp.") for setting in SETTINGS if setting.kind == "address"}
    named = {"email", "billing_email", "address", "without", "what", *addresses}
    there = {f"{command} {parameter.opts[0]}" for command, parameter in parameters(main) if parameter.name in named}
    tested = set(FIELDS) | {"smtp test address"}  # test_sender: it needs a server
    assert there - tested == set()
    assert addresses == {"sender_email", "admin_email", "copy", "send_only_to"}


def test_R5_7_no_form_that_takes_an_address_is_forgotten() -> None:
    """What the forms check before they save is read by the same function."""
    keys = {"email", "test_to", "sender_email", "admin_email", "copy", "send_only_to"}
    new = SimpleNamespace(_inbox="", _login="")
    checked = []
    for form in (InboxDialog, FirstInbox, SmtpDialog, FirstSmtp, AdministratorForm, YouForm):
        for entry in form.entries:
            if entry.key in keys:
                checked.append(entry.key)
                for text in PASTED:
                    form.check(new, entry.key, text)  # type: ignore[arg-type]
                for text in BAD:
                    with pytest.raises(BadInput, match="is no e-mail address"):
                        form.check(new, entry.key, text)  # type: ignore[arg-type]
    assert len(checked) == 12


@pytest.mark.parametrize("text", PASTED)
def test_R5_7_the_ticket_list_finds_the_requester_of_what_is_pasted(desk: Desk, text: str) -> None:
    desk.arrive("b@x.example")
    desk.arrive(ONE)
    assert list(TICKETS.ids(ANNA, Selection(f'requester:"{text}"', "number", False))) == [2]
    assert list(TICKETS.ids(ANNA, Selection("requester:b@x", "number", False))) == []


@pytest.mark.parametrize("text", ["@spam.example", "*@spam.example", "spam.example", "spammer"])
def test_R3_1_an_exact_entry_that_no_sender_can_be_is_refused_with_a_hint(shell: Shell, text: str) -> None:
    answer = shell.run("deny", "add", "--location", "email", "--type", "exact", text)
    assert answer.status == 2
    assert f"“{text}” is no e-mail address" in answer.err
    assert "“Ending with” (--type end)" in answer.err
    assert shell.json("list", "deny") == []
    shell.said("deny", "add", "--location", "email", "--type", "end", text)
    shell.said("deny", "add", "--location", "subject", "--type", "exact", text)


def test_R3_1_I3_a_stranger_with_an_odd_address_can_be_denied_as_he_is(desk: Desk) -> None:
    """What mail can come from is taken as it is written: nobody else is denied in its place."""
    for odd in ("ｋing@x.example", "c@x..example", ".c@x.example"):
        assert deny.add(ANNA, "email", "exact", odd).filter == odd
        assert desk.arrive(odd).outcome.value == "refused"
    assert desk.arrive("king@x.example").outcome.value == "opened"
    assert desk.arrive("'c@x.example'").outcome.value == "opened"
    recipients.ban(ANNA, desk.row("'c@x.example'").id, deny_too=True)
    assert desk.arrive("c@x.example").outcome.value == "opened"


def test_R10_3_an_exact_entry_of_before_comes_back_as_it_was(desk: Desk) -> None:
    old = DenyEntry.create(
        location="email", filter_type="exact", filter="<c@x.example>", created=datetime.now(UTC), created_by="anna"
    )
    deny.remove(ANNA, old.id)
    undo.undo(ANNA, undo.newest(ANNA, kind="", thing=None).change)
    assert DenyEntry.get().filter == "<c@x.example>"


def test_R4_6_an_address_that_was_stored_as_it_was_pasted_pairs_once_it_is_saved_again(desk: Desk) -> None:
    row = desk.customer(email="b@x.example")
    Customer.update(email="Anna <c@x.example>").execute()
    ProfileAddress.delete().execute()
    customers.edit(ANNA, row.id, {"phone": "1"})
    desk.arrive(ONE)
    assert desk.row(ONE).customer_id == row.id
    assert Customer.get().email == ONE


def test_R4_6_what_was_stored_as_it_was_pasted_pairs_after_the_upgrade_or_is_named(shell: Shell) -> None:
    with shell.desk() as desk:
        for name, email in (
            ("Kelly", "Anna <c@x.example>"),
            ("Lee", "lee [at] x"),
            ("Mo", "mo@x.example, m2@x.example"),
        ):
            row = desk.customer(name, email="old@x.example" if name != "Mo" else email)
            Customer.update(email=email).where(Customer.id == row.id).execute()
        database.execute_sql("DELETE FROM schema_migration WHERE name = '0013_profile_addresses'")
        database.execute_sql("PRAGMA user_version = 5")
    with shell.desk() as desk:
        keys = [row.email_key for row in ProfileAddress.select().order_by(ProfileAddress.email_key)]
        assert keys == ["c@x.example", "lee [at] x", "m2@x.example", "mo@x.example"]
        assert Customer.get_by_id(1).email == "Anna <c@x.example>"
        desk.arrive(ONE)
        assert desk.row(ONE).customer_id == 1
    answer = shell.run("doctor")
    assert answer.status == 1
    assert "the e-mail of Lee (2), “lee [at] x”, is no address, so it pairs nothing" in answer.out
    assert "recipients customer edit 2 --email ADDRESS" in answer.out
    assert "Kelly" not in answer.out


def test_R4_12_several_addresses_of_a_profile_are_kept_and_pair(desk: Desk) -> None:
    row = desk.customer(email="Anna <c@x.example>; d@y.example\nmailto:e@z.example")
    assert row.email == "c@x.example, d@y.example, e@z.example"
    for address in row.email.split(", "):
        desk.arrive(address)
        assert desk.row(address).customer_id == row.id
