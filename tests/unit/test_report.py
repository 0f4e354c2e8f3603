"""Delivery reports are known by the mail they are about, in the forms that servers write (R5.4, THREATS O4)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.parse import parse
from store.rules.message import Report

OURS = "<0123abc.7@us.test>"


def report(action: str = "failed", status: str = "5.1.1", *, original: str = "message/rfc822") -> bytes:
    """A report as RFC 3464 wants it."""
    return f"""From: Mail Delivery Subsystem <MAILER-DAEMON@mx.test>
To: help@us.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

This is the mail system. I'm sorry to have to inform you.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; kelly@x.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b1
Content-Type: {original}

From: help@us.test
Subject: #7 New message in ticket
Message-ID: {OURS}

text
--b1--
""".encode()


@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_O4_a_standard_report_says_whom_what_and_why(original: str) -> None:
    found = parse(report(original=original)).report
    assert found == Report(OURS, "failed", "5.1.1", "kelly@x.test", "550 5.1.1 no such user", evidence="form")
    assert found.is_hard


@pytest.mark.parametrize(
    ("action", "status", "hard"),
    [("failed", "5.0.0", True), ("failure", "5.0.0", True), ("delayed", "4.4.1", False), ("delivered", "2.0.0", False)],
)
def test_O4_only_what_failed_for_good_is_hard(action: str, status: str, hard: bool) -> None:
    found = parse(report(action, status)).report
    assert found is not None
    assert (found.action, found.is_hard) == (action.replace("failure", "failed"), hard)


QMAIL = f"""From: MAILER-DAEMON@mx.test
Subject: failure notice
Return-Path: <>

Hi. This is the qmail-send program at mx.test.

<kelly@x.test>:
Remote host said: 550 5.1.1 unknown user

--- Below this line is a copy of the message.

From: help@us.test
Message-Id: {OURS}
Subject: #7 New message in ticket
"""
EXCHANGE = f"""From: postmaster@x.test
Subject: Undeliverable: #7 New message in ticket
Auto-Submitted: auto-generated

Delivery has failed to these recipients: kelly@x.test
Your message wasn't delivered. 554 5.2.2 mailbox full

Original message headers:
> Message-ID: {OURS}
"""


@pytest.mark.parametrize(("text", "hard"), [(QMAIL, True), (EXCHANGE, False)])
def test_O4_a_report_for_people_only_is_read_as_far_as_it_quotes_the_header(text: str, hard: bool) -> None:
    found = parse(text.encode()).report
    assert found is not None
    assert (found.original, found.action, found.is_hard) == (OURS, "failed", hard)
    assert found.words


VACATION = f"""From: Kelly <kelly@x.test>
Subject: Out of office
Auto-Submitted: auto-replied
In-Reply-To: {OURS}

I am away until Monday.
"""
PERSON = f"""From: Kelly <kelly@x.test>
Subject: Re: failure notice

Look what I got:
> Message-ID: {OURS}
> 550 no such user
"""


@pytest.mark.parametrize("text", [VACATION, PERSON])
def test_O4_a_vacation_notice_and_a_person_who_quotes_one_are_no_report(text: str) -> None:
    assert parse(text.encode()).report is None


@given(st.binary(max_size=400), st.sampled_from([b"\n", b"\r\n"]))
def test_R5_3_whatever_stands_in_a_report_is_read_without_a_fault(junk: bytes, end: bytes) -> None:
    raw = report().replace(b"\n", end)
    place = len(raw) // 2
    parsed = parse(raw[:place] + junk + raw[place:])
    assert parsed.unreadable == "" or parsed.unreadable.startswith("it ")


RECEIPT = f"""From: Kelly <kelly@x.test>
Subject: Read: #7 New message in ticket
Content-Type: multipart/report; report-type=disposition-notification; boundary="b1"

--b1
Content-Type: text/plain

Your message was read on Monday.
--b1
Content-Type: message/disposition-notification

Final-Recipient: rfc822;kelly@x.test
Original-Message-ID: {OURS}
Disposition: manual-action/MDN-sent-manually; displayed
--b1
Content-Type: text/rfc822-headers

