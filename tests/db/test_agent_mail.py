"""Administrators' mail, from the bytes of mail programs to what goes on to the customer (R5.8, THREATS O7, O8)."""

import base64
import threading
from dataclasses import replace
from typing import Any

import pytest

from mail.parse import Reading, parse
from store.db import session
from store.errors import NotFound, Refused
from store.models import Arrival, Attachment, Message, Outbox, Recipient, RefusedMessage
from store.queries import deny as deny_list
from store.queries import refused as reading
from store.queries.why import decisions
from store.rules.message import Arrived
from store.services import deny, pairing, people, recipients, refused, settings, tickets
from store.services.intake import Settled
from store.services.refused import Released
from tests.driver import Desk
from tui import sentences

ADMIN = "admin@us.test"


@pytest.fixture
def told(desk: Desk) -> Desk:
    """Kelly's ticket 1 with an internal note that admin@us.test was told of."""
    desk.send_mail(notify__new_note_admin__on="on")
    kelly = desk.customer("Kelly", email="profile@x.test")
    desk.arrive("kelly@x.test", "Help", text="Please help.", message_id="<first@x.test>")
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
    tickets.note(desk.anna, 1, "SECRET: he never pays, so we let him wait for some days before anybody drives there.")
    return desk


def notice(event: str = "new_note_admin", to: str = ADMIN) -> Outbox:
    return Outbox.select().where((Outbox.event == event) & (Outbox.to_key == to)).order_by(Outbox.id.desc()).get()


def mail(desk: Desk, raw: str, how: Reading | None = None) -> Arrived:
    """The message of these bytes, as the mail side hands it over."""
    parsed = parse(raw.encode(), how) if how else parse(raw.encode())
    arrived = desk.arrived(parsed.sender, parsed.subject, raw=raw.encode(), text=parsed.text)
    return replace(arrived, parsed=parsed)


def settle(desk: Desk, raw: str, how: Reading | None = None) -> Settled:
    (done,) = desk.settle(mail(desk, raw, how))
    return done


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def head(sent: Outbox, subject: str = "", sender: str = ADMIN) -> str:
    return (
        f"From: Anna <{sender}>\nTo: Support <support@us.test>\nSubject: {subject or 'Re: ' + sent.subject}\n"
        f"Message-ID: <answer@us.test>\nIn-Reply-To: {sent.message_id}\nReferences: {sent.message_id}\n"
        "MIME-Version: 1.0\n"
    )


def alternative(plain: str, page: str) -> str:
    kinds = (("plain", plain), ("html", f"<html><body>{page}</body></html>"))
    parts = "".join(
        f"--b\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(text.encode()).decode()}\n"
        for kind, text in kinds
    )
    return f'Content-Type: multipart/alternative; boundary="b"\n\n{parts}--b--\n'


