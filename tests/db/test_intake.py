"""R5 inbound mail and R6 threading, from the facts of a message on."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from store.models import Arrival, History, InboxState, Message, RawMessage, Ticket
from store.queries import lists, tickets
from store.queries.why import decisions
from store.rules.message import Attached
from store.services import deny, inboxes, pairing, people, recipients, settings
from tests.driver import Desk


def test_R5_6_a_new_ticket_has_status_subject_requester_defaults_text_and_raw(desk: Desk) -> None:
    inboxes.edit(desk.anna, desk.inbox.name, {"priority": "High", "ticket_group": "Support", "ticket_type": "Question"})
    number = desk.arrive("bob@x.test", "Router", text="It blinks.", raw=b"raw bytes").ticket
    ticket = tickets.one(desk.anna, number)
    assert (ticket.subject, ticket.status, ticket.priority) == ("Router", "New", "High")
    assert (ticket.group, ticket.type) == ("Support", "Question")
    assert ticket.requester is not None
    assert ticket.requester.detail == "bob@x.test"
    (message,) = tickets.messages(desk.anna, number)
    assert (message.text, message.direction, message.sender) == ("It blinks.", "in", "bob@x.test")
    assert bytes(RawMessage.get(RawMessage.size == 9).data) == b"raw bytes"


def test_R5_6_an_empty_subject_is_said(desk: Desk) -> None:
    assert desk.ticket(desk.arrive("a@x.test", "").ticket).subject == "(no subject)"


def test_R5_6_attachments_are_kept(desk: Desk) -> None:
    attached = Attached("bill.pdf", "application/pdf", 7, "00", 1)
    number = desk.arrive("a@x.test", attachments=(attached,)).ticket
    (message,) = tickets.messages(desk.anna, number)
    assert [(a.name, a.size) for a in message.attachments] == [("bill.pdf", 7)]


def test_R5_3_an_unreadable_message_is_a_ticket_that_says_so(desk: Desk) -> None:
    done = desk.arrive("", "", unreadable="it nests too deep", raw=b"\x00\xff")
    assert (done.outcome, done.unreadable) == ("opened", True)
    assert desk.ticket(done.ticket).subject == "(unreadable message)"
    (message,) = tickets.messages(desk.anna, done.ticket)
    assert "it nests too deep" in message.text


def test_R5_2_settling_the_same_uids_again_changes_nothing(desk: Desk) -> None:
    batch = [desk.arrived(f"a{n}@x.test", uid=n) for n in range(1, 6)]
    assert len(desk.settle(*batch)) == 5
    assert desk.settle(*batch) == []
    assert Ticket.select().count() == 5


def test_R5_2_a_message_in_two_places_is_one(desk: Desk) -> None:
    assert desk.arrive("a@x.test", message_id="<1@x>", fingerprint="f1").outcome == "opened"
    again = desk.arrive("a@x.test", message_id="<1@x>", fingerprint="f1")
    assert (again.outcome, again.reason) == ("ignored", "duplicate")
    other = desk.arrive("a@x.test", "Other", message_id="<1@x>", fingerprint="f2")
    assert other.outcome == "opened", "the same Message-ID on another message is no reason to drop it"


def test_D3_equal_bytes_without_message_id_are_two_messages(desk: Desk) -> None:
    assert desk.arrive("alarm@x.test", raw=b"alarm").outcome == "opened"
    assert desk.arrive("alarm@x.test", raw=b"alarm").outcome == "opened"
    assert RawMessage.select().count() == 1


def test_D4_after_a_change_of_uidvalidity_known_bytes_are_duplicates_and_new_ones_are_not(desk: Desk) -> None:
    desk.settle(desk.arrived("a@x.test", raw=b"one"), desk.arrived("b@x.test", raw=b"two"))
    desk.uidvalidity = 8
    done = desk.settle(
        desk.arrived("a@x.test", raw=b"one", uid=1),
        desk.arrived("b@x.test", raw=b"two", uid=2),
        desk.arrived("c@x.test", raw=b"three", uid=3),
    )
    assert [d.outcome for d in done] == ["ignored", "ignored", "opened"]
    assert InboxState.get_by_id(desk.inbox.id).uidvalidity == 8
    assert any(line.what == "renumbered" for line in lists.history(desk.anna))


def test_R5_4_automatic_mail_changes_no_status(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Help").ticket
    Ticket.update(status="Resolved", closed=datetime.now(UTC)).execute()
    assert desk.arrive("a@x.test", f"Re: #{number} Help", automatic="auto-submitted").outcome == "joined"
    assert (desk.ticket(number).status, desk.ticket(number).closed is None) == ("Resolved", False)


def test_R5_7_one_address_is_one_recipient_however_it_is_spelled(desk: Desk) -> None:
    for spelling in ("Jürgen@Münch.test", "jÜrgen@xn--mnch-0ra.test", "ju\u0308rgen@MÜNCH.test"):
        desk.arrive(spelling, spelling)
    desk.arrive("jürgen+tag@münch.test")
    assert desk.emails() == ["Jürgen@Münch.test", "jürgen+tag@münch.test"]


def test_R5_7_the_name_is_the_display_name_else_the_local_part(desk: Desk) -> None:
    desk.arrive("a@x.test", sender_name="Anna A.")
    desk.arrive("b.c@x.test")
    assert [desk.row(a).name for a in ("a@x.test", "b.c@x.test")] == ["Anna A.", "b.c"]


def test_R5_5_R5_9_own_mail_is_ignored_before_all_else(desk: Desk) -> None:
    deny.add(desk.anna, "email", "exact", "support@us.test")
    assert desk.inbox is not None
    done = desk.arrive("Support@US.test")
    assert (done.outcome, done.reason) == ("ignored", "own-mail")


def test_R5_9_the_senders_email_of_smtp_is_not_own_mail(desk: Desk) -> None:
    settings.change(desk.anna, "smtp.admin_email", "admin@us.test")
    assert desk.arrive("admin@us.test").reason == "unverified"


def test_R5_8_an_administrators_mail_is_refused_unless_it_is_processed(desk: Desk) -> None:
    done = desk.arrive("anna@us.test", "Fwd: customer asks")
    assert (done.outcome, done.reason) == ("refused", "unverified")
    settings.change(desk.anna, "inboxes.process_administrators", "on")
    assert desk.arrive("anna@us.test", "Fwd: customer asks").outcome == "opened"


def test_R5_5_the_deny_list_comes_before_the_ban(desk: Desk) -> None:
    desk.arrive("a@x.test")
    recipients.ban(desk.anna, desk.row("a@x.test").id, deny_too=True)
    assert desk.arrive("a@x.test").reason == "denied"


def test_R5_1_unregistered_senders_are_refused_where_the_inbox_says_so(desk: Desk) -> None:
    desk.customer(email="k@x.test")
    inboxes.edit(desk.anna, desk.inbox.name, {"accept_unregistered": False})
    assert desk.arrive("stranger@x.test").reason == "unregistered"
    assert desk.arrive("k@x.test").outcome == "opened"


def test_R6_1_the_number_joins_if_the_subject_was_used_there(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Router is down").ticket
    for subject in (f"Re: #{number} Router is down", f"AW: [EXTERNAL] Fwd: #{number}  ROUTER is down"):
        assert desk.arrive("a@x.test", subject).ticket == number
    assert desk.arrive("a@x.test", f"Re: #{number} Something else").outcome == "opened"


def test_R6_1_each_number_is_tried(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Order").ticket
    assert desk.arrive("a@x.test", f"Re: #99999 #{number} Order").ticket == number


def test_R6_1_a_reference_joins_if_the_subject_is_unchanged(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Invoice", message_id="<m1@x>").ticket
    assert desk.arrive("a@x.test", "Re: Invoice", in_reply_to=("<m1@x>",)).ticket == number
    assert desk.arrive("a@x.test", "Sv: Invoice", references=("<m0@x>", "<m1@x>")).ticket == number
    assert desk.arrive("a@x.test", "New topic", in_reply_to=("<m1@x>",)).outcome == "opened"
    assert desk.arrive("a@x.test", f"#{number} New topic", in_reply_to=("<m1@x>",)).ticket == number


def test_I6_R6_1_equal_subjects_alone_join_nothing(desk: Desk) -> None:
    desk.arrive("a@x.test", "Invoice")
    assert desk.arrive("a@x.test", "Re: Invoice").outcome == "opened"


def test_I5_R6_2_a_stranger_opens_a_new_ticket_with_a_note_that_names_the_other(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Invoice", message_id="<m1@x>").ticket
    done = desk.arrive("eve@x.test", f"Re: #{number} Invoice", in_reply_to=("<m1@x>",))
    assert done.outcome == "opened"
    notes = [m.text for m in tickets.messages(desk.anna, done.ticket) if m.direction == "note"]
    assert len(notes) == 1
    assert f"#{number}" in notes[0]
    assert Message.select().where(Message.ticket == number).count() == 1


def test_R6_2_profile_email_of_the_tickets_customer_may_write(desk: Desk) -> None:
    kelly = desk.customer(email="kelly@home.test")
    number = desk.arrive("work@x.test", "Help").ticket
    pairing.pair(desk.anna, desk.row("work@x.test").id, kelly.id)
    assert desk.arrive("kelly@home.test", f"Re: #{number} Help").ticket == number


def test_R6_2_pair_only_by_subject_turns_the_sender_check_off(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Invoice").ticket
    settings.change(desk.anna, "inboxes.by_subject_only", "on")
    assert desk.arrive("eve@x.test", f"Re: #{number} Invoice").ticket == number


def test_R6_3_replies_set_the_status_and_open_closed_tickets_again(desk: Desk) -> None:
    number = desk.arrive("a@x.test", "Help").ticket
    desk.arrive("a@x.test", f"Re: #{number} Help")
    assert desk.ticket(number).status == "Waiting on agent"
    Ticket.update(status="Resolved", closed=datetime.now(UTC)).execute()
    desk.arrive("a@x.test", f"Re: #{number} Help")
    assert (desk.ticket(number).status, desk.ticket(number).closed) == ("Work in progress", None)
    assert any(h.what == "status" for h in History.select())


def test_R6_1_a_reply_in_the_same_batch_joins_the_ticket_opened_in_it(desk: Desk) -> None:
    first = desk.arrived("a@x.test", "Help", message_id="<m1@x>")
    reply = desk.arrived("a@x.test", "Re: Help", in_reply_to=("<m1@x>",))
    done = desk.settle(first, reply)
    assert [d.outcome for d in done] == ["opened", "joined"]
    assert done[0].ticket == done[1].ticket
    assert desk.row("a@x.test").tickets == 1


def test_D10_absurd_dates_fall_back(desk: Desk) -> None:
    desk.arrive("a@x.test", date=datetime(2090, 1, 1, tzinfo=UTC))
    assert Message.get().sent < datetime.now(UTC) + timedelta(minutes=1)


def test_R5_5_why_keeps_each_check_and_its_answer(desk: Desk) -> None:
    recipients_before = desk.arrive("a@x.test", message_id="<w@x>")
    (found,) = decisions(desk.anna, "w@x")
    assert found["ticket"] == recipients_before.ticket
    assert [check for check, _ in found["checks"]][:4] == ["own mail", "duplicate", "deny list", "ban"]
    assert found["checks"][-1] == ["new ticket", "new"]
    assert json.dumps(found)


_KILLED = """
import sys
from store.db import open_store, session
from tests.driver import Desk
from pathlib import Path
open_store(sys.argv[1], create=False)
with session():
    desk = Desk(Path(sys.argv[1]))
    from store.models import Inbox
    from store.services import intake
    desk._inbox = Inbox.get()
    start = intake.cursor_of(desk.inbox.id)[1]
    print("ready", flush=True)
    for first in range(start + 1, 201, 4):
        desk.settle(*[desk.arrived(f"a{n % 17}@x.test", f"Subject {n}", uid=n) for n in range(first, first + 4)])
