"""What the ticket window says: of mail before and after it goes, of merging, of the history (R7.5, R7.6, R10.2)."""

from datetime import UTC, datetime

import pytest

from store.queries.history_list import Entry
from store.queries.outbox import OutboxRow
from store.queries.tickets import Person, TicketLine
from store.rules.notices import Addressee
from store.rules.settings import SETTINGS
from store.services.tickets import Replied
from tui import sentences

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ON = {one.key: one.default for one in SETTINGS} | {
    "notifications.enabled": True,
    "smtp.enabled": True,
    "smtp.host": "mail.test",
}


def mail(to: str, state: str, said: str = "") -> OutboxRow:
    row = OutboxRow._make([None] * len(OutboxRow._fields))
    return row._replace(to=to, state=state, last_error=said)


def line(number: int, **fields: object) -> TicketLine:
    return TicketLine(number, f"Matter {number}", "New", None, None, None, "", "", "", NOW, NOW, None, 2)._replace(
        **fields
    )


def test_R7_6_a_warning_stands_before_an_address_however_long_that_is() -> None:
    plain = Addressee("a@x.test", "", "a", "requester", (), ("new_message_customer", "ticket_received_customer"))
    assert sentences.addressee(plain) == "a@x.test · the requester · Request received, too"
    hostile = Addressee("a" * 300 + "\x1b@x.test", "", "a", "cc", ("banned", "bounced"), ("new_message_customer",))
    said = sentences.addressee(hostile)
    assert said.startswith("⚠ BANNED, BOUNCED, held back: aaa")
    assert len(said) < 150
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("changes", "nobody", "told"),
    [
        ({}, False, []),
        ({"notifications.enabled": False}, True, ["Nobody gets it by mail: ticket notifications are off."]),
        ({"notify.new_message_customer.on": False}, True, ["Nobody gets it by mail: ticket notifications are off."]),
        ({}, True, ["Nobody gets it by mail: there is no address."]),
        ({"smtp.enabled": False}, False, ["Sending is off: the mail waits in the outbox until SMTP is set up and on."]),
        ({"smtp.copy": "c@x.test"}, False, ["A copy goes to c@x.test."]),
        (
            {"smtp.copy": "c@x.test", "smtp.send_only_to": "t@x.test"},
            False,
            ["For testing, all mail goes to t@x.test instead."],
        ),
        ({"notify.watchers.on": True}, False, ["Watchers hear of it: bob."]),
    ],
)
def test_R7_6_what_else_is_to_be_known_before_a_reply_goes(
    changes: dict[str, object], nobody: bool, told: list[str]
) -> None:
    assert sentences.reply_remarks({**ON, **changes}, ["bob"], nobody=nobody) == told


def test_R7_5_what_became_of_mail_is_told_with_the_servers_words() -> None:
    rows = [
        mail("a@x.test", "sent"),
        mail("b@x.test", "failed", "550 no such user"),
        mail("a@x.test", "sent"),
        mail("c@x.test", "queued"),
        mail("d@x.test", "dropped"),
    ]
    assert sentences.delivery(rows) == [
        ("sent to a@x.test", False),
        ("queued for c@x.test", False),
        ("failed for b@x.test: 550 no such user", True),
        ("dropped for d@x.test", False),
    ]
    assert sentences.delivery([mail(f"{n}@x.test", "sent") for n in range(4)]) == [("sent to 4 addresses", False)]
    assert sentences.delivery([]) == []
    assert sentences.delivery(rows[-2:], "The server is away.")[:2] == [
        ("queued for c@x.test", False),
        ("sending fails: The server is away.", True),
    ]
    assert sentences.delivery(rows[:1], "The server is away.") == [("sent to a@x.test", False)]


def test_R11_1_merging_is_told_before() -> None:
    oona, kelly = Person(1, "Oona", "oona@x.test"), Person(4, "Kelly", "customer")
    assert sentences.merging_preview(line(1, requester=oona, customer=kelly), line(2)) == [
        "2 messages of #1 move into #2 Matter 2, and #1 is closed.",
        "Answers to #1 will find #2.",
        "oona@x.test will be in its Cc.",
        "It gets the customer Kelly.",
    ]
    alike = sentences.merging_preview(line(1, requester=oona, messages=1), line(2, requester=oona, customer=kelly))
    assert alike[0].startswith("1 message of #1 moves into")
    assert len(alike) == 2


@pytest.mark.parametrize(
    ("what", "before", "after", "told"),
    [
        (
            "status",
            {"status": "New", "closed": None},
            {"status": "Done", "closed": "x"},
            "changed the status: New → Done",
        ),
        ("customer", {"customer_id": None}, {"customer_id": "Kelly"}, "changed the customer: none → Kelly"),
        ("note", None, {"message": 7}, "added a note"),
        ("note", {"note": ""}, {"note": "Hm"}, "changed the note: none → Hm"),
        ("reply", {"status": "New"}, {"status": "Open"}, "replied: status New → Open"),
        ("cc-remove", {"cc": "a@x.test"}, None, "took out of Cc: a@x.test"),
        ("\x1b[31m", {}, {}, "changed the ␛[31m"),
    ],
)
def test_R10_2_the_history_reads_as_sentences(
    what: str, before: dict[str, object] | None, after: dict[str, object] | None, told: str
) -> None:
    line = Entry(1, NOW, "anna", "window", what, "ticket", 1, "#1", before, after, "c", False)
    assert sentences.activity(line, UTC) == f"2026-03-04 12:00 anna {told} (window)"


def test_R7_4_who_a_reply_went_to_is_listed() -> None:
    assert sentences.replied(Replied(1, 2, ())) == "Replied in #1; it goes to nobody by mail."
    assert sentences.replied(Replied(1, 2, ("a", "b", "c"))) == "Replied in #1; it goes to a, b and c."
