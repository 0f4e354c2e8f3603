"""Who hears of what (R7.4), from mail that arrives and from what agents do, as rows of the outbox."""

from dataclasses import replace

import pytest

from store.actor import Actor
from store.errors import Refused
from store.models import AddressHold, LargeMessage, Message, Outbox
from store.queries.notices import reply_audience
from store.services import customers, groups, inboxes, large, pairing, people, recipients, settings, tickets
from tests.driver import Desk


@pytest.fixture
def telling(desk: Desk) -> Desk:
    desk.send_mail()
    return desk


def to(desk: Desk, event: str) -> list[str]:
    return [address for address, which in desk.letters() if which == event]


def reply_to(desk: Desk, address: str, row: Outbox, text: str = "Yes.", **more: object) -> object:
    """Somebody answers this mail of ours, as mail programs do."""
    return desk.arrive(address, f"Re: {row.subject}", text=text, in_reply_to=(row.message_id,), **more)


def notification(desk: Desk, event: str) -> Outbox:
    return Outbox.select().where(Outbox.event == event).order_by(Outbox.id.desc()).first()


def test_R7_4_a_stranger_gets_nothing_and_the_admin_hears_of_him(telling: Desk) -> None:
    telling.arrive("new@x.test")
    assert telling.letters() == [("admin@us.test", "new_ticket_admin")]


def test_R7_4_a_paired_sender_hears_at_once_that_his_request_was_received(telling: Desk) -> None:
    telling.arrive("kelly@x.test", "First")
    pairing.pair(telling.anna, telling.row("kelly@x.test").id, telling.customer().id)
    above = telling.last_letter()
    telling.arrive("kelly@x.test", "Second")
    assert telling.letters(above=above) == [
        ("admin@us.test", "new_ticket_admin"),
        ("kelly@x.test", "ticket_received_customer"),
    ]
    assert notification(telling, "ticket_received_customer").subject == "#2 Request received: Second"


def test_R7_4_with_the_setting_it_waits_for_the_first_reply(telling: Desk) -> None:
    settings.change(telling.anna, "notifications.request_received", "first-reply")
    telling.customer(email="kelly@x.test")
    telling.arrive("kelly@x.test")
    assert to(telling, "ticket_received_customer") == []
    tickets.reply(telling.anna, 1, "Hello Kelly.")
    tickets.reply(telling.anna, 1, "One thing more.")
    assert to(telling, "ticket_received_customer") == ["kelly@x.test"]


def test_R7_4_example_1_counts_one_two_one_nothing(telling: Desk) -> None:
    kelly = telling.customer("Kelly", email="profile@x.test", billing_email="billing@x.test")
    telling.arrive("new@x.test", "Help")
    pairing.pair(telling.anna, telling.row("new@x.test").id, kelly.id)
    reply_to(telling, "admin@us.test", notification(telling, "new_ticket_admin"), "We look into it.")
    counted = {address: [a for a, _ in telling.letters()].count(address) for address, _ in telling.letters()}
    assert counted == {"admin@us.test": 1, "new@x.test": 2, "profile@x.test": 1}
    assert to(telling, "ticket_received_customer") == ["new@x.test"]
    assert sorted(to(telling, "new_message_customer")) == ["new@x.test", "profile@x.test"]


def test_R5_8_the_agents_reply_is_in_the_ticket_without_what_it_quotes(telling: Desk) -> None:
    telling.arrive("new@x.test", "Help")
    sent = notification(telling, "new_ticket_admin")
    quoted = "\n".join(f"> {line}" for line in sent.body.splitlines())
    text = f"We look into it.\n\nOn Mon, 23 Nov 2026 at 10:00, Helpdesk <admin@us.test>\nwrote:\n\n{quoted}"
    done = reply_to(telling, "admin@us.test", sent, text)
    assert (done.outcome, done.reason, done.ticket) == ("joined", "agent-reply", 1)
    message = Message.select().order_by(Message.id.desc()).first()
    assert (message.direction, message.text) == ("out", "We look into it.")
    assert telling.ticket(1).status == "Waiting on customer"
    told = notification(telling, "new_message_customer")
    assert "We look into it." in told.body
    assert "Reply above this line" not in told.body


