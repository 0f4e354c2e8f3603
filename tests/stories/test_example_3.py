"""The seed's Example 3: what an administrator with a specific partner sees of a new sender."""

import pytest

from store.errors import NotFound
from store.queries import recipients, tickets
from store.services import pairing, people
from tests.driver import Desk


def test_example_3_an_unknown_senders_ticket_is_for_any_and_super_until_it_is_paired(desk: Desk) -> None:
    people.add_partner(desk.anna, "Main")
    people.add_partner(desk.anna, "Other")
    main = desk.administrator("main", "Main")
    any_partner = desk.administrator("any")
    boss = desk.administrator("boss", "Main", role="super")
    number = desk.arrive("new@x.test", "I would like a contract").ticket

    assert desk.emails(actor=main) == []
    with pytest.raises(NotFound):
        tickets.one(main, number)
    for actor in (any_partner, boss, desk.anna):
        assert desk.emails(actor=actor) == ["new@x.test"]
        assert tickets.one(actor, number).number == number

    pairing.pair(any_partner, desk.row("new@x.test").id, desk.customer("Jo", partner="Main").id)
    assert desk.emails(actor=main) == ["new@x.test"]
    assert tickets.one(main, number).customer is not None

    pairing.unpair(any_partner, desk.row("new@x.test").id, unassign=True)
    pairing.pair(any_partner, desk.row("new@x.test").id, desk.customer("Al", partner="Other").id)
    with pytest.raises(NotFound):
        recipients.by_email(main, "new@x.test")
    with pytest.raises(NotFound):
        tickets.one(main, number)
