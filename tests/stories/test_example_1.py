"""The seed's Example 1 over sockets: 1 mail to the admin, 2 to the paired address, 1 to the profile, 0 to billing.

And two helpdesks that write to each other, which ends by itself.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from mail.demo.server import MailServer
from mail.poller import poll_once
from mail.sender import send_once
from store.models import Message, Outbox, Recipient, Ticket
from store.services import customers, pairing, settings
from tests.helpdesk import ANNA, add_inbox, helpdesk
from tests.servers import PASSWORD, message

SUPPORT, ADMIN, NEW, PROFILE, BILLING = (
    "support@support.test",
    "admin@support.test",
    "new@customer.test",
    "profile@customer.test",
    "billing@customer.test",
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer({SUPPORT: PASSWORD, ADMIN: PASSWORD}) as running:
        yield running


def set_up(server: MailServer) -> None:
    """SMTP with admin@ as sender's and admin e-mail, the inbox support@, ticket notifications on."""
    add_inbox(server.imap_port, email=SUPPORT)
    given = {
        "smtp.enabled": "on",
        "smtp.host": "127.0.0.1",
        "smtp.port": str(server.smtp_port),
        "smtp.security": "none",
        "smtp.username": SUPPORT,
        "smtp.secret": "env:TEST_MAIL_SECRET",
        "smtp.sender_email": ADMIN,
        "smtp.admin_email": ADMIN,
        "notifications.enabled": "on",
    }
    settings.change_all(ANNA, given)


def work() -> None:
    """One round of mail in and mail out."""
    assert [done.error for done in poll_once()] == [""]
    assert send_once().error == ""


def received(server: MailServer, address: str) -> list[EmailMessage]:
    """What the SMTP server took for this address, read as a mail program would."""
    return [
        message_from_bytes(envelope.original_content, policy=policy.default)
        for envelope in server.sent
        if address in envelope.rcpt_tos
    ]


@contextmanager
def desk(folder: Path, server: MailServer) -> Iterator[None]:
    with helpdesk(folder):
        set_up(server)
        yield


def test_example_1_notifications_to_the_customers_addresses(tmp_path: Path, server: MailServer) -> None:
    with desk(tmp_path, server):
        kelly = customers.add(ANNA, {"name": "Kelly", "email": PROFILE, "billing_email": BILLING})
        server.deliver(SUPPORT, message(NEW, "My line is down", "Please help.", Message_ID="<first@customer.test>"))
        work()
        pairing.pair(ANNA, Recipient.get().id, kelly.id)
        assert Ticket.get().customer_id == kelly.id

        (told,) = received(server, ADMIN)
        assert told["Subject"] == "#1 New ticket created"
        assert (told["Auto-Submitted"], told["Reply-To"]) == ("auto-generated", SUPPORT)
        server.deliver(SUPPORT, answer(ADMIN, told, "We will call you at noon."))
        work()

        said = {address: sorted(m["Subject"] for m in received(server, address)) for address in (NEW, PROFILE)}
        assert said == {
            NEW: ["#1 New message in ticket", "#1 Request received: My line is down"],
            PROFILE: ["#1 New message in ticket"],
        }
        counts = Counter(address for envelope in server.sent for address in envelope.rcpt_tos)
        assert [counts[address] for address in (ADMIN, NEW, PROFILE, BILLING)] == [1, 2, 1, 0]
        reply = next(m for m in received(server, NEW) if "New message" in m["Subject"])
        assert "We will call you at noon." in reply.get_body(("plain",)).get_content()
        assert "New ticket created" not in reply.as_string()
        assert reply["Auto-Submitted"] is None
        assert "<first@customer.test>" in reply["References"]

        server.deliver(SUPPORT, answer(PROFILE, received(server, PROFILE)[0], "At noon is fine."))
        work()
        assert [m.direction for m in Message.select().order_by(Message.id)] == ["in", "out", "in"]
        assert Ticket.select().count() == 1


def test_R7_7_two_helpdesks_that_write_to_each_other_end_by_themselves(tmp_path: Path, server: MailServer) -> None:
    """The other one confirms everything with a new subject, and does not say that it is automatic."""
    with desk(tmp_path, server):
        settings.change(ANNA, "notifications.per_address_hour", "5")
        customers.add(ANNA, {"name": "Their desk", "email": "desk@other.test"})
        server.deliver(SUPPORT, message("desk@other.test", "Case 0 opened"))
        for number in range(1, 12):
            before = len(received(server, "desk@other.test"))
            work()
            for _ in received(server, "desk@other.test")[before:]:
                server.deliver(SUPPORT, message("desk@other.test", f"Case {number} opened"))
        assert len(received(server, "desk@other.test")) == 5
        held = Outbox.select().where((Outbox.state == "held") & (Outbox.to == "desk@other.test"))
        assert held.count() == 1


def test_R5_4_a_vacation_responder_is_answered_by_nobody(tmp_path: Path, server: MailServer) -> None:
    with desk(tmp_path, server):
        customers.add(ANNA, {"name": "Kelly", "email": NEW})
        server.deliver(SUPPORT, message(NEW, "Help"))
        work()
        (confirmed,) = received(server, NEW)
        for _ in range(3):
            away = answer(NEW, confirmed, "I am away.", Auto_Submitted="auto-replied")
            server.deliver(SUPPORT, away.replace(b"Re: ", b"Automatic reply: "))
            work()
        assert len(received(server, NEW)) == 1
        assert Ticket.select().count() == 1
        assert Ticket.get().status == "New"


def answer(sender: str, told: EmailMessage, text: str, **headers: str) -> bytes:
    """What a mail program makes of a reply: the text above, the quotation below."""
    quoted = "\n".join(f"> {line}" for line in told.get_body(("plain",)).get_content().splitlines())
    body = f"{text}\n\nOn Monday, {told['From']} wrote:\n{quoted}\n"
    return message(
        sender, f"Re: {told['Subject']}", body, In_Reply_To=told["Message-ID"], References=told["Message-ID"], **headers
    )


def test_R5_8_what_the_agent_attaches_to_his_mail_goes_on_to_the_customer(tmp_path: Path, server: MailServer) -> None:
    with desk(tmp_path, server):
        customers.add(ANNA, {"name": "Kelly", "email": NEW})
        server.deliver(SUPPORT, message(NEW, "Where is my bill?"))
        work()
        (told,) = received(server, ADMIN)
        reply = EmailMessage()
        reply["From"], reply["To"], reply["Subject"] = ADMIN, SUPPORT, f"Re: {told['Subject']}"
        reply["In-Reply-To"] = told["Message-ID"]
        reply.set_content("Here it is.")
        reply.add_attachment(b"%PDF-1.4 the bill\r\n", maintype="application", subtype="pdf", filename="bill, 5.pdf")
        server.deliver(SUPPORT, reply.as_bytes(policy=policy.SMTP))
        work()
        mail = next(m for m in received(server, NEW) if "New message" in m["Subject"])
        (file,) = mail.iter_attachments()
        assert (file.get_filename(), file.get_content_type()) == ("bill, 5.pdf", "application/pdf")
        assert file.get_content() == b"%PDF-1.4 the bill\r\n"
        assert "Here it is." in mail.get_body(("plain",)).get_content()
        assert [list(m.iter_attachments()) for m in received(server, ADMIN)] == [[]]
