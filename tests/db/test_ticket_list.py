"""The ticket list: what a filter line selects, in which order, within whose sight (R11.2, R10.1)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.actor import Actor
from store.db import database
from store.errors import BadInput
from store.models import Ticket
from store.queries import ticket_list
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.queries.tickets import TicketLine
from store.services import pairing, people, tickets
from tests.driver import Desk


@pytest.fixture
def listed(desk: Desk) -> Desk:
    """Tickets 1 to 6: kelly's two (one closed), a stranger's two (one assigned to anna), one of nobody, a lead's."""
    for name in ("Main", "Other"):
        people.add_partner(desk.anna, name)
    kelly = desk.customer("Kelly Sanders", email="kelly@x.test", partner="Main")
    desk.arrive("kelly@x.test", "Printer on fire")
    desk.arrive("kelly@x.test", "Invoice")
    tickets.close(desk.anna, 2)
    desk.arrive("stranger@y.test", "printer again", sender_name="Ännchen")
    desk.arrive("stranger@y.test", "Große Frage 100%")
    tickets.update(desk.anna, 4, {"assignee": "anna", "priority": "High", "group": "Sales", "type": "Fault"})
    desk.arrive("", "Nobody's")
    desk.arrive("lead@z.test", "Offer?")
    pairing.pair(desk.anna, desk.row("lead@z.test").id, desk.customer("Sarah Howell", kind="lead", partner="Other").id)
    desk.arrive("lead@z.test", "Re: #6 Offer?")
    assert kelly.id == 1
    return desk


def numbers(
    desk: Desk, line: str = "", sort: str = "number", *, descending: bool = False, actor: Actor | None = None
) -> list[int]:
    return list(TICKETS.ids(actor or desk.anna, Selection(line, sort, descending)))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("open:yes", [1, 3, 4, 5, 6]),
        ("closed:yes", [2]),
        ("open:no", [2]),
        ("unassigned:yes", [3, 4, 5]),
        ("mine:yes", [4]),
        ("mine:no", [1, 2, 3, 5, 6]),
        ("printer", [1, 3]),
        ("PRINTER fire", [1]),
        ("-printer", [2, 4, 5, 6]),
        ("kelly", [1, 2]),
        ("sanders", [1, 2]),
        ("-kelly", [3, 4, 5, 6]),
        ("große", [4]),
        ("GROSSE", [4]),
        ("ännchen", [3, 4]),
        ("100%", [4]),
        ("is", []),
        ("status:resolved", [2]),
        ("status:waiting", [6]),
        ("priority:high group:sales type:fault", [4]),
        ("customer:1", [1, 2]),
        ("customer:none", [3, 4, 5]),
        ("customer:howell", [6]),
        ("-customer:1", [3, 4, 5, 6]),
        ("requester:stranger@y.test", [3, 4]),
        ("from:STRANGER@Y.TEST", [3, 4]),
        ("from:lead", [6]),
        ("-from:lead", [1, 2, 3, 4, 5]),
        ("assignee:anna", [4]),
        ("assignee:none", [1, 2, 3, 5, 6]),
        ("subject:printer", [1, 3]),
        ("number:>4", [5, 6]),
        ("messages:>1", [6]),
        ("created:<1h", [1, 2, 3, 4, 5, 6]),
        ("updated:>1d", []),
        ("open:yes printer -fire", [3]),
    ],
)
def test_R11_2_a_filter_line_selects(listed: Desk, line: str, found: list[int]) -> None:
    assert numbers(listed, line) == found
    assert TICKETS.count(listed.anna, line) == len(found)
    assert [one.number for one in TICKETS.every(listed.anna, Selection(line, "number", False))] == found


@pytest.mark.parametrize("line", ["banned:yes", "open:maybe", "messages:many", "created:soon", "x:y" * 2_000])
def test_R11_2_a_line_that_cannot_be_read_is_told(listed: Desk, line: str) -> None:
    with pytest.raises(BadInput):
        numbers(listed, line)


@pytest.mark.parametrize("line", ["'", "%", "_", "\\", "a' OR 1=1 --", "requester:'", "status:%", "\0", "*"])
def test_P3_a_filter_line_is_never_sql(listed: Desk, line: str) -> None:
    assert set(numbers(listed, line)) <= {4, 5}  # 100% and Nobody's