def answer(program: str, sent: Outbox) -> str:
    """Each with the words `We come at noon.`, as this program sends it."""
    body, lines = sent.body, sent.body.replace("\n", "<br>\n")
    outlook = f"Von: Help <{ADMIN}>\nGesendet: Montag, 23. November 2026 10:00\nAn: Anna\nBetreff: {sent.subject}"
    plain = "Content-Type: text/plain; charset=utf-8\n\n"
    wrapped = quoted(body).replace(" so we", "\nso we")
    texts = {
        "outlook": f"We come at noon.\n\nAnna Muster\nTel. 030 1234\n\n{outlook}\n\n{body}",
        "outlook for ios": f"We come at noon.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n{'_' * 32}\n{outlook}"
        f"\n\n{body}",
        "gmail": f"We come at noon.\n\nAm Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Help <{ADMIN}>:\n\n{quoted(body)}\n",
        "apple mail": f"We come at noon.\n\n> On 23 Nov 2026, at 10:00, Help <{ADMIN}> wrote:\n> \n{quoted(body)}\n",
        "ios": f"We come at noon.\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 10:00, Help <{ADMIN}> wrote:\n> \n"
        f"> \ufeff{quoted(body)[2:]}\n",
        "yahoo": f"We come at noon.\n    On Monday, November 23, 2026 at 10:00:00 AM GMT+1, Help <{ADMIN}> wrote:  "
        f"\n \n{body}",
        "bottom": f"On 23.11.26 10:00, Help wrote:\n{quoted(body)}\n\nWe come at noon.\n",
        "wrapped badly": f"On 23.11.26 10:00, Help wrote:\n{wrapped}\n\nWe come at noon.",
    }
    if program in texts:
        return head(sent) + plain + texts[program]
    page = {
        "outlook html": f"<p class=MsoNormal>We come at noon.</p><div style='border-top:solid'><p>"
        f"<b>From:</b> Help<br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br><b>To:</b> Anna<br><b>Subject:</b> "
        f"{sent.subject}</p></div><div>{lines}</div>",
        "gmail html": f"<div>We come at noon.</div><br><div class=gmail_quote><div>On Mon wrote:</div>"
        f"<blockquote>{lines}</blockquote></div>",
        "html collapsed": f"<div>We come at noon.</div><div>{body}</div>",
    }[program]
    return head(sent) + f"Content-Type: text/html; charset=utf-8\n\n<html><body>{page}</body></html>"