def test_R5_8_a_reply_that_holds_only_the_quotation_is_kept_and_told_to_nobody(telling: Desk) -> None:
    telling.arrive("new@x.test", "Help")
    sent = notification(telling, "new_ticket_admin")
    reply_to(telling, "admin@us.test", sent, "\n".join(f"> {line}" for line in sent.body.splitlines()))
    assert to(telling, "new_message_customer") == []
    assert [m.direction for m in Message.select().order_by(Message.id)] == ["in", "note", "note"]


@pytest.mark.parametrize("forged", ["no reference", "a customer's reference", "another's notification"])
def test_O8_an_administrator_who_cannot_prove_it_is_refused(telling: Desk, forged: str) -> None:
    boss = telling.administrator("boss")
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help")
    tickets.update(telling.anna, 1, {"assignee": boss.login})
    given = {
        "no reference": "<guessed@us.test>",
        "a customer's reference": notification(telling, "ticket_received_customer").message_id,
        "another's notification": notification(telling, "assigned_admin").message_id,
    }[forged]
    above = telling.last_letter()
    done = telling.arrive("admin@us.test", "Re: #1 New ticket created", in_reply_to=(given,))
    assert (done.outcome, done.reason) == ("refused", "unverified")
    assert telling.letters(above=above) == []


def test_R10_1_an_administrator_who_lost_sight_of_the_ticket_answers_it_no_more(telling: Desk) -> None:
    people.add_partner(telling.anna, "Main")
    telling.customer("Kelly", email="kelly@x.test", partner="Main")
    people.add_partner(telling.anna, "Other")
    other = telling.customer("Other", partner="Other")
    main = telling.administrator("main", partner="Main")
    telling.arrive("kelly@x.test", "Help")
    tickets.update(telling.anna, 1, {"assignee": main.login})
    sent = notification(telling, "assigned_admin")
    done = tickets.update(telling.anna, 1, {"customer": other.id}, change_pair=False)
    assert done.assignee_removed == "main"
    answer = telling.arrive("main@us.test", f"Re: {sent.subject}", in_reply_to=(sent.message_id,))
    assert (answer.outcome, answer.reason) == ("refused", "unverified")


def test_R7_4_new_message_goes_to_requester_profile_and_those_who_wrote_here_once_each(telling: Desk) -> None:
    kelly = telling.customer("Kelly", email="kelly@x.test, KELLY@x.test, office@x.test")
    for address in ("kelly@x.test", "wife@x.test", "banned@x.test", "shared@x.test", "silent@x.test"):
        telling.arrive(address, address)
        if not telling.row(address).customer_id:
            pairing.pair(telling.anna, telling.row(address).id, kelly.id)
    for address in ("wife@x.test", "banned@x.test", "shared@x.test"):
        telling.arrive(address, "Re: #1 kelly@x.test")
    recipients.ban(telling.anna, telling.row("banned@x.test").id)
    recipients.share(telling.anna, telling.row("shared@x.test").id)
    done = tickets.reply(telling.anna, 1, "To all of you.")
    assert sorted(done.to) == ["kelly@x.test", "office@x.test", "wife@x.test"]
    assert sorted(one.email for one in reply_audience(telling.anna, 1)) == sorted(done.to)


def test_R7_6_the_reply_form_says_who_and_warns(telling: Desk) -> None:
    kelly, other = telling.customer("Kelly"), telling.customer("Other")
    telling.arrive("new@x.test", "Help")
    row = telling.row("new@x.test")
    pairing.pair(telling.anna, row.id, other.id)
    tickets.update(telling.anna, 1, {"customer": kelly.id}, change_pair=False)
    recipients.ban(telling.anna, row.id)
    (only,) = reply_audience(telling.anna, 1)
    assert (only.why, only.warnings, only.events) == ("requester", ("banned", "re-paired"), ("new_message_customer",))


