"""An agent's own words, from the bytes of his answer to the customer's letter; what was left out is told (R5.8)."""

import email.message

import pytest

from mail.parse import parse
from store.models import Message, Outbox
from store.rules.message import Arrived
from store.services import pairing, tickets
from store.services.intake import Settled
from tests.commandline import Shell
from tests.driver import Desk

ADMIN = "admin@us.test"
ASKED = "Hello,\n\nmy router is down since yesterday evening.\nI have switched it off and on.\n\nThanks\nKelly"
ANSWERED = (
    "Dear Kelly,\nthank you for your message.\n\nHave you tried it?\n\nBest regards,\nAnna Muster\nUs GmbH, Tel. 030 12"
)
NOTE = "SECRET: he never pays, so we let him wait for some days before anybody drives there."


@pytest.fixture
def told(desk: Desk) -> Desk:
    """Ticket 1, of all of which admin@us.test was told."""
    return with_ticket(desk)


def with_ticket(desk: Desk) -> Desk:
    """Kelly's ticket 1 with an answer and an internal note, of all of which admin@us.test was told."""
    desk.send_mail(notify__new_note_admin__on="on", smtp__sender_name="Help Desk", smtp__sender_email="help@us.test")
    kelly = desk.customer("Kelly")
    desk.arrive("kelly@x.test", "Router", text=ASKED, sender_name="Kelly Sanders", message_id="<first@x.test>")
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
    tickets.reply(desk.anna, 1, ANSWERED)
    tickets.note(desk.anna, 1, NOTE)
    return desk


def notice(event: str = "new_note_admin") -> Outbox:
    return Outbox.select().where((Outbox.event == event) & (Outbox.to_key == ADMIN)).get()


def answer(desk: Desk, text: str, sent: Outbox, *, html: bool = False) -> Settled:
    """An answer of this text arrives."""
    mail = email.message.EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Anna <{ADMIN}>", "help@us.test", f"Re: {sent.subject}"
    mail["Message-ID"], mail["In-Reply-To"] = "<answer@us.test>", sent.message_id
    mail.set_content(text, subtype="html" if html else "plain", charset="utf-8")
    raw = mail.as_bytes()
    parsed = parse(raw)
    arrived = desk.arrived(parsed.sender, parsed.subject, raw=raw, text=parsed.text)
    (done,) = desk.settle(Arrived(arrived.uid, raw, arrived.sha256, arrived.received, parsed))
    return done


def said() -> Message:
    return Message.select().where(Message.direction == "out").order_by(Message.id.desc()).get()


def went() -> str:
    """What the customer got of it."""
    return str(Outbox.get((Outbox.caused_by == said().id) & (Outbox.audience == "customer")).body)


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.split("\n"))


def introduction(sent: Outbox) -> str:
    return f"On {sent.created:%a, %b %d, %Y at %H:%M} Help Desk <help@us.test> wrote:"


def head(sent: Outbox) -> str:
    day = f"{sent.created:%A, %B %d, %Y %H:%M}"
    return f"From: Help Desk <help@us.test>\nSent: {day}\nTo: {ADMIN}\nSubject: {sent.subject}"


OWN = (
    "> enable\n> configure terminal",
    ">>> import os",
    "Your train:\nFrom: Berlin\nTo: Paris\nDate: 3 May 10:30\nPrice: 79",
    "Von: 10:30\nBis: 12:30\nOrt: Berlin",
    "-----Original Message-----\nFrom: Parts <parts@supplier.test>\nSent: 20 November 2026 9:00\nTo: Anna\n\nIt comes.",
    "Dear Kelly,\nthank you for your message.\n\nWe come at noon.",
    ANSWERED,
)


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("style", ["none", "marked", "fields", "bottom", "unmarked"])
def test_R5_8_all_that_he_wrote_goes_on_and_nothing_that_was_sent(told: Desk, own: str, style: str) -> None:
    sent = notice()
    texts = {
        "none": own,
        "marked": f"{own}\n\n{introduction(sent)}\n\n{quoted(sent.body)}",
        "fields": f"{own}\n\n{head(sent)}\n\n{sent.body}",
        "bottom": f"{introduction(sent)}\n{quoted(sent.body)}\n\n{own}",
        "unmarked": f"{own}\n\n{sent.body}",
    }
    assert answer(told, texts[style], sent).reason == "agent-reply"
    assert said().text == own
    assert went().startswith(f"{own}\n\n--\n")
    assert not any(word in went() for word in ("SECRET", "drives", "Reply above", "new internal note"))


