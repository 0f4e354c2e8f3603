"""The seed's tip: a pair made by mistake is mended from the ticket; with *Shared email* on, only that ticket."""

from store.services import pairing, recipients, tickets
from tests.driver import Desk


def test_R4_10_paired_by_mistake_and_mended_from_the_ticket(desk: Desk) -> None:
    desk.send_mail()
    wrong, right = desk.customer("Wrong", email="wrong@x.test"), desk.customer("Right", email="right@x.test")
    desk.arrive("new@y.test", "Old matter")
    pairing.pair(desk.anna, desk.row("new@y.test").id, wrong.id)
    desk.arrive("new@y.test", "Present matter")
    tickets.update(desk.anna, 2, {"customer": right.id}, change_pair=True)
    desk.arrive("new@y.test", "Future matter")
    assert [desk.ticket(n).customer_id for n in (1, 2, 3)] == [wrong.id, right.id, right.id]
    assert sorted(tickets.reply(desk.anna, 3, "Hello.").to) == ["new@y.test", "right@x.test"]


def test_I7_R4_10_with_shared_email_only_the_present_ticket_changes(desk: Desk) -> None:
    right, other = desk.customer("Right"), desk.customer("Other")
    desk.arrive("form@y.test", "One")
    recipients.share(desk.anna, desk.row("form@y.test").id)
    desk.arrive("form@y.test", "Two")
    tickets.update(desk.anna, 1, {"customer": right.id})
    tickets.update(desk.anna, 2, {"customer": other.id})
    desk.arrive("form@y.test", "Three")
    assert [desk.ticket(n).customer_id for n in (1, 2, 3)] == [right.id, other.id, None]
    assert desk.row("form@y.test").customer_id is None
