"""R4: whose is this address?"""

import pytest

from store.errors import Conflict, NotFound, Refused
from store.models import History, Recipient
from store.queries import lists
from store.services import customer_import, inboxes, pairing, people, recipients
from tests.driver import Desk


def test_R4_1_pairing_maps_the_address_and_every_new_ticket_gets_the_customer(desk: Desk) -> None:
    desk.arrive("bob@x.test")
    kelly = desk.customer()
    done = pairing.pair(desk.anna, desk.row("bob@x.test").id, kelly.id)
    assert (done.email, done.customer_name) == ("bob@x.test", "Kelly Sanders")
    assert desk.ticket(desk.arrive("Bob@X.test", "Another").ticket).customer_id == kelly.id
    assert desk.row("bob@x.test").paired_to == "Kelly Sanders"


def test_R1_1_a_lead_is_shown_as_one(desk: Desk) -> None:
    desk.arrive("s@x.test")
    pairing.pair(desk.anna, desk.row("s@x.test").id, desk.customer("Sarah Howell", kind="lead").id)
    assert desk.row("s@x.test").paired_to == "Sarah Howell (Lead)"


def test_R4_3_off_the_newest_waiting_ticket_on_all_of_them_closed_ones_too(desk: Desk) -> None:
    numbers = [desk.arrive(sender, f"Subject {n}").ticket for n, sender in enumerate(["a@x.test", "b@x.test"] * 3)]
    kelly = desk.customer()
    done = pairing.pair(desk.anna, desk.row("a@x.test").id, kelly.id)
    assert done.tickets == (numbers[4],)
    from datetime import UTC, datetime

    from store.models import Ticket

    Ticket.update(closed=datetime.now(UTC)).where(Ticket.id == numbers[1]).execute()
    done = pairing.pair(desk.anna, desk.row("b@x.test").id, kelly.id, assign_all=True)
    assert sorted(done.tickets) == [numbers[1], numbers[3], numbers[5]]
    assert desk.row("b@x.test").unassigned_tickets == 0
    assert desk.ticket(numbers[0]).customer_id is None


def test_R4_3_a_ticket_with_a_customer_is_never_touched(desk: Desk) -> None:
    old = desk.arrive("a@x.test", "Old").ticket
    first, second = desk.customer("First"), desk.customer("Second")
    row = desk.row("a@x.test")
    pairing.pair(desk.anna, row.id, first.id, assign_all=True)
    pairing.unpair(desk.anna, row.id)
    pairing.pair(desk.anna, row.id, second.id, assign_all=True)
    assert desk.ticket(old).customer_id == first.id


def test_R4_2_R4_3_the_preview_says_which_tickets_get_it_and_which_do_not(desk: Desk) -> None:
    first = desk.arrive("a@x.test", "One").ticket
    kelly = desk.customer()
    row = desk.row("a@x.test")
    pairing.pair(desk.anna, row.id, kelly.id)
    pairing.unpair(desk.anna, row.id)
    second = desk.arrive("a@x.test", "Two").ticket
    third = desk.arrive("a@x.test", "Three").ticket
    found = pairing.preview(desk.anna, row.id)
    assert found.newest is not None
    assert found.newest.number == third
    assert [line.number for line in found.unassigned] == [third, second]
    assert (found.unassigned_count, found.kept) == (2, 1)
    assert desk.ticket(first).customer_id == kelly.id


def test_R4_4_unpair_keeps_the_tickets_or_takes_the_customer_off_them(desk: Desk) -> None:
    one, two = (desk.arrive("a@x.test", f"S{n}").ticket for n in (1, 2))
    kelly = desk.customer()
    row = desk.row("a@x.test")
    pairing.pair(desk.anna, row.id, kelly.id, assign_all=True)
    assert pairing.unpair(desk.anna, row.id).tickets == ()
    assert desk.ticket(one).customer_id == kelly.id
    assert desk.ticket(desk.arrive("a@x.test", "New").ticket).customer_id is None
    pairing.pair(desk.anna, row.id, kelly.id)
    assert sorted(pairing.unpair(desk.anna, row.id, unassign=True).tickets)[:2] == [one, two]
    assert desk.ticket(one).customer_id is None
    assert desk.row("a@x.test").unassigned_tickets == desk.row("a@x.test").tickets == 3


