"""R8.2: nothing that a person may have written is ignored without a list that shows it, and a way to let it in."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mail.parse import Reading, parse
from mail.release import look_again, release
from store.errors import NotFound, Refused
from store.models import Arrival, LargeMessage, Message, Outbox, RawMessage, RefusedMessage
from store.queries import history_list, settings
from store.queries import refused as reading
from store.queries.own import own_addresses
from store.queries.refused import RefusedLine
from store.queries.why import of_refused
from store.services import inboxes, pairing, people, refused
from store.services.intake import Settled
from tests.commandline import Shell
from tests.driver import ANNA, Desk
from tui import sentences

ADMIN = "admin@us.test"


def come(desk: Desk, raw: str, **more: object) -> Settled:
    """The message of these bytes, read as the inbox's settings say."""
    how = Reading(own=own_addresses(settings.every()))
    arrived = desk.arrived("x@x.test", raw=raw.encode())
    (done,) = desk.settle(replace(arrived, parsed=parse(raw.encode(), how), deny_hits=(), **more))
    return done


def listed() -> list[RefusedLine]:
    return list(reading.every(ANNA, kind="ignored"))


def mail(
    sender: str, subject: str = "Hello", fields: str = "", text: str = "Somebody's words.", number: int = 0
) -> str:
    return f"From: {sender}\nSubject: {subject}\nMessage-ID: <i{number}@x.test>\n{fields}\n\n{text}\n"


@pytest.fixture
def told(desk: Desk) -> Desk:
    return set_up(desk)


def set_up(desk: Desk) -> Desk:
    """Kelly's ticket 1, of which admin@us.test was told; he is the SMTP sender, too."""
    desk.send_mail()
    kelly = desk.customer("Kelly")
    desk.arrive("kelly@x.test", "Help", text="Please help.", message_id="<first@x.test>")
    pairing.pair(desk.anna, desk.row("kelly@x.test").id, kelly.id)
    return desk


def answer(fields: str, text: str = "At noon.", sender: str = ADMIN) -> str:
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    refers = f"In-Reply-To: {sent.message_id}\nReferences: {sent.message_id}"
    return mail(sender, f"Re: {sent.subject}", f"{refers}\n{fields}", text, 7)


def test_R8_2_own_and_automatic_mail_is_listed_with_why(told: Desk) -> None:
    assert come(told, mail("Support <support@us.test>", "From webmail")).reason == "own-mail"
    assert come(told, answer("Auto-Submitted: auto-replied")).reason == "automatic"
    assert [(line.reason, line.sender, line.subject) for line in listed()] == [
        ("automatic", ADMIN, "Re: #1 New ticket created"),
        ("own-mail", "support@us.test", "From webmail"),
    ]
    assert all(len(line.rule) > 40 for line in listed())
    assert list(reading.every(told.anna)) == []
    why = "\n".join(
        line for one in of_refused(told.anna, listed()[0].id, kind="ignored") for line in sentences.why(one)
    )
    assert "ignored (automatic) in inbox support" in why
    assert "automatic mail: auto-submitted" in why


def test_R8_2_duplicates_and_our_mail_that_has_returned_are_not_listed(told: Desk) -> None:
    raw = mail("kelly@x.test", "Once")
    assert [come(told, raw).reason, come(told, f"Received: again\n{raw}").reason] == ["new", "duplicate"]
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    for fields in (f"X-Tickets-Mark: {sent.message_id}", f"Message-ID: {sent.message_id}"):
        raw = f"From: Us <{ADMIN}>\nSubject: {sent.subject}\nReply-To: support@us.test\n{fields}\n\n{sent.body}"
        assert come(told, raw).reason == "own-mail"
    assert listed() == []
    # with our mark from elsewhere: somebody may have written something into it
    assert come(told, mail("bob@y.test", "Fwd: it", f"X-Tickets-Mark: {sent.message_id}")).reason == "own-mail"
    assert [(line.sender, line.rule) for line in listed()] == [("bob@y.test", "It has the Message-ID of mail of ours")]


