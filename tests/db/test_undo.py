"""R10.3, R4.11: a change of recipients, tickets or the deny list is taken back whole, or refused with who and when."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.actor import Actor
from store.db import transaction
from store.errors import NotFound, Refused
from store.models import Customer, DenyEntry, History, Message, Participant, ProfileAddress, Recipient, Ticket
from store.queries import customers as finding
from store.queries.history_list import HISTORY
from store.services import (
    customer_import,
    customer_merging,
    customers,
    deny,
    pairing,
    people,
    recipients,
    tickets,
    undo,
)
from tests.driver import Desk

_IGNORED = ("version", "updated", "search")


def picture(desk: Desk) -> Any:
    """All that undo may have to restore."""
    tables = (Recipient, Ticket, Customer, ProfileAddress)
    rows = [[(table, row) for row in table.select().order_by(table.id).dicts() if _is_there(row)] for table in tables]
    plain = [
        [
            {key: value for key, value in row.items() if key not in _IGNORED and (key, table) != ("id", ProfileAddress)}
            for table, row in rows_of
        ]
        for rows_of in rows
    ]
    followers = sorted((one.ticket_id, one.kind, one.email) for one in Participant.select())
    entries = sorted((one.location, one.filter_type, one.filter) for one in DenyEntry.select())
    messages = [(one.id, one.ticket_id) for one in Message.select() if one.direction != "note"]
    return plain, followers, entries, messages


def _is_there(row: dict[str, Any]) -> bool:
    """A customer that is added and taken off again keeps its row, for its number is not given twice."""
    return row.get("deleted") is None or row.get("merged_into") is not None


def world(desk: Desk) -> None:
    """Bob with three tickets, eve with one; customers 1 and 2."""
    for subject in ("One", "Two", "Three"):
        desk.arrive("bob@x.test", subject)
    desk.arrive("eve@x.test", "Four")
    desk.customer("Kelly")
    desk.customer("Lee", kind="lead")


def bob(desk: Desk) -> int:
    return desk.row("bob@x.test").id


IMPORTED = [
    (2, {"name": "Kim", "external_id": "a"}),
    (4, {"name": "Al"}),
]
ACTIONS = {
    "pair": lambda desk: pairing.pair(desk.anna, bob(desk), 1),
    "pair all": lambda desk: pairing.pair(desk.anna, bob(desk), 1, assign_all=True),
    "ban": lambda desk: recipients.ban(desk.anna, bob(desk), reason="spam"),
    "ban and deny": lambda desk: recipients.ban(desk.anna, bob(desk), deny_too=True),
    "share": lambda desk: recipients.share(desk.anna, bob(desk)),
    "rename": lambda desk: recipients.rename(desk.anna, bob(desk), "Robert"),
    "edit": lambda desk: recipients.edit_sender(desk.anna, bob(desk), name="Rob", shared=True),
    "close": lambda desk: tickets.close(desk.anna, 1),
    "update": lambda desk: tickets.update(desk.anna, 1, {"customer": 2, "assignee": "anna", "priority": "High"}),
    "cc": lambda desk: tickets.add_cc(desk.anna, 1, "boss@x.test"),
    "watch": lambda desk: tickets.add_watcher(desk.anna, 1, "anna"),
    "deny": lambda desk: deny.add(desk.anna, "email", "end", "@x.test"),
    "fields": lambda desk: tickets.update(
        desk.anna, 2, {"subject": "New", "status": "On hold", "group": "G", "type": "T"}
    ),
    "change pair": lambda desk: tickets.update(desk.anna, 1, {"customer": 2}, change_pair=True),
    "keep pair": lambda desk: tickets.update(desk.anna, 1, {"customer": 2}, change_pair=False),
    "pair from ticket": lambda desk: tickets.pair_requester(desk.anna, 2, 2, assign_all=True),
    "ban from ticket": lambda desk: tickets.ban_requester(desk.anna, 4, deny_too=True),
    "add customer": lambda desk: desk.customer("Mo", email="mo@x.test", partner="Main"),
    "import": lambda desk: customer_import.import_all(desk.anna, IMPORTED),
    "merge tickets": lambda desk: tickets.merge(desk.anna, 4, 1),
    "edit customer": lambda desk: customers.edit(desk.anna, 1, {"name": "Kim", "email": "kim@x.test", "kind": "lead"}),
    "merge customers": lambda desk: customer_merging.merge(desk.anna, 1, 2),
    "remove customer": lambda desk: customers.remove(desk.anna, 2),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_R10_3_each_action_is_taken_back_whole(desk: Desk, action: str) -> None:
    world(desk)
    before = picture(desk)
    ACTIONS[action](desk)
    assert picture(desk) != before
    undo.undo(desk.anna, undo.newest(desk.anna).change, rehearse=True)
    assert picture(desk) != before
    undo.undo(desk.anna, undo.newest(desk.anna).change)
    assert picture(desk) == before


@pytest.mark.parametrize("action", [action for action in ACTIONS if action != "merge tickets"])
def test_R10_3_an_undo_is_taken_back_in_its_turn(desk: Desk, action: str) -> None:
    world(desk)
    before = picture(desk)
    ACTIONS[action](desk)
    done = picture(desk)
    for expected in (before, done, before):
        undo.undo(desk.anna, History.select().order_by(History.id.desc()).get().change)
        assert picture(desk) == expected


def test_R10_3_tickets_that_are_two_again_are_merged_by_merging(desk: Desk) -> None:
    world(desk)
    tickets.merge(desk.anna, 4, 1)
    undo.undo(desk.anna, undo.newest(desk.anna).change)
    with pytest.raises(Refused, match="cannot be taken back"):
        undo.undo(desk.anna, History.select().order_by(History.id.desc()).get().change)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lambda desk: pairing.pair(desk.anna, bob(desk), 1, assign_all=True), "unpair"),
        (
            lambda desk: (pairing.pair(desk.anna, bob(desk), 1), tickets.update(desk.anna, 3, {"assignee": "ben"})),
            "unpair",
        ),
        (lambda desk: pairing.pair(desk.anna, bob(desk), 1), "share"),
        (lambda desk: recipients.ban(desk.anna, bob(desk), reason="spam"), "unban"),
        (lambda desk: recipients.share(desk.anna, bob(desk)), "unshare"),
        (lambda desk: tickets.close(desk.anna, 1), "reopen"),
        (lambda desk: tickets.add_cc(desk.anna, 1, "boss@x.test"), "cc off"),
        (lambda desk: tickets.add_watcher(desk.anna, 1, "anna"), "watcher off"),
        (lambda desk: deny.add(desk.anna, "email", "end", "@x.test"), "deny off"),
    ],
)
def test_R10_3_taking_away_is_taken_back_too(desk: Desk, first: Any, then: str) -> None:
    world(desk)
    desk.administrator("ben", "Main")
    first(desk)
    before = picture(desk)
    {
        "unpair": lambda: pairing.unpair(desk.anna, bob(desk), unassign=True),
        "share": lambda: recipients.share(desk.anna, bob(desk)),
        "unban": lambda: recipients.unban(desk.anna, bob(desk)),
        "unshare": lambda: recipients.unshare(desk.anna, bob(desk)),
        "reopen": lambda: tickets.reopen(desk.anna, 1),
        "cc off": lambda: tickets.remove_cc(desk.anna, 1, "boss@x.test"),
        "watcher off": lambda: tickets.remove_watcher(desk.anna, 1, "anna"),
        "deny off": lambda: deny.remove(desk.anna, DenyEntry.get().id),
    }[then]()
    assert picture(desk) != before
    undo.undo(desk.anna, undo.newest(desk.anna).change)
    assert picture(desk) == before


def test_R10_3_what_somebody_changed_since_is_refused_with_who_and_when(desk: Desk) -> None:
    world(desk)
    cleo = desk.administrator("cleo")
    pairing.pair(desk.anna, bob(desk), 1)
    mine = undo.newest(desk.anna)
    pairing.unpair(cleo, bob(desk))
    with pytest.raises(Refused, match=r"bob@x\.test was changed by cleo on 20..-..-.. ..:.. UTC"):
        undo.undo(desk.anna, mine.change)
    assert desk.ticket(3).customer_id == 1


def test_R10_3_who_changed_that_is_named_and_not_who_changed_something_else_since(desk: Desk) -> None:
    world(desk)
    cleo, dan = desk.administrator("cleo"), desk.administrator("dan")
    tickets.update(desk.anna, 1, {"priority": "High"})
    priority = undo.newest(desk.anna).change
    tickets.add_cc(desk.anna, 1, "boss@x.test")
    cc = undo.newest(desk.anna).change
    tickets.update(cleo, 1, {"priority": "Low"})
    tickets.remove_cc(cleo, 1, "boss@x.test")
    tickets.add_cc(dan, 1, "other@x.test")
    tickets.update(dan, 1, {"subject": "Else"})
    for mark in (priority, cc):
        with pytest.raises(Refused, match="#1 was changed by cleo"):
            undo.undo(desk.anna, mark)


def test_R10_3_a_merged_ticket_that_was_merged_on_says_by_whom(desk: Desk) -> None:
    world(desk)
    cleo = desk.administrator("cleo")
    tickets.merge(desk.anna, 4, 1)
    mine = undo.newest(desk.anna).change
    tickets.merge(cleo, 1, 2)
    with pytest.raises(Refused, match=r"#4 was changed by cleo"):
        undo.undo(desk.anna, mine)


@pytest.mark.parametrize(
    "since",
    [
        lambda cleo: customers.edit(cleo, 2, {"phone": "0171"}),
        lambda cleo: customers.edit(cleo, 2, {"kind": "customer"}),
        lambda cleo: customers.remove(cleo, 2),
        lambda cleo: customer_merging.merge(cleo, 2, 1),
    ],
)
def test_R10_3_a_customer_that_somebody_changed_since_is_not_taken_off(desk: Desk, since: Any) -> None:
    world(desk)
    added = undo.newest(desk.anna).change
    since(desk.administrator("cleo"))
    before = picture(desk)
    with pytest.raises(Refused, match="Lee was changed by cleo"):
        undo.undo(desk.anna, added)
    assert picture(desk) == before


def test_R10_3_an_entry_of_the_deny_list_that_has_anothers_number_now_stays(desk: Desk) -> None:
    cleo = desk.administrator("cleo")
    first = deny.add(desk.anna, "email", "end", "@a.test")
    mine = undo.newest(desk.anna).change
    deny.remove(cleo, first.id)
    assert deny.add(cleo, "email", "end", "@b.test").id == first.id
    with pytest.raises(Refused, match=r"@a\.test was changed by cleo"):
        undo.undo(desk.anna, mine)
    assert [entry.filter for entry in DenyEntry.select()] == ["@b.test"]


def test_R10_1_R10_3_undo_gives_no_ticket_to_an_assignee_who_may_not_see_it(desk: Desk) -> None:
    world(desk)
    people.add_partner(desk.anna, "North")
    desk.administrator("nora", "North")
    tickets.update(desk.anna, 1, {"customer": 1})
    customers.edit(desk.anna, 1, {"partner": "North"})
    moved = undo.newest(desk.anna).change
    tickets.update(desk.anna, 1, {"assignee": "nora"})
    with pytest.raises(Refused, match="nora works for one partner"):
        undo.undo(desk.anna, moved)
    assert Customer.get_by_id(1).partner_id == people.partner_named("North").id


def test_R10_1_R10_3_undo_brings_nobody_back_whom_the_rules_of_today_keep_out(desk: Desk) -> None:
    world(desk)
    desk.administrator("ben")
    tickets.add_watcher(desk.anna, 1, "ben")
    tickets.remove_watcher(desk.anna, 1, "ben")
    watched = undo.newest(desk.anna).change
    tickets.add_cc(desk.anna, 1, "zoe@x.test")
    tickets.remove_cc(desk.anna, 1, "zoe@x.test")
    copied = undo.newest(desk.anna).change
    people.edit_administrator(desk.anna, "ben", partner="Main")
    desk.administrator("zoe")
    people.edit_administrator(desk.anna, "zoe", email="zoe@x.test")
    for mark in (watched, copied):
        with pytest.raises(Refused, match=r"may not see this ticket|cannot be in Cc"):
            undo.undo(desk.anna, mark)
    assert not Participant.select().exists()


def test_R10_3_an_import_is_taken_back_whole_or_not_at_all(desk: Desk) -> None:
    world(desk)
    customers.edit(desk.anna, 1, {"external_id": "k"})
    pairing.pair(desk.anna, bob(desk), 2)
    pairing.unpair(desk.anna, bob(desk), unassign=True)
    before = picture(desk)
    lines: Any = [(2, {"name": "Kelly B", "external_id": "k"}), (3, {"name": "New"})]
    customer_import.import_all(desk.anna, lines)
    mine = undo.newest(desk.anna)
    assert [(step.what, step.of) for step in mine.steps] == [("edit", "Kelly B"), ("add", "New")]
    new = Customer.get(Customer.name == "New")
    pairing.pair(desk.anna, bob(desk), new.id)
    with pytest.raises(Refused, match="so it stays"):
        undo.undo(desk.anna, mine.change)
    assert Customer.get_by_id(1).name == "Kelly B"
    pairing.unpair(desk.anna, bob(desk), unassign=True)
    undo.undo(desk.anna, mine.change)
    assert Customer.get_by_id(new.id).deleted is not None
    assert picture(desk) == before


def test_R10_3_all_of_it_or_nothing(desk: Desk) -> None:
    world(desk)
    pairing.pair(desk.anna, bob(desk), 1, assign_all=True)
    mine = undo.newest(desk.anna)
    tickets.update(desk.anna, 2, {"customer": None})
    with pytest.raises(Refused, match="#2 was changed by anna"):
        undo.undo(desk.anna, mine.change)
    assert desk.row("bob@x.test").customer_id == 1
    assert [ticket.customer_id for ticket in Ticket.select().order_by(Ticket.id)] == [1, None, 1, None]


def test_R10_3_twice_is_refused_and_undo_goes_further_back(desk: Desk) -> None:
    world(desk)
    recipients.rename(desk.anna, bob(desk), "Robert")
    recipients.ban(desk.anna, bob(desk))
    last = undo.newest(desk.anna)
    undo.undo(desk.anna, last.change)
    with pytest.raises(Refused, match="taken back already"):
        undo.undo(desk.anna, last.change)
    assert [step.what for step in undo.newest(desk.anna).steps] == ["rename"]
    undo.undo(desk.anna, undo.newest(desk.anna).change)
    for name in ("Lee", "Kelly"):
        assert [(step.what, step.of) for step in undo.newest(desk.anna).steps] == [("add", name)]
        undo.undo(desk.anna, undo.newest(desk.anna).change)
    with pytest.raises(Refused, match="nothing to take back"):
        undo.newest(desk.anna)


def test_R10_3_merging_tickets_of_strangers_is_mended(desk: Desk) -> None:
    """A wrong merge tells one customer's business to another, so it must be mended whole, the new Cc included."""
    world(desk)
    desk.arrive("eve@x.test", "Re: #4 Four", text="Mine alone.")
    tickets.merge(desk.anna, 4, 1)
    desk.arrive("eve@x.test", "Re: #4 Four", text="After the merge.")
    found = undo.newest(desk.anna)
    undo.undo(desk.anna, found.change)
    assert [one.ticket_id for one in Message.select().where(Message.text == "Mine alone.")] == [4]
    assert [one.ticket_id for one in Message.select().where(Message.text == "After the merge.")] == [1]
    assert not Participant.select().exists()
    assert (desk.ticket(4).merged_into_id, desk.ticket(4).closed) == (None, None)
    with pytest.raises(Refused, match="taken back already"):
        undo.undo(desk.anna, found.change)


