"""R12: making a store, people, customers, inboxes, settings, and what `doctor` says of it all."""

import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import Workbook

from store.models import Customer, History, ProfileAddress
from store.services import customer_import, customers
from tests.commandline import Shell
from tests.driver import ANNA

INBOX = ["inbox", "add", "support", "--email", "support@us.test", "--host", "imap.us.test"]


def test_R12_S3_init_makes_a_private_store_and_its_first_super_administrator(shell: Shell, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/folder/new.db"
    answer = shell.raw("--db", url, "init", "--login", "zoe", "--email", "zoe@us.test", "--name", "Zoë", "--json")
    assert answer.status == 0
    for file in (tmp_path / "deep/folder").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    (zoe,) = shell.json("list", "admins", "--db", url, login="zoe")
    assert (zoe["login"], zoe["name"], zoe["role"], zoe["partner"]) == ("zoe", "Zoë", "super", None)
    again = shell.raw("--db", url, "init", "--login", "eve", "--email", "eve@us.test")
    assert again.status == 1


def test_R12_another_kind_of_database_is_refused_in_words(shell: Shell) -> None:
    answer = shell.raw("--db", "postgresql://localhost/helpdesk", "list", "recipients")
    assert answer.status == 3
    assert "postgresql" in answer.err


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["partner", "add", "North"], {"name": "North"}),
        (["admin", "add", "ben", "--email", "b@us.test"], {"login": "ben", "role": "administrator", "partner": None}),
        (["customer", "add", "--name", "Kelly"], {"name": "Kelly", "kind": "customer", "partner": "Main"}),
        (["deny", "add", "--location", "subject", "--type", "contain", "x"], {"type": "contain", "filter": "x"}),
        (INBOX, {"name": "support", "port": 993, "security": "tls", "folder": "INBOX"}),
    ],
)
def test_R12_every_add_prints_the_new_object_with_its_id(
    shell: Shell, words: list[str], keys: dict[str, object]
) -> None:
    made = shell.json(*words)
    assert isinstance(made["id"], int)
    assert keys.items() <= made.items()
    thing = {"deny": "deny", "inbox": "inboxes"}.get(words[0], f"{words[0]}s")
    assert made in [{key: one[key] for key in made} for one in shell.json("list", thing)]


def test_R10_1_an_administrator_gets_and_loses_a_partner(shell: Shell) -> None:
    shell.said("partner", "add", "North")
    assert shell.json("admin", "add", "ben", "--email", "b@us.test", "--partner", "North")["partner"] == "North"
    assert shell.run("list", "deny", login="ben").status == 1
    changed = shell.json("admin", "edit", "ben", "--partner", "any", "--name", "Ben", "--role", "administrator")
    assert (changed["partner"], changed["name"], changed["email"]) == (None, "Ben", "b@us.test")
    assert shell.run("list", "deny", login="ben").status == 0
    shell.said("admin", "edit", "ben", "--active", "off")
    assert shell.run("list", "recipients", login="ben").status == 1


def test_R10_1_only_a_super_administrator_sets_things_up(shell: Shell) -> None:
    shell.said("admin", "add", "ben", "--email", "b@us.test")
    shell.said(*INBOX)
    for words in (
        ["admin", "add", "eve", "--email", "e@us.test"],
        ["admin", "edit", "ben", "--role", "super"],
        ["partner", "add", "North"],
        ["inbox", "add", "b", "--email", "x@us.test", "--host", "h"],
        ["inbox", "edit", "support", "--host", "evil.test"],
        ["inbox", "remove", "support"],
        ["inbox", "test", "support"],
        ["settings", "set", "timezone", "UTC"],
    ):
        answer = shell.run(*words, login="ben")
        assert answer.status == 1, words
        assert "super administrator" in answer.err


def test_R12_a_customer_with_all_that_is_known(shell: Shell) -> None:
    shell.said("partner", "add", "North")
    shell.said("partner", "add", "South")
    values = {"name": "Lee", "kind": "lead", "login": "lee", "email": "a@l.test, b@l.test", "billing-email": "c@l.test",
              "phone": "0171", "partner": "South", "external-id": "L-7"}  # fmt: skip
    made = shell.json("customer", "add", *(word for key, value in values.items() for word in (f"--{key}", value)))
    assert made == {"id": made["id"], **{key.replace("-", "_"): value for key, value in values.items()}}
    assert shell.run("customer", "add", "--name", "Kim").status == 2  # which partner?
    assert shell.run("customer", "add", "--name", "Kim", "--partner", "East").status == 1


