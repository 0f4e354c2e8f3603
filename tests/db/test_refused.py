"""R8: refused mail is listed, kept whole, read, let in, and forgotten after a while; R2.3."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.actor import Actor
from store.errors import NotFound, Refused
from store.models import Arrival, Message, RawMessage, RefusedMessage, Ticket
from store.queries import deny as deny_list
from store.queries import history_list, lists
from store.queries import refused as reading
from store.queries.deny import StaleFacts
from store.queries.why import decisions
from store.services import deny, inboxes, pairing, people, recipients, refused, settings
from store.services.refused import Released
from tests.driver import Desk


def refuse_one(desk: Desk, sender: str = "bob@x.test", subject: str = "Hello", **parsed: Any) -> tuple[int, Any]:
    """One message that is refused; its id, and what is to be released."""
    arrived = desk.arrived(sender, subject, **parsed)
    (settled,) = desk.settle(arrived)
    assert settled.outcome == "refused"
    return RefusedMessage.select().order_by(RefusedMessage.id.desc()).get().id, arrived


def release(desk: Desk, refused_id: int, arrived: Any, actor: Actor | None = None, **how: bool) -> Released:
    """As the mail side does it: the deny list is asked anew."""
    parsed = arrived.parsed
    now = deny_list.current()
    hits = now.hits(email=parsed.sender, email_key=parsed.sender, subject=parsed.subject, text=parsed.text)
    fresh = replace(arrived, deny_hits=hits)
    return refused.release(actor or desk.anna, refused_id, fresh, deny_version=now.version, **how)


def ban(desk: Desk, sender: str = "bob@x.test") -> int:
    """He wrote once, then was banned; his row."""
    desk.arrive(sender)
    row = desk.row(sender).id
    recipients.ban(desk.anna, row, reason="spam")
    return row


def test_R8_1_a_released_message_opens_a_ticket_as_if_it_came_now(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk, subject="Let me in")
    done = release(desk, refused_id, arrived)
    assert (done.opened, done.note, done.unbanned) == (True, False, False)
    ticket = desk.ticket(done.ticket)
    assert (ticket.subject, ticket.requester_id) == ("Let me in", desk.row("bob@x.test").id)
    assert desk.model("bob@x.test").banned
    assert list(reading.every(desk.anna)) == []
    arrival = Arrival.select().order_by(Arrival.id.desc()).get()
    assert (arrival.outcome, arrival.ticket_id) == ("opened", done.ticket)


def test_R8_1_a_released_reply_joins_its_ticket(desk: Desk) -> None:
    first = desk.arrive("bob@x.test", "Line down").ticket
    recipients.ban(desk.anna, desk.row("bob@x.test").id)
    refused_id, arrived = refuse_one(desk, subject=f"Re: #{first} Line down")
    done = release(desk, refused_id, arrived, unban=True)
    assert (done.ticket, done.opened, done.unbanned) == (first, False, True)
    assert not desk.model("bob@x.test").banned
    assert desk.ticket(first).status == "Waiting on agent"


def test_R8_1_the_rule_is_taken_away_in_the_same_step(desk: Desk) -> None:
    entry = deny.add(desk.anna, "subject", "contain", "viagra")
    refused_id, arrived = refuse_one(desk, subject="cheap VIAGRA")
    assert reading.original(desk.anna, refused_id).deny_entry == entry.id
    done = release(desk, refused_id, arrived, remove_rule=True)
    assert done.entry_removed == entry.id
    assert desk.arrive("bob@x.test", "more viagra").outcome == "opened"


def test_R8_1_without_that_the_rule_stays_and_refuses_the_next(desk: Desk) -> None:
    deny.add(desk.anna, "email", "end", "@x.test")
    refused_id, arrived = refuse_one(desk)
    assert desk.ticket(release(desk, refused_id, arrived).ticket).subject == "Hello"
    assert desk.row("bob@x.test").denied
    assert desk.arrive("bob@x.test").outcome == "refused"


def test_R8_1_what_another_check_refuses_stays_refused_and_whole(desk: Desk) -> None:
    row = ban(desk)
    refused_id, arrived = refuse_one(desk)
    deny.add(desk.anna, "email", "exact", "bob@x.test")
    with pytest.raises(Refused, match="deny list refuses it now"):
        release(desk, refused_id, arrived, unban=True)
    assert desk.model("bob@x.test").banned
    assert row == desk.row("bob@x.test").id
    assert [line.id for line in reading.every(desk.anna)] == [refused_id]


def test_R8_1_what_is_not_there_cannot_be_taken_away(desk: Desk) -> None:
    deny.add(desk.anna, "email", "exact", "bob@x.test")
    refused_id, arrived = refuse_one(desk)
    with pytest.raises(Refused, match="not banned"):
        release(desk, refused_id, arrived, unban=True)
    ban(desk, "eve@x.test")
    other, arrived = refuse_one(desk, "eve@x.test")
    with pytest.raises(Refused, match="No entry"):
        release(desk, other, arrived, remove_rule=True)


def test_R8_1_twice_is_once(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk)
    release(desk, refused_id, arrived)
    with pytest.raises(NotFound):
        release(desk, refused_id, arrived)
    assert Ticket.select().count() == 2


def test_R8_1_a_rehearsal_changes_nothing(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk)
    assert release(desk, refused_id, arrived, unban=True, rehearse=True).ticket is not None
    assert desk.model("bob@x.test").banned
    assert Ticket.select().count() == 1


def test_R5_2_what_got_in_meanwhile_is_not_let_in_twice(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk, fingerprint="same")
    recipients.unban(desk.anna, desk.row("bob@x.test").id)
    again, arrived_again = refuse_and_open(desk)
    assert again == "ignored"  # a twin of what is refused
    assert release(desk, refused_id, arrived).opened
    deny.add(desk.anna, "subject", "exact", "Bye")
    third, late = refuse_one(desk, subject="Bye")
    with pytest.raises(Refused, match="ignored now"):
        release(desk, third, replace(late, parsed=arrived_again.parsed))


def refuse_and_open(desk: Desk) -> tuple[str, Any]:
    """The same message comes once more, by another way."""
    arrived = desk.arrived("bob@x.test", fingerprint="same")
    (settled,) = desk.settle(arrived)
    return settled.outcome.value, arrived


def test_R8_1_unverified_administrator_mail_becomes_a_note_never_a_reply(desk: Desk) -> None:
    desk.send_mail()
    number = desk.arrive("bob@x.test", "Line down").ticket
    pairing.pair(desk.anna, desk.row("bob@x.test").id, desk.customer().id)
    last = desk.last_letter()
    refused_id, arrived = refuse_one(desk, "admin@us.test", f"Re: #{number} Line down", text="Pay him.")
    done = release(desk, refused_id, arrived)
    assert (done.ticket, done.note) == (number, True)
    note = Message.select().order_by(Message.id.desc()).get()
    assert (note.direction, "Pay him." in note.text, "Unverified" in note.text) == ("note", True, True)
    assert desk.letters(above=last) == []
    assert desk.ticket(number).status == "New"


def test_R8_1_unregistered_mail_is_let_in_once(desk: Desk) -> None:
    inboxes.edit(desk.anna, desk.inbox.name, {"accept_unregistered": False})
    refused_id, arrived = refuse_one(desk, "new@x.test")
    assert release(desk, refused_id, arrived).opened
    assert desk.row("new@x.test").tickets == 1
    assert desk.arrive("new@x.test", "Again").outcome == "refused"


def test_R8_1_from_an_inbox_that_is_gone(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk)
    inboxes.remove(desk.anna, desk.inbox.name)
    assert release(desk, refused_id, arrived).opened


def test_R8_1_the_deny_list_that_was_asked_must_be_that_of_now(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk)
    seen = deny_list.version()
    deny.add(desk.anna, "email", "exact", "bob@x.test")
    with pytest.raises(StaleFacts):
        refused.release(desk.anna, refused_id, arrived, deny_version=seen)


def test_R5_5_why_says_what_it_was_before_and_that_it_was_released(desk: Desk) -> None:
    ban(desk)
    refused_id, arrived = refuse_one(desk, message_id="<m@x.test>")
    release(desk, refused_id, arrived)
    (why,) = decisions(desk.anna, "m@x.test")
    assert ["ban", "banned, but released"] in why["checks"]
    assert ["ban", "banned"] in why["before"]["checks"]
    assert why["outcome"] == "opened"


def test_R10_1_an_administrator_with_a_partner_sees_and_releases_only_his_senders(desk: Desk) -> None:
    people.add_partner(desk.anna, "North")
    ben = desk.administrator("ben", "North")
    ban(desk)
    refused_id, arrived = refuse_one(desk)
    assert (list(reading.every(ben)), list(reading.numbers(ben)), reading.counts(ben)) == ([], [], {})
    with pytest.raises(NotFound):
        release(desk, refused_id, arrived, actor=ben)
    kelly = desk.customer(partner="North")
    pairing.pair(desk.anna, desk.row("bob@x.test").id, kelly.id)
    assert [line.id for line in reading.every(ben)] == [refused_id]
    assert release(desk, refused_id, arrived, actor=ben).opened


def test_R8_1_after_a_while_it_is_forgotten_but_not_that_it_came(desk: Desk) -> None:
    ban(desk)
    old, arrived = refuse_one(desk, subject="Old")
    new, _ = refuse_one(desk, subject="New")  # though its server has had it for a year
    RefusedMessage.update(received=datetime.now(UTC) - timedelta(days=365)).where(RefusedMessage.id == new).execute()
    let_in, of_ticket = refuse_one(desk, subject="Let in")
    release(desk, let_in, of_ticket)
    settings.change(desk.anna, "refused.keep_days", "30")
    past = datetime.now(UTC) - timedelta(days=31)
    kept_since = RefusedMessage.select(RefusedMessage.arrival).where(RefusedMessage.id.in_([old, let_in]))
    Arrival.update(settled=past).where(Arrival.id.in_(kept_since)).execute()
    assert (refused.forget_old(), refused.forget_old()) == (2, 0)
    assert [line.id for line in reading.every(desk.anna)] == [new]
    kept = {row.sha256: bytes(row.data) for row in RawMessage.select()}
    assert kept[arrived.sha256] == b""
    assert kept[of_ticket.sha256] == of_ticket.raw
    assert desk.settle(replace(arrived, uid=arrived.uid)) == []


def test_R2_3_what_a_ban_kept_out_is_known_by_its_sender(desk: Desk) -> None:
    row = ban(desk)
    ids = [refuse_one(desk)[0], refuse_one(desk)[0]]
    ban(desk, "eve@x.test")
    refuse_one(desk, "eve@x.test")
    assert reading.by_ban(desk.anna, row) == ids
    assert reading.counts(desk.anna) == {"banned": 3}
    assert list(reading.numbers(desk.anna, reason="denied")) == []


def test_R10_1_R8_1_the_entry_behind_a_released_message_is_for_those_who_see_the_deny_list(desk: Desk) -> None:
    people.add_partner(desk.anna, "North")
    kelly = desk.customer("Kelly", partner="North")
    ben = desk.administrator("ben", "North")
    deny.add(desk.anna, "subject", "contain", "secret project")
    refused_id, arrived = refuse_one(desk, "kim@x.test", "The secret project", message_id="<3@x.test>")
    number = refused.release(desk.anna, refused_id, arrived, deny_version=deny_list.version()).ticket
    pairing.pair(desk.anna, desk.row("kim@x.test").id, kelly.id)
    for actor, known in ((ben, False), (desk.anna, True)):
        told = [list(lists.history(actor)), history_list.of_ticket(actor, number)]
        assert ("Deny list" in str(told)) is known
        (decision,) = decisions(actor, "<3@x.test>")
        assert decision["deny_entries"] == decision["before"]["deny_entries"] == ([1] if known else [])