def test_R5_8_a_block_quote_of_his_own_goes_on_above_one_of_ours(told: Desk) -> None:
    sent = notice()
    lines = sent.body.replace("\n", "<br>")
    own = "<p>Type this:</p><blockquote>enable<br>configure terminal</blockquote><p>Anna</p>"
    page = f"{own}<div class=gmail_quote><div>{introduction(sent)}</div><blockquote>{lines}</blockquote></div>"
    for text in (own, page):
        answer(told, text.replace("<help@us.test>", "&lt;help@us.test&gt;"), sent, html=True)
        assert [line for line in said().text.split("\n") if line] == [
            "Type this:",
            "> enable",
            "> configure terminal",
            "Anna",
        ]


def test_R5_8_an_answer_that_begins_as_the_ticket_does_is_sent(told: Desk) -> None:
    for opening in ("Hello,\n\nmy router", "Dear Kelly,\nthank you for your message.", "Thanks\nKelly"):
        own = f"{opening}\n\nWe come at noon."
        assert answer(told, own, notice()).reason == "agent-reply"
        assert (said().direction, said().text, said().whole) == ("out", own, "")


def test_R5_8_words_on_the_line_of_an_introduction_go_on(told: Desk) -> None:
    sent = notice()
    answer(told, f"my reply {introduction(sent)}\n{quoted(sent.body)}", sent)
    assert said().text == "my reply"


def test_R5_8_what_was_left_out_is_told_and_can_be_read(shell: Shell) -> None:
    with shell.desk() as desk:
        sent = with_ticket(desk) and notice()
        whole = f"We come at noon.\n\n{introduction(sent)}\n{quoted(sent.body)}\n"
        answer(desk, whole, sent)
    lines = sum(map(bool, map(str.strip, whole.split("\n")))) - 1
    shown = shell.said("ticket", "show", "1")
    told = f"[{lines} lines that the answer quotes were left out; all of the answer: recipients ticket show 1 --whole]"
    assert f"We come at noon.\n{told}\n" in shown
    assert "SECRET" in shell.said("ticket", "show", "1", "--whole")
    assert [one["whole"].strip() for one in shell.json("ticket", "show", "1")["messages"] if "whole" in one] == [
        whole.strip()
    ]


def test_O7_an_older_notification_that_is_quoted_too_stays_inside(told: Desk) -> None:
    older, sent = notice("new_ticket_admin"), notice()
    thread = f"{introduction(sent)}\n{quoted(sent.body)}\n\n{head(older)}\n\n{older.body}"
    answer(told, f"We come at noon.\n\n{thread}", sent)
    assert said().text == "We come at noon."


def test_O7_a_note_that_he_copies_stays_inside(told: Desk) -> None:
    answer(told, f"We come at noon.\n\n{NOTE}\n\nAnna", notice())
    assert said().text == "We come at noon.\n\nAnna"
    assert NOTE in said().whole


def test_R5_8_an_answer_of_nothing_but_a_quotation_is_a_note(told: Desk) -> None:
    sent = notice()
    answer(told, f"{introduction(sent)}\n{quoted(sent.body)}", sent)
    kept = Message.select().order_by(Message.id.desc()).limit(2)
    assert [one.direction for one in kept] == ["note", "note"]
