"""Which ticket a message belongs to, told by its subject, its references and its sender (R6, THREATS I5, I6)."""

from typing import Any

import pytest

from store.models import Message, Outbox, Ticket
from store.queries.why import decisions
from store.services import customers, inboxes, pairing, recipients, settings, tickets
from store.services.intake import Settled
from tests.driver import Desk
from tui import sentences

ADMIN = "admin@us.test"


@pytest.fixture
def two(desk: Desk) -> Desk:
    """Kelly, a customer with two paired addresses, whose ticket 1 an agent has answered."""
    desk.send_mail()
    kelly = desk.customer("Kelly", email="profile@x.test, office@x.test")
    for address in ("one@x.test", "two@x.test"):
        desk.arrive(address, f"From {address}")
        pairing.pair(desk.anna, desk.row(address).id, kelly.id)
    tickets.reply(desk.anna, 1, "Have you tried it?")
    return desk


def told(event: str = "new_message_customer", to: str = "one@x.test") -> Outbox:
    return Outbox.select().where((Outbox.event == event) & (Outbox.to_key == to)).order_by(Outbox.id.desc()).get()


def why(desk: Desk, done: Settled, message_id: str = "<m@x.test>") -> list[str]:
    found = [one for one in decisions(desk.anna, message_id) if one["ticket"] == done.ticket]
    return list(sentences.why(found[-1]))


def notes(number: int) -> list[str]:
    return [row.text for row in Message.select().where((Message.ticket == number) & (Message.direction == "note"))]


@pytest.mark.parametrize(
    "pile",
    [
        "AW: AW: ",
        "Re[2]: ",
        "RE : RE : ",
        "回复：",
        "[EXT] {Spam?} Re: ",
        "***SPAM*** [EXTERNAL] AW: Re[3]: ",
        "SV：",
        "",
    ],
)
def test_R6_1_example_2_the_second_address_answers_what_the_first_was_told(two: Desk, pile: str) -> None:
    done = two.arrive("two@x.test", f"{pile}{told().subject}", message_id="<m@x.test>")
    assert (done.outcome, done.reason, done.ticket) == ("joined", "paired", 1)
    assert "  ticket #1 by number, in which its sender may write (paired)" in why(two, done)
    assert notes(1) == []


@pytest.mark.parametrize("sender", ["one@x.test", "two@x.test", "profile@x.test", "Office@X.test"])
def test_R6_1_a_changed_subject_opens_a_new_ticket_also_for_who_may_write(two: Desk, sender: str) -> None:
    done = two.arrive(sender, f"{told().subject} and the invoice", message_id="<m@x.test>")
    assert (done.outcome, two.ticket(done.ticket or 0).customer_id) == ("opened", two.ticket(1).customer_id)
    assert "  names ticket #1, but its subject is none that was used there" in why(two, done)
    assert notes(done.ticket or 0) == []


def test_R6_1_without_its_number_a_reference_needs_the_unchanged_subject(two: Desk) -> None:
    sent = told()
    assert two.arrive("two@x.test", "AW: New message in ticket", references=(sent.message_id,)).ticket == 1
    done = two.arrive("two@x.test", "Something else", in_reply_to=(sent.message_id,), message_id="<m@x.test>")
    assert (done.outcome, "  names ticket #1, but" in "\n".join(why(two, done))) == ("opened", True)


def test_R6_1_the_number_of_another_system_hides_no_reference(two: Desk) -> None:
    two.arrive("stranger@y.test", "Line down")  # ticket 3, which the other system's number names, too
    mine = two.arrive("one@x.test", "[#3] Line down", message_id="<case@x.test>").ticket
    done = two.arrive("two@x.test", "Re: [#3] Line down", references=("<case@x.test>",), message_id="<m@x.test>")
    assert (done.ticket, done.reason) == (mine, "paired")
    assert why(two, done)[-2:] == [
        f"  ticket #{mine} by reference, in which its sender may write (paired)",
        f"  written: message {Message.select().order_by(Message.id.desc()).get().id} in ticket #{mine}",
    ]


