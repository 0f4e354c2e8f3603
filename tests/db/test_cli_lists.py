"""R12: `list`, `ticket show`, `why`, `export`: the JSON keys that scripts rely on, selection, scope, hostile text."""

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.models import Outbox
from store.rules.message import Attached
from store.services import deny, pairing, people
from store.services import recipients as actions
from tests.commandline import Shell

HOSTILE = "\x1b]0;x\x07 \x9b2J \u202eevil\x7f"
KEYS = {
    "recipients": "id email name customer banned denied shared tickets unassigned_tickets blocked first_seen "
    "last_message inbox",
    "tickets": "number subject status customer assignee requester priority group type created updated closed messages",
    "messages": "id ticket direction sender name text attachments message_id created",
    "refused": "id reason rule sender subject received",
    "outbox": "id event ticket to subject state tries last_error",
    "history": "at who what of before after",
}


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """Kelly with kelly@x.test (ticket #1); bob@x.test unknown (tickets #2, #3); mallory banned, her mail refused."""
    with shell.desk() as desk:
        kelly = desk.customer("Kelly Sanders")
        attached = (Attached("plan.pdf", "application/pdf", 1200, "0" * 64, 1),)
        desk.arrive("kelly@x.test", "No line", message_id="<k1@x>", attachments=attached, sender_name="Kelly")
        pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
        desk.arrive("bob@x.test", "Invoice", message_id="<b1@x>")
        desk.arrive("bob@x.test", "Router", message_id="<b2@x>")
        desk.arrive("mallory@y.test", "Buy")
        actions.ban(desk.anna, desk.row("mallory@y.test").id, reason="spam")
        desk.arrive("mallory@y.test", "Buy more", message_id="<m2@y>")
        Outbox.create(event="received", ticket=1, to="kelly@x.test", to_key="kelly@x.test",
                      subject="#1 Request received", body="", message_id="<o1@us>", dedupe="1",
                      created=datetime.now(UTC))  # fmt: skip
    return shell


@pytest.mark.parametrize("thing", list(KEYS))
def test_R12_the_json_keys_are_those_that_scripts_rely_on(helpdesk: Shell, thing: str) -> None:
    objects = helpdesk.json("list", thing)
    assert objects
    for one in objects:
        assert list(one) == KEYS[thing].split()


def test_R12_a_recipient_in_json(helpdesk: Shell) -> None:
    by_email = {one["email"]: one for one in helpdesk.json("list", "recipients")}
    kelly, bob = by_email["kelly@x.test"], by_email["bob@x.test"]
    assert kelly["customer"] == {"id": 1, "name": "Kelly Sanders", "kind": "customer"}
    assert bob["customer"] is None
    assert (bob["tickets"], bob["unassigned_tickets"], bob["inbox"]) == (2, 2, "support")
    assert by_email["mallory@y.test"]["banned"] is True
    assert by_email["mallory@y.test"]["blocked"] == 1


def test_R12_tickets_and_messages_in_json(helpdesk: Shell) -> None:
    ticket = helpdesk.json("list", "tickets", "--filter", "number:1")[0]
    assert ticket["customer"] == {"id": 1, "name": "Kelly Sanders", "kind": "customer"}
    assert ticket["requester"] == {"id": 1, "email": "kelly@x.test", "name": "Kelly"}
    assert (ticket["assignee"], ticket["closed"], ticket["messages"]) == (None, None, 1)
    (message,) = helpdesk.json("list", "messages", "--filter", "ticket:1")
    assert message["attachments"] == [{"name": "plan.pdf", "type": "application/pdf", "size": 1200}]
    assert (message["direction"], message["message_id"]) == ("in", "<k1@x>")


def test_R12_times_are_iso_8601_in_utc_whatever_the_window_shows(helpdesk: Shell) -> None:
    helpdesk.said("settings", "set", "timezone", "Asia/Tokyo")
    ticket = helpdesk.json("list", "tickets")[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ticket["created"])
    age = datetime.now(UTC) - datetime.fromisoformat(ticket["created"])
    assert abs(age.total_seconds()) < 120
    shown = helpdesk.said("list", "tickets", "--columns", "created", "--limit", "1").splitlines()[-1]
    assert datetime.fromisoformat(f"{shown}+09:00").timestamp() == pytest.approx(
        datetime.fromisoformat(ticket["created"]).timestamp(), abs=60
    )


