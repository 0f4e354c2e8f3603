"""Delivery reports as servers write them, over sockets: about mail of ours they mark it, else they are mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mail.demo.server import MailServer
from mail.poller import poll_once
from store.models import AddressHold, Message, Outbox, Ticket
from store.queries.why import decisions
from store.services import settings, tickets
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.servers import PASSWORD, message

SUPPORT, KELLY = "support@support.test", "kelly@customer.test"
ORIGINAL = f"From: Help <{SUPPORT}>\nTo: {KELLY}\nSubject: #1 New message in ticket\nMessage-ID: ID\n\nHello.\n"
STATUS = f"""Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; {KELLY}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
"""


def report(sender: str, subject: str, *parts: str, kind: str = "delivery-status", more: str = "") -> str:
    """A multipart/report; each part is its type, an empty line, and its content."""
    head = f"From: {sender}\nTo: {SUPPORT}\nSubject: {subject}\nMessage-ID: <report@mx.test>\n{more}MIME-Version: 1.0\n"
    body = "".join(f"--b1\nContent-Type: {part}\n" for part in parts)
    return f'{head}Content-Type: multipart/report; report-type={kind}; boundary="b1"\n\n{body}--b1--\n'


def plain(sender: str, subject: str, text: str) -> str:
    """A report for people only."""
    head = f"Return-Path: <>\nFrom: {sender}\nTo: {SUPPORT}\nSubject: {subject}\nMessage-ID: <report@mx.test>\n"
    return f"{head}\n{text}"


FAILED = {
    "Postfix": report(
        "MAILER-DAEMON@mx.test (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "text/plain\n\nI'm sorry to have to inform you",
        f"message/delivery-status\n\n{STATUS}",
        f"message/rfc822\n\n{ORIGINAL}",
    ),
    "Office 365, in German, without the mail": report(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615@x.onmicrosoft.test>",
        "Unzustellbar: #1 New message in ticket",
        "text/html; charset=utf-8\n\n<p>Ihre Nachricht wurde nicht zugestellt.</p>",
        f"message/delivery-status\n\n{STATUS}",
        more="In-Reply-To: ID\n",
    ),
    "a relay that changes the Message-ID": report(
        "MAILER-DAEMON@relay.test",
        "Delivery Status Notification (Failure)",
        "text/plain\n\nAn error occurred",
        f"message/delivery-status\n\n{STATUS}",
        "message/rfc822\n\n" + ORIGINAL.replace("Message-ID: ID", "Message-ID: <0102@relay.test>\nX-Tickets-Mark: ID"),
    ),
    "qmail": plain(
        "MAILER-DAEMON@mx.test",
        "failure notice",
        f"<{KELLY}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy.\n\n{ORIGINAL}",
    ),
    "Exim": plain(
        "Mail Delivery System <Mailer-Daemon@mx.test>",
        "Mail delivery failed: returning message to sender",
        f"  {KELLY}\n    550 No such user here\n\n------ This is a copy of the message's headers. ------\n\n{ORIGINAL}",
    ),
}
FAILED |= {
    "dma, whose sender is no address": FAILED["Exim"].replace(
        "Mail Delivery System <Mailer-Daemon@mx.test>", "MAILER-DAEMON <>"
    ),
    "sendmail without a domain": FAILED["qmail"].replace("MAILER-DAEMON@mx.test", "<MAILER-DAEMON>"),
    "James, which only refers to it": plain(
        "post_master@customer.test",
        "Re:#1 New message in ticket\nIn-Reply-To: ID",
        f"Error: Invalid user address\n\n550 - no such user here\n\nRCPT TO: {KELLY}\n",
    ),
}
# what is not about the address
SOFT = {
    "a block list": ("5.1.1", "550 5.1.1", "554 5.7.1 Client host blocked using bl.test"),
    "DMARC": ("5.1.1", "550 5.1.1", "550-5.7.26 Unauthenticated email is not accepted due to DMARC policy"),
    "a full mailbox": ("5.1.1", "550 5.1.1", "552 5.2.2 Mailbox full"),
}
NOTHING_FAILED = {
    "a delay": FAILED["Postfix"].replace("Action: failed\nStatus: 5.1.1", "Action: delayed\nStatus: 4.4.1"),
    "a relay": FAILED["Postfix"].replace("Action: failed\nStatus: 5.1.1", "Action: relayed\nStatus: 2.0.0"),
    "a receipt": report(
        f"Kelly <{KELLY}>",
        "Gelesen: #1 New message in ticket",
        "text/plain\n\nIhre Nachricht wurde gelesen",
        "message/disposition-notification\n\nOriginal-Message-ID: ID\nDisposition: manual-action/MDN-sent; displayed\n",
        kind="disposition-notification",
    ),
}
COMPLAINT = report(
    "complaints@isp.test",
    "Email feedback report",
    "text/plain\n\nThis is an email abuse report.",
    f"message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <{KELLY}>\n",
    f"message/rfc822\n\n{ORIGINAL}",
    kind="feedback-report",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A desk with one closed ticket, 1, on which Kelly was answered."""
    with MailServer({SUPPORT: PASSWORD}) as running, helpdesk(tmp_path):
        add_inbox(running.imap_port, email=SUPPORT)
        on = {"smtp.enabled": "on", "smtp.host": "127.0.0.1", "smtp.sender_email": SUPPORT}
        settings.change_all(ANNA, {**on, "notifications.enabled": "on"})
        running.deliver(SUPPORT, message(KELLY, "My line is down"))
        poll_once()
        tickets.reply(ANNA, 1, "Hello.")
        tickets.close(ANNA, 1)
        Outbox.update(state="sent").execute()
        yield running


