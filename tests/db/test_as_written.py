"""What people write reaches mail, files and JSON as written; a terminal gets what is safe there (R7.6, R12, T1)."""

import csv
import json
from email.message import EmailMessage
from typing import Any

import pytest
from openpyxl import load_workbook

from store.db import session
from store.models import Customer, Recipient
from tests.commandline import Shell
from tests.smtp import Server

NAME = "سارا می\u200cخواهم 👩\u200d🔧"
TEXT = "می\u200cخواهم 👩\u200d🔧 Donau\u00addampf\tZug\n\tא\u200f!"
SHOWN = "می\u200cخواهم 👩 Donaudampf"


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """A customer and a paired sender of that name; #1 is hers."""
    with shell.desk() as desk:
        desk.send_mail()
        desk.customer(NAME, email="sara@x.test")
        desk.arrive("sara@x.test", NAME, sender_name=NAME, text=TEXT)
    return shell


def sent(shell: Shell) -> list[EmailMessage]:
    server = Server()
    server.start()
    try:
        set_up = {"--host": "127.0.0.1", "--port": str(server.port), "--security": "none", "--sender-name": NAME}
        shell.said("smtp", "set", *(word for pair in set_up.items() for word in pair))
        shell.said("send", "--once")
        return server.read()
    finally:
        server.stop()


def test_R7_6_an_agents_reply_is_kept_and_sent_as_typed(helpdesk: Shell) -> None:
    helpdesk.said("ticket", "reply", "1", TEXT)
    assert [message["text"] for message in helpdesk.json("ticket", "show", "1")["messages"]] == [TEXT, TEXT]
    mails = {str(mail["Subject"]): mail for mail in sent(helpdesk) if "sara@x.test" in str(mail["To"])}
    assert any(NAME in subject for subject in mails)
    for mail in mails.values():
        (to,), (sender,) = mail["To"].addresses, mail["From"].addresses
        assert (to.display_name, to.addr_spec, sender.display_name) == (NAME, "sara@x.test", NAME)
        for kind in ("plain", "html"):
            assert NAME in body(mail, kind)
    assert any(TEXT in body(mail, "plain") and TEXT in body(mail, "html") for mail in mails.values())


def body(mail: EmailMessage, kind: str) -> str:
    part: Any = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("form", ["csv", "txt", "md", "html", "xlsx", "jsonl"])
def test_X1_R1_6_a_name_is_in_every_file_as_it_was_written(helpdesk: Shell, form: str) -> None:
    file = helpdesk.folder / f"out.{form}"
    helpdesk.said("export", str(file))
    if form == "xlsx":
        assert NAME in [cell.value for row in load_workbook(file).active for cell in row]
    elif form == "jsonl":
        assert json.loads(file.read_text("utf-8"))["name"] == NAME
    else:
        assert NAME in file.read_text("utf-8")


def test_R12_lists_for_programs_have_it_too_and_the_table_is_safe_for_a_terminal(helpdesk: Shell) -> None:
    assert helpdesk.json("list", "tickets")[0]["subject"] == NAME
    assert helpdesk.json("list", "messages")[0]["text"] == TEXT
    rows = list(csv.DictReader(helpdesk.said("list", "tickets", "--format", "csv").splitlines()))
    assert NAME in rows[0].values()
    for words in (("list", "recipients"), ("list", "messages"), ("ticket", "show", "1")):
        said = helpdesk.said(*words)
        assert "می\u200cخواهم 👩" in said
        assert not {"\u200d", "\u00ad", "\u200f", "\t"} & {*said}
    assert SHOWN in helpdesk.said("ticket", "show", "1")


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("rename", "sara@x.test", NAME + "!"), lambda: Recipient.get().name),
        (("customer", "edit", "1", "--name", NAME + "!"), lambda: Customer.get().name),
    ],
)
def test_R12_a_name_that_an_administrator_types_is_kept_as_typed(
    helpdesk: Shell, words: tuple[str, ...], read: Any
) -> None:
    helpdesk.said(*words)
    with helpdesk.desk(), session():
        assert read() == NAME + "!"
