"""The seed's Example 3: what an administrator with a specific partner sees of a new sender, and may be given of it."""

import pytest

from store.actor import Actor
from store.errors import NotFound, Refused
from store.queries import recipients, tickets
from store.queries.ticket_list import TICKETS
from store.services import customers, pairing, people
from store.services import tickets as work
from tests.driver import Desk


@pytest.fixture
def world(desk: Desk) -> Desk:
    """Administrators of partner Main, of partner Any, and a super administrator; a new sender's ticket, number 1."""
    for name in ("Main", "Other"):
        people.add_partner(desk.anna, name)
    desk.administrator("main", "Main")
    desk.administrator("any")
    desk.administrator("boss", "Main", role="super")
    desk.arrive("new@x.test", "I would like a contract")
    return desk


MAIN, ANY, BOSS = (Actor(login, "command") for login in ("main", "any", "boss"))


def sees(desk: Desk, actor: Actor) -> bool:
    """Whether he sees the recipient and the ticket, in lists and by name and number alike."""
    found = {bool(desk.emails(actor=actor)), bool(TICKETS.count(actor)), bool(TICKETS.count(actor, "contract"))}
    for ask in (lambda: tickets.one(actor, 1), lambda: recipients.by_email(actor, "new@x.test")):
        try:
            found.add(bool(ask()))
        except NotFound:
            found.add(False)
    assert len(found) == 1
    return found.pop()


def test_example_3_an_unknown_senders_ticket_is_for_any_and_super_until_it_is_paired(world: Desk) -> None:
    assert [sees(world, actor) for actor in (MAIN, ANY, BOSS, world.anna)] == [False, True, True, True]

    customer = world.customer("Jo", partner="Main")
    pairing.pair(ANY, world.row("new@x.test").id, customer.id)
    assert sees(world, MAIN)
    assert tickets.one(MAIN, 1).customer is not None

    customers.edit(ANY, customer.id, {"partner": "Other"})
    assert [sees(world, actor) for actor in (MAIN, ANY, BOSS)] == [False, True, True]


def test_example_3_a_new_ticket_cannot_be_assigned_to_an_administrator_with_a_partner(world: Desk) -> None:
    assert [one.login for one in tickets.assignees(ANY, 1) if not one.may_see] == ["main"]
    for assign in (
        lambda: work.update(ANY, 1, {"assignee": "main"}),
        lambda: work.update(BOSS, 1, {"assignee": "main", "customer": None}),
        lambda: work.add_watcher(ANY, 1, "main"),
    ):
        with pytest.raises(Refused, match="main works for one partner and may not see this ticket"):
            assign()
    for login in ("any", "boss"):
        work.update(ANY, 1, {"assignee": login})

    customer = world.customer("Jo", partner="Main")
    pairing.pair(ANY, world.row("new@x.test").id, customer.id)
    work.update(ANY, 1, {"assignee": "main"})
    assert customers.edit(ANY, customer.id, {"partner": "Other"}, rehearse=True).unassigned == (1,)
    customers.edit(ANY, customer.id, {"partner": "Other"})
    assert tickets.one(ANY, 1).assignee is None


def test_example_3_after_a_wrong_pair_the_ticket_is_the_other_partners(world: Desk) -> None:
    pairing.pair(ANY, world.row("new@x.test").id, world.customer("Jo", partner="Main").id)
    pairing.unpair(MAIN, world.row("new@x.test").id, unassign=True)
    assert not sees(world, MAIN)
    pairing.pair(ANY, world.row("new@x.test").id, world.customer("Al", partner="Other").id)
    assert not sees(world, MAIN)
