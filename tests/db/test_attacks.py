"""Inputs that were made to break something: numbers, bytes and lines that no form would give (THREATS P3, R12)."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.db import open_store, sentences, sqlite_path
from store.denylist import Entry, caught
from store.errors import BadInput, DatabaseProblem, Problem
from store.models import DenyEntry, Recipient, Setting
from store.queries import customers, deny, recipients, tickets
from store.queries.intake import settings_of
from store.queries.search import contains, key_of
from store.queries.why import decisions
from store.rules.addresses import address_key
from store.services import deny as deny_services
from store.services import inboxes, pairing, people, settings
from store.services import recipients as actions
from store.services.senders import searched
from tests.driver import Desk

_HUGE = 10**30


@pytest.mark.parametrize(
    "call",
    [
        lambda desk: actions.ban(desk.anna, _HUGE),
        lambda desk: pairing.pair(desk.anna, 1, _HUGE),
        lambda desk: customers.one(desk.anna, _HUGE),
        lambda desk: tickets.one(desk.anna, _HUGE),
        lambda desk: deny_services.remove(desk.anna, _HUGE),
        lambda desk: recipients.by_email(desk.anna, "\udcff@x.test"),
        lambda desk: people.partner_named("\udcff"),
        lambda desk: people.edit_administrator(desk.anna, "\udcff", name="x"),
        lambda desk: inboxes.named("\udcff"),
        lambda desk: settings_of("\udcff"),
        lambda desk: decisions(desk.anna, "\udcff"),
        lambda desk: settings.change(desk.anna, "status.new", "\udcff\0"),
    ],
)
def test_R12_numbers_and_bytes_that_no_store_can_hold_are_a_sentence(
    desk: Desk, call: Callable[[Desk], object]
) -> None:
    desk.arrive("a@x.test")
    try:
        with sentences():  # as in every session
            call(desk)
    except Problem as problem:
        assert str(problem).endswith(".")


@pytest.mark.parametrize(
    "line", ["customer:" + "9" * 300, "id:" + "9" * 15, "last:>99999w", "name:" + "x" * 3_900, "-" * 3_000, "\udcff\0"]
)
def test_P3_far_out_filter_values_find_nothing(desk: Desk, line: str) -> None:
    desk.arrive("a@x.test")
    assert desk.emails(line) in ([], ["a@x.test"])


def test_P3_the_longest_filter_line_that_is_taken_can_be_asked(desk: Desk) -> None:
    desk.arrive("a@x.test")
    assert desk.emails("-zz " * 60) == ["a@x.test"]
    assert customers.find(desk.anna, "word " * 5_000) == []


_TEXT = st.text(
    st.sampled_from('aAbBZ"*^(){}:+-. \n\tİıIißſSKåÅ\u0301\u0308\u0345ǰΐẞ日本한😀\x01\x7f\u200bΣςσ%_'), max_size=8
)


@given(_TEXT, _TEXT)
@example("x", '" OR "1')
@example("ab", "ab NEAR cd")
def test_R1_2_P3_the_search_index_finds_what_stands_in_the_text_and_nothing_else(
    desk: Desk, name: str, word: str
) -> None:
    Recipient.delete().execute()
    row = Recipient(email="x@y.test", email_key="x@y.test", domain="y.test", name=name, first_seen=datetime.now(UTC))
    row.search = searched(row)
    row.save()
    for wanted in filter(None, (word, name[1:5], name[:3], name[2:])):
        assert Recipient.select().where(contains(Recipient, wanted)).exists() == (key_of(wanted) in row.search)


_ADDRESS = st.text(st.sampled_from('aAbß.+-_"ßſKÅǰΣς日\u0301'), min_size=1, max_size=5)
_DOMAIN = st.sampled_from(
    ["x.test", "X.TEST", "münchen.test", "xn--mnchen-3ya.test", "straße.test", "strasse.test", "日本.test"]
)
_FILTER = st.one_of(_ADDRESS, _DOMAIN, st.builds("{}@{}".format, _ADDRESS, _DOMAIN), st.sampled_from(["@", ".t", "@x"]))


@given(
    st.lists(st.builds("{}@{}".format, _ADDRESS, _DOMAIN), max_size=6),
    st.sampled_from(["exact", "contain", "start", "end"]),
    _FILTER.filter(str.strip),
)
def test_R3_3_the_index_narrows_the_search_for_denied_addresses_without_losing_one(
    desk: Desk, addresses: list[str], kind: str, text: str
) -> None:
    Recipient.delete().execute()
    for address in {address_key(a): a for a in addresses}.values():
        key = address_key(address)
        row = Recipient(email=address, email_key=key, domain=key.rpartition("@")[2], first_seen=datetime.now(UTC))
        row.search = searched(row)
        row.save()
    entry = Entry(0, "email", kind, text)
    everybody = Recipient.select(Recipient.id, Recipient.email, Recipient.email_key).tuples()
    assert sorted(deny.caught_recipients(entry)) == sorted(caught(entry, everybody))


def test_R2_2_R3_3_an_address_with_hidden_characters_is_denied_as_it_is(desk: Desk) -> None:
    desk.arrive("bo\u200bb@x.test")
    actions.ban(desk.anna, 1, deny_too=True)
    assert desk.model("bo\u200bb@x.test").denied
    assert desk.arrive("bo\u200bb@x.test").reason == "denied"


def test_R3_1_a_filter_text_is_never_cut(desk: Desk) -> None:
    with pytest.raises(BadInput, match="at most"):
        deny_services.add(desk.anna, "email", "exact", "x" * 1_001)
    assert DenyEntry.select().count() == 0


@pytest.mark.parametrize(
    "pattern", [r"(?P<number>\d*)", r"\(?P<number>\d", r"#(\d+)", "(?P<number>", "#(?P<number>\udcff"]
)
def test_R5_1_a_ticket_number_pattern_that_could_stop_intake_is_refused(desk: Desk, pattern: str) -> None:
    try:
        settings.change(desk.anna, "inboxes.ticket_number", pattern)
    except BadInput:
        pass
    assert desk.arrive("a@x.test", "(P<number>5 #1").outcome == "opened"
    assert Setting.select().where(Setting.key == "inboxes.ticket_number").count() == 0


def test_R12_paths_that_cannot_be_a_store_are_a_sentence(tmp_path: Path) -> None:
    foreign = tmp_path / "bookmarks.sqlite"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    for path, words in (
        (str(foreign), "another program"),
        (str(tmp_path), "is a folder; name the store's file in it"),
        (str(tmp_path / ("x" * 300)), "cannot be made"),
        ("/proc/nowhere/store.db", "cannot be made"),
    ):
        with pytest.raises(DatabaseProblem, match=words):
            open_store(path)
    assert sqlite3.connect(foreign).execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (1,)
    assert sqlite_path("~no-such-user-here/store.db").name == "store.db"