def test_R7_6_who_is_unticked_gets_nothing(telling: Desk) -> None:
    telling.customer("Kelly", email="kelly@x.test, office@x.test")
    telling.arrive("kelly@x.test", "Help")
    done = tickets.reply(telling.anna, 1, "Hello.", without=["Office@X.test"])
    assert done.to == ("kelly@x.test",)


def test_R5_4_automatic_mail_is_answered_to_nobody_but_told_to_administrators(telling: Desk) -> None:
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Away", automatic="auto-submitted")
    assert telling.letters() == [("admin@us.test", "new_ticket_admin")]
    tickets.reply(telling.anna, 1, "Welcome back.")
    assert to(telling, "ticket_received_customer") == []


def test_R5_9_our_own_mail_that_comes_back_is_ignored(telling: Desk) -> None:
    telling.arrive("new@x.test", "Help")
    sent = notification(telling, "new_ticket_admin")
    for sign in ({"message_id": sent.message_id}, {"mark": sent.message_id, "message_id": "<rewritten@relay.test>"}):
        assert telling.arrive("admin@us.test", sent.subject, **sign).reason == "own-mail"
    assert telling.arrive("x@y.test", "Copy", mark="<nobody-sent-this@us.test>").outcome == "opened"


def test_R6_1_a_reply_to_a_notification_finds_its_ticket(telling: Desk) -> None:
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help")
    tickets.reply(telling.anna, 1, "Hello.")
    told = notification(telling, "new_message_customer")
    assert telling.arrive("kelly@x.test", f"Re: {told.subject}").ticket == 1
    assert telling.arrive("kelly@x.test", f"Re: {told.subject} and more").ticket == 2
    assert telling.arrive("kelly@x.test", "Anything: #1", in_reply_to=(told.message_id,)).ticket == 1


def test_R7_6_what_an_administrator_got_is_never_shown_to_a_customer(telling: Desk) -> None:
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help", message_id="<first@x.test>")
    tickets.reply(telling.anna, 1, "Hello.")
    tickets.reply(telling.anna, 1, "Again.")
    secret = {row.message_id for row in Outbox.select().where(Outbox.audience == "admin")}
    theirs = list(Outbox.select().where(Outbox.audience == "customer"))
    assert secret
    assert not any(known in f"{row.in_reply_to} {row.references}" for row in theirs for known in secret)
    assert "<first@x.test>" in theirs[-1].references
    assert len({row.message_id for row in Outbox.select()}) == Outbox.select().count()


def test_R7_4_notices_go_to_the_assignee_instead_of_the_admin_and_never_to_who_did_it(telling: Desk) -> None:
    boss = telling.administrator("boss")
    telling.arrive("new@x.test", "Help")
    above = telling.last_letter()
    tickets.update(telling.anna, 1, {"assignee": "boss"})
    assert telling.letters(above=above) == [("boss@us.test", "assigned_admin")]
    above = telling.last_letter()
    telling.arrive("new@x.test", "Re: #1 Help")
    assert telling.letters(above=above) == [("boss@us.test", "new_message_admin")]
    above = telling.last_letter()
    tickets.update(boss, 1, {"priority": "High"})
    assert telling.letters(above=above) == []
    tickets.update(telling.anna, 1, {"priority": "Low", "subject": "Help me"})
    assert telling.letters(above=above) == [("boss@us.test", "changes_admin")]
    assert "High" in notification(telling, "changes_admin").body


def test_R10_1_no_notice_goes_to_an_administrator_who_may_not_see_the_ticket(telling: Desk) -> None:
    people.add_partner(telling.anna, "Main")
    telling.customer("Kelly", email="kelly@x.test", partner="Main")
    telling.administrator("main", partner="Main")
    settings.change(telling.anna, "smtp.admin_email", "main@us.test")
    telling.arrive("stranger@x.test")
    assert telling.letters() == []
    telling.arrive("kelly@x.test")
    assert telling.letters()[0] == ("main@us.test", "new_ticket_admin")
    with pytest.raises(Refused, match="may not see"):
        tickets.update(telling.anna, 1, {"assignee": "main"})