def test_R1_2_the_filter_line_the_order_and_the_limit_of_recipients(helpdesk: Shell) -> None:
    def emails(*words: str) -> list[str]:
        return [one["email"] for one in helpdesk.json("list", "recipients", *words)]

    assert emails() == ["mallory@y.test", "bob@x.test", "kelly@x.test"]
    assert emails("--filter", "paired:no domain:x.test") == ["bob@x.test"]
    assert emails("--filter", "unassigned:>1") == ["bob@x.test"]
    assert emails("--filter", "sanders") == ["kelly@x.test"]
    assert emails("--sort", "email") == ["bob@x.test", "kelly@x.test", "mallory@y.test"]
    assert emails("--sort", "tickets:desc", "--limit", "1") == ["bob@x.test"]


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("customer:none", [4, 3, 2]),
        ("-customer:none", [1]),
        ("customer:sanders", [1]),
        ("requester:bob@x.test", [3, 2]),
        ("bob@x.test router", [3]),
        ("status:new messages:>=1 number:<3", [2, 1]),
        ("created:>2020-01 subject:inv", [2]),
        ("created:<2020-01", []),
        ('"no line"', [1]),
    ],
)
def test_R1_2_the_filter_line_of_the_other_lists(helpdesk: Shell, line: str, numbers: list[int]) -> None:
    assert [one["number"] for one in helpdesk.json("list", "tickets", "--filter", line)] == numbers


def test_R1_2_the_other_lists_sort_too_and_cut_after_sorting(helpdesk: Shell) -> None:
    def numbers(*words: str) -> list[int]:
        return [one["number"] for one in helpdesk.json("list", "tickets", *words)]

    assert numbers("--sort", "subject") == [4, 2, 1, 3]
    assert numbers("--sort", "customer:desc", "--limit", "1") == [1]


def test_R12_flags_and_changed_fields_are_found(helpdesk: Shell) -> None:
    helpdesk.said("inbox", "edit", "support", "--enabled", "off")
    assert len(helpdesk.json("list", "inboxes", "--filter", "enabled:no")) == 1
    assert helpdesk.json("list", "inboxes", "--filter", "enabled:yes") == []
    (ban,) = helpdesk.json("list", "history", "--filter", "what:ban")
    assert (ban["who"], ban["of"], ban["after"]["ban_reason"]) == ("anna", "mallory@y.test", "spam")