def test_R10_3_a_customer_that_was_added_is_taken_off_unless_something_belongs_to_it(desk: Desk) -> None:
    world(desk)
    lee = undo.newest(desk.anna).change
    pairing.pair(desk.anna, bob(desk), 2)
    with pytest.raises(Refused, match="so it stays"):
        undo.undo(desk.anna, lee)
    pairing.unpair(desk.anna, bob(desk), unassign=True)
    undo.undo(desk.anna, lee)
    assert [line.name for line in finding.find(desk.anna)] == ["Kelly"]


def test_R10_3_a_customer_comes_back_only_while_its_external_id_is_free(desk: Desk) -> None:
    world(desk)
    customers.edit(desk.anna, 2, {"external_id": "A1"})
    customers.remove(desk.anna, 2)
    removal = undo.newest(desk.anna).change
    again = desk.customer("Lee again", external_id="A1")
    with pytest.raises(Refused, match="external id A1"):
        undo.undo(desk.anna, removal)
    customers.edit(desk.anna, again.id, {"external_id": ""})
    undo.undo(desk.anna, removal)
    assert Customer.get_by_id(2).external_id == "A1"


def test_R10_1_undo_gives_nothing_to_a_foreign_customer_nor_names_one(desk: Desk) -> None:
    world(desk)
    people.add_partner(desk.anna, "North")
    customers.edit(desk.anna, 1, {"partner": "North"})
    ben = desk.administrator("ben", "North")
    pairing.pair(desk.anna, bob(desk), 2)
    pairing.unpair(desk.anna, bob(desk))
    pairing.pair(desk.anna, bob(desk), 1)
    changes = [line.change for line in HISTORY.every(ben, HISTORY.first) if line.what == "unpair"]
    assert len(changes) == 1
    assert "Lee" not in str(undo.look(ben, changes[0]))
    with pytest.raises(Refused):
        undo.undo(ben, changes[0])
    assert "lee" not in str(list(HISTORY.every(ben, HISTORY.first))).lower()


