"""What goes out is what was meant, whatever names, subjects and texts hold (R7.6, THREATS O6)."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.compose import Enclosed, Sender, compose, envelope_address, mailbox
from store.services.outbox import Letter

SENDER = Sender("Help Desk", "help@us.test")
NAMES = {
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "references",
    "x-tickets-mark",
    "x-auto-response-suppress",
    "mime-version",
    "content-type",
}


def letter(**more: Any) -> Letter:
    fields: dict[str, Any] = {
        "id": 1,
        "event": "new_message_customer",
        "ticket": 7,
        "to": "kelly@x.test",
        "to_name": "Kelly",
        "subject": "#7 New message in ticket",
        "body": "Good morning.\n",
        "message_id": "<0123456789abcdef.7@us.test>",
        "in_reply_to": "",
        "references": "",
        "reply_to": "",
        "automatic": False,
        "audience": "customer",
        "tries": 1,
        "expires": None,
        "uncertain": False,
        "attachments_of": None,
    }
    return Letter(**{**fields, **more})


def read(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)


def names(message: EmailMessage) -> set[str]:
    return {name.lower() for name in message}


def test_R7_6_the_headers_of_a_reply_and_of_automatic_mail() -> None:
    told = letter(in_reply_to="<a@x.test>", references="<b@x.test> <a@x.test>", reply_to="support@us.test")
    mail = read(compose(told, SENDER))
    assert (mail["From"], mail["To"]) == ("Help Desk <help@us.test>", "Kelly <kelly@x.test>")
    assert mail["In-Reply-To"] == "<a@x.test>"
    assert mail["References"] == f"<b@x.test> <a@x.test> {told.message_id}"
    assert (mail["Reply-To"], mail["Auto-Submitted"]) == ("support@us.test", None)
    assert (mail["Message-ID"], mail["X-Tickets-Mark"]) == (told.message_id, told.message_id)
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert read(compose(letter(automatic=True), SENDER))["Auto-Submitted"] == "auto-generated"


_ODD = [*'ab @<>",;:=?\\', "\r", "\n", "\0", "\x85", "\u2028", "\u202e", "é", "漢", "\ud800"]
_NASTY = st.text(st.sampled_from(_ODD), max_size=60)


@given(_NASTY, _NASTY, _NASTY, _NASTY)
def test_O6_no_name_subject_or_reference_adds_a_header(name: str, subject: str, reference: str, body: str) -> None:
    told = letter(
        to_name=name + "\r\nBcc: evil@x.test",
        subject=subject + "\nBcc: evil@x.test\n\nbody",
        in_reply_to=reference + "<a@b>\r\nBcc: e@x",
        references=reference + "\n<c@d>\nBcc: e@x",
        body=body,
    )
    data = compose(told, Sender(name + "\r\nBcc: evil@x.test", "help@us.test"))
    mail = read(data)
    assert names(mail) <= NAMES | {"in-reply-to", "references"}
    assert mail["Bcc"] is None
    assert len(mail.get_all("To", [])) == 1
    assert [address.addr_spec for address in mail["To"].addresses][-1] == "kelly@x.test"


def test_O6_a_display_name_that_looks_like_an_address_is_none() -> None:
    mail = read(compose(letter(to_name='"boss@us.test" <evil@y.test>, kelly'), SENDER))
    assert [address.addr_spec for address in mail["To"].addresses] == ["kelly@x.test"]


@pytest.mark.parametrize("text", ["<b>bold</b> & <script>x</script>", ".\n..\nFrom me\n", "é漢\u202e\n", "x" * 5_000])
def test_R7_6_the_text_and_its_page_say_the_same_and_the_page_loads_nothing(text: str) -> None:
    data = compose(letter(body=text), SENDER)
    mail = read(data)
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n").strip("\n") == text.strip("\n")
    assert "<script" not in page.get_content()
    assert "src=" not in page.get_content()
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_R7_2_send_only_to_replaces_the_address_and_names_the_real_one() -> None:
    mail = read(compose(letter(), Sender("", "help@us.test", only_to="tester@us.test")))
    assert (mail["To"], mail["X-Tickets-Intended-For"]) == ("tester@us.test", "kelly@x.test")


def test_R5_8_files_go_with_it_and_their_names_stay_names() -> None:
    files = [
        Enclosed("plan\r\nBcc: e@x.pdf", "application/pdf", b"%PDF"),
        Enclosed("", "text/plain", b"x"),
        Enclosed("m.eml", "message/rfc822", b"From: a@b\r\n\r\nhi"),
        Enclosed("odd", "nonsense", b"\xff\x00"),
    ]
    mail = read(compose(letter(), SENDER, files))
    assert [part.get_payload(decode=True) for part in mail.iter_attachments()][:2] == [b"%PDF", b"x"]
    assert len(list(mail.iter_attachments())) == 4
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    ("email", "wanted"),
    [("a@Bücher.test", "a@xn--bcher-kva.test"), ("ä@x.test", "ä@x.test"), ("A.b@X.test", "A.b@x.test")],
)
def test_R5_7_domains_go_out_in_a_labels(email: str, wanted: str) -> None:
    assert envelope_address(email) == wanted
    assert mailbox("", email).addr_spec == wanted


def test_R7_6_an_address_with_other_letters_is_written_as_it_is() -> None:
    data = compose(letter(to="jörg@x.test", to_name="Jörg"), SENDER)
    assert "To: Jörg <jörg@x.test>\r\n".encode() in data


def test_R7_6_a_domain_with_other_letters_needs_no_other_smtp() -> None:
    told = letter(to="kelly@bücher.test", to_name="Jörg", subject="#7 für")
    data = compose(told, Sender("Büro", "help@bücher.test"))
    assert data.partition(b"\r\n\r\n")[0].isascii()
    assert read(data)["To"] == "Jörg <kelly@xn--bcher-kva.test>"


def test_R7_6_a_quoted_local_part_is_quoted_once() -> None:
    assert mailbox("", '"a@b"@x.test').addr_spec == '"a@b"@x.test'
