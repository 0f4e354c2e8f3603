"""A relay that gives each message a Message-ID of its own, as Amazon SES does: answers are still known (R5.8, R7.6)."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope

from mail.demo.server import MailServer
from store.models import Message, Outbox, Recipient, Ticket
from store.services import customers, pairing, tickets
from tests.helpdesk import ANNA
from tests.servers import PASSWORD, message
from tests.stories.test_example_1 import ADMIN, NEW, PROFILE, SUPPORT, answer, desk, received, work


class RenamingServer(MailServer):
    """Takes mail, and passes it on under another Message-ID, without fields that it does not know."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        header, gap, body = bytes(envelope.original_content or b"").partition(b"\r\n\r\n")
        name = b"<0100018c%06d-000000@email.relay.test>" % len(self.sent)
        header = re.sub(rb"(?mi)^Message-ID: *(?:\r\n +)?<[^>]*>", b"Message-ID: " + name, header)
        header = re.sub(rb"(?mi)^X-Tickets-Mark:.*(?:\r\n[ \t].*)*\r\n", b"", header)
        envelope.original_content = header + gap + body
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def server() -> Iterator[RenamingServer]:
    with RenamingServer({SUPPORT: PASSWORD, ADMIN: PASSWORD}) as running:
        yield running


def reply(sender: str, told: EmailMessage, text: str) -> bytes:
    """As mail programs make it: References of what is answered, then its Message-ID (RFC 5322, 3.6.4)."""
    assert not Outbox.select().where(Outbox.message_id == told["Message-ID"]).exists()
    named = f"References: {told['Message-ID']}"
    both = f"References: {told['References'] or ''} {told['Message-ID']}"
    return answer(sender, told, text).replace(named.encode(), both.encode())


def admins_ids() -> list[str]:
    return [known for (known,) in Outbox.select(Outbox.message_id).where(Outbox.audience == "admin").tuples()]


def test_R5_8_R7_6_answers_are_known_though_a_relay_renames_what_they_answer(
    tmp_path: Path, server: RenamingServer
) -> None:
    with desk(tmp_path, server):
        kelly = customers.add(ANNA, {"name": "Kelly", "email": PROFILE})
        server.deliver(SUPPORT, message(NEW, "My line is down", "Please help."))
        work()
        pairing.pair(ANNA, Recipient.get().id, kelly.id)
        (told,) = received(server, ADMIN)
        server.deliver(SUPPORT, reply(ADMIN, told, "We will call you at noon."))
        work()
        (first,) = received(server, PROFILE)
        assert "We will call you at noon." in first.get_body(("plain",)).get_content()
        server.deliver(SUPPORT, reply(PROFILE, first, "At noon is fine."))
        work()
        server.deliver(SUPPORT, reply(ADMIN, received(server, ADMIN)[-1], "Then until noon."))
        work()
        assert [m.direction for m in Message.select().order_by(Message.id)] == ["in", "out", "in", "out"]
        assert Ticket.select().count() == 1
        assert len(admins_ids()) == 2
        for letter in (mail for who in (NEW, PROFILE) for mail in received(server, who)):
            assert not any(known in letter.as_string() for known in admins_ids())


def test_R6_1_a_customers_answer_joins_by_what_it_refers_to_alone(tmp_path: Path, server: RenamingServer) -> None:
    with desk(tmp_path, server):
        customers.add(ANNA, {"name": "Kelly", "email": NEW})
        server.deliver(SUPPORT, message(NEW, "My line is down"))
        work()
        tickets.reply(ANNA, 1, "At noon.")
        work()
        written = next(mail for mail in received(server, NEW) if "New message" in mail["Subject"])
        # a mail program, or a person, has taken the number out of the subject
        server.deliver(SUPPORT, reply(NEW, written, "Fine.").replace(b"#1 New message", b"New message"))
        work()
        assert [m.ticket_id for m in Message.select().where(Message.direction == "in")] == [1, 1]


def test_R7_6_a_notification_that_an_agent_attaches_does_not_go_on(tmp_path: Path, server: RenamingServer) -> None:
    with desk(tmp_path, server):
        customers.add(ANNA, {"name": "Kelly", "email": NEW})
        server.deliver(SUPPORT, message(NEW, "My line is down"))
        work()
        (told,) = received(server, ADMIN)
        assert "x-tickets-mark" not in told.as_string().lower()
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = ADMIN, SUPPORT, f"Re: {told['Subject']}"
        mail["References"] = f"{told['References'] or ''} {told['Message-ID']}"
        mail.set_content("Here is all of it.")
        mail.add_attachment(told)
        for encoding in ("utf-8", "utf-16-le"):
            content = told.as_string().encode(encoding)
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="a.bin")
        mail.add_attachment(f"see {first_customers_id(server)}".encode(), maintype="text", subtype="plain")
        server.deliver(SUPPORT, mail.as_bytes())
        work()
        (onward,) = [mail for mail in received(server, NEW) if "New message" in mail["Subject"]]
        assert [file.get_content() for file in onward.iter_attachments()] == [f"see {first_customers_id(server)}"]


def first_customers_id(server: RenamingServer) -> str:
    """An id of ours that the customer knows: a file with it in it goes on."""
    return str(Outbox.get(Outbox.audience == "customer").message_id)