def test_R7_3_groups_watchers_and_closing_are_told_when_they_are_on(telling: Desk) -> None:
    for event in ("assigned_group", "watchers", "closed_admin", "closed_customer", "opened_customer", "new_note_admin"):
        settings.change(telling.anna, f"notify.{event}.on", "on")
    telling.administrator("boss")
    groups.add(telling.anna, "Sales")
    groups.add_member(telling.anna, "Sales", "boss")
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help")
    tickets.add_watcher(telling.anna, 1, "boss")
    above = telling.last_letter()
    tickets.update(telling.anna, 1, {"group": "Sales"})
    assert ("boss@us.test", "assigned_group") in telling.letters(above=above)
    assert ("boss@us.test", "watchers") in telling.letters(above=above)
    above = telling.last_letter()
    tickets.note(telling.anna, 1, "SECRET note")
    assert telling.letters(above=above) == [("admin@us.test", "new_note_admin"), ("boss@us.test", "watchers")]
    above = telling.last_letter()
    tickets.close(telling.anna, 1)
    assert {("admin@us.test", "closed_admin"), ("kelly@x.test", "closed_customer")} <= set(telling.letters(above=above))
    tickets.reopen(telling.anna, 1)
    assert ("kelly@x.test", "opened_customer") in telling.letters()
    assert not any("SECRET" in row.body for row in Outbox.select().where(Outbox.audience == "customer"))


def test_R7_7_an_address_gets_at_most_so_many_an_hour_and_the_rest_is_held_visibly(telling: Desk) -> None:
    settings.change(telling.anna, "notifications.per_address_hour", "3")
    for number in range(5):
        telling.arrive(f"s{number}@x.test")
    states = [row.state for row in Outbox.select().order_by(Outbox.id)]
    assert states == ["queued"] * 3 + ["held"] * 2
    assert "3 messages within an hour" in notification(telling, "new_ticket_admin").last_error


def test_R5_4_an_address_that_bounced_is_held_and_warned_of(telling: Desk) -> None:
    telling.customer("Kelly", email="kelly@x.test")
    telling.arrive("kelly@x.test", "Help")
    tickets.reply(telling.anna, 1, "Hello.")
    sent = notification(telling, "new_message_customer")
    from store.rules.message import Report

    report = Report(sent.message_id, "failed", "5.1.1", "kelly@x.test", "no such user", evidence="envelope")
    done = telling.arrive("mailer-daemon@x.test", "Undelivered", automatic="report", report=report)
    assert (done.outcome, done.ticket) == ("report", 1)
    assert Outbox.get_by_id(sent.id).state == "bounced"
    assert AddressHold.get(AddressHold.email_key == "kelly@x.test").reason
    (only,) = reply_audience(telling.anna, 1)
    assert only.warnings == ("bounced",)
    assert tickets.reply(telling.anna, 1, "Are you there?").to == ()
    assert notification(telling, "new_message_customer").state == "held"


def test_R5_4_a_report_about_mail_that_is_not_ours_is_an_ordinary_ticket(telling: Desk) -> None:
    from store.rules.message import Report

    report = Report("<somebody@else.test>", "failed", "5.1.1")
    done = telling.arrive("mailer-daemon@x.test", "Undelivered", automatic="report", report=report)
    assert (done.outcome, done.ticket) == ("opened", 1)


def test_R7_4_an_agent_opens_a_ticket_for_a_customer(telling: Desk) -> None:
    kelly = telling.customer("Kelly", email="kelly@x.test", billing_email="billing@x.test")
    opened = tickets.open_for_customer(telling.anna, "Your line", kelly.id, "We come on Monday.")
    assert (opened.number, opened.to) == (1, ("kelly@x.test", "admin@us.test"))
    assert "We come on Monday." in notification(telling, "new_ticket_customer").body
    assert telling.arrive("kelly@x.test", "Re: #1 Request received: Your line").ticket == 1