_VALUES = {
    "number": lambda line: line.number,
    "status": lambda line: line.status,
    "priority": lambda line: line.priority,
    "group": lambda line: line.group,
    "type": lambda line: line.type,
    "messages": lambda line: line.messages,
    "created": lambda line: line.created,
    "updated": lambda line: line.updated,
    "subject": lambda line: line.subject.casefold(),
    "customer": lambda line: line.customer.name.casefold() if line.customer else "",
    "requester": lambda line: line.requester.name.casefold() if line.requester else "",
    "assignee": lambda line: line.assignee.name if line.assignee else "",
}


@pytest.mark.parametrize("sort", list(_VALUES))
@pytest.mark.parametrize("descending", [True, False])
def test_R11_2_every_column_sorts_both_ways_with_ties_by_number(listed: Desk, sort: str, descending: bool) -> None:
    lines = list(TICKETS.every(listed.anna, Selection("", sort, descending)))
    keys = [(_VALUES[sort](line), line.number) for line in lines]
    assert len(keys) == 6
    assert all((a > b) if descending else (a < b) for a, b in pairwise(keys))


def test_R11_2_a_snapshot_is_followed_by_what_is_newer(listed: Desk) -> None:
    before = numbers(listed)
    listed.arrive("new@x.test")
    assert list(TICKETS.newer_ids(listed.anna, ticket_list.FIRST, max(before))) == [7]


def test_R10_1_a_partner_sees_his_customers_tickets_and_no_others(listed: Desk) -> None:
    main = listed.administrator("main", partner="Main")
    assert numbers(listed, actor=main) == [1, 2]
    assert numbers(listed, "printer", actor=main) == [1]
    assert TICKETS.count(main, "from:stranger") == 0
    assert TICKETS.rows(main, [1, 3, 5]).keys() == {1}


_FLAGS = {
    "open": lambda line: line.closed is None,
    "closed": lambda line: line.closed is not None,
    "unassigned": lambda line: line.customer is None,
    "mine": lambda line: line.assignee is not None and line.assignee.id == "anna",
}
_TERMS = st.lists(st.tuples(st.sampled_from(list(_FLAGS)), st.booleans(), st.booleans()), max_size=3)


@given(_TERMS, st.sampled_from(["", "printer", "kelly", "e", "zz"]), st.booleans())
def test_R11_2_the_store_and_a_predicate_agree(
    listed: Desk, terms: list[tuple[str, bool, bool]], word: str, turned: bool
) -> None:
    def holds(line: TicketLine) -> bool:
        texts = [
            line.subject,
            line.requester.name if line.requester else "",
            line.requester.detail if line.requester else "",
        ]
        texts += [line.customer.name] if line.customer else []
        found = any(word in text.casefold() for text in texts)
        flags = all((_FLAGS[name](line) is value) is not negated for name, value, negated in terms)
        return flags and (not word or found is not turned)

    parts = [f"{'-' * negated}{name}:{'yes' if value else 'no'}" for name, value, negated in terms]
    parts += [f"{'-' * turned}{word}"] if word else []
    everything = TICKETS.every(listed.anna, Selection("", "number", False))
    wanted = [line.number for line in everything if holds(line)]
    if word in ("e", "kelly"):  # e-mail addresses of profiles are looked in, too
        assert set(numbers(listed, " ".join(parts))) >= set(wanted) or turned
    else:
        assert numbers(listed, " ".join(parts)) == wanted


def test_R11_2_the_first_page_of_each_view_uses_an_index(listed: Desk) -> None:
    """At a million tickets a sort of all of them for one page would be felt."""
    now = datetime.now(UTC)
    Ticket.update(created=now - timedelta(days=1)).execute()
    for line in ("", "open:yes", "unassigned:yes", "mine:yes"):
        sql, values = TICKETS._selected(listed.anna, ticket_list.FIRST._replace(line=line)).limit(50).sql()
        plan = " ".join(row[3] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
        assert "TEMP B-TREE" not in plan, (line, plan)