"""


def test_D1_R5_2_killed_at_any_instant_nothing_is_lost_or_doubled(desk: Desk) -> None:
    assert desk.inbox.id
    for attempt in range(6):
        child = subprocess.Popen([sys.executable, "-c", _KILLED, str(desk.path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.007 * attempt)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    subprocess.run([sys.executable, "-c", _KILLED, str(desk.path)], check=True, stdout=subprocess.DEVNULL)
    assert [uid for (uid,) in Arrival.select(Arrival.uid).order_by(Arrival.uid).tuples()] == list(range(1, 201))
    assert Ticket.select().count() == Message.select().count() == 200


def test_R5_8_an_inactive_administrator_is_an_ordinary_sender(desk: Desk) -> None:
    people.add_administrator(desk.anna, "ben", "ben@us.test")
    people.edit_administrator(desk.anna, "ben", active=False)
    assert desk.arrive("ben@us.test").outcome == "opened"


@pytest.mark.parametrize("subject", ["#" * 5_000, "#1" * 3_000, "Re: " * 3_000, "#" + "9" * 500, "\x00#1\ud800"])
def test_R6_1_hostile_subjects_are_settled_quickly(desk: Desk, subject: str) -> None:
    from store.cleantext import storable

    began = time.monotonic()
    assert desk.arrive("a@x.test", storable(subject)).outcome == "opened"
    assert time.monotonic() - began < 2
