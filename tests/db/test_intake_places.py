"""Where a message lay and whether it is met again: nothing lost, nothing doubled, whatever becomes of the mailbox
(R5.2, THREATS D3, D4)."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from store.db import database
from store.models import Arrival, Inbox, InboxState, Message, Ticket
from store.queries import deny as deny_list
from store.queries import tickets
from store.services import inboxes, intake, pairing, people, settings
from store.services.intake import InboxChanged
from tests.driver import Desk


@pytest.mark.parametrize(
    "change",
    [{"host": "127.0.0.1"}, {"username": "other"}, {"port": 1143}, {"email": "other@us.test"}, {"folder": "Old"}],
)
def test_R5_2_another_mailbox_that_counts_like_the_first_loses_nothing(desk: Desk, change: dict[str, object]) -> None:
    desk.settle(desk.arrived("a@x.test", uid=1), desk.arrived("b@x.test", uid=2, raw=b"moved along"))
    for _ in range(2):  # there and back again
        inboxes.edit(desk.anna, desk.inbox.name, change)
        assert intake.cursor_of(desk.inbox.id) == (0, 0)
        done = desk.settle(desk.arrived(f"new{_}@x.test", f"New {_}", uid=1), desk.arrived("c@x.test", f"C {_}", uid=2))
        assert [d.outcome for d in done] == ["opened", "opened"]
        change = {key: getattr(desk.inbox, key) for key in change}
    assert Ticket.select().count() == Arrival.select().count() == 6


def test_D4_mail_that_moved_to_another_server_is_known_by_its_bytes(desk: Desk) -> None:
    desk.settle(desk.arrived("a@x.test", uid=1, raw=b"moved along"))
    inboxes.edit(desk.anna, desk.inbox.name, {"host": "127.0.0.1"})
    assert [d.outcome for d in desk.settle(desk.arrived("a@x.test", uid=1, raw=b"moved along"))] == ["ignored"]


def test_R5_2_other_settings_keep_the_place(desk: Desk) -> None:
    desk.arrive("a@x.test")
    inboxes.edit(desk.anna, desk.inbox.name, {"priority": "High", "host": "localhost"})
    assert intake.cursor_of(desk.inbox.id) == (desk.uidvalidity, 1)


def test_R5_2_mail_of_an_inbox_that_was_changed_meanwhile_is_not_settled(desk: Desk) -> None:
    arrived = desk.arrived("a@x.test")
    version = desk.inbox.version
    inboxes.edit(desk.anna, desk.inbox.name, {"host": "127.0.0.1"})
    given_ = {"cursor": 1, "deny_version": deny_list.version(), "inbox_version": version}
    with pytest.raises(InboxChanged):
        intake.settle(desk.fence, desk.inbox.id, 7, [arrived], **given_)
    inboxes.remove(desk.anna, desk.inbox.name)
    for call in (lambda: desk.settle(arrived), lambda: intake.cursor_of(desk.inbox.id)):
        with pytest.raises(InboxChanged):
            call()
    assert Arrival.select().count() == 0


def test_R5_2_a_server_that_lists_a_message_twice_gets_one_ticket(desk: Desk) -> None:
    arrived = desk.arrived("a@x.test", uid=4)
    assert len(desk.settle(arrived, arrived)) == 1
    assert Ticket.select().count() == 1


@hypothesis_settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), min_size=1, max_size=5))
def test_D4_D3_equal_alarms_are_as_many_tickets_as_there_were_alarms(desk: Desk, listings: list[list[str]]) -> None:
    """A mailbox of alarms without any Message-ID, numbered afresh again and again; only new ones open tickets.

    What is gone from the mailbox at the next numbering cannot be told from what is met again: so none goes here.
    """
    assert desk.inbox.id
    assert desk.fence.term
    with database.atomic() as everything:
        before = Ticket.select().count()
        present: list[str] = []
        for fresh in listings:
            present += fresh
            desk.uidvalidity += 1
            for start in range(0, len(present), 3):
                batch = enumerate(present[start : start + 3], start + 1)
                desk.settle(*[desk.arrived("alarm@x.test", uid=uid, raw=kind.encode()) for uid, kind in batch])
        assert Ticket.select().count() - before == len(present)
        everything.rollback()


def test_D4_a_new_alarm_after_the_rebuilding_is_no_duplicate(desk: Desk) -> None:
    desk.arrive("alarm@x.test", raw=b"alarm")
    desk.uidvalidity = 3
    assert [desk.arrive("alarm@x.test", raw=b"alarm").outcome for _ in range(3)] == ["ignored", "opened", "opened"]
    assert InboxState.get_by_id(desk.inbox.id).uidvalidity == 3


def test_R6_1_a_note_is_no_subject_that_was_used(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Invoice").ticket
    own = desk.arrive("eve@x.test", f"Re: #{number} Invoice").ticket
    assert Message.select().where((Message.ticket == own) & (Message.direction == "note")).exists()
    assert desk.arrive("eve@x.test", f"Re: #{own}").outcome == "opened"


def test_R6_1_one_message_id_for_all_mail_refers_to_the_newest_ticket(desk: Desk) -> None:
    numbers = [desk.arrive("a@x.test", "Alarm", message_id="<same@x>", fingerprint=f"f{n}").ticket for n in range(3)]
    assert desk.arrive("a@x.test", "Re: Alarm", in_reply_to=("<same@x>",)).ticket == numbers[-1]


def test_R6_1_a_batch_of_subjects_full_of_numbers_holds_the_store_briefly(desk: Desk) -> None:
    subjects = ["".join(f"#{n}" for n in range(s * 400 + 10_000, s * 400 + 10_400)) for s in range(50)]
    batch = [desk.arrived("a@x.test", subject) for subject in subjects]
    assert desk.fence.term  # made before the clock runs
    began = time.process_time()
    assert len(desk.settle(*batch)) == 50
    assert time.process_time() - began < 0.8


def test_R5_4_an_administrators_own_automatic_mail_is_ignored(desk: Desk) -> None:
    for on in ("off", "on"):
        settings.change(desk.anna, "inboxes.process_administrators", on)
        done = desk.arrive("anna@us.test", f"On holiday {on}", automatic="auto-replied")
        assert (done.outcome, done.reason) == ("ignored", "automatic")
    assert desk.arrive("form@x.test", "Request", automatic="auto-generated").outcome == "opened"


def test_R5_10_R4_12_an_administrator_is_one_first_and_is_not_paired_by_a_profile(desk: Desk) -> None:
    settings.change(desk.anna, "inboxes.process_administrators", "on")
    desk.customer(email="ben@us.test")
    people.add_administrator(desk.anna, "ben", "ben@us.test")
    assert desk.ticket(desk.arrive("ben@us.test").ticket).customer_id is None
    assert desk.row("ben@us.test").customer_id is None


def test_R5_10_an_explicit_pair_wins_over_the_profile_of_another(desk: Desk) -> None:
    desk.arrive("k@x.test")
    kelly, other = desk.customer("Kelly"), desk.customer("Other", email="other@x.test")
    pairing.pair(desk.anna, desk.row("k@x.test").id, kelly.id)
    twin = desk.customer("Twin", email="k@x.test")
    number = desk.arrive("k@x.test", "Again").ticket
    assert desk.ticket(number).customer_id == kelly.id
    assert tickets.one(desk.anna, number).customer is not None
    assert other.id != twin.id


def test_R5_2_an_inbox_that_takes_no_strangers_does_not_keep_them_out_of_another(desk: Desk) -> None:
    inboxes.add(desk.anna, "sales", {"email": "sales@us.test", "host": "localhost"})
    closed = desk.inbox
    Inbox.update(accept_unregistered=False).where(Inbox.id == closed.id).execute()
    found = []
    for name in ("support", "sales", "support", "sales"):
        desk._inbox = Inbox.get(Inbox.name == name)
        found.append(desk.arrive("new@x.test", fingerprint="f1", message_id="<a@x.test>").reason)
    assert found == ["unregistered", "new", "duplicate", "duplicate"]
