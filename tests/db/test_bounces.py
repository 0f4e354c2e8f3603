"""Whose address a delivery report speaks of (R5.4, R7.2, THREATS O3, O4)."""

from datetime import UTC, datetime, timedelta

import pytest

from store.models import AddressHold, Message, Outbox
from store.rules.message import Report
from store.services import lease, outbox, tickets
from tests.driver import Desk


@pytest.fixture
def letter(desk: Desk) -> Outbox:
    """An agent's reply to kelly@x.test that was sent."""
    desk.send_mail(smtp__copy="copy@us.test")
    desk.arrive("kelly@x.test", "Help")
    tickets.reply(desk.anna, 1, "Hello.")
    Outbox.update(state="sent").execute()
    return Outbox.get(Outbox.event == "new_message_customer")


def fails(desk: Desk, letter: Outbox, address: str) -> None:
    about = Report(letter.message_id, "failed", "5.1.1", address, "no such user")
    desk.arrive("mailer-daemon@mx.test", "Undelivered", automatic="report", report=about)


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
