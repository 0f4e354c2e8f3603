"""What the window says and how it reads: sentences, keys, filter lines, quotations, wrapped lines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from store.filters import RECIPIENTS, parse
from store.queries.lists import InboxLine
from store.queries.outbox import Outgoing
from store.queries.tickets import TicketLine
from store.rules.quotes import parts
from store.services.pairing import Paired, Preview, Unpaired
from store.services.recipients import Done
from tui import actions, sentences
from tui.filter_line import GRAMMAR, READY, finished, has, suggestion, toggled
from tui.widgets.data_table import DataTable
from tui.widgets.wrapping import wrap

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def ticket(number: int, subject: str = "Help") -> TicketLine:
    return TicketLine(number, subject, "New", None, None, None, "", "", "", NOW, NOW, None, 1)


def inbox(name: str = "support", **fields: object) -> InboxLine:
    line = InboxLine._make([None] * len(InboxLine._fields))._replace(name=name, enabled=True, last_error="")
    return line._replace(**fields)


def preview(count: int, kept: int = 0) -> Preview:
    tickets = tuple(ticket(number) for number in range(count, max(0, count - 50), -1))
    return Preview(tickets[0] if tickets else None, tickets, count, kept)


def test_R12_results_become_sentences() -> None:
    assert sentences.paired(Paired("b@x.test", 4, "Kelly", (12, 11))) == (
        "Paired b@x.test to Kelly; 2 tickets assigned (#12, #11)."
    )
    assert sentences.unpaired(Unpaired("b@x.test", 4, ())) == "Unpaired b@x.test; no ticket changed."
    assert sentences.banned(Done("b@x.test"), deny_too=True) == "Banned b@x.test; its deny entry was there already."
    edited = sentences.sender_edited(Done("b@x.test", unpaired_from=4), name="Bob", shared=True, customer="Kelly")
    assert edited == "b@x.test is called Bob now and is shared now and unpaired from Kelly."


@pytest.mark.parametrize(
    ("count", "kept", "assign_all", "told"),
    [
        (0, 0, False, ["No ticket waits for a customer; new tickets will get this one."]),
        (1, 0, False, ["1 ticket will get the customer: #1 Help."]),
        (1, 2, True, ["1 ticket will get the customer: #1 Help.", "2 tickets have a customer already and keep it."]),
        (
            3,
            1,
            False,
            [
                "1 ticket will get the customer: #3 Help.",
                "2 older tickets without a customer will not: #2, #1.",
                "1 ticket has a customer already and keeps it.",
            ],
        ),
        (1_204, 0, True, ["1,204 tickets will get the customer: #1204, #1203, #1202, #1201, #1200 and 1,199 more."]),
    ],
)
def test_R4_3_the_preview_says_which_get_it_which_do_not_and_why(
    count: int, kept: int, assign_all: bool, told: list[str]
) -> None:
    assert sentences.pairing_preview(preview(count, kept), assign_all=assign_all) == told


def test_R7_1_inboxes_are_told_by_name_time_and_trouble() -> None:
    fine = inbox(last_success=NOW - timedelta(minutes=5), next_try=NOW + timedelta(seconds=10))
    assert sentences.inbox_health([fine], BERLIN, NOW) == "support ✓ 12:55"
    assert sentences.inbox_trouble([fine], BERLIN, NOW) == ""
    assert sentences.inbox_health([fine, inbox("sales", last_success=NOW)], UTC, NOW) == "2 inboxes ✓ 11:55"
    assert sentences.inbox_health([inbox(enabled=False)], UTC, NOW) == "no inbox"
    assert sentences.inbox_health([inbox()], UTC, NOW) == "support …"
    broken = inbox(last_error="Wrong password.", next_try=NOW + timedelta(minutes=2))
    assert sentences.inbox_trouble([fine, broken], UTC, NOW) == "support: Wrong password. Next try 12:02."
    idle = inbox(last_success=NOW - timedelta(hours=3), next_try=NOW - timedelta(hours=2))
    assert sentences.inbox_trouble([idle], UTC, NOW) == "support: nobody fetches its mail, last 09:00."
    ahead = idle._replace(next_try=NOW + timedelta(days=300))  # by a clock that was wrong (D10)
    assert "nobody fetches its mail" in sentences.inbox_trouble([ahead], UTC, NOW)


def test_R7_5_a_server_that_takes_no_mail_is_told() -> None:
    away = Outgoing(None, "It is\x1b[2J away.", NOW, NOW + timedelta(minutes=2), None, 1, 0, 0)
    assert sentences.sending_trouble(away, BERLIN, NOW) == "Sending: It is␛[2J away. Next try 13:02."
    assert sentences.sending_trouble(away._replace(last_error=""), BERLIN, NOW) == ""


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOW, "13:00"),
        (NOW - timedelta(days=2), "Mon 13:00"),
        (NOW - timedelta(days=20), "2026-02-12"),
        (None, ""),
    ],
)
def test_R12_a_moment_is_as_short_as_it_can_be(moment: datetime | None, shown: str) -> None:
    assert sentences.clock(moment, BERLIN, NOW) == shown


@pytest.mark.parametrize(
    ("line", "term", "after"),
    [
        ("", "banned:yes", "banned:yes"),
        ("smith", "banned:yes", "smith banned:yes"),
        ("banned:yes smith", "banned:yes", "smith"),
        ("paired:no smith", "paired:yes", "smith paired:yes"),
        ("-banned:no", "banned:yes", "banned:yes"),
        ('name:"a b" "two words"', "banned:yes", 'name:"a b" "two words" banned:yes'),
    ],
)
def test_R1_2_ready_filters_are_added_replaced_and_taken_off(line: str, term: str, after: str) -> None:
    assert toggled(line, term) == after
    assert has(after, term) is (term in after)


def test_R1_2_every_ready_filter_and_example_can_be_read() -> None:
    for ready in READY:
        assert len(parse(ready.term)) == 1
    for example, _ in GRAMMAR:
        assert parse(example)
    told = " ".join(example + " " + meaning for example, meaning in GRAMMAR)
    assert [name for name in RECIPIENTS.fields if name not in told] == []


@pytest.mark.parametrize(
    ("line", "usable", "expected"),
    [
        ("smith banned:", "smith", "banned: yes or no"),
        ("banned:", "", "banned: yes or no"),
        ("-tickets:", "", "tickets: a number such as >3"),
        ("last:", "", "last: an age such as <7d"),
        ('name:"', "", "name: …"),
        ("banned:y", "banned:y", ""),
        ("http:", "http:", ""),
    ],
)
def test_R1_2_a_condition_that_is_being_typed_waits(line: str, usable: str, expected: str) -> None:
    assert finished(line) == (usable, expected)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("ban", "banned:yes"),
        ("smith -den", "smith -denied:yes"),
        ("tick", "tickets:>0"),
        ("b", None),
        ("banned:yes", None),
        ("smith", None),
    ],
)
def test_R1_2_a_field_is_completed(line: str, completed: str | None) -> None:
    assert suggestion(line) == completed


def test_R1_3_no_two_actions_of_a_screen_share_a_key_nor_take_one_of_the_table() -> None:
    moves = {key for binding in DataTable.BINDINGS for key in binding.key.split(",")} - {"enter"}
    for place in ("recipients", "tickets", "ticket"):
        keys = [key for action in actions.of(place) for key in (action.key, action.other) if key]
        assert len(keys) == len(set(keys))
        assert not set(keys) & moves


def test_R1_3_every_letter_has_a_second_key_that_is_none() -> None:
    for action in actions.ACTIONS:
        if len(action.key) == 1 and not action.key.isdigit():  # digits are on every keyboard
            assert len(action.other) > 1


def test_R12_the_readme_has_the_table_of_keys() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert actions.key_table() in readme


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Yes.\n\nOn Monday, Anna wrote:\n> Why?\n>\n> Anna\nBye", ["On Monday, Anna wrote:", "> Why?", ">", "> Anna"]),
        ("Yes.\n-----Original Message-----\nFrom: Anna\nWhy?", ["-----Original Message-----", "From: Anna", "Why?"]),
        ("Ja.\n" + "_" * 32 + "\nVon: Anna\nWarum?", ["_" * 32, "Von: Anna", "Warum?"]),
        ("a\n" + "_" * 32 + "\nb", []),
        ("> all of it\n> is quoted", []),
        ("On Monday it rained: yes", []),
        ("a\n> one\n\n> two\nb", ["> one", "", "> two"]),
        ("", []),
    ],
)
def test_R5_6_quoted_history_is_found(text: str, quoted: list[str]) -> None:
    assert [line for part in parts(text) if part.quoted for line in part.lines] == quoted
    assert "\n".join(line for part in parts(text) for line in part.lines) == text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("one two three four", ["one two", "three four"]),
        ("  indented words here", ["  indented", "words here"]),
        ("abcdefghijklmnopq", ["abcdefghij", "klmnopq"]),
        ("宽字符宽字符", ["宽字符宽字", "符"]),
    ],
)
def test_T6_lines_are_cut_between_words_and_by_cells(text: str, lines: list[str]) -> None:
    assert wrap(text, 10) == lines
    assert all(cell_len(line) <= 10 for line in lines)


def test_T1_a_long_text_is_cleaned_whole() -> None:
    assert "\x1b" not in "".join(wrap("x\x1b[31m " * 5_000, 60))