def arrives(server: MailServer, text: str, about: str) -> str:
    """A report about this Message-ID comes in; its outcome."""
    server.deliver(SUPPORT, text.replace("ID: ID", f"ID: {about}").replace(": ID\n", f": {about}\n").encode())
    assert [done.error for done in poll_once()] == [""]
    return str(decisions(ANNA, "report@mx.test")[-1]["outcome"])


def letter() -> Outbox:
    return Outbox.get(Outbox.event == "new_message_customer")


@pytest.mark.parametrize("kind", FAILED)
def test_O4_R5_4_what_did_not_arrive_is_marked_and_shown_and_opens_nothing(server: MailServer, kind: str) -> None:
    assert arrives(server, FAILED[kind], letter().message_id) == "report"
    assert (letter().state, AddressHold.get().email) == ("bounced", KELLY)
    (note,) = Message.select().where(Message.direction == "note")
    assert note.text.startswith(f"Our mail “#1 New message in ticket” to {KELLY} came back: ")
    assert "no reason given" not in note.text
    assert Ticket.select().count() == 1
    assert Ticket.get().closed is not None


@pytest.mark.parametrize("why", SOFT)
def test_R5_4_what_is_not_about_the_address_is_shown_and_holds_nothing(server: MailServer, why: str) -> None:
    status, old, new = SOFT[why]
    text = FAILED["Postfix"].replace(f"{old} no such user", new).replace(f"Status: {status}", "Status: 5.0.0")
    assert arrives(server, text, letter().message_id) == "report"
    assert (letter().state, AddressHold.select().count(), Ticket.select().count()) == ("bounced", 0, 1)
    (note,) = Message.select().where(Message.direction == "note")
    assert new in note.text


def test_R5_4_a_report_that_comes_from_somebodys_own_address_holds_nothing(server: MailServer) -> None:
    assert arrives(server, FAILED["qmail"].replace("<>", "<eve@evil.test>"), letter().message_id) == "report"
    assert (letter().state, AddressHold.select().count()) == ("bounced", 0)


@pytest.mark.parametrize("kind", NOTHING_FAILED)
def test_O4_R5_4_what_arrives_later_or_has_arrived_changes_nothing(server: MailServer, kind: str) -> None:
    assert arrives(server, NOTHING_FAILED[kind], letter().message_id) == "report"
    assert (letter().state, AddressHold.select().count(), Ticket.select().count()) == ("sent", 0, 1)
    assert Ticket.get().closed is not None
    assert decisions(ANNA, "report@mx.test")[0]["report"]["mail"] == letter().id


def test_O4_R5_4_a_complaint_about_mail_of_ours_is_for_people_to_read(server: MailServer) -> None:
    assert arrives(server, COMPLAINT, letter().message_id) == "opened"
    assert (letter().state, Ticket.select().count()) == ("sent", 2)


@pytest.mark.parametrize("kind", [*FAILED, "a delay"])
def test_R5_4_a_report_about_others_mail_is_an_ordinary_message(server: MailServer, kind: str) -> None:
    assert arrives(server, {**FAILED, **NOTHING_FAILED}[kind], "<guessed.1@support.test>") == "opened"
    assert (letter().state, AddressHold.select().count(), Ticket.select().count()) == ("sent", 0, 2)
