"""A trusted server's word on the sender: agents' mail, confirmations, what is shown (R5.8; THREATS I1, O5, O8)."""

import pytest

from store.models import Message, Outbox
from store.queries import tickets
from store.queries.why import decisions
from tests.driver import Desk

ADMIN = "admin@us.test"


@pytest.fixture
def told(desk: Desk) -> int:
    """A ticket that admin@us.test was told of; its number."""
    desk.send_mail()
    desk.customer(email="bob@x.test")
    return desk.arrive("bob@x.test", "Line down").ticket or 0


def test_R5_8_a_verified_administrator_needs_only_the_number(desk: Desk, told: int) -> None:
    done = desk.arrive(ADMIN, f"Re: #{told} Line down", text="At noon.", authentication="pass")
    assert (done.outcome, done.reason, done.ticket) == ("joined", "agent-reply", told)
    assert Message.select().order_by(Message.id.desc()).get().direction == "out"


@pytest.mark.parametrize("subject", ["Fwd: Order #{}", "#{}", "AW: [Shop] Invoice (#{})", "Re: #{} and more"])
def test_R6_1_a_number_is_no_answer_where_the_rest_of_the_subject_was_never_used(
    desk: Desk, told: int, subject: str
) -> None:
    done = desk.arrive(ADMIN, subject.format(told), authentication="pass", message_id="<o@us.test>")
    assert (done.outcome, done.reason) == ("refused", "unverified")
    assert decisions(desk.anna, "o@us.test")[0]["proof"] == "changed"
    assert [row.direction for row in Message.select()] == ["in"]


@pytest.mark.parametrize(
    "subject", ["Re: #{} New ticket created", "AW: Line down [#{}]", "[EXTERN] Fwd: Line down (#{})"]
)
def test_R6_1_a_number_is_an_answer_with_any_subject_that_was_used_there(desk: Desk, told: int, subject: str) -> None:
    assert desk.arrive(ADMIN, subject.format(told), text="At noon.", authentication="pass").reason == "agent-reply"


def test_R6_1_a_number_is_an_answer_where_the_message_refers_to_its_ticket(desk: Desk) -> None:
    desk.send_mail()
    told = desk.arrive("bob@x.test", "Line down", message_id="<b1@x.test>").ticket
    named = {"in_reply_to": ("<b1@x.test>",), "authentication": "pass"}
    assert desk.arrive(ADMIN, f"About #{told}", text="At noon.", **named).reason == "agent-reply"


@pytest.mark.parametrize("authentication", ["", "none", "fail"])
def test_R5_8_without_that_the_number_is_not_enough(desk: Desk, told: int, authentication: str) -> None:
    done = desk.arrive(ADMIN, f"Re: #{told} Line down", authentication=authentication)
    assert (done.outcome, done.reason) == ("refused", "unverified")


def test_R5_8_a_verified_administrator_without_a_number_is_not_taken_for_an_answer(desk: Desk, told: int) -> None:
    assert desk.arrive(ADMIN, "Lunch?", authentication="pass").reason == "unverified"


def test_O8_what_fails_does_not_speak_for_the_company_even_with_a_reference(desk: Desk, told: int) -> None:
    notice = Outbox.get(Outbox.to == ADMIN).message_id
    assert desk.arrive(ADMIN, "Re: x", in_reply_to=(notice,), authentication="fail").reason == "unverified"
    assert desk.arrive(ADMIN, "Re: x", in_reply_to=(notice,), authentication="none").reason == "agent-reply"


def test_O5_a_forged_sender_gets_no_confirmation_but_the_administrators_hear_of_it(desk: Desk, told: int) -> None:
    last = desk.last_letter()
    desk.arrive("bob@x.test", "Forged", authentication="fail")
    assert desk.letters(above=last) == [(ADMIN, "new_ticket_admin")]
    last = desk.last_letter()
    desk.arrive("bob@x.test", "Genuine", authentication="pass")
    assert ("bob@x.test", "ticket_received_customer") in desk.letters(above=last)


def test_I1_it_is_kept_with_the_message_and_with_why(desk: Desk, told: int) -> None:
    done = desk.arrive("bob@x.test", "Forged", authentication="fail", message_id="<f@x.test>")
    assert [line.authentication for line in tickets.messages(desk.anna, done.ticket)] == ["fail"]
    assert [line.authentication for line in tickets.messages(desk.anna, told)] == [None]
    assert decisions(desk.anna, "f@x.test")[0]["authentication"] == "fail"
