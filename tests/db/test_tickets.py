"""What agents do with tickets (R4.9, R4.10, R6.3, R11.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import BadInput, Conflict, NotFound, Refused
from store.models import History, Message, Recipient
from store.queries import tickets as reading
from store.rules.pairing import SenderState
from store.rules.ticket import TicketState, asks_for_pair
from store.services import drafts, pairing, people, recipients, tickets
from tests.driver import Desk


@pytest.fixture
def mistaken(desk: Desk) -> Desk:
    """new@x.test is paired to Wrong by mistake, with tickets 1 and 2; Right is customer 2."""
    wrong, _ = desk.customer("Wrong"), desk.customer("Right")
    desk.arrive("new@x.test", "First")
    desk.arrive("new@x.test", "Second")
    pairing.pair(desk.anna, desk.row("new@x.test").id, wrong.id, assign_all=True)
    return desk


def test_R4_10_it_asks_and_nothing_is_saved_until_it_is_answered(mistaken: Desk) -> None:
    with pytest.raises(Refused, match="--change-pair") as refused:
        tickets.update(mistaken.anna, 1, {"customer": 2, "priority": "High"})
    assert refused.value.code == "change-pair"
    assert (mistaken.ticket(1).customer_id, mistaken.ticket(1).priority) == (1, "")
    assert mistaken.row("new@x.test").customer_id == 1


def test_R4_10_yes_changes_the_pair_this_ticket_and_future_ones(mistaken: Desk) -> None:
    done = tickets.update(mistaken.anna, 1, {"customer": 2}, change_pair=True)
    assert (done.changed, done.pair_changed) == (("customer",), "new@x.test")
    assert (mistaken.ticket(1).customer_id, mistaken.ticket(2).customer_id) == (2, 1)
    assert mistaken.row("new@x.test").customer_id == 2
    mistaken.arrive("new@x.test", "Third")
    assert mistaken.ticket(3).customer_id == 2


def test_R4_10_no_changes_only_this_ticket(mistaken: Desk) -> None:
    done = tickets.update(mistaken.anna, 1, {"customer": 2}, change_pair=False)
    assert done.pair_changed == ""
    assert (mistaken.ticket(1).customer_id, mistaken.ticket(2).customer_id) == (2, 1)
    mistaken.arrive("new@x.test", "Third")
    assert mistaken.ticket(3).customer_id == 1


def test_R4_10_a_shared_requester_asks_nothing_and_only_this_ticket_changes(mistaken: Desk) -> None:
    recipients.share(mistaken.anna, mistaken.row("new@x.test").id)
    tickets.update(mistaken.anna, 1, {"customer": 2})
    tickets.update(mistaken.anna, 2, {"customer": 2}, change_pair=True)
    assert mistaken.row("new@x.test").customer_id is None
    mistaken.arrive("new@x.test", "Third")
    assert mistaken.ticket(3).customer_id is None


@pytest.mark.parametrize("change", [{"customer": None}, {"customer": 1}, {"status": "Open"}])
def test_R4_10_none_the_pair_itself_and_other_fields_ask_nothing(mistaken: Desk, change: dict[str, object]) -> None:
    tickets.update(mistaken.anna, 1, change)
    assert mistaken.row("new@x.test").customer_id == 1


def test_R4_10_an_unpaired_requester_and_none_at_all_ask_nothing(desk: Desk) -> None:
    kelly = desk.customer()
    desk.arrive("new@x.test")
    desk.arrive("", "Nobody")
    for number in (1, 2):
        tickets.update(desk.anna, number, {"customer": kelly.id})
        assert desk.ticket(number).customer_id == kelly.id
    assert desk.row("new@x.test").customer_id is None


@given(
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
def test_R4_10_asks_exactly_when_the_rule_says(
    ticket: int | None, pair: int | None, new: int | None, shared: bool, present: bool
) -> None:
    requester = SenderState(paired=pair is not None, shared=shared) if present else None
    state = TicketState(customer=ticket, requester=requester, requester_customer=pair if present else None)
    asks = present and not shared and pair is not None and new is not None and new not in (pair, ticket)
    assert asks_for_pair(state, new) == asks


def test_R4_9_the_requester_is_paired_from_the_ticket_by_the_same_rules(desk: Desk) -> None:
    kelly = desk.customer()
    desk.arrive("new@x.test", "First")
    desk.arrive("new@x.test", "Second")
    done = tickets.pair_requester(desk.anna, 1, kelly.id)
    assert done.tickets == (2,)
    with pytest.raises(Refused, match="paired to Kelly Sanders already"):
        tickets.pair_requester(desk.anna, 1, kelly.id)
    recipients.share(desk.anna, desk.row("new@x.test").id)
    with pytest.raises(Refused, match="shared"):
        tickets.pair_requester(desk.anna, 1, kelly.id, assign_all=True)
    desk.arrive("", "Nobody")
    with pytest.raises(Refused, match="no requester"):
        tickets.pair_requester(desk.anna, 3, kelly.id)


def test_R11_1_ban_incoming_email_from_the_ticket(desk: Desk) -> None:
    desk.arrive("new@x.test")
    tickets.ban_requester(desk.anna, 1, reason="spam")
    assert desk.row("new@x.test").banned
    with pytest.raises(Refused, match="banned already"):
        tickets.ban_requester(desk.anna, 1)


def test_R6_3_statuses_follow_replies_closing_and_opening(desk: Desk) -> None:
    desk.arrive("new@x.test", "Help")
    seen = [desk.ticket(1).status]
    for step in (
        lambda: tickets.reply(desk.anna, 1, "Hello."),
        lambda: desk.arrive("new@x.test", "Re: #1 Help"),
        lambda: tickets.close(desk.anna, 1),
        lambda: desk.arrive("new@x.test", "Re: #1 Help"),
        lambda: tickets.update(desk.anna, 1, {"status": "Resolved"}),
        lambda: tickets.reopen(desk.anna, 1),
    ):
        step()
        seen.append(f"{desk.ticket(1).status}{' closed' if desk.ticket(1).closed else ''}")
    assert seen == [
        "New",
        "Waiting on customer",
        "Waiting on agent",
        "Resolved closed",
        "Work in progress",
        "Resolved closed",
        "Work in progress",
    ]
    with pytest.raises(Refused, match="is open"):
        tickets.reopen(desk.anna, 1)


def test_R11_1_merging_moves_the_messages_and_the_old_number_leads_on(desk: Desk) -> None:
    kelly = desk.customer()
    desk.arrive("a@x.test", "One", message_id="<one@x.test>")
    desk.arrive("b@x.test", "Two")
    pairing.pair(desk.anna, desk.row("b@x.test").id, kelly.id)
    done = tickets.merge(desk.anna, 1, 2)
    assert (done.into, done.messages) == (2, 1)
    assert [line.text for line in reading.messages(desk.anna, 2)][:2] == ["Text.", "Text."]
    merged = reading.one(desk.anna, 1)
    assert (merged.merged_into, merged.status) == (2, "Resolved")
    assert reading.one(desk.anna, 2).requester.detail == "b@x.test"
    assert [one.email for one in reading.participants(desk.anna, 2)] == ["a@x.test"]
    assert desk.arrive("a@x.test", "Re: #1 One").ticket == 2
    assert desk.arrive("a@x.test", "Re: One", in_reply_to=("<one@x.test>",)).ticket == 2
    for action in (
        lambda: tickets.reply(desk.anna, 1, "x"),
        lambda: tickets.reopen(desk.anna, 1),
        lambda: tickets.merge(desk.anna, 2, 1),
    ):
        with pytest.raises(Refused, match="merged into another"):
            action()


def test_R11_1_tickets_of_two_customers_are_not_merged_nor_one_into_itself(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.arrive(f"{name}@x.test", name)
        pairing.pair(desk.anna, desk.row(f"{name}@x.test").id, desk.customer(name).id)
    with pytest.raises(Refused, match="two customers"):
        tickets.merge(desk.anna, 1, 2)
    with pytest.raises(Refused, match="itself"):
        tickets.merge(desk.anna, 1, 1)


def test_R11_1_merging_gives_the_customer_of_the_one_to_the_other(desk: Desk) -> None:
    kelly = desk.customer()
    desk.arrive("a@x.test", "One")
    pairing.pair(desk.anna, desk.row("a@x.test").id, kelly.id)
    desk.arrive("b@x.test", "Two")
    tickets.merge(desk.anna, 1, 2)
    assert desk.ticket(2).customer_id == kelly.id
    assert desk.row("b@x.test").customer_id is None


def test_R10_4_the_second_of_two_is_told_and_nothing_is_overwritten(desk: Desk) -> None:
    desk.arrive("a@x.test")
    seen = reading.one(desk.anna, 1).version
    tickets.update(desk.anna, 1, {"priority": "High"}, seen=seen)
    for action in (
        lambda: tickets.update(desk.anna, 1, {"priority": "Low"}, seen=seen),
        lambda: tickets.reply(desk.anna, 1, "x", seen=seen),
        lambda: tickets.close(desk.anna, 1, seen=seen),
    ):
        with pytest.raises(Conflict, match="changed by anna"):
            action()
    assert desk.ticket(1).priority == "High"


def test_R10_2_every_change_is_in_the_history_with_what_was_before(desk: Desk) -> None:
    desk.arrive("a@x.test")
    tickets.update(desk.anna, 1, {"priority": "High", "status": "Resolved", "note": "calls back"})
    rows = list(History.select().where((History.subject == "ticket") & (History.who == "anna")))
    assert [row.what for row in rows] == ["priority", "status", "note"]
    assert len({row.change for row in rows}) == 1
    assert (rows[0].before, rows[0].after) == ('{"priority": ""}', '{"priority": "High"}')


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "has no colour"),
        ({"status": " "}, "needs a status"),
        ({"priority": "x" * 61}, "more than 60"),
        ({"customer": 99}, "There is no customer 99"),
        ({"assignee": "nobody"}, "There is no administrator nobody"),
    ],
)
def test_R12_what_cannot_be_is_said_and_nothing_is_done(desk: Desk, changes: dict[str, object], said: str) -> None:
    desk.arrive("a@x.test")
    with pytest.raises((BadInput, NotFound), match=said):
        tickets.update(desk.anna, 1, {"type": "Fault", **changes})
    assert desk.ticket(1).ticket_type == ""


@pytest.mark.parametrize("text", ["", " \n\n ", "x" * 1_000_001])
def test_R11_1_an_empty_or_endless_reply_is_refused(desk: Desk, text: str) -> None:
    desk.arrive("a@x.test")
    for write in (tickets.reply, tickets.note):
        with pytest.raises(BadInput):
            write(desk.anna, 1, text)
    assert Message.select().count() == 1


def test_R12_a_rehearsal_changes_nothing(desk: Desk) -> None:
    desk.send_mail()
    desk.arrive("a@x.test")
    above = desk.last_letter()
    assert tickets.reply(desk.anna, 1, "Hello.", rehearse=True).to == ("a@x.test",)
    tickets.update(desk.anna, 1, {"status": "Resolved"}, rehearse=True)
    assert (desk.letters(above=above), desk.ticket(1).status, Message.select().count()) == ([], "New", 1)


def test_T5_a_draft_is_kept_for_its_writer_until_it_is_sent(desk: Desk) -> None:
    desk.arrive("a@x.test")
    bob = desk.administrator("bob")
    drafts.keep(desk.anna, 1, "reply", "Dear")
    drafts.keep(desk.anna, 1, "reply", "Dear customer,")
    drafts.keep(desk.anna, 1, "note", "He called.")
    assert (drafts.kept(desk.anna, 1, "reply"), drafts.kept(bob, 1, "reply")) == ("Dear customer,", "")
    tickets.reply(desk.anna, 1, "Dear customer, yes.")
    assert (drafts.kept(desk.anna, 1, "reply"), drafts.kept(desk.anna, 1, "note")) == ("", "He called.")


def test_R10_1_with_a_partner_nothing_of_others_can_be_reached(desk: Desk) -> None:
    people.add_partner(desk.anna, "Main")
    desk.customer("Kelly", email="kelly@x.test", partner="Main")
    desk.arrive("kelly@x.test", "Ours")
    desk.arrive("stranger@x.test", "Not ours")
    main = desk.administrator("main", partner="Main")
    for action in (
        lambda: tickets.reply(main, 2, "x"),
        lambda: tickets.note(main, 2, "x"),
        lambda: tickets.update(main, 2, {"status": "Resolved"}),
        lambda: tickets.close(main, 2),
        lambda: tickets.merge(main, 1, 2),
        lambda: tickets.merge(main, 2, 1),
        lambda: tickets.add_cc(main, 2, "x@y.test"),
        lambda: tickets.ban_requester(main, 2),
        lambda: reading.participants(main, 2),
        lambda: reading.state(main, 2),
    ):
        with pytest.raises(NotFound, match=r"There is no ticket #2"):
            action()
    assert Recipient.get(Recipient.email_key == "stranger@x.test").banned is False
    assert tickets.reply(main, 1, "Hello.").number == 1
