"""What follows where nobody wrote, and where only no automatic answer is wanted (R5.4, R7.4)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mail.parse import Reading, parse
from store.models import Message, Outbox, Ticket
from store.queries import settings
from store.queries import tickets as reading
from store.queries.own import own_addresses
from store.queries.why import decisions
from store.services import pairing
from store.services.intake import Settled
from tests.driver import Desk
from tui import sentences
from tui.screens.ticket_text import message_lines

ADMIN = "admin@us.test"
GATEWAY = (
    "Precedence: bulk",
    "Precedence: list\nList-Id: <all.us.test>\nX-Google-Group-Id: 1",
    "X-Loop: us.test",
    "X-Auto-Response-Suppress: OOF",
    "List-Unsubscribe: <mailto:x@us.test>",
)


@pytest.fixture
def helping(desk: Desk) -> Desk:
    """Kelly's ticket 1, paired, notifications on."""
    desk.send_mail()
    kelly = desk.customer("Kelly")
    desk.arrive("kelly@x.test", "Help", text="Please help.", message_id="<first@x.test>")
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
    return desk


def come(desk: Desk, sender: str, subject: str, fields: str, text: str = "At noon.", *, answers: str = "") -> Settled:
    refers = f"In-Reply-To: {answers}\nReferences: {answers}\n" if answers else ""
    identity = f"<m{desk.uid}@x.test>"
    raw = f"From: {sender}\nSubject: {subject}\nMessage-ID: {identity}\n{refers}{fields}\n\n{text}\n"
    arrived = desk.arrived(sender, subject, raw=raw.encode())
    (done,) = desk.settle(
        type(arrived)(arrived.uid, arrived.raw, arrived.sha256, arrived.received, parse(raw.encode()))
    )
    return done


def close() -> None:
    Ticket.update(status="Resolved", closed=datetime.now(UTC)).execute()


@pytest.mark.parametrize("fields", GATEWAY)
def test_R6_3_a_customers_answer_through_a_list_or_gateway_opens_the_ticket_again(helping: Desk, fields: str) -> None:
    close()
    assert come(helping, "kelly@x.test", "Re: #1 Help", fields).ticket == 1
    ticket = helping.ticket(1)
    assert (ticket.status, ticket.closed) == ("Work in progress", None)


@pytest.mark.parametrize("fields", ["Auto-Submitted: auto-replied", "Return-Path: <>", "X-Autoreply: yes"])
def test_R5_4_what_nobody_wrote_joins_changes_no_status_and_says_so(helping: Desk, fields: str) -> None:
    close()
    done = come(helping, "kelly@x.test", "Re: #1 Help", f"{fields}\nPrecedence: bulk")
    assert (done.ticket, helping.ticket(1).status) == (1, "Resolved")
    lines = message_lines(list(reading.messages(helping.anna, 1)), UTC, folded=True)
    assert [" · automatic" in line.text for line in lines if line.mark] == [False, True]


@pytest.mark.parametrize(
    "prefix", ["OOO", "Abwesend", "Resposta automàtica", "Аутоматски одговор", "Thư trả lời tự động"]
)
def test_R5_4_an_absence_notice_without_a_field_is_known_by_its_subject(helping: Desk, prefix: str) -> None:
    close()
    assert come(helping, "kelly@x.test", f"{prefix}: #1 Help", "", answers="<first@x.test>").ticket == 1
    assert helping.ticket(1).status == "Resolved"


@pytest.mark.parametrize("fields", GATEWAY)
def test_R5_8_an_agents_answer_through_a_gateway_reaches_the_customer(helping: Desk, fields: str) -> None:
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    above = helping.last_letter()
    done = come(helping, ADMIN, f"Re: {sent.subject}", fields, answers=sent.message_id)
    assert (done.reason, done.ticket) == ("agent-reply", 1)
    assert ("kelly@x.test", "new_message_customer") in helping.letters(above=above)
    assert Message.get_by_id(Message.select().count()).direction == "out"


@pytest.mark.parametrize(
    ("how", "field", "reason"),
    [
        (Reading(), "X-Original-From: Admin <admin@us.test>", "agent-reply"),
        (Reading(), "X-Original-Sender: admin@us.test", "agent-reply"),
        (Reading(), "Reply-To: admin@us.test", "own-mail"),
        (Reading(trusted=("mx.us.test",), behind_group=True), "X-Original-Sender: admin@us.test", "agent-reply"),
        (Reading(trusted=("mx.us.test",)), "X-Original-Sender: admin@us.test", "own-mail"),
    ],
)
def test_R5_9_an_agents_answer_that_a_group_sends_in_the_inboxs_name_is_theirs(
    helping: Desk, how: Reading, field: str, reason: str
) -> None:
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    head = f"From: 'Admin' via Help <support@us.test>\nSubject: Re: {sent.subject}\nMessage-ID: <g@us.test>\n{field}"
    raw = f"{head}\nList-Id: <support.us.test>\nIn-Reply-To: {sent.message_id}\n\nAt noon.\n".encode()
    parsed = parse(raw, how._replace(own=own_addresses(settings.every())))
    above = helping.last_letter()
    assert helping.settle(replace(helping.arrived("x@x.test", raw=raw), parsed=parsed))[0].reason == reason
    assert ("kelly@x.test" in dict(helping.letters(above=above))) == (reason == "agent-reply")


def test_R7_4_no_confirmation_goes_where_nothing_automatic_is_wanted(desk: Desk) -> None:
    desk.send_mail()
    desk.customer("Kelly", email="kelly@x.test")
    for number, fields in enumerate((*GATEWAY, "Auto-Submitted: auto-generated")):
        come(desk, "kelly@x.test", f"Help {number}", fields)
    assert {event for _, event in desk.letters()} == {"new_ticket_admin"}
    come(desk, "kelly@x.test", "Help me", "Auto-Submitted: no")
    assert ("kelly@x.test", "ticket_received_customer") in desk.letters()


def test_R12_why_tells_the_two_apart(helping: Desk) -> None:
    for fields, said in (
        ("Precedence: bulk", "gets no automatic answer: precedence"),
        ("Return-Path: <>", "automatic mail: "),
    ):
        come(helping, "kelly@x.test", "Re: #1 Help", fields)
        (why,) = decisions(helping.anna, f"<m{helping.uid - 1}@x.test>")
        assert any(line.startswith(f"  {said}") for line in sentences.why(why))
        assert why["written_by_nobody"] == ("Return" in fields)
