"""Whose address a delivery report speaks of (R5.4, R7.2, THREATS O3, O4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mail.parse import parse
from store.errors import Refused
from store.models import AddressHold, History, Message, Outbox, Ticket
from store.queries.returned import about_us, causes, held_administrators
from store.rules.message import Report
from store.services import lease, outbox, pairing, people, returned, tickets
from tests.driver import Desk


@pytest.fixture
def letter(desk: Desk) -> Outbox:
    """An agent's reply to kelly@x.test that was sent."""
    desk.send_mail(smtp__copy="copy@us.test")
    desk.arrive("kelly@x.test", "Help")
    tickets.reply(desk.anna, 1, "Hello.")
    Outbox.update(state="sent").execute()
    return Outbox.get(Outbox.event == "new_message_customer")


def fails(desk: Desk, letter: Outbox, address: str, **more: Any) -> None:
    """A report comes in: of a dead address, with an empty envelope sender, unless told otherwise."""
    said = {"status": "5.1.1", "words": "no such user", "evidence": "envelope", **more}
    authentication = said.pop("authentication", "")
    about = Report(letter.message_id, "failed", recipient=address, **said)
    facts = {"automatic": "report", "authentication": authentication, "report": about}
    desk.arrive("mailer-daemon@mx.test", "Undelivered", **facts)


def notes() -> list[str]:
    return [row.text for row in Message.select().where(Message.direction == "note")]


def test_O4_a_copy_that_bounces_says_nothing_of_the_customers_address(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "Copy@us.test")
    assert (Outbox.get_by_id(letter.id).state, AddressHold.select().count(), notes()) == ("sent", 0, [])


def test_R7_2_a_testers_address_that_bounces_does_not_hold_the_customers(desk: Desk, letter: Outbox) -> None:
    desk.send_mail(smtp__send_only_to="tester@us.test")
    fails(desk, letter, "tester@us.test")
    assert (Outbox.get_by_id(letter.id).state, AddressHold.select().count()) == ("bounced", 0)


@pytest.mark.parametrize("address", ["kelly@x.test", "", "kelly.private@elsewhere.test", "copy@us.test, kelly@x.test"])
def test_O3_a_bounce_is_said_once_however_many_reports_come(desk: Desk, letter: Outbox, address: str) -> None:
    fails(desk, letter, address)
    fails(desk, letter, address)
    assert [hold.email for hold in AddressHold.select()] == ["kelly@x.test"]
    assert len(notes()) == 1


def test_R7_5_what_was_held_longer_than_mail_lasts_is_sent_when_that_is_lifted(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "")
    past = datetime.now(UTC) - timedelta(days=1)
    Outbox.update(state="held", expires=past).where(Outbox.id == letter.id).execute()
    assert outbox.lift(desk.anna, "kelly@x.test") == 1
    assert [one.id for one in outbox.claim(lease.acquire(lease.OUTBOX_LEASE))] == [letter.id]


@pytest.mark.parametrize(
    ("facts", "held"),
    [
        ({"evidence": "envelope"}, True),
        ({"evidence": "form"}, True),
        ({"evidence": "form", "address": "kelly.private@elsewhere.test"}, False),
        ({"evidence": "form", "address": "kelly.private@elsewhere.test", "meant": "kelly@x.test"}, True),
        ({"evidence": ""}, False),
        ({"evidence": "envelope", "authentication": "fail"}, False),
        ({"evidence": "form", "authentication": "fail"}, False),
    ],
)
def test_R5_4_only_what_more_than_our_message_id_speaks_for_holds_an_address(
    desk: Desk, letter: Outbox, facts: dict[str, Any], held: bool
) -> None:
    fails(desk, letter, **{"address": "kelly@x.test", **facts})
    assert (Outbox.get_by_id(letter.id).state, AddressHold.select().count()) == ("bounced", int(held))
    (note,) = notes()
    assert ("the address is not held back" in note) is not held
    assert ("no such user (there is no such address). Nothing more goes to this address until 2" in note) is held


@pytest.mark.parametrize(
    ("status", "words", "cause"),
    [
        ("5.7.26", "550 5.7.26 DMARC policy", "us"),
        ("5.2.2", "552 5.2.2 mailbox full", "full"),
        ("5.3.4", "552 too large", "size"),
        ("5.0.0", "550 we do not want it", "unknown"),
    ],
)
def test_R5_4_what_is_not_about_the_address_is_told_and_holds_nothing(
    desk: Desk, letter: Outbox, status: str, words: str, cause: str
) -> None:
    fails(desk, letter, "kelly@x.test", status=status, words=words)
    assert (Outbox.get_by_id(letter.id).state, AddressHold.select().count()) == ("bounced", 0)
    assert words in notes()[0]
    assert "held" not in notes()[0]
    assert causes(desk.anna) == {cause: 1}


