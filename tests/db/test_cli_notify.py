"""R12: `notify list`, `notify set` and `notify preview`."""

import json

from store.models import Setting
from store.rules.events import EVENTS
from tests.commandline import Shell


def kept(shell: Shell, event: str) -> dict[str, object]:
    return next(line for line in shell.json("notify", "list") if line["key"] == event)


def test_R12_notify_list_shows_every_event(shell: Shell) -> None:
    answer = shell.run("notify", "list")
    lines = answer.out.splitlines()
    assert [line.split()[:2] for line in lines] == [["on" if e.on else "off", e.key] for e in EVENTS]
    assert lines[1].endswith("#{{ticket.id}} New ticket created")
    assert "off as a whole: recipients settings set notifications.enabled on" in answer.err
    shell.said("settings", "set", "notifications.enabled", "on")
    assert shell.run("notify", "list").err == ""


def test_R12_notify_list_as_json_has_all_of_it(shell: Shell) -> None:
    first = shell.json("notify", "list")[0]
    assert first.pop("body").startswith("Hello{% if requester.name %}")
    assert first == {
        "key": "ticket_received_customer",
        "title": "Ticket received (message to customer)",
        "audience": "customer",
        "on": True,
        "subject": "#{{ticket.id}} Request received: {{ticket.subject}}",
        "own_subject": False,
        "own_body": False,
    }


def test_R12_notify_set_keeps_switch_subject_and_text(shell: Shell) -> None:
    file = shell.folder / "closed.txt"
    file.write_text("Done:\n{{ ticket.subject }}\n", encoding="utf-8")
    words = ("notify", "set", "closed_customer", "on", "--subject", "#{{ ticket.id }} Done", "--template", str(file))
    assert shell.said(*words, "--dry-run").startswith("(dry run, nothing was changed) ")
    assert kept(shell, "closed_customer")["on"] is False
    assert shell.said(*words) == "closed_customer is on; new subject, body.\n"
    now = kept(shell, "closed_customer")
    assert (now["on"], now["subject"], now["body"]) == (True, "#{{ ticket.id }} Done", "Done:\n{{ ticket.subject }}\n")
    assert "(own text)" in shell.said("notify", "list")
    assert shell.said("notify", "set", "closed_customer", "off") == "closed_customer is off.\n"
    assert kept(shell, "closed_customer")["subject"] == "#{{ ticket.id }} Done"
    file.write_text("", encoding="utf-8")
    shell.said("notify", "set", "closed_customer", "on", "--subject", "", "--template", str(file))
    now = kept(shell, "closed_customer")
    assert (now["own_subject"], now["own_body"], now["on"]) == (False, False, True)


def test_R12_notify_set_says_what_is_wrong_and_changes_nothing(shell: Shell) -> None:
    file = shell.folder / "loop.txt"
    file.write_text("Hello\n{% for i in range(10 ** 9) %}x{% endfor %}", encoding="utf-8")
    latin = shell.folder / "latin.txt"
    latin.write_bytes("Größe".encode("latin-1"))
    refused = {
        ("closed_customer", "on", "--template", str(file)): "line 2: a loop can only go over changes",
        ("closed_customer", "on", "--subject", "Closed"): "does not find the ticket's number",
        ("closed_customer", "on", "--template", str(latin)): "is not text in UTF-8",
        ("closed_customer", "on", "--template", str(shell.folder / "none.txt")): "cannot be read: No such file",
        ("closed_customer", "on", "--template", "/dev/zero"): "has 20,001 characters",
        ("nothing", "on"): "There is no event “nothing”. See: recipients notify list",
        ("closed_customer", "maybe"): "'maybe' is not one of 'on', 'off'",
    }
    for words, says in refused.items():
        answer = shell.run("notify", "set", *words)
        assert answer.status == 2, words
        assert says in answer.err
        assert answer.out == ""
    assert kept(shell, "closed_customer")["on"] is False


def test_R12_notify_preview_without_a_ticket_makes_one_up(shell: Shell) -> None:
    lines = shell.said("notify", "preview", "changes_admin").splitlines()
    assert lines[:3] == ["#4711 Ticket has changes", "", "## Reply above this line ##"]
    assert "Status: New → Work in progress" in lines
    tried = shell.json("notify", "preview", "changes_admin", "--subject", "#{{ ticket.id }} {{ ticket.status }}")
    assert tried["subject"] == "#4711 Waiting on agent"
    assert kept(shell, "changes_admin")["own_subject"] is False


def test_R12_notify_preview_refuses_like_set(shell: Shell) -> None:
    answer = shell.run("notify", "preview", "changes_admin", "--subject", "Changed")
    assert (answer.status, answer.out) == (2, "")
    assert "does not find the ticket's number" in answer.err
    assert shell.run("notify", "preview", "changes_admin", "--ticket", "99").status == 1


def test_R12_a_text_survives_export_and_apply(shell: Shell) -> None:
    file = shell.folder / "closed.txt"
    file.write_text('Done: "quoted" \\ ü\n\n{{ ticket.subject }}\n', encoding="utf-8")
    shell.said("notify", "set", "closed_customer", "on", "--template", str(file))
    toml = shell.folder / "settings.toml"
    shell.said("settings", "export", str(toml))
    shell.said("settings", "set", "notify.closed_customer.body", "")
    shell.said("settings", "apply", str(toml))
    assert kept(shell, "closed_customer")["body"] == file.read_text(encoding="utf-8")


def test_R7_3_doctor_names_a_subject_that_the_ticket_number_is_no_longer_found_in(shell: Shell) -> None:
    shell.said("notify", "set", "closed_customer", "on", "--subject", "#{{ ticket.id }} Done")
    assert not [one for one in shell.json("doctor") if "closed_customer" in one["what"]]
    with shell.desk():
        Setting.replace(key="inboxes.ticket_number", value=json.dumps(r"Ticket (?P<number>\d+)")).execute()
    answer = shell.run("doctor", "--json")
    assert answer.status == 1
    found = next(one for one in json.loads(answer.out) if "closed_customer" in one["what"])
    assert (found["state"], "does not find the ticket's number" in found["what"]) == ("bad", True)
    assert found["remedy"].startswith("recipients notify set closed_customer on --subject")


def test_R7_1_each_missing_piece_has_the_remedy_that_mends_it(shell: Shell) -> None:
    def remedies() -> str:
        return " ".join(one["remedy"] for one in shell.json("doctor") if one["state"] == "missing")

    assert "inbox add NAME" in remedies()
    shell.said("inbox", "add", "my box", "--email", "a@us.test", "--host", "localhost", "--enabled", "off")
    assert "recipients inbox edit 'my box' --enabled on" in remedies()
    shell.said("inbox", "edit", "my box", "--enabled", "on")
    assert "inbox" not in remedies()
    shell.said("settings", "set", "inboxes.enabled", "off")
    assert "recipients settings set inboxes.enabled on" in remedies()
    assert "smtp set --host HOST" in remedies()
    shell.said("smtp", "set", "--host", "localhost", "--sender-email", "a@us.test")
    assert "recipients smtp set --enabled on" in remedies()