def test_R10_3_what_cannot_be_taken_back_says_so(desk: Desk) -> None:
    world(desk)
    tickets.note(desk.anna, 1, "Mind him.")
    with pytest.raises(Refused, match=r"note, #1\) cannot be taken back"):
        undo.newest(desk.anna)


def test_R10_3_of_one_recipient_or_ticket_whoever_did_it(desk: Desk) -> None:
    world(desk)
    cleo = desk.administrator("cleo")
    recipients.ban(cleo, bob(desk))
    tickets.close(cleo, 4)
    assert undo.newest(desk.anna, kind="recipient", thing=bob(desk)).who == "cleo"
    assert undo.newest(desk.anna, kind="ticket", thing=4).steps[0].what == "status"
    with pytest.raises(NotFound):
        undo.newest(desk.anna, kind="ticket", thing=99)


def test_R4_7_undo_does_not_pair_an_address_that_is_shared_now(desk: Desk) -> None:
    world(desk)
    pairing.pair(desk.anna, bob(desk), 1)
    pairing.unpair(desk.anna, bob(desk))
    mine = undo.newest(desk.anna)
    recipients.share(desk.anna, bob(desk))
    with pytest.raises(Refused, match="shared address"):
        undo.undo(desk.anna, mine.change)


def test_R4_1_a_customer_that_was_renamed_since_is_no_obstacle(desk: Desk) -> None:
    world(desk)
    pairing.pair(desk.anna, bob(desk), 1)
    pairing.unpair(desk.anna, bob(desk))
    Customer.update(name="Kelly New").where(Customer.id == 1).execute()
    undo.undo(desk.anna, undo.newest(desk.anna, kind="recipient", thing=bob(desk)).change)
    assert desk.row("bob@x.test").paired_to == "Kelly New"
    assert desk.model("bob@x.test").customer_key == "kelly new"