def test_R5_4_what_was_refused_for_now_is_sent_again_until_it_expires(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "kelly@x.test", status="4.4.7", words="421 4.4.7 delivery time expired")
    again = Outbox.get_by_id(letter.id)
    assert (again.state, again.sent, notes(), AddressHold.select().count()) == ("queued", None, [], 0)
    assert again.next_try > datetime.now(UTC) + timedelta(minutes=30)
    Outbox.update(state="sent", expires=datetime.now(UTC)).where(Outbox.id == letter.id).execute()
    fails(desk, letter, "kelly@x.test", status="4.4.7", words="421 4.4.7 delivery time expired")
    assert (Outbox.get_by_id(letter.id).state, AddressHold.select().count()) == ("bounced", 0)


def test_R5_4_a_report_that_nothing_speaks_for_sends_nothing_again(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "kelly@x.test", status="4.4.7", words="421 delivery time expired", evidence="")
    assert Outbox.get_by_id(letter.id).state == "bounced"


def test_R5_4_a_report_is_known_by_any_of_the_ids_that_it_names(desk: Desk, letter: Outbox) -> None:
    about = Report("<renamed@relay.test>", "failed", "5.1.1", others=("<x@y.test>", letter.message_id))
    done = desk.arrive("mailer-daemon@mx.test", "Undelivered", automatic="report", report=about)
    assert (done.outcome, Outbox.get_by_id(letter.id).state) == ("report", "bounced")


def test_R6_3_a_letter_that_came_back_is_the_agents_turn_again_but_opens_nothing(desk: Desk, letter: Outbox) -> None:
    assert Ticket.get_by_id(1).status == "Waiting on customer"
    fails(desk, letter, "kelly@x.test")
    assert (Ticket.get_by_id(1).status, Ticket.get_by_id(1).closed) == ("Waiting on agent", None)
    change = History.select().where((History.what == "status") & (History.subject == "ticket")).get()
    assert (change.who, change.subject_id) == ("mail", 1)
    tickets.close(desk.anna, 1)
    Outbox.update(state="sent").execute()
    fails(desk, letter, "kelly@x.test")
    assert Ticket.get_by_id(1).closed is not None


def test_R5_4_that_servers_refuse_us_is_told_until_it_is_over(desk: Desk, letter: Outbox) -> None:
    assert about_us(desk.anna) is None
    fails(desk, letter, "kelly@x.test", status="5.7.1", words="554 blocked using bl.test")
    found = about_us(desk.anna)
    assert found is not None
    assert (found.letters, found.id) == (1, letter.id)
    assert "554 blocked using bl.test" in found.words
    returned.acknowledge(desk.anna)
    assert about_us(desk.anna) is None
    Outbox.update(state="sent").execute()
    fails(desk, letter, "kelly@x.test", status="5.7.1", words="554 blocked using bl.test")
    assert about_us(desk.anna) is not None
    outbox.retry(desk.anna, letter.id)
    assert about_us(desk.anna) is None


def test_R10_1_that_servers_refuse_us_is_told_of_mail_that_one_may_see(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "kelly@x.test", status="5.7.1", words="554 blocked")
    people.add_partner(desk.anna, "North")
    paul = desk.administrator("paul", partner="North")
    assert (about_us(paul), causes(paul)) == (None, {})
    with pytest.raises(Refused):
        returned.acknowledge(paul)


def test_R5_4_that_an_administrators_address_is_held_is_told(desk: Desk, letter: Outbox) -> None:
    fails(desk, letter, "kelly@x.test")
    assert held_administrators() == []
    desk.send_mail(smtp__admin_email="Kelly@x.test")
    assert held_administrators() == ["kelly@x.test"]


PASTED = "Your mail could not be delivered, I was told:\n\n550 5.1.1 <kelly@x.test> user unknown\n\nMessage-ID: {}\n"


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ("From: kelly@x.test", "opened"),
        ("From: admin@us.test", "refused"),  # unverified, so listed
        ("From: gateway@mx.test", "report"),
        ("From: kelly@x.test\nReturn-Path: <>", "report"),
    ],
)
def test_R5_4_what_only_words_make_a_report_is_a_message_from_those_who_are_known(
    desk: Desk, letter: Outbox, fields: str, outcome: str
) -> None:
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, desk.customer().id)
    raw = f"{fields}\nSubject: Undelivered Mail\nMessage-ID: <p@x.test>\n\n{PASTED.format(letter.message_id)}".encode()
    arrived = replace(desk.arrived("x@x.test", raw=raw), parsed=parse(raw), deny_hits=())
    assert desk.settle(arrived)[0].outcome == outcome
    assert Outbox.get_by_id(letter.id).state == ("bounced" if outcome == "report" else "sent")