def test_R12_an_import_says_line_by_line_what_it_does(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Old", "--external-id", "7", "--phone", "0171")
    file = shell.folder / "customers.csv"
    file.write_text("\ufeffName;Billing email;external id\n\nKelly;;1\nNew;n@x.test;7\n")
    rehearsed = shell.said("import", "customers", str(file), "--dry-run")
    assert rehearsed.splitlines() == [
        "line 3: would add Kelly (2)",
        "line 4: would update New (1)",
        "Would import 2 customers: would add 1, would update 1.",
    ]
    assert [one["name"] for one in shell.json("list", "customers")] == ["Old"]
    done = shell.json("import", "customers", str(file))
    assert done["done"] is True
    assert done["lines"][1] == {"line": 4, "did": "updated", "id": 1, "name": "New"}
    new = shell.json("list", "customers", "--filter", "name:new")[0]
    assert (new["billing_email"], new["phone"]) == ("n@x.test", "0171")


def test_R12_an_import_from_excel(shell: Shell) -> None:
    book = Workbook()
    for row in (["name", "kind", "external_id"], ["Kelly", "lead", 17], [None, None, None], ["Lee", None, None]):
        book.active.append(row)
    file = shell.folder / "customers.xlsx"
    book.save(file)
    assert [one["did"] for one in shell.json("import", "customers", str(file))["lines"]] == ["added", "added"]
    assert shell.json("list", "customers", "--filter", "kind:lead")[0]["external_id"] == "17"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,colour\nKelly,red\n", "Line 1, column 2: “colour” is no column"),
        ("login\nkelly\n", "there must be a column name"),
        ("name,name\na,b\n", "twice"),
        ("name,email\nKelly,k@x.test\nSanders, Lee,l@x.test\n", "Line 3 has more cells"),
        ("name,email\nKelly,k@x.test\nLee,nowhere\n", "Line 3, column email: “nowhere” is no e-mail address."),
        ("name,kind\nKelly,friend\n", "Line 2, column kind: kind is customer or lead"),
        ("name\tcolour\nKelly\tred\n", "Line 1, column 2: “colour” is no column"),
        ("name,Kundennr\nKelly,7\n", "--map “COLUMN=FIELD”"),
        ("name,external_id\nA,1\nB,2\nC,1\n", "Line 4, column external_id: “1” is in line 2 already"),
        ("", "is empty"),
    ],
)
def test_R12_an_import_is_all_or_nothing(shell: Shell, text: str, says: str) -> None:
    file = shell.folder / "customers.csv"
    file.write_text(text)
    answer = shell.run("import", "customers", str(file))
    assert answer.status == 2
    assert says in answer.err
    assert (answer.out, shell.json("list", "customers")) == ("", [])


