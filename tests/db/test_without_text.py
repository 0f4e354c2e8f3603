"""A message that cannot be read here says why, in the ticket and in the notice; its files are named (R5.6, R7.3)."""

from pathlib import Path

import pytest

from mail.attachments import save
from mail.parse import parse
from store.models import Outbox
from store.queries import attachments
from store.rules.message import Attached
from store.rules.remarks import ENCRYPTED
from tests.commandline import Shell
from tests.driver import Desk

CORPUS = Path(__file__).parent.parent / "corpus"
PLAN = Attached("plan.pdf", "application/pdf", 4, "0" * 64, 1)
PHOTO = Attached("ph\u202eoto\n.jpg", "image/jpeg", 4, "1" * 64, 2)


@pytest.fixture
def telling(desk: Desk) -> Desk:
    desk.send_mail()
    return desk


def notice(event: str = "new_ticket_admin") -> str:
    return str(Outbox.select().where(Outbox.event == event).order_by(Outbox.id.desc()).first().body)


def test_R7_3_the_notice_names_what_is_attached_and_says_why_there_is_no_text(telling: Desk) -> None:
    telling.arrive("kelly@x.test", "Files", text="", attachments=(PLAN, PHOTO))
    assert "[This message has no text, only files: plan.pdf, ph\ufffdoto .jpg.]" in notice()
    assert "Attached: plan.pdf, ph\ufffdoto .jpg\n" in notice()
    telling.arrive("kelly@x.test", "Text", text="Hello.", attachments=(PLAN,))
    assert "Hello.\n\nAttached: plan.pdf\n" in notice()
    telling.arrive("kelly@x.test", "Nothing", text=" ")
    assert "[This message is empty: it has no text and no files.]" in notice()
    assert "Attached" not in notice()


def test_R5_6_an_encrypted_message_says_so_in_the_ticket_and_in_the_notice(shell: Shell) -> None:
    raw = (CORPUS / "pgp-encrypted.eml").read_bytes()
    with shell.desk() as desk:
        desk.send_mail()
        read = parse(raw)
        desk.arrive("otto@x.test", raw=raw, text=read.text, attachments=read.attachments)
        assert f"[{ENCRYPTED}]" in notice()
        assert ", encrypted.asc\n" in notice()
    assert f"[{ENCRYPTED}]\n" in shell.said("ticket", "show", "1")
    assert shell.json("ticket", "show", "1")["messages"][0]["text"] == ""


def test_R5_6_what_a_signed_message_holds_is_read_and_its_files_are_saved(telling: Desk, tmp_path: Path) -> None:
    raw = (CORPUS / "smime-signed-whole-in-parts.eml").read_bytes()
    read = parse(raw)
    number = telling.arrive("otto@x.test", raw=raw, text=read.text, attachments=read.attachments).ticket
    assert number is not None
    assert "Signed text, Größe.\n\nAttached: plan.pdf\n" in notice()
    ids = [file.id for file in attachments.files(telling.anna, number)]
    (saved,) = save(attachments.sources(telling.anna, number, ids), tmp_path)
    assert (saved.name, saved.read_bytes()) == ("plan.pdf", b"%PDF")