def test_R6_1_of_two_referred_tickets_it_joins_the_one_that_its_sender_may_write_in(two: Desk) -> None:
    theirs = two.arrive("stranger@y.test", "Invoice", message_id="<a@y.test>").ticket
    mine = two.arrive("one@x.test", "Invoice", message_id="<b@x.test>").ticket
    both = ("<b@x.test>", "<a@y.test>")
    assert two.arrive("two@x.test", "Re: Invoice", references=both, in_reply_to=("<a@y.test>",)).ticket == mine
    assert two.arrive("stranger@y.test", "Re: Invoice", references=both).ticket == theirs


def test_R6_1_a_subject_that_is_the_number_alone_joins_what_it_refers_to(two: Desk) -> None:
    assert two.arrive("one@x.test", "#1").outcome == "opened"
    assert two.arrive("one@x.test", "", in_reply_to=(told().message_id,)).outcome == "opened"
    assert two.arrive("two@x.test", "Re: #1", in_reply_to=(told().message_id,)).ticket == 1


def test_R6_1_a_merged_tickets_number_and_references_lead_on_and_a_chain_of_merges_too(two: Desk) -> None:
    third = two.arrive("one@x.test", "Third").ticket or 0
    sent = told("ticket_received_customer")
    tickets.merge(two.anna, third, 2)
    tickets.merge(two.anna, 2, 1)
    assert two.arrive("two@x.test", f"Re: #{third} Third").ticket == 1
    assert two.arrive("one@x.test", f"Re: {sent.subject}").ticket == 1
    assert two.arrive("one@x.test", "Third", in_reply_to=(sent.message_id,)).ticket == 1
    assert two.ticket(1).status == "Waiting on agent"


def test_R6_3_a_closed_tickets_reply_opens_it_again_whoever_of_the_customer_writes(two: Desk) -> None:
    tickets.close(two.anna, 1)
    assert two.arrive("profile@x.test", f"Re: {told().subject}").reason == "profile"
    assert (two.ticket(1).status, two.ticket(1).closed) == ("Work in progress", None)


def test_R6_2_in_a_ticket_without_a_customer_only_its_requester_may_write(desk: Desk) -> None:
    desk.arrive("new@y.test", "Help")
    kelly = desk.customer("Kelly", email="kelly@x.test")
    assert desk.arrive("kelly@x.test", "Re: #1 Help").outcome == "opened"
    pairing.unpair(desk.anna, desk.row("kelly@x.test").id)
    pairing.pair(desk.anna, desk.row("new@y.test").id, desk.customer("Other").id)
    tickets.update(desk.anna, 1, {"customer": kelly.id}, change_pair=False)
    assert desk.arrive("kelly@x.test", "Re: #1 Help").reason == "profile"
    assert desk.arrive("new@y.test", "Re: #1 Help").reason == "requester"


def test_R6_2_a_shared_requester_may_write_in_his_own_ticket_and_in_no_other_of_its_customer(two: Desk) -> None:
    form = two.arrive("form@y.test", "Request").ticket or 0
    recipients.share(two.anna, two.row("form@y.test").id)
    tickets.update(two.anna, form, {"customer": two.ticket(1).customer_id})
    assert two.arrive("form@y.test", f"Re: #{form} Request").ticket == form
    done = two.arrive("form@y.test", f"Re: {told().subject}", message_id="<m@x.test>")
    assert (done.outcome, two.ticket(done.ticket or 0).customer_id) == ("opened", None)
    assert "looked like a reply to #1" in notes(done.ticket or 0)[0]
    assert "  looked like a reply to #1, but the sender may not write there" in why(two, done)


def test_R6_2_two_customers_with_one_email_each_may_be_written_to_from_it(desk: Desk) -> None:
    both = [desk.customer(name, email="family@x.test") for name in ("Kelly", "Ken")]
    for number, customer in enumerate(both, 1):
        desk.arrive(f"{customer.name}@y.test", f"Of {customer.name}")
        pairing.pair(desk.anna, desk.row(f"{customer.name}@y.test").id, customer.id)
        assert desk.arrive("family@x.test", f"Re: #{number} Of {customer.name}").reason == "profile"
    done = desk.arrive("family@x.test", "New")
    assert desk.ticket(done.ticket or 0).customer_id is None