@pytest.mark.parametrize("name", ["none.csv", "notes.txt", "broken.xlsx", "latin.csv"])
def test_R12_a_file_that_cannot_be_imported_is_wrong_usage(shell: Shell, name: str) -> None:
    (shell.folder / "notes.txt").write_text("name\nKelly\n")
    (shell.folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no")
    (shell.folder / "latin.csv").write_bytes("name\nKülly\n".encode("latin-1"))
    answer = shell.run("import", "customers", str(shell.folder / name))
    assert answer.status == 2
    assert name in answer.err
    assert ("save it as “CSV UTF-8”" in answer.err) is (name == "latin.csv")


def test_R5_1_an_inbox_with_all_its_settings(shell: Shell) -> None:
    options = {
        "username": "desk", "secret": "env:PW", "folder": "In", "process": "unread", "from": "2026-01-31T08:00+02:00",
        "header": "reply-to", "accept-unregistered": "off", "priority": "High", "group": "Net", "type": "Fault",
        "enabled": "off", "ca-file": "/etc/ca.pem", "check-certificate": "off", "security": "starttls",
        "behind-group": "on",
    }  # fmt: skip
    made = shell.json(*INBOX, "--no-mark-read", *(w for key, value in options.items() for w in (f"--{key}", value)))
    assert made == {
        "id": 1, "name": "support", "email": "support@us.test", "host": "imap.us.test", "port": 143,
        "security": "starttls", "username": "desk", "secret": "env:PW", "folder": "In", "process": "unread",
        "enabled": False, "last_success": None, "last_error": "", "last_error_at": None, "next_try": None,
        "check_certificate": False, "ca_file": "/etc/ca.pem", "process_from": "2026-01-31T06:00:00Z",
        "mark_read": False, "address_header": "Reply-To", "accept_unregistered": False, "priority": "High",
        "group": "Net", "type": "Fault",
        "auth": "password", "token_expires": None, "behind_group": True, "withheld": 0,
    }  # fmt: skip
    changed = shell.json("inbox", "edit", "support", "--port", "1143", "--from", "none", "--mark-read")
    assert changed == {**made, "port": 1143, "process_from": None, "mark_read": True}
    shell.said("inbox", "remove", "support")
    assert shell.json("list", "inboxes") == []
    assert shell.run("inbox", "edit", "support", "--port", "1").status == 1


def test_R5_1_files_are_kept_by_their_full_path(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell.folder)
    made = shell.json(*INBOX, "--secret", "file:secret", "--ca-file", "ca.pem")
    assert made["secret"] == f"file:{shell.folder}/secret"
    assert made["ca_file"] == f"{shell.folder}/ca.pem"
    assert shell.json("inbox", "edit", "support", "--secret", "file:~/secret")["secret"] == "file:~/secret"


@pytest.mark.parametrize(
    "words",
    [
        ["--security", "none"],
        ["--secret", "hunter2"],
        ["--from", "yesterday"],
        ["--port", "70000"],
        ["--header", "Bcc"],
        ["--email", "nowhere"],
        ["--folder", "a\r\nb"],
    ],
)
def test_R5_1_an_inbox_that_cannot_work_is_wrong_usage(shell: Shell, words: list[str]) -> None:
    answer = shell.run(*INBOX, *words)
    assert answer.status == 2
    assert shell.json("list", "inboxes") == []
    assert shell.run("inbox", "add", "b", "--email", "b@us.test").status == 2


def test_N4_plain_text_to_another_machine_only_when_forced(shell: Shell) -> None:
    assert shell.run(*INBOX, "--security", "none", "--force").status == 0


def test_R12_settings_are_shown_set_written_and_read_again(shell: Shell) -> None:
    assert "timezone = UTC    # " in shell.said("settings", "show")
    assert shell.said("settings", "set", "timezone", "Europe/Berlin") == "timezone = Europe/Berlin\n"
    assert shell.said("settings", "set", "inboxes.by_subject_only", "on") == "inboxes.by_subject_only = on\n"
    before = shell.json("settings", "show")
    assert before["inboxes.by_subject_only"] is True
    file = shell.folder / "settings.toml"
    shell.said("settings", "export", str(file))
    assert shell.run("settings", "export", str(file)).status == 1
    shell.said("settings", "set", "timezone", "UTC")
    assert shell.json("settings", "apply", str(file), "--dry-run")["done"] is False
    assert shell.json("settings", "show")["timezone"] == "UTC"
    shell.said("settings", "apply", str(file))
    assert shell.json("settings", "show") == before


def test_R12_settings_are_read_from_tables_too(shell: Shell) -> None:
    file = shell.folder / "settings.toml"
    file.write_text('inboxes.poll_seconds = 30\n[smtp]\nhost = "mail.us.test"\nenabled = true\n')
    shell.said("settings", "apply", str(file))
    now = shell.json("settings", "show")
    assert (now["smtp.host"], now["smtp.enabled"], now["inboxes.poll_seconds"]) == ("mail.us.test", True, 30)


@pytest.mark.parametrize(
    "text", ['timezone = "Mars"', "colour = 1", "timezone = [1]", "inboxes.poll_seconds = 1.5", "=", None]
)
def test_R12_settings_are_applied_all_or_none(shell: Shell, text: str | None) -> None:
    file = shell.folder / "settings.toml"
    before = shell.json("settings", "show")
    if text is not None:
        file.write_text(f'"status.new" = "Fresh"\n{text}\n')
    answer = shell.run("settings", "apply", str(file))
    assert (answer.status, answer.out) == (2, "")
    assert shell.json("settings", "show") == before


def test_R7_1_doctor_names_what_is_missing_and_the_command_that_mends_it(shell: Shell) -> None:
    answer = shell.run("doctor")
    assert answer.status == 0  # nothing is unwell
    for words in (
        "missing SMTP is not set up\n        → recipients smtp set --host HOST",
        "missing no inbox is enabled\n        → recipients inbox add NAME",
        "missing ticket notifications are off\n        → recipients settings set notifications.enabled on",
        "ok      the store file is whole",
    ):
        assert words in answer.out
    for key, value in (
        ("smtp.host", "h"),
        ("smtp.sender_email", "help@us.test"),
        ("smtp.enabled", "on"),
        ("notifications.enabled", "on"),
    ):
        shell.said("settings", "set", key, value)
    shell.said(*INBOX)
    left = [one["what"] for one in shell.json("doctor") if one["state"] == "missing"]
    assert left == ["there is no copy of the store yet", "nobody fetches mail now"]


def test_S6_doctor_says_whether_the_history_was_tampered_with(shell: Shell) -> None:
    assert "the history is whole: " in shell.run("doctor").out
    with closing(sqlite3.connect(shell.path)) as store:
        store.executescript("DROP TRIGGER history_unchanged; UPDATE history SET who = 'eve' WHERE id = 1;")
    answer = shell.run("doctor")
    assert answer.status == 1
    assert "from entry 1 on its seals do not fit" in answer.out
    assert "its triggers history_unchanged were taken away" in answer.out


def test_R12_doctor_names_a_store_that_others_can_read(shell: Shell) -> None:
    shell.path.chmod(0o644)
    answer = shell.run("doctor")
    assert answer.status == 1
    assert f"chmod 600 {shell.path}" in answer.out


def test_R12_doctor_names_an_inbox_that_fails_with_its_error_and_next_try(shell: Shell) -> None:
    shell.said("inbox", "add", "my desk", "--email", "s@us.test", "--host", "127.0.0.1", "--secret", "env:NO_SUCH_PW")
    round_ = shell.run("poll", "--once", "--json")
    assert round_.status == 3
    assert "NO_SUCH_PW" in round_.err
    answer = shell.run("doctor")
    assert answer.status == 1
    assert "bad     inbox my desk: The environment has no variable NO_SUCH_PW" in answer.out
    assert "next try 20" in answer.out
    assert "→ recipients inbox test 'my desk'" in answer.out


def test_R12_customer_edit_keeps_the_id_and_what_is_not_named(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Kelly", "--kind", "lead", "--phone", "0171", "--external-id", "x1")
    shell.said("customer", "add", "--name", "Lee", "--external-id", "x2")
    assert shell.said("customer", "edit", "1", "--name", "Nobody", "--dry-run").startswith("(dry run")
    changed = shell.json("customer", "edit", "1", "--kind", "customer", "--email", "kelly@x.test")
    assert (changed["id"], changed["name"], changed["kind"], changed["phone"]) == (1, "Kelly", "customer", "0171")
    for words, status in (
        (["1"], 2),
        (["1", "--email", "nonsense"], 2),
        (["1", "--external-id", "x2"], 1),
        (["9", "--name", "X"], 1),
        (["1", "--name", ""], 2),
    ):
        assert shell.run("customer", "edit", *words).status == status, words
    with shell.desk() as desk:
        desk.arrive("kelly@x.test")
        assert desk.row("kelly@x.test").customer_id == 1


def test_R12_customer_remove_is_refused_while_it_is_in_use(shell: Shell) -> None:
    shell.said("customer", "add", "--name", "Kelly", "--email", "kelly@x.test")
    with shell.desk() as desk:
        desk.arrive("kelly@x.test")
    answer = shell.run("customer", "remove", "1")
    assert (answer.status, "1 paired addresses and 1 tickets" in answer.err) == (1, True)
    shell.said("unpair", "kelly@x.test", "--unassign")
    assert shell.said("customer", "remove", "1") == "Removed Kelly (1).\n"
    assert shell.run("customer", "edit", "1", "--name", "X").status == 1
    assert shell.json("list", "customers") == []
    assert shell.run("pair", "kelly@x.test", "1").status == 1


def test_R10_1_a_customer_that_moves_to_another_partner_takes_its_tickets_along(shell: Shell) -> None:
    for partner in ("Main", "North"):
        shell.said("partner", "add", partner)
    shell.said("admin", "add", "ben", "--email", "ben@us.test", "--partner", "Main")
    shell.said("customer", "add", "--name", "Kelly", "--email", "kelly@x.test", "--partner", "Main")
    with shell.desk() as desk:
        desk.arrive("kelly@x.test")
    shell.said("ticket", "update", "1", "--assignee", "ben")
    assert [one["number"] for one in shell.json("list", "tickets", login="ben")] == [1]
    said = shell.said("customer", "edit", "1", "--partner", "North")
    assert "may not see #1 any more, and was taken off" in said
    assert shell.json("list", "tickets", login="ben") == []
    assert shell.json("list", "tickets")[0]["assignee"] is None


def test_R12_a_large_import_writes_at_once_and_finds_all_of_it_again(shell: Shell) -> None:
    with shell.desk():
        began = time.perf_counter()
        for n in range(100):
            customers.add(ANNA, {"name": f"One {n}", "email": f"one{n}@x.test", "external_id": f"one{n}"})
        one_by_one = (time.perf_counter() - began) * 30
        lines = [(n, {"name": f"C {n}", "email": f"c{n}@x.test", "external_id": str(n)}) for n in range(2, 3_002)]
        began = time.perf_counter()
        first = customer_import.import_all(ANNA, lines)
        at_once = time.perf_counter() - began
        again = customer_import.import_all(ANNA, lines)
        assert ({one.did for one in first}, {one.did for one in again}) == ({"added"}, {"unchanged"})
        assert [one.id for one in first] == [one.id for one in again]
        assert Customer.select().count() == ProfileAddress.select().count() == 3_100
        added = History.select().where((History.what == "add") & (History.subject == "customer"))
        assert (added.count(), added.select(History.change).distinct().count()) == (3_100, 101)
        found = Customer.get(Customer.external_id == "77")
        assert (found.name, "c77@x.test" in found.search, str(found.id) in found.search) == ("C 77", True, True)
        assert at_once < one_by_one / 2