def test_R8_2_released_own_mail_opens_or_joins_a_ticket_and_speaks_to_nobody_outside(told: Desk) -> None:
    come(told, mail("support@us.test", "From webmail", text="What I promised him."))
    above = told.last_letter()
    done = release(told.anna, listed()[0].id, kind="ignored")
    assert (done.ticket, done.opened) == (2, True)
    assert Message.get(Message.ticket == 2).text.strip() == "What I promised him."
    assert {to for to, _ in told.letters(above=above)} == {ADMIN}
    assert listed() == []
    with pytest.raises(NotFound):
        release(told.anna, 1, kind="ignored")
    released = next(line for line in history_list.of_ticket(told.anna, 2) if line.what == "release")
    assert released.after["ignored"] == 1
    assert "let in mail that was kept out" in str(sentences.activity(released, UTC))


def test_R8_2_R5_8_a_released_answer_of_an_administrator_goes_on_to_the_customer(told: Desk) -> None:
    come(told, answer("Auto-Submitted: auto-generated", "We come at noon."))
    above = told.last_letter()
    assert release(told.anna, listed()[0].id, rehearse=True, kind="ignored").ticket == 1
    assert told.letters(above=above) == []
    done = release(told.anna, listed()[0].id, kind="ignored")
    assert (done.ticket, done.note) == (1, False)
    assert ("kelly@x.test", "new_message_customer") in told.letters(above=above)


@pytest.mark.parametrize(("subject", "outcome"), [("Re: #1 Help", (1, True, False)), ("Away", (2, False, True))])
def test_R8_2_what_proves_no_administrator_becomes_a_note_or_a_ticket(
    told: Desk, subject: str, outcome: tuple[int, bool, bool]
) -> None:
    inboxes.edit(told.anna, "support", {"accept_unregistered": False})
    come(told, mail("anna@us.test", subject, "Auto-Submitted: auto-replied"))
    above = told.last_letter()
    done = release(told.anna, listed()[0].id, kind="ignored")
    assert (done.ticket, done.note, done.opened) == outcome
    assert {to for to, _ in told.letters(above=above)} <= {ADMIN}
    if done.note:
        note = Message.select().order_by(Message.id.desc()).get()
        assert (note.direction, note.text.startswith("Automatic mail from anna@us.test")) == ("note", True)


def test_R8_2_own_mail_of_an_administrator_is_never_a_reply(told: Desk) -> None:
    sent = Outbox.get(Outbox.event == "new_ticket_admin")
    people.add_administrator(told.anna, "ben", "ben@us.test")
    come(told, answer(f"X-Tickets-Mark: {sent.message_id}", sent.body, "ben@us.test"))
    above = told.last_letter()
    done = release(told.anna, listed()[0].id, kind="ignored")
    assert (done.ticket, done.note, told.letters(above=above)) == (1, True, [])


def test_R8_2_what_another_check_keeps_out_stays_listed(told: Desk) -> None:
    come(told, mail("support@us.test", "From webmail"))
    come(told, mail("support@us.test", "From webmail", "X-Again: 1"))  # the same, by another way
    assert len(listed()) == 1
    Arrival.update(outcome="opened").where(Arrival.id != listed()[0].id).execute()
    with pytest.raises(Refused, match="ignored now"):
        release(told.anna, listed()[0].id, kind="ignored")
    assert len(listed()) == 1


def test_R8_2_the_beginning_of_a_large_one_is_kept_and_its_rest_awaited(told: Desk) -> None:
    come(told, mail("support@us.test"), whole_size=30_000_000)
    assert LargeMessage.select().count() == 1


def test_R10_1_ignored_mail_is_seen_like_refused_mail(told: Desk) -> None:
    people.add_partner(told.anna, "North")
    ben = told.administrator("ben", "North")
    come(told, mail("support@us.test"))
    sent = Outbox.get()
    come(told, mail("kim@x.test", fields=f"X-Tickets-Mark: {sent.message_id}"))
    assert list(reading.every(ben, kind="ignored")) == list(reading.numbers(ben, kind="ignored")) == []
    told.arrive("kim@x.test")
    pairing.pair(told.anna, told.row("kim@x.test").id, told.customer(partner="North").id)
    (seen,) = reading.every(ben, kind="ignored")
    assert (seen.sender, reading.counts(ben, kind="ignored")) == ("kim@x.test", {"own-mail": 1})
    with pytest.raises(NotFound):
        refused.release(ben, listed()[-1].id, told.arrived("support@us.test"), deny_version=0, kind="ignored")


