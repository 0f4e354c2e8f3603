"""R10.1: what an administrator with a partner can count, sort, filter, preview and import (THREATS P1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.actor import Actor
from store.errors import BadInput, Refused
from store.models import Customer, History, ProfileAddress, Recipient, RefusedMessage, Ticket
from store.queries import customers, health, lists, recipients, refused, tickets
from store.queries.recipients import Selection
from store.rules.visibility import Rights, may_see
from store.services import customer_import, deny, pairing, people
from store.services import recipients as actions
from tests.driver import Desk

_SENDERS = [f"{name}@x.test" for name in "abcd"]
_PARTNERS = ["Main", "North"]
_STEPS = st.one_of(
    st.tuples(st.just("arrive"), st.sampled_from(_SENDERS), st.integers(0, 5)),
    st.tuples(st.just("pair"), st.sampled_from(_SENDERS), st.integers(0, 2)),
    st.tuples(st.just("unpair"), st.sampled_from(_SENDERS), st.integers(0, 1)),
    st.tuples(st.just("ban"), st.sampled_from(_SENDERS), st.integers(0, 1)),
)


@pytest.fixture
def world(desk: Desk) -> Desk:
    """Partners Main and North, three customers of them, an administrator of each and one of Any, four senders."""
    for name in _PARTNERS:
        people.add_partner(desk.anna, name)
        desk.administrator(name.lower(), name)
    desk.administrator("any")
    for number, partner in enumerate(("Main", "Main", "North")):
        desk.customer(f"Customer {number}", partner=partner, external_id=f"c{number}", email=f"c{number}@home.test")
    for sender in _SENDERS:
        desk.arrive(sender)
    return desk


def _do(world: Desk, what: str, sender: str, number: int) -> None:
    row = world.row(sender).id
    if what == "arrive":
        world.arrive(sender, f"Re: #{number} Hello")
    elif what == "pair":
        pairing.pair(world.anna, row, number + 1, assign_all=number % 2 == 0)
    elif what == "unpair":
        pairing.unpair(world.anna, row, unassign=number == 1)
    elif number:
        actions.ban(world.anna, row)
    else:
        actions.unban(world.anna, row)


@settings(max_examples=8)
@given(st.lists(_STEPS, min_size=3, max_size=12))
def test_R10_1_P1_counts_sorts_filters_and_previews_know_only_what_may_be_seen(
    world: Desk, steps: list[tuple[str, str, int]]
) -> None:
    for step in steps:
        try:
            _do(world, *step)
        except Refused:
            pass
    partner_of = {c.id: c.partner_id for c in Customer.select()}
    for login, own in (("main", 1), ("north", 2), ("any", None), ("anna", None)):
        actor, now = Actor(login, "command"), Rights(super=login == "anna", partner=own)
        seen = {t.id: t for t in Ticket.select() if may_see(now, partner_of.get(t.customer_id))}
        rows = [r for r in Recipient.select() if may_see(now, partner_of.get(r.customer_id))]
        count = {r.id: sum(t.requester_id == r.id for t in seen.values()) for r in rows}
        waiting = {r.id: sum(t.requester_id == r.id and t.customer_id is None for t in seen.values()) for r in rows}

        lines = recipients.rows(actor, [r.id for r in Recipient.select()])
        assert {n: (line.tickets, line.unassigned_tickets) for n, line in lines.items()} == {
            n: (count[n], waiting[n]) for n in count
        }
        assert health.counts(actor) == (len(rows), sum(waiting.values()))
        assert set(recipients.ids(actor, Selection("tickets:>1"))) == {n for n in count if count[n] > 1}
        assert set(recipients.ids(actor, Selection("unassigned:yes"))) == {n for n in count if waiting[n]}
        assert recipients.count(actor, "-tickets:0") == sum(c > 0 for c in count.values())
        for column, truth in (("tickets", count), ("unassigned_tickets", waiting)):
            assert list(recipients.ids(actor, Selection("", column, True))) == sorted(
                truth, key=lambda n: (-truth[n], -n)
            )
        for row in rows:
            found = pairing.preview(actor, row.id)
            assert (found.unassigned_count, found.kept) == (waiting[row.id], count[row.id] - waiting[row.id])
            assert len(found.unassigned) == waiting[row.id]
            assert set(recipients.ids(actor, Selection(row.email))) == {row.id}
            assert set(tickets.numbers_opened_by(actor, row.id)) == {
                n for n, t in seen.items() if t.requester_id == row.id
            }
        assert tickets.some(actor, range(1, 99)).keys() == seen.keys() == {m.ticket for m in tickets.messages(actor)}
        keys = {r.email_key for r in rows}
        allowed = {r.sender for r in RefusedMessage.select() if now.sees_all or r.sender_key in keys}
        assert {r.sender for r in refused.every(actor)} == allowed
        if not now.sees_all:
            assert {h.of for h in lists.history(actor)} == {
                h.of
                for h in History.select()
                if (h.subject == "recipient" and h.subject_id in count)
                or (h.subject == "ticket" and h.subject_id in seen)
            }
            assert {c.id for c in customers.find(actor, "customer")} == {c for c, p in partner_of.items() if p == own}


def test_R10_1_P1_refused_mail_follows_the_sender_and_hides_the_deny_list(world: Desk) -> None:
    entry = deny.add(world.anna, "subject", "contain", "secret project")
    world.arrive("late@x.test", "The secret project")
    deny.remove(world.anna, entry.id)
    world.arrive("late@x.test")
    pairing.pair(world.anna, world.row("late@x.test").id, 1)
    (mine,) = refused.every(Actor("main", "command"))
    assert (mine.sender, mine.rule) == ("late@x.test", "Deny list")
    (whole,) = refused.every(world.anna)
    assert "secret project" in whole.rule
    assert list(refused.every(Actor("north", "command"))) == []


def test_R10_1_P1_an_import_reaches_no_customer_of_another_partner(world: Desk) -> None:
    main = Actor("main", "command")
    with pytest.raises(BadInput, match="Line 2"):
        customer_import.import_all(main, [(2, {"name": "Mine now", "external_id": "c2"})])
    customer = Customer.get(Customer.external_id == "c2")
    assert (customer.name, customer.partner_id) == ("Customer 2", 2)
    (done,) = customer_import.import_all(main, [(2, {"name": "Renamed", "external_id": "c0"})])
    assert done.did == "updated"


def test_R12_an_import_leaves_alone_what_it_has_no_column_for(world: Desk) -> None:
    world.customer("Lea", kind="lead", partner="North", external_id="lea", email="lea@home.test", phone="123")
    customer_import.import_all(world.anna, [(2, {"name": "Lea B", "external_id": "lea", "phone": ""})])
    row = Customer.get(Customer.external_id == "lea")
    assert (row.name, row.kind, row.partner_id, row.email, row.phone) == ("Lea B", "lead", 2, "lea@home.test", "")
    assert ProfileAddress.select().where(ProfileAddress.email_key == "lea@home.test").exists()


def test_R12_R4_12_a_profile_of_many_addresses_is_kept_whole_or_refused(desk: Desk) -> None:
    many = ", ".join(f"person{n}@long-company-name.test" for n in range(40))
    assert desk.customer(email=many).email == many
    with pytest.raises(BadInput, match="email has at most"):
        desk.customer(email=many * 3)


def test_R10_1_an_unknown_change_to_an_administrator_changes_nothing(world: Desk) -> None:
    with pytest.raises((AttributeError, KeyError, ValueError)):
        people.edit_administrator(world.anna, "main", partners="North")
    assert {a.partner for a in lists.administrators() if a.login == "main"} == {"Main"}