def test_R4_4_only_a_paired_address_can_be_unpaired(desk: Desk) -> None:
    desk.arrive("a@x.test")
    with pytest.raises(Refused, match="not paired"):
        pairing.unpair(desk.anna, desk.row("a@x.test").id)


def test_R4_5_one_customer_many_addresses_one_address_one_customer(desk: Desk) -> None:
    kelly, other = desk.customer(), desk.customer("Other")
    for name in ("a", "b"):
        desk.arrive(f"{name}@x.test")
        pairing.pair(desk.anna, desk.row(f"{name}@x.test").id, kelly.id)
    with pytest.raises(Refused, match="paired to Kelly Sanders already"):
        pairing.pair(desk.anna, desk.row("a@x.test").id, other.id)
    assert desk.emails("customer:kelly") == ["a@x.test", "b@x.test"]


def test_R4_6_profile_email_of_one_customer_pairs_on_first_contact(desk: Desk) -> None:
    kelly = desk.customer(email="other@x.test, Kelly@X.test")
    number = desk.arrive("kelly@x.TEST").ticket
    assert desk.ticket(number).customer_id == kelly.id
    assert desk.model("kelly@x.test").pair_source == "profile"
    pair = next(line for line in lists.history(desk.anna) if line.what == "pair")
    assert (pair.who, pair.after["pair_source"]) == ("mail", "profile")


def test_R4_6_two_customers_with_that_email_pair_nothing(desk: Desk) -> None:
    desk.customer(email="k@x.test")
    desk.customer("Twin", email="k@x.test")
    assert desk.ticket(desk.arrive("k@x.test").ticket).customer_id is None


def test_R4_6_what_a_person_unpaired_is_not_paired_again_by_the_profile(desk: Desk) -> None:
    desk.customer(email="k@x.test")
    desk.arrive("k@x.test")
    pairing.unpair(desk.anna, desk.row("k@x.test").id)
    assert desk.ticket(desk.arrive("k@x.test", "Again").ticket).customer_id is None


def test_R4_6_a_customer_added_later_is_found_with_the_next_message(desk: Desk) -> None:
    desk.arrive("k@x.test")
    kelly = desk.customer(email="k@x.test")
    assert desk.ticket(desk.arrive("k@x.test", "Again").ticket).customer_id == kelly.id


def test_R4_7_shared_cannot_be_paired_and_a_paired_one_is_unpaired(desk: Desk) -> None:
    number = desk.arrive("form@x.test").ticket
    kelly = desk.customer()
    row = desk.row("form@x.test")
    pairing.pair(desk.anna, row.id, kelly.id)
    done = recipients.share(desk.anna, row.id)
    assert done.unpaired_from == kelly.id
    assert desk.row("form@x.test").customer_id is None
    with pytest.raises(Refused, match="shared address"):
        pairing.pair(desk.anna, row.id, kelly.id)
    new = desk.arrive("form@x.test", "Request")
    assert (new.outcome, desk.ticket(new.ticket).customer_id) == ("opened", None)
    assert desk.ticket(number).customer_id == kelly.id
    recipients.unshare(desk.anna, row.id)
    pairing.pair(desk.anna, row.id, kelly.id)


def test_R4_7_R4_8_edit_sender_does_both_in_one_change(desk: Desk) -> None:
    desk.arrive("form@x.test")
    row = desk.row("form@x.test")
    recipients.edit_sender(desk.anna, row.id, name="Web form", shared=True, seen=row.version)
    now = desk.row("form@x.test")
    assert (now.name, now.shared) == ("Web form", True)
    assert len({h.change for h in History.select().where(History.what.in_(("rename", "share")))}) == 1