def test_R8_1_a_number_of_one_list_is_none_of_the_other(told: Desk) -> None:
    come(told, mail("support@us.test"))
    (line,) = listed()
    with pytest.raises(NotFound, match="refused message"):
        release(told.anna, line.id)
    assert reading.some(told.anna, [line.id]) == {}


def test_R8_2_it_is_forgotten_like_refused_mail(told: Desk) -> None:
    come(told, mail("support@us.test", "Old"))
    come(told, mail("support@us.test", "Listed late", number=2))
    long_ago = datetime.now(UTC) - timedelta(days=100)
    Arrival.update(settled=long_ago).where(Arrival.outcome == "ignored").execute()
    RefusedMessage.update(listed=datetime.now(UTC)).where(RefusedMessage.subject == "Listed late").execute()
    assert (refused.forget_old(), refused.forget_old()) == (1, 0)
    assert [line.subject for line in listed()] == ["Listed late"]
    assert bytes(look_again(reading.original(told.anna, listed()[0].id, kind="ignored")).text, "ascii")


def test_R12_ignored_mail_on_the_command_line(shell: Shell) -> None:
    with shell.desk() as desk:
        come(desk, mail("support@us.test", "From \x1b[2Jwebmail", text="Words \x1b]0;x\x07 of mine."))
    (line,) = shell.json("list", "ignored")
    assert list(line) == ["id", "reason", "sender", "subject", "received"]
    assert (line["reason"], line["sender"]) == ("own-mail", "support@us.test")
    assert "own-mail" in shell.said("list", "ignored")
    assert shell.said("list", "ignored", "--format", "csv").startswith("Id,Reason,Sender,Subject,Received")
    assert json.loads(shell.said("list", "ignored", "--format", "jsonl")) == line
    assert shell.json("list", "refused") == []
    said = shell.said("ignored", "show", str(line["id"]))
    assert "own-mail. From an inbox's address" in said
    assert "Words ␛]0;x" in said
    assert set(shell.json("ignored", "show", str(line["id"]))) == {*line, "inbox", "text", "attachments"}
    assert shell.said("ignored", "release", str(line["id"]), "--dry-run").startswith("(dry run")
    assert shell.json("ignored", "release", str(line["id"])) == {"id": 1, "ticket": 1, "opened": True, "done": True}
    assert (shell.json("list", "ignored"), shell.run("ignored", "release", "1").status) == ([], 1)


_OLD = """
DELETE FROM refused_message; ALTER TABLE refused_message DROP COLUMN kind;
ALTER TABLE refused_message DROP COLUMN listed;
DELETE FROM schema_migration WHERE name = '0007_ignored'; PRAGMA user_version = 5;
"""


def test_R8_2_what_was_ignored_before_the_upgrade_is_listed_if_its_bytes_are_there(shell: Shell) -> None:
    with shell.desk() as told:
        set_up(told)
        sent = Outbox.get(Outbox.event == "new_ticket_admin")
        come(told, answer("Auto-Submitted: auto-replied", "My own words."))
        come(told, mail("support@us.test", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", number=3))
        come(told, mail("support@us.test", "=?x?b?////?= \x1b[2J", "Content-Type: ;;;\xff", number=4))
        come(told, mail("support@us.test", "Gone", number=5))
        come(told, mail(ADMIN, sent.subject, f"X-Tickets-Mark: {sent.message_id}", number=6))
        come(told, mail("kelly@x.test", number=8))
        come(told, "Received: again\n" + mail("kelly@x.test", number=8))
        gone = Arrival.get(Arrival.message_id == "<i5@x.test>").raw_id
        RawMessage.update(data=b"").where(RawMessage.id == gone).execute()
        Arrival.update(settled=datetime.now(UTC) - timedelta(days=400)).execute()
        path = told.path
    with closing(sqlite3.connect(path)) as old:
        old.executescript(_OLD)
    with shell.desk() as told:
        assert [(line.reason, line.sender) for line in listed()] == [
            ("own-mail", "support@us.test"),
            ("own-mail", "support@us.test"),
            ("automatic", ADMIN),
        ]
        assert [line.subject for line in listed()][1:] == ["Grüße", "Re: #1 New ticket created"]
        assert refused.forget_old() == 0
        assert release(ANNA, listed()[-1].id, kind="ignored").ticket == 1
