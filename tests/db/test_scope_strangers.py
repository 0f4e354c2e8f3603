"""R10.1: a ticket of one's own partner whose requester belongs to another partner's customer (THREATS P1)."""

from collections.abc import Callable

import pytest

from store.actor import Actor
from store.errors import NotFound, Refused
from store.queries import deny as deny_list
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.queries.why import decisions, of_refused
from store.services import customers, deny, pairing, people, refused, tickets
from store.services import recipients as actions
from tests.driver import Desk

BEN = Actor("ben", "command")


@pytest.fixture
def world(desk: Desk) -> Desk:
    """Ben works for Main.  Ticket 1 belongs to its customer Kelly, its requester bob@x.test to Acme of North."""
    for name in ("Main", "North"):
        people.add_partner(desk.anna, name)
    for name, partner in (("Kelly", "Main"), ("Lena", "Main"), ("Acme", "North")):
        desk.customer(name, partner=partner)
    desk.administrator("ben", "Main")
    desk.arrive("bob@x.test", "One", sender_name="Robert")
    tickets.update(desk.anna, 1, {"customer": 1})
    pairing.pair(desk.anna, 1, 3)
    return desk


@pytest.mark.parametrize("answer", [None, True, False])
def test_R10_1_R4_10_a_pair_that_is_not_seen_is_neither_asked_for_nor_changed(world: Desk, answer: bool | None) -> None:
    done = tickets.update(BEN, 1, {"customer": 2}, change_pair=answer)
    assert (done.changed, done.pair_changed) == (("customer",), "")
    assert (world.ticket(1).customer_id, world.model("bob@x.test").customer_id) == (2, 3)


@pytest.mark.parametrize(
    "act", [lambda: tickets.pair_requester(BEN, 1, 2), lambda: tickets.ban_requester(BEN, 1)], ids=["pair", "ban"]
)
@pytest.mark.parametrize("state", ["paired", "banned", "shared", "unpaired"])
def test_R10_1_R4_9_of_a_requester_who_is_not_seen_nothing_is_said(
    world: Desk, act: Callable[[], object], state: str
) -> None:
    if state != "paired":
        getattr({"banned": actions, "shared": actions, "unpaired": pairing}[state], _VERBS[state])(world.anna, 1)
    with pytest.raises(NotFound, match=r"There is no requester of ticket #1, or you may not see it\."):
        act()


_VERBS = {"banned": "ban", "shared": "share", "unpaired": "unpair"}


@pytest.mark.parametrize(
    ("line", "found"),
    [("acme", 0), ("ac", 0), ("requester:acme", 0), ("-acme", 1), ("robert", 1), ("bob@x", 1), ("requester:obert", 1)],
)
def test_R10_1_P1_a_ticket_is_not_found_by_a_customer_who_is_not_seen(world: Desk, line: str, found: int) -> None:
    assert len(TICKETS.ids(BEN, Selection(line, "number", True))) == found
    assert len(TICKETS.ids(world.anna, Selection("acme", "number", True))) == 1


def test_R10_1_P1_another_partner_and_one_that_there_is_not_read_alike(world: Desk) -> None:
    for act in (
        lambda name: customers.add(BEN, {"name": "X", "partner": name}),
        lambda name: customers.edit(BEN, 1, {"partner": name}),
    ):
        told = set()
        for name in ("North", "Nowhere"):
            with pytest.raises(Refused) as refusal:
                act(name)
            told.add(str(refusal.value).replace(name, "it"))
        assert len(told) == 1


def test_R10_1_the_deny_lists_entries_are_not_told_of_mail_that_was_released_either(world: Desk) -> None:
    world.arrive("kim@x.test")
    pairing.pair(world.anna, world.row("kim@x.test").id, 1)
    deny.add(world.anna, "subject", "contain", "secret")
    arrived = world.arrived("kim@x.test", "The secret", message_id="<k@x>")
    world.settle(arrived)
    assert of_refused(BEN, 1)[0]["deny_entries"] == []
    refused.release(BEN, 1, arrived, deny_version=deny_list.version())
    (mine,), (whole,) = decisions(BEN, "<k@x>"), decisions(world.anna, "<k@x>")
    assert (mine["deny_entries"], mine["before"]["deny_entries"]) == ([], [])
    assert (whole["deny_entries"], whole["before"]["deny_entries"]) == ([1], [1])


def test_R10_1_R4_4_an_assignee_who_loses_sight_by_unpairing_is_taken_off(world: Desk) -> None:
    world.arrive("kim@x.test", "Two")
    kim = world.row("kim@x.test").id
    pairing.pair(world.anna, kim, 1)
    tickets.update(world.anna, 2, {"assignee": "ben"})
    assert pairing.unpair(world.anna, kim, unassign=True, rehearse=True).unassigned == (2,)
    assert pairing.unpair(world.anna, kim, unassign=True).unassigned == (2,)
    assert (world.ticket(2).customer_id, world.ticket(2).assignee_id) == (None, None)