@pytest.mark.parametrize("thing", ["recipients", "tickets", "outbox", "partners"])
@pytest.mark.parametrize("option", ["--columns", "--sort", "--filter"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_R12_a_column_that_there_is_not_is_named_and_nothing_is_printed(
    helpdesk: Shell, thing: str, option: str, form: str
) -> None:
    value = "colour:red" if option == "--filter" else "colour"
    answer = helpdesk.run("list", thing, option, value, "--format", form)
    assert answer.status == 2
    assert "colour" in answer.err
    assert answer.out == ""


def test_R12_the_columns_asked_for_in_every_format(helpdesk: Shell) -> None:
    def said(form: str, thing: str = "recipients") -> str:
        columns = "email, customer" if thing == "recipients" else "subject,requester"
        return helpdesk.said("list", thing, "--columns", columns, "--format", form, "--sort", columns.split(",")[0])

    assert said("csv").splitlines()[:2] == ["Email,Pair to Customer / Lead", "bob@x.test,"]
    assert [line.split() for line in said("table").splitlines()[2:4]] == [
        ["bob@x.test"],
        ["kelly@x.test", "Kelly", "Sanders"],
    ]
    assert json.loads(said("json"))[0] == {"email": "bob@x.test", "customer": None}
    assert json.loads(said("jsonl").splitlines()[0])["email"] == "bob@x.test"
    assert said("csv", "tickets").splitlines()[-1] == "Router,bob"


@pytest.mark.parametrize("thing", ["admins", "customers", "deny", "inboxes", "partners", *KEYS])
def test_R12_an_empty_list_has_its_header_and_status_0(shell: Shell, thing: str) -> None:
    nothing = "zzzz"
    assert shell.json("list", thing, "--filter", nothing) == []
    assert shell.said("list", thing, "--filter", nothing, "--format", "jsonl") == ""
    assert len(shell.said("list", thing, "--filter", nothing, "--format", "csv").splitlines()) == 1
    assert len(shell.said("list", thing, "--filter", nothing).splitlines()) == 2


def test_T1_hostile_text_is_harmless_in_words_and_exact_in_json(shell: Shell) -> None:
    with shell.desk() as desk:
        desk.arrive("eve@x.test", HOSTILE, text=HOSTILE, sender_name=HOSTILE, message_id="<e@x>")
    for words in (
        ["list", "tickets"],
        ["list", "messages"],
        ["list", "messages", "--format", "csv"],
        ["list", "recipients"],
        ["list", "history"],
        ["ticket", "show", "1"],
        ["rename", "eve@x.test", HOSTILE, "--dry-run"],
        ["list", "messages", "--json"],
        ["ticket", "show", "1", "--json"],
        ["deny", "preview", "--location", "subject", "--type", "contain", "evil"],
    ):
        out = shell.said(*words)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out), words
        assert "evil" in out
    (message,) = shell.json("list", "messages")
    assert message["text"] == HOSTILE


def test_T1_what_the_person_typed_comes_back_harmless(shell: Shell) -> None:
    for words in (["ban", HOSTILE], ["list", "recipients", "--filter", f"tickets:{HOSTILE}"], [HOSTILE]):
        answer = shell.run(*words)
        assert answer.status in (1, 2)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", answer.err), words


def test_R10_1_every_list_keeps_to_the_scope(helpdesk: Shell) -> None:
    with helpdesk.desk() as desk:
        people.add_partner(desk.anna, "North")
        customer = desk.customer("Nora", partner="North")
        desk.arrive("nora@n.test", "Hello", message_id="<n@n>")
        pairing.pair(desk.anna, desk.row("nora@n.test").id, customer.id)
        desk.administrator("ben", "North")

    def seen(thing: str) -> str:
        return json.dumps(helpdesk.json("list", thing, login="ben"))

    for thing in ("recipients", "tickets", "messages", "customers", "refused", "outbox", "history"):
        assert not re.search("bob|kelly|mallory", seen(thing), re.IGNORECASE), thing
    assert "nora@n.test" in seen("recipients")
    assert "Nora" in seen("tickets")
    for words in (["ticket", "show", "1"], ["why", "<k1@x>"], ["list", "deny"], ["ban", "kelly@x.test"]):
        answer = helpdesk.run(*words, login="ben")
        assert (answer.status, answer.out) == (1, ""), words
    assert helpdesk.run("why", "<n@n>", login="ben").status == 0


def test_R11_1_a_ticket_with_its_messages(helpdesk: Shell) -> None:
    words = helpdesk.said("ticket", "show", "1").splitlines()
    assert words[0] == "#1 No line"
    assert "Customer: Kelly Sanders" in words
    assert "Requester: Kelly <kelly@x.test>" in words
    assert "[plan.pdf, application/pdf, 1,200 bytes]" in words
    shape = helpdesk.json("ticket", "show", "1")
    assert list(shape) == KEYS["tickets"].split()
    assert [list(message) for message in shape["messages"]] == [KEYS["messages"].split()]


def test_R5_5_why_says_each_check_and_what_was_written(helpdesk: Shell) -> None:
    (opened,) = helpdesk.json("why", "b1@x")  # with and without the angle brackets
    assert (opened["outcome"], opened["ticket"], opened["inbox"], opened["header"]) == ("opened", 2, "support", "From")
    assert opened["checks"][-1] == ["new ticket", "new"]
    (message,) = helpdesk.json("list", "messages", "--filter", "ticket:2")
    assert opened["written"] == message["id"]
    words = helpdesk.said("why", "<m2@y>")
    assert words.startswith("refused (banned) in inbox support\n")
    assert "  ban: banned\n" in words


def test_R5_5_why_names_the_deny_entry(helpdesk: Shell) -> None:
    with helpdesk.desk() as desk:
        entry = deny.add(desk.anna, "subject", "contain", "casino")
        desk.arrive("zoe@z.test", "Casino!", message_id="<z@z>")
    assert f"  deny entries: [{entry.id}]\n" in helpdesk.said("why", "<z@z>")


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "txt", "jsonl", "md", "html"])
def test_R1_6_X3_export_writes_a_private_file_once(helpdesk: Shell, form: str) -> None:
    file = helpdesk.folder / f"out.{form}"
    answer = helpdesk.run("export", str(file), "--filter", "domain:x.test")
    assert (answer.status, answer.out) == (0, "")
    assert answer.err == f"Wrote 2 recipients to {file}.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    again = helpdesk.run("export", str(file))
    assert again.status == 1
    assert "--force" in again.err
    assert file.read_bytes() == before
    assert helpdesk.json("export", str(file), "--force") == {"file": str(file), "rows": 3}
    (_, record) = helpdesk.json("list", "history", "--filter", "what:export")
    assert (record["who"], record["of"], record["after"]["rows"]) == ("anna", str(file), 2)


def test_R1_6_an_export_has_the_columns_and_the_order_asked_for(helpdesk: Shell) -> None:
    def exported(name: str, *words: str) -> list[str]:
        helpdesk.run("export", str(helpdesk.folder / name), *words)
        return (helpdesk.folder / name).read_text("utf-8").splitlines()

    columns = ["--columns", "email,tickets", "--sort", "email"]
    assert exported("a.csv", *columns)[:2] == ["Email,Tickets", "bob@x.test,2"]
    assert exported("none.csv", "--filter", "zzzz", *columns) == ["Email,Tickets"]
    lines = [json.loads(line) for line in exported("a.jsonl", "--sort", "email")]
    assert lines == helpdesk.json("list", "recipients", "--sort", "email")


def test_R12_an_export_that_cannot_be_written_leaves_nothing(helpdesk: Shell) -> None:
    for name, words, status in (("no/where.csv", [], 1), ("a.doc", [], 2), ("a.csv", ["--columns", "colour"], 2)):
        answer = helpdesk.run("export", str(Path(helpdesk.folder, name)), *words)
        assert answer.status == status, answer
        assert not Path(helpdesk.folder, name).exists()
