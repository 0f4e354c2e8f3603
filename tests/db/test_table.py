"""R1.2: sorting, searching, filtering; and the counters and the index that serve them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from store.columns import RECIPIENT_COLUMNS
from store.db import database
from store.errors import BadInput, Refused
from store.models import Recipient, Ticket
from store.queries import recipients
from store.queries.recipients import Selection, sort_from
from store.services import pairing, preferences
from store.services import recipients as actions
from tests.driver import Desk


@pytest.fixture
def people(desk: Desk) -> Desk:
    """Carla (paired, 3 tickets), bob (banned), Ämil (shared), zoe."""
    for sender, name in (("carla@a.test", "Carla"), ("bob@b.test", "bob"), ("emil@b.test", "Ämil"), ("zoe@c.test", "")):
        desk.arrive(sender, sender_name=name)
    for number in (1, 2):
        desk.arrive("carla@a.test", f"More {number}")
    pairing.pair(desk.anna, desk.row("carla@a.test").id, desk.customer("Kelly Sanders").id)
    actions.ban(desk.anna, desk.row("bob@b.test").id)
    actions.share(desk.anna, desk.row("emil@b.test").id)
    return desk


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", "carla bob emil zoe"),
        ("banned:yes", "bob"),
        ("banned:no", "carla emil zoe"),
        ("-banned:yes", "carla emil zoe"),
        ("paired:yes", "carla"),
        ("unpaired:yes", "bob emil zoe"),
        ("shared:yes domain:B.test", "emil"),
        ("domain:b.test", "bob emil"),
        ("tickets:>1", "carla"),
        ("tickets:<=1", "bob emil zoe"),
        ("unassigned:yes", "carla bob emil zoe"),
        ("unassigned:2", "carla"),
        ("unassigned:no", ""),
        ("last:<7d", "carla bob emil zoe"),
        ("last:>7d", ""),
        ("first:<1h", "carla bob emil zoe"),
        ("inbox:support", "carla bob emil zoe"),
        ("customer:sanders", "carla"),
        ("name:äm", "emil"),
        ("email:ZOE@c.test", "zoe"),
        ("kelly", "carla"),
        ("ÄMIL", "emil"),
        ("b.test bob", "bob"),
        ("-b.test", "carla zoe"),
        ('"kelly sanders"', "carla"),
        ("zo", "zoe"),
        ("%", ""),
        ("_", ""),
        ('"', ""),
        ("a* OR b*", ""),
    ],
)
def test_R1_2_the_filter_line(people: Desk, line: str, found: str) -> None:
    assert [email.partition("@")[0] for email in people.emails(line)] == found.split() or (line, found) == ('"', "")


def test_R1_2_ages_count_from_now(people: Desk) -> None:
    old = datetime.now(UTC) - timedelta(days=10)
    Recipient.update(last_message=old).where(Recipient.email == "zoe@c.test").execute()
    Recipient.update(last_message=None).where(Recipient.email == "bob@b.test").execute()
    assert people.emails("last:>7d") == ["zoe@c.test"]
    assert people.emails("last:<2w") == ["carla@a.test", "emil@b.test", "zoe@c.test"]


@pytest.mark.parametrize("line", ["banned:maybe", "tickets:many", "last:7", "wrong:x", "tickets:>", "last:<d"])
def test_R1_2_a_filter_that_cannot_be_read_says_what_could_stand_there(people: Desk, line: str) -> None:
    with pytest.raises(BadInput, match=r"takes|no filter"):
        people.emails(line)


@given(st.text(max_size=60))
def test_P3_no_filter_line_breaks_the_query(desk: Desk, line: str) -> None:
    try:
        desk.emails(line)
    except BadInput:
        pass


@pytest.mark.parametrize("column", [column.key for column in RECIPIENT_COLUMNS])
def test_R1_2_every_column_sorts_both_ways_with_the_id_as_tie_breaker(people: Desk, column: str) -> None:
    up = list(recipients.ids(people.anna, Selection("", column, False)))
    down = list(recipients.ids(people.anna, Selection("", column, True)))
    assert up == down[::-1]
    assert sorted(up) == [1, 2, 3, 4]
    assert list(recipients.ids(people.anna, Selection("", column, False), limit=2)) == up[:2]


def test_R1_2_at_first_by_id_newest_first_and_names_sort_without_case(people: Desk) -> None:
    assert list(recipients.ids(people.anna, Selection())) == [4, 3, 2, 1]
    rows = recipients.every(people.anna, Selection("", "name", False))
    assert [row.name for row in rows] == ["bob", "Carla", "zoe", "Ämil"]


def test_P3_only_columns_sort() -> None:
    assert sort_from("email:desc") == ("email", True)
    for bad in ("email;drop table", "password", "id:up", ""):
        with pytest.raises(BadInput):
            sort_from(bad)


def test_R1_5_columns_are_kept_per_administrator(desk: Desk) -> None:
    ben = desk.administrator("ben")
    preferences.choose_columns(ben, ["email", "tickets", "id"])
    assert [c.key for c in preferences.columns(ben)] == ["email", "tickets", "id"]
    assert [c.key for c in preferences.columns(desk.anna)] == [c.key for c in RECIPIENT_COLUMNS if c.shown]
    with pytest.raises(BadInput, match="no column"):
        preferences.choose_columns(ben, ["nope"])


def test_R1_7_newer_ids_are_those_above(people: Desk) -> None:
    assert list(recipients.newer_ids(people.anna, Selection(), 2)) == [4, 3]


_SENDERS = ["a@x.test", "b@x.test", "c@x.test"]


def test_R1_1_counters_and_search_index_are_true_after_any_use(desk: Desk) -> None:
    class Machine(RuleBasedStateMachine):
        @initialize()
        def customers(self) -> None:
            if not hasattr(desk, "made"):
                desk.made = [desk.customer(f"Customer {n}").id for n in range(2)]  # type: ignore[attr-defined]

        @rule(sender=st.sampled_from(_SENDERS), number=st.integers(0, 9))
        def arrive(self, sender: str, number: int) -> None:
            desk.arrive(sender, f"Re: #{number} Hello" if number else "Hello")

        @rule(sender=st.sampled_from(_SENDERS), customer=st.integers(0, 1), every=st.booleans())
        def pair(self, sender: str, customer: int, every: bool) -> None:
            self._try(lambda row: pairing.pair(desk.anna, row, desk.made[customer], assign_all=every), sender)  # type: ignore[attr-defined]

        @rule(sender=st.sampled_from(_SENDERS), every=st.booleans())
        def unpair(self, sender: str, every: bool) -> None:
            self._try(lambda row: pairing.unpair(desk.anna, row, unassign=every), sender)

        @rule(sender=st.sampled_from(_SENDERS), name=st.sampled_from(["Zoe", "Ünal"]), shared=st.booleans())
        def edit(self, sender: str, name: str, shared: bool) -> None:
            self._try(lambda row: actions.edit_sender(desk.anna, row, name=name, shared=shared), sender)

        def _try(self, call: object, sender: str) -> None:
            try:
                call(desk.row(sender).id)  # type: ignore[operator]
            except Refused:
                pass

        @invariant()
        def counters_are_true(self) -> None:
            for row in Recipient.select():
                mine = Ticket.requester == row.id
                assert row.tickets == Ticket.select().where(mine).count()
                assert row.unassigned_tickets == Ticket.select().where(mine & Ticket.customer.is_null()).count()
                assert recipients.ids(desk.anna, Selection(f'"{row.name}"')), row.name
            database.execute_sql("INSERT INTO recipient_search(recipient_search) VALUES ('integrity-check')")

    run_state_machine_as_test(Machine, settings=settings(max_examples=6, stateful_step_count=12, deadline=None))