def test_R6_2_a_cc_that_an_agent_added_gets_replies_and_may_write(telling: Desk) -> None:
    telling.arrive("new@x.test", "Help")
    tickets.add_cc(telling.anna, 1, "Expert@y.test")
    assert tickets.reply(telling.anna, 1, "See above.").to == ("new@x.test", "Expert@y.test")
    assert telling.arrive("expert@y.test", "Re: #1 Help").ticket == 1
    tickets.remove_cc(telling.anna, 1, "expert@y.test")
    assert tickets.reply(telling.anna, 1, "Thanks.").to == ("new@x.test",)


def test_R7_4_our_own_inbox_is_never_written_to(telling: Desk) -> None:
    inboxes.add(telling.anna, "sales", {"email": "sales@us.test", "host": "localhost"})
    kelly = customers.add(telling.anna, {"name": "Kelly", "email": "sales@us.test, kelly@x.test"})
    assert tickets.open_for_customer(telling.anna, "Hi", kelly.id, "Text").to[0] == "kelly@x.test"
    assert to(telling, "new_ticket_customer") == ["kelly@x.test"]


def test_R7_3_the_master_switch_and_each_event_can_be_off(telling: Desk) -> None:
    settings.change(telling.anna, "notify.new_ticket_admin.on", "off")
    telling.arrive("new@x.test")
    settings.change(telling.anna, "notifications.enabled", "off")
    assert tickets.reply(Actor("anna", "command"), 1, "Hello.").to == ()
    assert telling.letters() == []
    assert reply_audience(telling.anna, 1) == []


@pytest.mark.parametrize("template", ["", "On #{{ ticket.id }}: {{ message.text }}"])
@pytest.mark.parametrize("answer", ["", "We look into it."])
def test_O7_an_unquoted_note_below_an_agents_answer_stays_inside(telling: Desk, template: str, answer: str) -> None:
    settings.change_all(telling.anna, {"notify.new_note_admin.on": "on", "notify.new_note_admin.body": template})
    telling.arrive("new@x.test", "Help")
    tickets.note(telling.anna, 1, "SECRET")
    told = notification(telling, "new_note_admin")
    text = f"{answer}\n\nFrom: Help <admin@us.test>\nSent: Monday\nTo: Anna\nSubject: {told.subject}\n\n{told.body}"
    reply_to(telling, "admin@us.test", told, text)
    bodies = [row.body for row in Outbox.select().where(Outbox.audience == "customer")]
    assert len(bodies) == bool(answer)
    assert not any("SECRET" in body for body in bodies)


def test_O7_of_an_agents_large_answer_only_his_words_are_kept_once_all_of_it_is_there(telling: Desk) -> None:
    telling.arrive("kelly@x.test", "Help")
    told = notification(telling, "new_ticket_admin")
    answer = telling.arrived(
        "admin@us.test", f"Re: {told.subject}", text=f"Yes.\n\n{told.body}", in_reply_to=(told.message_id,)
    )
    telling.settle(replace(answer, whole_size=30_000_000))
    large.complete(telling.fence, LargeMessage.get().id, "1.eml", answer.parsed)
    said, note = Message.select().order_by(Message.id.desc()).limit(2)[::-1]
    assert (said.direction, said.text.strip()) == ("out", "Yes.")
    assert (note.direction, "has 30.0 MB, so its files" in note.text) == ("note", True)


def test_R7_4_an_assignee_who_watches_hears_once(telling: Desk) -> None:
    telling.administrator("bob", role="super")
    telling.arrive("new@x.test", "Help")
    settings.change(telling.anna, "notify.watchers.on", "on")
    tickets.add_watcher(telling.anna, 1, "bob")
    tickets.add_watcher(telling.anna, 1, "anna")
    tickets.update(telling.anna, 1, {"assignee": "bob"})
    above = telling.last_letter()
    telling.arrive("new@x.test", "Re: #1 Help")
    assert telling.letters(above=above) == [("bob@us.test", "new_message_admin"), ("anna@us.test", "watchers")]