INSIDE = ("SECRET", "drives", "so we", "Reply above", "Gesendet", "wrote", "Help <")
PROGRAMS = (
    "outlook", "outlook for ios", "gmail", "apple mail", "ios", "yahoo", "bottom", "wrapped badly", "outlook html",
    "gmail html", "html collapsed",
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_O7_only_the_agents_own_words_go_on_whatever_program_he_answers_from(told: Desk, program: str) -> None:
    done = settle(told, answer(program, notice()))
    assert (done.reason, done.ticket) == ("agent-reply", 1)
    said = Message.select().order_by(Message.id.desc()).get()
    assert (said.direction, said.text.startswith("We come at noon.")) == ("out", True)
    letters = Outbox.select().where(Outbox.event == "new_message_customer")
    assert sorted(one.to for one in letters) == ["kelly@x.test", "profile@x.test"]
    for body in (said.text, *(one.body for one in Outbox.select().where(Outbox.audience == "customer"))):
        assert not any(word in body for word in INSIDE)


def test_O7_of_a_text_in_two_forms_the_plain_one_is_read(told: Desk) -> None:
    sent = notice()
    plain = f"We come at noon.\n\nOn Mon, Nov 23, 2026 at 10:00 AM Help <{ADMIN}>\nwrote:\n\n{quoted(sent.body)}"
    settle(told, head(sent) + alternative(plain, "<div>We come at noon.</div>"))
    assert Message.select().order_by(Message.id.desc()).get().text == "We come at noon."


def test_R5_8_an_attachment_without_words_goes_on_and_a_forwarded_notification_does_not(told: Desk) -> None:
    sent = notice()
    file = "--m\nContent-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment\n\nPDF\n"
    text = f"--m\nContent-Type: text/plain\n\n{quoted(sent.body)}\n"
    done = settle(told, f'{head(sent)}Content-Type: multipart/mixed; boundary="m"\n\n{text}{file}--m--\n')
    said = Message.select().where(Message.direction == "out").get()
    assert (done.reason, said.text, Attachment.get().name) == ("agent-reply", "", "plan.pdf")


TRUSTING = Reading(trusted=("mx.us.test",), hops=1)
RECEIVED = "Received: from x by mx.us.test; Mon, 23 Nov 2026 10:00:00 +0000\n"


@pytest.mark.parametrize(
    ("result", "referring", "reason"),
    [
        ("mx.us.test; dmarc=pass header.from=us.test", False, "agent-reply"),
        ("mx.us.test; dmarc=fail header.from=us.test", True, "unverified"),
        ("mx.us.test; spf=pass smtp.mailfrom=evil.test", False, "unverified"),
        ("mx.evil.test; dmarc=pass header.from=us.test", False, "unverified"),
        ("mx.evil.test; dmarc=fail header.from=us.test", True, "agent-reply"),
        ("", True, "agent-reply"),
        ("", False, "unverified"),
    ],
)
def test_O8_I1_a_forged_administrator_speaks_for_nobody(told: Desk, result: str, referring: bool, reason: str) -> None:
    raw = answer("gmail", notice())
    if not referring:
        raw = "\n".join(line for line in raw.split("\n") if not line.startswith(("In-Reply-To", "References")))
    field = f"Authentication-Results: {result}\n" if result else ""
    done = settle(told, f"{RECEIVED}{field}{raw}", TRUSTING)
    assert done.reason == reason
    (why,) = decisions(told.anna, "<answer@us.test>")
    assert any(f"administrator: {reason}" in line for line in sentences.why(why))


def test_O8_a_pass_that_the_sender_wrote_himself_below_our_servers_field_is_none(told: Desk) -> None:
    forged = "Authentication-Results: mx.us.test; dmarc=pass header.from=us.test\n"
    raw = f"From: {ADMIN}\nSubject: Re: #1 Help\n\nPay at once."
    assert settle(told, f"{RECEIVED}Received: from evil\n{forged}{raw}", TRUSTING).reason == "unverified"


def test_O8_what_went_to_a_customer_or_to_a_colleague_proves_nothing(told: Desk) -> None:
    told.administrator("ben")
    tickets.update(told.anna, 1, {"assignee": "ben"})
    colleague = notice("assigned_admin", "ben@us.test")
    tickets.reply(told.anna, 1, "Hello.")
    for sent in (colleague, notice("new_message_customer", "kelly@x.test")):
        assert settle(told, answer("gmail", sent)).reason == "unverified"
    mine = head(colleague, sender="ben@us.test")
    assert settle(told, f"{mine}\nAt noon.").reason == "agent-reply"


def test_R5_8_a_deactivated_administrator_is_a_stranger_to_the_ticket(told: Desk) -> None:
    told.administrator("ben")
    tickets.update(told.anna, 1, {"assignee": "ben"})
    sent = notice("assigned_admin", "ben@us.test")
    people.edit_administrator(told.anna, "ben", active=False)
    done = settle(told, f"{head(sent, sender='ben@us.test')}\nAt noon.")
    assert (done.outcome, done.ticket) == ("opened", 2)
    assert "looked like a reply to #1" in Message.get((Message.ticket == 2) & (Message.direction == "note")).text
    assert not Message.select().where(Message.direction == "out").exists()


def test_R10_1_one_who_may_not_see_the_ticket_answers_it_not_even_when_he_is_verified(told: Desk) -> None:
    people.add_partner(told.anna, "North")
    told.administrator("ben", "North")
    raw = "From: ben@us.test\nSubject: Re: #1 Help\n\nAt noon."
    passed = "Authentication-Results: mx.us.test; dmarc=pass header.from=us.test\n"
    assert settle(told, f"{RECEIVED}{passed}{raw}", TRUSTING).reason == "unverified"


def test_R5_4_an_administrators_absence_is_ignored_and_his_read_receipt_noted(told: Desk) -> None:
    sent = notice()
    away = f"{head(sent, 'Automatic reply: ' + sent.subject)}Auto-Submitted: auto-generated\n\nI am away."
    assert settle(told, away).reason == "automatic"
    receipt = (
        f"From: {ADMIN}\nSubject: Read: {sent.subject}\nIn-Reply-To: {sent.message_id}\nMessage-ID: <r@us.test>\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n--b\n\nIt was read.\n'
        "--b\nContent-Type: message/disposition-notification\n\nDisposition: automatic-action/MDN; displayed\n--b--\n"
    )
    done = settle(told, receipt)
    assert (done.outcome, done.ticket, Outbox.get_by_id(sent.id).state) == ("report", 1, "queued")
    assert list(sentences.why(decisions(told.anna, "<r@us.test>")[0]))[-1] == "  noted on our mail of ticket #1"


def test_R5_9_own_mail_that_a_relay_or_a_redirecting_agent_sends_back_is_ignored(told: Desk) -> None:
    sent = notice()
    for field in (f"Message-ID: {sent.message_id}", f"X-Tickets-Mark: {sent.message_id}\nMessage-ID: <new@relay.test>"):
        assert settle(told, f"From: {ADMIN}\nSubject: {sent.subject}\n{field}\n\n{sent.body}").reason == "own-mail"


# Letting it in


def refuse(desk: Desk, raw: str) -> tuple[int, Arrived]:
    arrived = mail(desk, raw)
    (done,) = desk.settle(arrived)
    assert done.outcome == "refused"
    return RefusedMessage.select().order_by(RefusedMessage.id.desc()).get().id, arrived


def let_in(desk: Desk, refused_id: int, arrived: Arrived, **how: Any) -> Released:
    now = deny_list.current()
    parsed = arrived.parsed
    hits = now.hits(email=parsed.sender, email_key=parsed.sender, subject=parsed.subject, text=parsed.text)
    return refused.release(desk.anna, refused_id, replace(arrived, deny_hits=hits), deny_version=now.version, **how)


FORGED = f"From: {ADMIN}\nSubject: Re: #1 Help\nMessage-ID: <forged@evil.test>\n\nPay at once."


def test_R8_1_unverified_mail_is_a_note_also_when_it_could_be_proved_by_now(told: Desk) -> None:
    refused_id, arrived = refuse(told, FORGED)
    proved = replace(arrived.parsed, authentication="pass", in_reply_to=(notice().message_id,))
    above = told.last_letter()
    done = let_in(told, refused_id, replace(arrived, parsed=proved))
    assert (done.ticket, done.note, told.letters(above=above)) == (1, True, [])
    assert not Message.select().where(Message.direction == "out").exists()
    assert [row.email for row in Recipient.select()] == ["kelly@x.test"]


def test_R8_1_unverified_mail_that_names_no_ticket_opens_one_and_speaks_to_nobody(told: Desk) -> None:
    refused_id, arrived = refuse(told, FORGED.replace("Re: #1 Help", "Greetings"))
    above = told.last_letter()
    done = let_in(told, refused_id, arrived)
    assert (done.opened, done.note) == (True, False)
    assert {event for _, event in told.letters(above=above)} <= {"new_ticket_admin"}


@pytest.mark.parametrize("reason", ["banned", "denied", "unregistered", "unverified"])
def test_R8_1_each_kind_is_let_in_once_and_never_after_it_is_forgotten(told: Desk, reason: str) -> None:
    from store.services import inboxes

    told.arrive("eve@y.test", "Hi")
    sender = ADMIN if reason == "unverified" else "new@y.test" if reason == "unregistered" else "eve@y.test"
    if reason == "banned":
        recipients.ban(told.anna, told.row(sender).id)
    elif reason == "denied":
        deny.add(told.anna, "subject", "start", "Case")
    elif reason == "unregistered":
        inboxes.edit(told.anna, "support", {"accept_unregistered": False})
    kept = [refuse(told, f"From: {sender}\nSubject: Case {n}\nMessage-ID: <{n}@y.test>\n\nText.") for n in (1, 2)]
    done = let_in(told, *kept[0])
    assert done.opened
    (why,) = decisions(told.anna, "<1@y.test>")
    assert any(line.endswith(f"{reason}, but released") for line in sentences.why(why))
    with pytest.raises(NotFound):
        let_in(told, *kept[0])
    settings.change(told.anna, "refused.keep_days", "1")
    Arrival.update(settled=told.ticket(1).created.replace(year=2020)).execute()
    refused.forget_old()
    with pytest.raises(NotFound):
        let_in(told, *kept[1])
    assert told.ticket(done.ticket or 0).subject == "Case 1"


def test_R8_1_what_was_kept_out_twice_over_needs_both_taken_off(told: Desk) -> None:
    told.arrive("eve@y.test", "Hi")
    deny.add(told.anna, "email", "end", "@y.test")
    refused_id, arrived = refuse(told, "From: eve@y.test\nSubject: Case\n\nText.")
    recipients.ban(told.anna, told.row("eve@y.test").id)
    with pytest.raises(Refused, match="banned"):
        let_in(told, refused_id, arrived, remove_rule=True)
    assert reading.original(told.anna, refused_id).deny_entry
    recipients.unban(told.anna, told.row("eve@y.test").id)
    assert let_in(told, refused_id, arrived, remove_rule=True).opened
    assert told.arrive("eve@y.test", "Case").outcome == "opened"


def test_R10_4_of_two_administrators_who_let_it_in_at_once_one_does(told: Desk) -> None:
    told.arrive("eve@y.test", "Hi")
    recipients.ban(told.anna, told.row("eve@y.test").id)
    refused_id, arrived = refuse(told, "From: eve@y.test\nSubject: Case\n\nText.")
    results: list[object] = []
    together = threading.Barrier(2)

    def one() -> None:
        with session():
            together.wait(10)
            try:
                results.append(let_in(told, refused_id, arrived))
            except NotFound as told_him:
                results.append(told_him)

    both = [threading.Thread(target=one) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(30)
    assert sorted(type(result).__name__ for result in results) == ["NotFound", "Released"]
    assert Message.select().where(Message.subject == "Case").count() == 1


@pytest.mark.parametrize("reason", ["suppress", "no-reply", "precedence", "list", "loop"])
def test_R5_4_an_answer_from_an_address_or_a_program_that_wants_none_is_no_vacation_notice(
    told: Desk, reason: str
) -> None:
    known = (notice().message_id,)
    done = told.arrive(ADMIN, f"Re: {notice().subject}", in_reply_to=known, automatic=reason)
    assert (done.reason, done.ticket) == ("agent-reply", 1)
    assert told.arrive(ADMIN, "Lunch?", automatic=reason).reason == "unverified"


@pytest.mark.parametrize("reason", ["auto-submitted", "autoreply", "empty-return-path", "report"])
def test_R5_4_an_agents_automatic_mail_is_ignored_whatever_it_answers(told: Desk, reason: str) -> None:
    known = (notice().message_id,)
    done = told.arrive(ADMIN, f"Re: {notice().subject}", in_reply_to=known, automatic=reason)
    assert (done.outcome, done.reason) == ("ignored", "automatic")


@pytest.mark.parametrize(
    ("sender", "authentication", "refers", "proof"),
    [
        (ADMIN, "", True, "notified"),
        (ADMIN, "none", False, "unproven"),
        (ADMIN, "fail", True, "denied"),
        (ADMIN, "pass", False, "vouched"),
        (ADMIN, "pass", False, "changed"),
        ("anna@us.test", "", True, "unproven"),
    ],
)
def test_R12_why_says_what_proves_an_administrator_or_does_not(
    told: Desk, sender: str, authentication: str, refers: bool, proof: str
) -> None:
    facts = {"authentication": authentication, "in_reply_to": (notice().message_id,) if refers else ()}
    subject = "x" if proof != "vouched" else "New ticket created"
    told.arrive(sender, f"Re: #1 {subject}", message_id="<w@us.test>", **facts)
    (why,) = decisions(told.anna, "<w@us.test>")
    assert (why["proof"], why["reason"]) == (
        proof,
        "agent-reply" if proof in ("notified", "vouched") else "unverified",
    )
    assert any(line.startswith("  proof: ") and len(line) > 30 for line in sentences.why(why))
