"""Delivery reports of many systems, most without a machine-readable part; and people who write about one (R5.4, O4).

`tests/reports` holds one of each kind, written anew after what these systems write.  Its first line says what is
expected: action and cause, or none.
"""

import time
from pathlib import Path

import pytest

from mail.parse import parse
from store.rules.message import Report

OURS = "<OURS@us.test>"
FILES = sorted(Path(__file__).parent.parent.joinpath("reports").glob("*.eml"))
HEADER = f"Received: by us.test; Mon\nFrom: help@us.test\nTo: kelly@x.test\nSubject: #7 Your line\nMessage-ID: {OURS}\n"
STATUS = "Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; kelly@x.test\nAction: failed\nStatus: 5.1.1\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_O4_a_report_is_known_whatever_system_wrote_it_and_a_person_by_what_they_write(file: Path) -> None:
    expected, _, raw = file.read_bytes().partition(b"\n")
    found = parse(raw).report
    told = f"{found.action} {found.cause}" if found is not None else "none"
    assert told == expected.decode().removeprefix("Expect: ")
    assert found is None or OURS in (found.original, *found.others)


SENDERS = [
    *("MAILER-DAEMON <>", "<MAILER-DAEMON>", "MAILER-DAEMON", "Mailer-Daemon@mx.test", "mail-daemon@mx.test"),
    *("Mail Delivery System <>", '"Mail Delivery Subsystem" <@>', "Post_Master@x.test", "post-master@x.test"),
    *("Mail.Delivery.System@mx.test", "Mail Delivery System <noreply@mx.test>", "MAILERDAEMON@mx.test (Mail System)"),
    "=?utf-8?q?Mail_Delivery_Subsystem?= <help@mx.test>",
    "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@x.test>",
]


@pytest.mark.parametrize("sender", SENDERS)
def test_O4_a_mail_system_is_known_by_its_name_though_it_has_no_address(sender: str) -> None:
    raw = f"From: {sender}\nSubject: x\n\n<kelly@x.test>: 550 5.1.1 no such user\n\n{HEADER}"
    found = parse(raw.encode()).report
    assert found is not None
    assert (found.original, found.is_hard, found.recipient) == (OURS, True, "kelly@x.test")


COMPANIES = [
    *("Royal Mail Delivery Service", "Mail Delivery Systems Ltd", "Post-Master Franchise", "MDaemon Reseller"),
    *("Mailer Daemon Fan Club", "Message Delivery Agent", "Mail-Daemon & Co"),
]


@pytest.mark.parametrize("path", ["", "Return-Path: <kim@couriers.test>\n"])
@pytest.mark.parametrize("subject", ["Re: #7 Your line", "Delivery failed again", "My parcel"])
@pytest.mark.parametrize("name", COMPANIES)
def test_O4_a_company_that_is_named_like_a_mail_system_writes_as_people_do(name: str, subject: str, path: str) -> None:
    raw = f"{path}From: {name} <kim@couriers.test>\nSubject: {subject}\nReferences: {OURS}\n\nIt rings again.\n"
    assert parse(raw.encode()).report is None


def report(status: str = STATUS, *, path: str = "", kind: str = "report") -> Report:
    """What is made of a report with a machine-readable part; `path` is its Return-Path field."""
    parts = ("text/plain\n\nhello\n", f"message/delivery-status\n\n{status}", f"message/rfc822\n\n{HEADER}")
    body = "".join(f"--b\nContent-Type: {part}\n" for part in parts)
    head = f'{path}From: MAILER-DAEMON@mx.test\nContent-Type: multipart/{kind}; boundary="b"\n'
    found = parse(f"{head}\n{body}--b--\n".encode()).report
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "kind", "evidence"),
    [
        ("Return-Path: <>\n", "mixed", "envelope"),
        ("Return-Path: <MAILER-DAEMON@mx.test>\n", "mixed", "envelope"),
        ("Return-Path: <apps@x.test>\n", "report", ""),
        ("", "report", "form"),
        ("", "mixed", ""),
    ],
)
def test_O4_what_speaks_for_a_report_is_its_envelope_or_its_form(path: str, kind: str, evidence: str) -> None:
    assert report(path=path, kind=kind).evidence == evidence


def test_O4_both_addressees_of_a_forwarded_mail_are_named() -> None:
    found = report(STATUS.replace("Final-", "Original-Recipient: rfc822;<kelly@old.test>\nFinal-"))
    assert (found.recipient, found.meant) == ("kelly@x.test", "kelly@old.test")


@pytest.mark.parametrize("piece", ["\n", ">", " \n", "deliver ", "message-id:\n", "<a@", "550 ", "to: x\n\n"])
def test_D13_no_report_makes_the_reader_slow(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    began = time.monotonic()
    found = parse(f"From: MAILER-DAEMON <>\nReturn-Path: <>\n\n{text}\n\n{HEADER}".encode())
    assert not found.unreadable
    assert time.monotonic() - began < 2