def test_R10_1_an_administrator_with_a_partner_takes_back_only_what_he_may_see(desk: Desk) -> None:
    world(desk)
    people.add_partner(desk.anna, "North")
    ben = desk.administrator("ben", "North")
    recipients.ban(desk.anna, bob(desk))
    mark = undo.newest(desk.anna).change
    for attempt in (lambda: undo.undo(ben, mark), lambda: undo.newest(ben, kind="recipient", thing=bob(desk))):
        with pytest.raises((Refused, NotFound)):
            attempt()
    assert desk.model("bob@x.test").banned


def test_R10_2_undo_is_in_the_history_itself(desk: Desk) -> None:
    world(desk)
    recipients.rename(desk.anna, bob(desk), "Robert")
    done = undo.undo(Actor("anna", "window"), undo.newest(desk.anna).change)
    last = History.select().order_by(History.id.desc()).get()
    assert (last.what, last.who, last.via, last.of) == ("undo", "anna", "window", "bob@x.test")
    assert History.get(History.change == done.change).undone_by == last.change


@settings(max_examples=25)
@example(names=["rename", "rename"])
@given(names=st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=5))
def test_R4_11_R10_3_any_row_of_actions_is_taken_back_from_the_last_to_the_first(desk: Desk, names: list[str]) -> None:
    if not Ticket.select().exists():
        world(desk)
    with transaction(rehearse=True):
        pictures = []
        for name in names:
            before = picture(desk)
            with suppress(Refused):
                ACTIONS[name](desk)
            if picture(desk) != before:
                pictures.append(before)
        for before in reversed(pictures):
            undo.undo(desk.anna, undo.newest(desk.anna).change)
            assert picture(desk) == before