def test_R6_2_who_was_unpaired_or_whose_profile_changed_may_write_no_more(two: Desk) -> None:
    pairing.unpair(two.anna, two.row("two@x.test").id)
    assert two.arrive("two@x.test", f"Re: {told().subject}").outcome == "opened"
    customers.edit(two.anna, two.ticket(1).customer_id, {"email": "office@x.test"})
    assert two.arrive("profile@x.test", f"Re: {told().subject}").outcome == "opened"
    assert two.arrive("office@x.test", f"Re: {told().subject}").reason == "profile"


def test_R6_2_a_copy_that_a_customer_added_himself_gives_no_right(two: Desk) -> None:
    two.arrive("one@x.test", f"Re: {told().subject}", cc=("friend@y.test",), message_id="<cc@x.test>")
    done = two.arrive("friend@y.test", f"Re: {told().subject}", in_reply_to=("<cc@x.test>",))
    assert (done.outcome, "#1" in notes(done.ticket or 0)[0]) == ("opened", True)


@pytest.mark.parametrize("keeps_out", ["banned", "denied", "unregistered"])
def test_R5_5_who_is_kept_out_joins_no_ticket_either(two: Desk, keeps_out: str) -> None:
    from store.services import deny

    sender = "stranger@y.test" if keeps_out == "unregistered" else "two@x.test"
    if keeps_out == "banned":
        recipients.ban(two.anna, two.row(sender).id)
    elif keeps_out == "denied":
        deny.add(two.anna, "message", "contain", "casino")
    else:
        inboxes.edit(two.anna, "support", {"accept_unregistered": False})
    before = (Ticket.select().count(), Message.select().count())
    done = two.arrive(sender, f"Re: {told().subject}", text="The casino is down.")
    assert (done.outcome, done.reason) == ("refused", keeps_out)
    assert (Ticket.select().count(), Message.select().count()) == before


def test_R5_2_in_two_inboxes_and_with_a_batch_of_both_it_is_one(two: Desk) -> None:
    other = inboxes.add(two.anna, "sales", {"email": "sales@us.test", "host": "localhost"})
    subject = f"Re: {told().subject}"
    same: dict[str, Any] = {"fingerprint": "f" * 64, "message_id": "<same@x.test>"}
    assert two.arrive("two@x.test", subject, **same).outcome == "joined"
    two._inbox = other
    done = two.arrive("two@x.test", subject, **same)
    assert (done.outcome, done.reason) == ("ignored", "duplicate")
    assert [one["inbox"] for one in decisions(two.anna, "<same@x.test>")] == ["support", "sales"]


def test_R5_4_a_customers_vacation_notice_joins_and_changes_nothing_else(two: Desk) -> None:
    tickets.close(two.anna, 1)
    above = two.last_letter()
    subject = f"Automatische Antwort: {told().subject}"
    done = two.arrive("two@x.test", subject, automatic="auto-submitted", message_id="<m@x.test>")
    assert (done.ticket, two.ticket(1).status) == (1, "Resolved")
    assert two.letters(above=above) == [(ADMIN, "new_message_admin")]
    assert "  automatic mail: auto-submitted" in why(two, done)


def test_R4_12_R5_10_an_administrator_who_is_a_customers_profile_email_is_an_administrator(two: Desk) -> None:
    customers.add(two.anna, {"name": "Staff", "email": ADMIN})
    assert two.arrive(ADMIN, "Private").reason == "unverified"
    settings.change(two.anna, "inboxes.process_administrators", "on")
    done = two.arrive(ADMIN, "Private")
    assert (done.outcome, two.row(ADMIN).customer_id, two.ticket(done.ticket or 0).customer_id) == (
        "opened",
        None,
        None,
    )