Message-ID: {OURS}
--b1--
"""


def test_O4_a_read_receipt_says_that_it_arrived() -> None:
    assert parse(RECEIPT.encode()).report == Report(OURS, "delivered")


def test_O4_a_vacation_notice_that_quotes_the_header_is_no_report() -> None:
    text = VACATION + f"\n> Message-ID: {OURS}\n> Subject: #7 New message in ticket\n"
    assert parse(text.encode()).report is None


def test_O4_a_report_that_returns_nothing_of_the_mail_is_known_by_what_it_answers() -> None:
    head, _, rest = report().partition(b"\n--b1\nContent-Type: message/rfc822")
    found = parse(f"In-Reply-To: {OURS}\n".encode() + head + b"\n--b1--\n").report
    assert rest
    assert found == Report(OURS, "failed", "5.1.1", "kelly@x.test", "550 5.1.1 no such user", evidence="form")


def test_D13_empty_lines_do_not_make_the_reader_of_reports_slow() -> None:
    began = time.monotonic()
    assert parse(b"From: MAILER-DAEMON@x.test\nSubject: x\n\na" + b"\n" * 99_000 + b"b").report is None
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("host mx.x.test [10.4.2.1]: 550 no such user", "5.0.0"),
        ("host mx.x.test [4.2.2.1] said: 550 5.1.1 unknown", "5.1.1"),
        ("554: delivery error: dd This user has no account", "5.0.0"),
    ],
)
def test_O4_an_ip_address_is_no_status(answer: str, status: str) -> None:
    found = parse(QMAIL.replace("Remote host said: 550 5.1.1 unknown user", answer).encode()).report
    assert found is not None
    assert (found.status, found.words, found.is_hard) == (status, answer, True)


def test_O4_the_servers_words_are_whole_and_all_are_named_that_it_happened_to() -> None:
    one = (
        "Final-Recipient: rfc822; copy@us.test\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full; sorry\n"
    )
    found = parse(report().replace(b"Final-Recipient", f"{one}\nFinal-Recipient".encode())).report
    assert found == Report(OURS, "failed", "5.2.2", "copy@us.test, kelly@x.test", "552 full; sorry", evidence="form")


def said(**more: bytes) -> Report | None:
    """What is made of a report that names nothing but in its fields; `more` is put above them."""
    head, _, _ = report().partition(b"\n--b1\nContent-Type: message/rfc822")
    above = b"".join(name.replace("_", "-").encode() + b": " + value + b"\n" for name, value in more.items())
    return parse(head.replace(b"Arrival-Date:", above + b"Arrival-Date:")).report


def test_O4_a_report_of_gmail_without_the_mail_is_known_by_its_own_field() -> None:
    assert said(X_Original_Message_ID=OURS.encode()) == Report(
        OURS, "failed", "5.1.1", "kelly@x.test", "550 5.1.1 no such user", evidence="form"
    )
    assert said() is None


def test_O4_a_service_that_renamed_our_mail_is_known_by_our_mark() -> None:
    renamed = f"Message-ID: <0100018@email.ses.test>\nX-Tickets-Mark: {OURS}".encode()
    found = parse(report().replace(f"Message-ID: {OURS}".encode(), renamed)).report
    assert found is not None
    assert found.original == OURS


def test_O4_what_the_text_of_our_mail_quotes_is_not_what_it_is_about() -> None:
    raw = report().replace(b"\n\ntext\n", b"\n\nX-Tickets-Mark: <another@us.test>\nMessage-ID: <another@us.test>\n")
    found = parse(raw).report
    assert found is not None
    assert found.original == OURS


def test_O4_what_stands_in_the_mail_that_came_back_says_nothing_of_why() -> None:
    text = QMAIL + "\nMy parcel is delayed, error 4.4.7 as of 421 today.\n"
    found = parse(text.replace("550 5.1.1 unknown user", "mailbox is gone").encode()).report
    assert found is not None
    assert (found.action, found.status) == ("failed", "")
    assert "4.4.7" not in found.words


COMPLAINT = (
    report()
    .replace(b"report-type=delivery-status", b"report-type=feedback-report")
    .replace(b"message/delivery-status", b"message/feedback-report")
    .replace(b"Reporting-MTA: dns; mx.test", b"Feedback-Type: abuse")
)


@pytest.mark.parametrize("sender", [b"Mail Delivery Subsystem <MAILER-DAEMON@mx.test>", b"feedback@isp.test"])
def test_O4_a_complaint_is_no_delivery_report(sender: bytes) -> None:
    parsed = parse(COMPLAINT.replace(b"Mail Delivery Subsystem <MAILER-DAEMON@mx.test>", sender))
    assert (parsed.report, bool(parsed.automatic)) == (None, True)


def test_O4_a_read_receipt_of_exchange_is_known_by_what_it_answers() -> None:
    text = RECEIPT.replace(f"Original-Message-ID: {OURS}\n", "").replace(f"Message-ID: {OURS}\n", "")
    assert parse(f"In-Reply-To: {OURS}\n{text}".encode()).report == Report(OURS, "delivered")


@pytest.mark.parametrize(("status", "action"), [("5.1.1", "failed"), ("4.4.1", "delayed"), ("2.0.0", "delivered")])
def test_O4_without_an_action_the_class_of_the_status_says_it(status: str, action: str) -> None:
    found = parse(report(status=status).replace(b"Action: failed\n", b"")).report
    assert found is not None
    assert (found.action, found.recipient) == (action, "kelly@x.test")


def test_O4_a_report_for_addresses_in_unicode_is_read() -> None:
    raw = report(original="message/global-headers").replace(b"message/delivery", b"message/global-delivery")
    found = parse(raw.replace(b"rfc822; kelly", "utf-8; kélly".encode())).report
    assert found is not None
    assert (found.original, found.recipient) == (OURS, "kélly@x.test")


def test_O4_exim_says_in_words_that_it_goes_on_trying() -> None:
    text = QMAIL.replace("Remote host said: 550 5.1.1 unknown user", "Delivery attempts will continue for some time.")
    found = parse(text.encode()).report
    assert found is not None
    assert (found.action, found.is_hard) == ("delayed", False)


@pytest.mark.parametrize(
    "text",
    ["Ihre Nachricht konnte noch nicht zugestellt werden. 4.4.1", "We will continue trying. 421 4.7.0 busy",
     "Votre message est retardé (4.4.1)", "Доставка отложена. 4.4.1"],
)  # fmt: skip
def test_O4_a_delay_in_other_words_has_not_failed(text: str) -> None:
    found = parse(QMAIL.replace("Remote host said: 550 5.1.1 unknown user", text).encode()).report
    assert found is not None
    assert (found.action, found.is_hard) == ("delayed", False)


def test_O4_a_report_without_a_code_is_told_in_its_own_words() -> None:
    found = parse(QMAIL.replace("Remote host said: 550 5.1.1 unknown user", "There is no Kelly here.").encode()).report
    assert found is not None
    assert "There is no Kelly here." in found.words


def test_O4_nor_does_its_subject() -> None:
    text = QMAIL.replace("Message-Id", "Subject: Re: 4.1.1 delayed\nMessage-Id").replace("550 5.1.1 unknown", "no such")
    found = parse(text.encode()).report
    assert found is not None
    assert (found.action, found.status) == ("failed", "")
