"""R10.1: who may see what, in every query and use case (THREATS P1, P2)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.actor import Actor
from store.errors import NotFound, Refused
from store.models import Customer, Recipient, Ticket
from store.queries import customers, deny, health, lists, recipients, refused, tickets
from store.queries.recipients import Selection
from store.queries.settings import timezone
from store.queries.why import decisions
from store.rules.visibility import Rights, may_see
from store.services import deny as deny_services
from store.services import pairing, people
from store.services import recipients as actions
from tests.driver import Desk


@pytest.fixture
def world(desk: Desk) -> Desk:
    """Partners Main, North, South with a customer and two senders each; two unknown senders."""
    for name in ("Main", "North", "South"):
        people.add_partner(desk.anna, name)
        customer = desk.customer(f"Customer {name}", partner=name, email=f"{name}@home.test")
        for number in (1, 2):
            desk.arrive(f"{name}{number}@x.test", f"Subject {name}", message_id=f"<{name}{number}@x>")
            pairing.pair(desk.anna, desk.row(f"{name}{number}@x.test").id, customer.id, assign_all=True)
    for number in (1, 2):
        desk.arrive(f"unknown{number}@x.test", "Subject unknown", message_id=f"<unknown{number}@x>")
    actions.ban(desk.anna, desk.row("North1@x.test").id)
    desk.arrive("North1@x.test", "Refused one")
    return desk


@given(partner=st.sampled_from(["Main", "North", "South", None]), role=st.sampled_from(["super", "administrator"]))
def test_P1_R10_1_the_scope_in_sql_is_the_rule(world: Desk, partner: str | None, role: str) -> None:
    with contextlib.suppress(Refused):
        world.administrator("ben", partner, role)
    people.edit_administrator(world.anna, "ben", partner=partner, role=role)
    ben = Actor("ben", "command")
    own = None if partner is None else people.partner_named(partner).id
    now = Rights(super=role == "super", partner=own)
    of = {c.id: c.partner_id for c in Customer.select()}

    def seen(row: Recipient | Ticket) -> bool:
        return may_see(now, of.get(row.customer_id))

    rows = {r.id for r in Recipient.select() if seen(r)}
    assert set(recipients.ids(ben, Selection())) == rows == set(recipients.rows(ben, list(range(1, 50))))
    assert recipients.count(ben) == len(rows) == health.counts(ben).recipients
    assert set(recipients.ids(ben, Selection("x.test"))) == rows
    assert set(recipients.newer_ids(ben, Selection(), 0)) == rows
    numbers = {t.id for t in Ticket.select() if seen(t)}
    assert {t.number for t in tickets.every(ben)} == numbers
    assert {m.ticket for m in tickets.messages(ben)} == numbers
    assert {c.id for c in customers.find(ben)} == {c for c, p in of.items() if now.sees_all or p == own}
    allowed = {f"#{n}" for n in numbers} | {r.email for r in Recipient.select() if seen(r)}
    if not now.sees_all:
        assert {h.of for h in lists.history(ben)} <= allowed
        assert {r.sender for r in refused.every(ben)} <= allowed


def test_R10_1_P1_direct_ids_numbers_and_names_of_others_do_not_exist(world: Desk) -> None:
    ben = world.administrator("ben", "Main")
    foreign = world.row("North1@x.test").id
    unknown = world.row("unknown1@x.test").id
    number = Ticket.get(Ticket.requester == foreign).id
    for call in (
        lambda: recipients.by_email(ben, "North1@x.test"),
        lambda: tickets.one(ben, number),
        lambda: next(iter(tickets.messages(ben, number))),
        lambda: customers.one(ben, Customer.get(Customer.name == "Customer North").id),
        lambda: actions.ban(ben, unknown),
        lambda: actions.unban(ben, foreign),
        lambda: actions.rename(ben, unknown, "x"),
        lambda: actions.share(ben, unknown),
        lambda: pairing.pair(ben, unknown, 1),
        lambda: pairing.unpair(ben, foreign),
        lambda: pairing.preview(ben, foreign),
        lambda: decisions(ben, "<North1@x>"),
        lambda: decisions(ben, "<unknown1@x>"),
    ):
        with pytest.raises((NotFound, StopIteration)):
            call()
    mine = world.row("Main1@x.test").id
    pairing.unpair(world.anna, mine)
    with pytest.raises(NotFound):
        pairing.pair(world.anna, mine, 999)


def test_R10_1_the_deny_list_is_for_those_who_see_all(world: Desk) -> None:
    ben = world.administrator("ben", "Main")
    for call in (
        lambda: deny.every(ben, timezone()),
        lambda: deny.would_catch(ben, deny_services.checked("email", "end", "x")),
        lambda: deny_services.add(ben, "email", "end", "x"),
        lambda: deny_services.remove(ben, 1),
        lambda: actions.ban(ben, world.row("Main1@x.test").id, deny_too=True),
    ):
        with pytest.raises(Refused, match="deny list"):
            call()
    assert not world.row("Main1@x.test").banned, "nothing half done"


def test_P2_rights_are_read_afresh_in_each_transaction(world: Desk) -> None:
    ben = world.administrator("ben")
    assert recipients.count(ben) == 8
    people.edit_administrator(world.anna, "ben", partner="South")
    assert recipients.count(ben) == 2
    people.edit_administrator(world.anna, "ben", active=False)
    with pytest.raises(Refused, match="switched off"):
        recipients.count(ben)


def test_R10_1_only_a_super_administrator_changes_people(desk: Desk) -> None:
    ben = desk.administrator("ben")
    for call in (
        lambda: people.add_partner(ben, "X"),
        lambda: people.add_administrator(ben, "x", "x@us.test"),
        lambda: people.edit_administrator(ben, "ben", role="super"),
    ):
        with pytest.raises(Refused, match="super administrator"):
            call()


def test_R10_1_there_is_always_a_super_administrator(desk: Desk) -> None:
    from store.errors import BadInput

    with pytest.raises(BadInput, match="at least one"):
        people.edit_administrator(desk.anna, "anna", role="administrator")
    people.add_partner(desk.anna, "still super")