def test_R4_8_later_mail_does_not_overwrite_an_edited_name(desk: Desk) -> None:
    desk.arrive("bob@x.test", sender_name="Bobby")
    assert desk.row("bob@x.test").name == "Bobby"
    recipients.rename(desk.anna, desk.row("bob@x.test").id, "Robert Miller")
    desk.arrive("bob@x.test", "Again", sender_name="Spammy Name")
    assert desk.row("bob@x.test").name == "Robert Miller"
    assert desk.emails("robert") == ["bob@x.test"]
    with pytest.raises(Refused, match="needs a name"):
        recipients.rename(desk.anna, desk.row("bob@x.test").id, "  ")


def test_R4_12_our_own_addresses_cannot_be_paired(desk: Desk) -> None:
    people.add_administrator(desk.anna, "ben", "old@us.test")
    desk.arrive("ben@us.test")
    desk.arrive("second@us.test")
    people.edit_administrator(desk.anna, "ben", email="Ben@US.test")
    inboxes.add(desk.anna, "second", {"email": "second@us.test", "host": "localhost"})
    for address in ("ben@us.test", "second@us.test"):
        with pytest.raises(Refused, match="an administrator or an inbox"):
            pairing.pair(desk.anna, desk.row(address).id, desk.customer().id)


def test_R4_12_no_usable_sender_opens_a_ticket_without_requester(desk: Desk) -> None:
    done = desk.arrive("", "Who am I?")
    assert desk.ticket(done.ticket).requester_id is None
    assert Recipient.select().count() == 0


def test_R4_1_an_unknown_or_deleted_customer_is_refused(desk: Desk) -> None:
    desk.arrive("a@x.test")
    with pytest.raises(NotFound):
        pairing.pair(desk.anna, desk.row("a@x.test").id, 999)
    kelly = desk.customer()
    kelly.deleted = kelly.created
    kelly.save()
    with pytest.raises(Refused, match="deleted"):
        pairing.pair(desk.anna, desk.row("a@x.test").id, kelly.id)


def test_R10_4_two_who_pair_at_once_the_second_is_told(desk: Desk) -> None:
    desk.arrive("a@x.test")
    seen = desk.row("a@x.test")
    other = desk.administrator("ben")
    recipients.ban(other, seen.id)
    with pytest.raises(Conflict, match="by ben"):
        pairing.pair(desk.anna, seen.id, desk.customer().id, seen=seen.version)
    assert desk.row("a@x.test").customer_id is None


def test_R10_2_pairing_is_written_per_recipient_and_per_ticket_from_what_to_what(desk: Desk) -> None:
    number = desk.arrive("a@x.test").ticket
    kelly = desk.customer()
    pairing.pair(desk.anna, desk.row("a@x.test").id, kelly.id)
    found = {line.what: line for line in lists.history(desk.anna) if line.what in ("pair", "customer")}
    assert found["pair"].before["customer_id"] is None
    assert found["pair"].after["customer_id"] == kelly.id
    assert found["customer"].of == f"#{number}"
    assert (found["customer"].before, found["customer"].after) == ({"customer_id": None}, {"customer_id": kelly.id})
    assert {found[what].who for what in found} == {"anna"}


def test_R12_dry_run_changes_nothing(desk: Desk) -> None:
    desk.arrive("a@x.test")
    before = desk.row("a@x.test")
    done = pairing.pair(desk.anna, before.id, desk.customer().id, assign_all=True, rehearse=True)
    assert len(done.tickets) == 1
    assert desk.row("a@x.test") == before


def test_R4_1_renaming_a_customer_is_found_by_search_and_sort(desk: Desk) -> None:
    desk.arrive("a@x.test")
    kelly = desk.customer(external_id="7")
    pairing.pair(desk.anna, desk.row("a@x.test").id, kelly.id)
    customer_import.import_all(desk.anna, [(2, {"name": "Zoe Miller", "external_id": "7"})])
    assert desk.emails("miller") == ["a@x.test"]
    assert desk.emails("sanders") == []
