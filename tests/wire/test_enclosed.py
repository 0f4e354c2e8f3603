"""What an agent attached to his answer goes on to the customer, but nothing of ours (R5.8, R7.6, THREATS O7)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from mail.intake import beginning
from mail.parse import parse
from mail.sender import send_once
from mail.smtp import Account, connect
from store.models import Attachment, LargeMessage, Message, Outbox
from store.rules.message import Arrived
from store.services import large, pairing
from tests.driver import Desk
from tests.smtp import Server


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_O7_a_notification_that_is_attached_to_the_answer_does_not_go_on(
    desk: Desk, server: Server, encoding: str
) -> None:
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    send_once()
    told = Outbox.get(Outbox.event == "new_ticket_admin")
    notification = server.read()[-1].as_bytes().decode("ascii").encode(encoding)
    head = f"From: admin@us.test\nSubject: Re: {told.subject}\nIn-Reply-To: {told.message_id}\n"
    raw = (
        f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nYes.\n--b\n".encode()
        + b"Content-Type: application/pdf; name=plan.pdf\n\nPDF\n--b\nContent-Type: message/rfc822\n\n"
        + notification
        + b"\n--b--\n"
    )
    answer = Arrived(desk.uid + 1, raw, sha256(raw).hexdigest(), datetime.now(UTC), parse(raw))
    assert [done.reason for done in desk.settle(answer)] == ["agent-reply"]
    assert send_once().sent == 1
    sent = server.read()[-1]
    assert [part.get_filename() for part in sent.iter_attachments()] == ["plan.pdf"]
    (note,) = Message.select().where(Message.direction == "note")
    assert note.text.startswith("“A file”, attached to an answer by e-mail, was not sent on: a notification of ours")


@pytest.mark.parametrize(
    "kind", ["application/ms-tnef; name=winmail.dat", "application/octet-stream; name=Winmail.dat"]
)
def test_O7_outlooks_form_of_the_whole_mail_does_not_go_on_and_the_ticket_says_so(
    desk: Desk, server: Server, kind: str
) -> None:
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    send_once()
    told = Outbox.get(Outbox.event == "new_ticket_admin")
    head = f"From: admin@us.test\nSubject: Re: {told.subject}\nIn-Reply-To: {told.message_id}\n"
    raw = (
        f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nYes.\n--b\nContent-Type: {kind}\n\nTNEF\n--b\n"
        "Content-Type: application/pdf; name=plan.pdf\n\nPDF\n--b--\n"
    ).encode()
    desk.settle(Arrived(desk.uid + 1, raw, sha256(raw).hexdigest(), datetime.now(UTC), parse(raw)))
    assert send_once().sent == 1
    assert [part.get_filename() for part in server.read()[-1].iter_attachments()] == ["plan.pdf"]
    assert "winmail.dat" in Message.get(Message.direction == "note").text


def test_R5_8_the_signature_of_an_answer_does_not_go_on(desk: Desk, server: Server) -> None:
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    send_once()
    told = Outbox.get(Outbox.event == "new_ticket_admin")
    head = f"From: admin@us.test\nSubject: Re: {told.subject}\nIn-Reply-To: {told.message_id}\n"
    signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment\n\nMIIF\n"
    for number, text in enumerate(("Yes.", f"> {told.body}".replace("\n", "\n> "))):
        raw = (
            f"{head}Message-ID: <{number}@us.test>\nContent-Type: multipart/signed; boundary=b\n\n"
            f"--b\nContent-Type: text/plain\n\n{text}\n--b\n{signature}--b--\n"
        ).encode()
        desk.settle(Arrived(desk.uid + 1 + number, raw, sha256(raw).hexdigest(), datetime.now(UTC), parse(raw)))
    assert send_once().sent == 1
    assert list(server.read()[-1].iter_attachments()) == []
    assert "no words of its own" in Message.select().order_by(Message.id.desc()).get().text


def test_R5_8_a_file_that_is_too_large_to_go_on_is_said_in_the_ticket_once(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.sender.LARGEST_ENCLOSED", 10)
    kelly = desk.customer("Kelly", email="profile@x.test")
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
    told = Outbox.get(Outbox.event == "new_ticket_admin")
    head = f"From: admin@us.test\nSubject: Re: {told.subject}\nIn-Reply-To: {told.message_id}\n"
    files = "".join(
        f"--b\nContent-Type: application/pdf; name={name}\n\n{'x' * size}\n"
        for name, size in (("a.pdf", 9), ("big.pdf", 11), ("c.pdf", 1))
    )
    raw = f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nYes.\n{files}--b--\n".encode()
    desk.settle(Arrived(desk.uid + 1, raw, sha256(raw).hexdigest(), datetime.now(UTC), parse(raw)))
    send_once()
    for sent in [mail for mail in server.read() if "Yes." in str(mail)][-2:]:
        assert [part.get_filename() for part in sent.iter_attachments()] == ["a.pdf", "c.pdf"]
    (note,) = Message.select().where(Message.direction == "note")
    assert note.text.startswith("“big.pdf”, attached to an answer by e-mail, was not sent on: the files of one answer")


def test_R5_8_of_a_large_answer_no_file_that_was_cut_goes_on_and_the_ticket_says_so(desk: Desk, server: Server) -> None:
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    told = Outbox.get(Outbox.event == "new_ticket_admin")
    head = f"From: admin@us.test\nSubject: Re: {told.subject}\nIn-Reply-To: {told.message_id}\n"
    file = f"Content-Type: application/pdf; name=plan.pdf\n\n{'x' * 9_000}\n--b--\n"
    raw = f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nYes.\n--b\n{file}".encode()
    known = beginning(parse(raw[:4_000]), len(raw))
    answer = Arrived(desk.uid + 1, raw[:4_000], sha256(raw).hexdigest(), datetime.now(UTC), known, (), len(raw))
    assert [done.reason for done in desk.settle(answer)] == ["agent-reply"]
    large.complete(desk.fence, LargeMessage.get().id, "1.eml", parse(raw))
    assert [one.name for one in Attachment.select()] == ["plan.pdf"]
    send_once()
    sent = server.read()[-1]
    assert list(sent.iter_attachments()) == []
    assert sent.get_body(("plain",)).get_content().startswith("Yes.\r\n\r\n--")  # type: ignore[union-attr]
    assert "its files, and words far down" in Message.get(Message.direction == "note").text


def test_R5_8_a_picture_that_the_ticket_has_already_is_not_sent_again(desk: Desk, server: Server) -> None:
    desk.send_mail(smtp__host="127.0.0.1", smtp__port=str(server.port), smtp__security="none")
    desk.arrive("kelly@x.test", "Help")
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    related = (
        'Content-Type: multipart/related; boundary="r"\n\n--r\nContent-Type: text/html\n\n<p>See.<img src="cid:1">\n'
        "--r\nContent-Type: image/png; name=shot.png\nContent-ID: <1>\n\nPNG\n--r--\n"
    )
    head = f"From: admin@us.test\nSubject: Re: {sent.subject}\nIn-Reply-To: {sent.message_id}\n"
    for number in (1, 2):
        raw = f"{head}Message-ID: <{number}@us.test>\n{related}".encode()
        desk.settle(Arrived(desk.uid + number, raw, sha256(raw).hexdigest(), datetime.now(UTC), parse(raw)))
    send_once()
    first, second = [mail for mail in server.read() if "kelly@x.test" in mail["To"]]
    assert [part.get_filename() for part in first.iter_attachments()] == ["shot.png"]
    assert list(second.iter_attachments()) == []


def test_O1_a_copys_address_that_the_server_cannot_take_does_not_hold_up_the_letter(server: Server) -> None:
    with connect(Account("127.0.0.1", server.port, security="none")) as transport:
        sent = transport.send("a@us.test", "b@x.test", b"Subject: x\r\n\r\nhi\r\n", copies=["jörg@us.test"])
    assert sent.fate == "sent"


def test_O2_nonsense_after_the_text_leaves_open_whether_it_was_taken(server: Server) -> None:
    server.after_data["b@x.test"] = "hello?"
    with connect(Account("127.0.0.1", server.port, security="none")) as transport:
        sent = transport.send("a@us.test", "b@x.test", b"Subject: x\r\n\r\nhi\r\n")
    assert (sent.fate, sent.lost) == ("uncertain", True)
