"""R10.1, P1, P2: whatever happened, no query and no use case shows or changes what belongs to another partner.

Each name, address, subject and text holds a word of its own.  What an administrator may come to read follows from the
rows and `store.rules.visibility` alone; no other word may be in anything that a public function gives him.
"""

import contextlib
import importlib
import inspect
import pkgutil
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import store.queries
import store.services
from store.actor import Actor
from store.db import database, open_store, session
from store.errors import NotFound, Problem, Refused
from store.models import Administrator, Customer, History, Outbox, Recipient, RefusedMessage, Ticket
from store.queries import deny as deny_list
from store.queries import health, lists, recipients
from store.queries.browse import Browse
from store.queries.customer_list import CUSTOMERS
from store.queries.history_list import HISTORY
from store.queries.recipients import Selection
from store.queries.ticket_list import TICKETS
from store.services import (
    customer_merging,
    customers,
    drafts,
    pairing,
    people,
    refused,
    tickets,
    undo,
)
from store.services import deny as deny_services
from store.services import outbox as outbox_services
from store.services import recipients as actions
from tests.driver import ANNA, Desk
from tests.scope import Sight, everything, readers

PARTNERS = ("North", "South", "West")
AGENTS: dict[str, str | None] = {"nora": "North", "sid": "South", "wes": "West", "may": None}
ACTORS = {login: Actor(login, "command") for login in ("anna", *AGENTS)}
SENDERS = 5
WORK = ("reply", "note", "close", "reopen", "cc", "cc-remove", "watch", "watch-remove", "ban")
_some = st.integers(0, 40)
_actor = st.sampled_from(sorted(ACTORS))
_agent = st.sampled_from(sorted(AGENTS))


class Scope(RuleBasedStateMachine):
    """A helpdesk of three partners, in which everybody does what he may, and tries what he may not."""

    fresh: Path

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.open = contextlib.ExitStack()
        path = Path(self.folder.name) / "store.db"
        shutil.copy(self.fresh, path)
        open_store(str(path))
        self.open.enter_context(session())
        self.count = 0
        self.desk = Desk(path)
        self.desk.send_mail()
        for number, name in enumerate(PARTNERS):
            people.add_partner(ANNA, name)
            for _ in range(2):
                word = self.word("c")
                self.desk.customer(f"Customer {word}", partner=name, login=word, email=f"{word}@home{number}.test")
        for login, partner in AGENTS.items():
            people.add_administrator(ANNA, login, f"{login}@us.test", partner=partner)

    def teardown(self) -> None:
        if hasattr(self, "open"):
            self.look()
            self.open.close()
            self.folder.cleanup()

    def word(self, kind: str) -> str:
        self.count += 1
        return f"q{kind}{self.count}q"

    def pick(self, table: Any, place: int) -> Any:
        """One of the rows there are, None while there is none."""
        rows = list(table.select().order_by(table.id))
        return rows[place % len(rows)] if rows else None

    def does(self, who: str, table: Any, row: Any, act: Callable[[Actor], object]) -> None:
        """Somebody does something to a row.  What he may not see does not exist for him, and nothing changes."""
        if row is None:
            return
        actor = ACTORS[who]
        sight = Sight(Administrator.get(login=who))
        seen = row.id in {Recipient: sight.recipients, Ticket: sight.tickets, Customer: sight.customers}[table]
        before = database.execute_sql("SELECT MAX(id) FROM history").fetchone()
        unseen = sight.versions_unseen()
        try:
            act(actor)
        except NotFound as missing:
            assert not sight.foreign(str(missing).replace(str(missing.facts["what"]), ""))
        except Problem as problem:
            assert seen or getattr(problem, "code", "") in ("super-only", "any-only"), problem
            assert not sight.foreign(str(problem)), problem
        else:
            assert seen, (who, row)
        assert unseen.items() <= sight.versions_unseen().items(), "what one does not see stays as it is"
        if not seen:
            assert database.execute_sql("SELECT MAX(id) FROM history").fetchone() == before

    @rule(sender=st.integers(0, SENDERS - 1), ticket=_some, reply=st.booleans())
    def mail_arrives(self, sender: int, ticket: int, *, reply: bool) -> None:
        row = self.pick(Ticket, ticket) if reply else None
        subject = f"Re: #{row.id} {row.subject}" if row else f"About {self.word('t')}"
        known = f"<{self.word('k')}@x.test>"
        text = f"Text {self.word('m')}"
        self.desk.arrive(f"qr{sender}q@x.test", subject, text=text, message_id=known, sender_name=f"Name qr{sender}q")

    @rule(who=_actor, row=_some, customer=_some, every=st.booleans())
    def pair(self, who: str, row: int, customer: int, *, every: bool) -> None:
        target = self.pick(Customer, customer)
        recipient = self.pick(Recipient, row)
        self.does(who, Recipient, recipient, lambda a: pairing.pair(a, recipient.id, target.id, assign_all=every))

    @rule(who=_actor, row=_some, how=st.sampled_from(["unpair", "ban", "unban", "share", "unshare", "rename", "edit"]))
    def change_recipient(self, who: str, row: int, how: str) -> None:
        recipient = self.pick(Recipient, row)
        acts: dict[str, Callable[[Actor], object]] = {
            "unpair": lambda a: pairing.unpair(a, recipient.id, unassign=row % 2 == 0),
            "ban": lambda a: actions.ban(a, recipient.id, reason=f"for {recipient.name}"),
            "unban": lambda a: actions.unban(a, recipient.id),
            "share": lambda a: actions.share(a, recipient.id),
            "unshare": lambda a: actions.unshare(a, recipient.id),
            "rename": lambda a: actions.rename(a, recipient.id, f"Name {self.word('r')}"),
            "edit": lambda a: actions.edit_sender(a, recipient.id, shared=row % 2 == 0),
        }
        self.does(who, Recipient, recipient, acts[how])

    @rule(
        who=_actor, row=_some, customer=st.none() | _some, follow=st.booleans(), login=st.sampled_from(sorted(AGENTS))
    )
    def change_ticket(self, who: str, row: int, customer: int | None, login: str, *, follow: bool) -> None:
        ticket = self.pick(Ticket, row)
        target = None if customer is None else self.pick(Customer, customer).id
        changes = {"customer": target} if row % 2 else {"assignee": login, "subject": f"About {self.word('t')}"}
        self.does(who, Ticket, ticket, lambda a: tickets.update(a, ticket.id, changes, change_pair=follow))

    @rule(who=_actor, row=_some, other=_some, how=st.sampled_from(WORK))
    def work_on_ticket(self, who: str, row: int, other: int, how: str) -> None:
        ticket = self.pick(Ticket, row)
        acts: dict[str, Callable[[Actor], object]] = {
            "reply": lambda a: tickets.reply(a, ticket.id, f"Answer {self.word('m')}"),
            "note": lambda a: tickets.note(a, ticket.id, f"Note {self.word('m')}"),
            "close": lambda a: tickets.close(a, ticket.id),
            "reopen": lambda a: tickets.reopen(a, ticket.id),
            "cc": lambda a: tickets.add_cc(a, ticket.id, f"{self.word('r')}@cc.test"),
            "cc-remove": lambda a: tickets.remove_cc(a, ticket.id, f"qr{other}q@cc.test"),
            "watch": lambda a: tickets.add_watcher(a, ticket.id, sorted(AGENTS)[other % len(AGENTS)]),
            "watch-remove": lambda a: tickets.remove_watcher(a, ticket.id, sorted(AGENTS)[other % len(AGENTS)]),
            "ban": lambda a: tickets.ban_requester(a, ticket.id),
        }
        self.does(who, Ticket, ticket, acts[how])

    @rule(who=_actor, row=_some, into=_some, pairs=st.booleans())
    def merge_or_pair_from_ticket(self, who: str, row: int, into: int, *, pairs: bool) -> None:
        ticket, other, customer = self.pick(Ticket, row), self.pick(Ticket, into), self.pick(Customer, into)
        if pairs:
            self.does(who, Ticket, ticket, lambda a: tickets.pair_requester(a, ticket.id, customer.id))
        else:
            self.does(who, Ticket, ticket, lambda a: tickets.merge(a, ticket.id, other.id))

    @rule(who=_actor, row=_some, into=_some, how=st.sampled_from(["move", "merge", "remove", "rename"]))
    def change_customer(self, who: str, row: int, into: int, how: str) -> None:
        customer, other = self.pick(Customer, row), self.pick(Customer, into)
        acts: dict[str, Callable[[Actor], object]] = {
            "move": lambda a: customers.edit(a, customer.id, {"partner": PARTNERS[into % 3]}),
            "merge": lambda a: customer_merging.merge(a, customer.id, other.id),
            "remove": lambda a: customers.remove(a, customer.id),
            "rename": lambda a: customers.edit(a, customer.id, {"name": f"Customer {self.word('c')}"}),
        }
        self.does(who, Customer, customer, acts[how])

    @rule(login=st.sampled_from(sorted(AGENTS)), partner=st.sampled_from((*PARTNERS, None)))
    def rights_change(self, login: str, partner: str | None) -> None:
        people.edit_administrator(ANNA, login, partner=partner)

    @rule(row=_some, customer=_some)
    def goes_to_another_than_its_requester(self, row: int, customer: int) -> None:
        ticket, target = self.pick(Ticket, row), self.pick(Customer, customer)
        if ticket is not None:
            with contextlib.suppress(Refused):
                tickets.update(ANNA, ticket.id, {"customer": target.id}, change_pair=False)

    @rule(who=_actor, row=_some)
    def opens_a_ticket(self, who: str, row: int) -> None:
        customer, text = self.pick(Customer, row), f"Text {self.word('m')}"
        subject = f"About {self.word('t')}"
        self.does(who, Customer, customer, lambda a: tickets.open_for_customer(a, subject, customer.id, text))

    @rule(who=_actor)
    def takes_back(self, who: str) -> None:
        with contextlib.suppress(Refused):
            undo.undo(ACTORS[who], undo.newest(ACTORS[who]).change)

    @rule(who=_actor, row=_some)
    def takes_back_of_a_ticket(self, who: str, row: int) -> None:
        ticket = self.pick(Ticket, row)
        self.does(
            who,
            Ticket,
            ticket,
            lambda a: undo.undo(a, undo.newest(a, kind="ticket", thing=ticket.id).change),
        )

    @rule(who=_actor, row=_some, how=st.sampled_from(["release", "retry", "drop", "lift"]))
    def lets_go(self, who: str, row: int, how: str) -> None:
        letter, message = self.pick(Outbox, row), self.pick(RefusedMessage, row)
        with contextlib.suppress(Refused):
            if how == "release" and message is not None:
                arrived = self.desk.arrived(message.sender, message.subject)
                version = deny_list.version()
                refused.release(ACTORS[who], message.id, arrived, deny_version=version, unban=True)
                assert message.recipient_id in Sight(Administrator.get(login=who)).recipients | {None}
            elif letter is not None and how == "lift":
                outbox_services.lift(ACTORS[who], letter.to)
            elif letter is not None and how in ("retry", "drop"):
                {"retry": outbox_services.retry, "drop": outbox_services.drop}[how](ACTORS[who], letter.id)
                assert letter.ticket_id in Sight(Administrator.get(login=who)).tickets

    def look(self) -> None:
        """Every query, asked for everything, as each administrator."""
        for login in AGENTS:
            sight = Sight(Administrator.get(login=login))
            actor = ACTORS[login]
            for name, ask in () if sight.rights.sees_all else readers(actor):
                try:
                    found = ask()
                except NotFound as missing:
                    found = str(missing).replace(str(missing.facts["what"]), "")  # what was asked for is said again
                except Problem as problem:
                    found = str(problem)
                assert not sight.foreign(found), (login, name, sight.foreign(found))
            assert set(recipients.ids(actor, Selection())) == sight.recipients
            assert set(recipients.newer_ids(actor, Selection(), 0)) == sight.recipients
            assert recipients.count(actor) == len(sight.recipients) == health.counts(actor).recipients
            assert set(TICKETS.ids(actor, TICKETS.first)) == sight.tickets
            assert TICKETS.count(actor, "q") <= len(sight.tickets)
            for word in sorted(everything() - sight.words) if not sight.rights.sees_all else ():
                for count in (TICKETS.count, CUSTOMERS.count, HISTORY.count, recipients.count):
                    assert not count(actor, word), (login, word, count)
            theirs = {f"#{number}" for number in sight.tickets}
            assert sight.rights.sees_all or {h.of for h in lists.history(actor) if h.of.startswith("#")} <= theirs

    @rule(who=_actor, row=_some)
    def drafts_are_ones_own(self, who: str, row: int) -> None:
        text = f"Draft {self.word('m')}"
        drafts.keep(ACTORS[who], row, "note", text)
        for login, actor in ACTORS.items():
            assert (drafts.kept(actor, row, "note") == text) == (login == who)
        drafts.drop(ACTORS[who], row, "note")

    @rule(who=_actor, text=st.sampled_from(["qr1q@x.test", "nowhere.test"]))
    def deny_list_is_for_those_who_see_all(self, who: str, text: str) -> None:
        with contextlib.suppress(Refused):
            entry = deny_services.add(ACTORS[who], "email", "contain", text)
            assert Sight(Administrator.get(login=who)).rights.sees_all
            deny_services.remove(ANNA, entry.id)


def test_R10_1_P1_P2_nobody_sees_or_changes_what_is_another_partners(fresh_store: Path) -> None:
    Scope.fresh = fresh_store
    # without shrinking, which would take minutes: the steps that led there are few
    phases = (Phase.explicit, Phase.generate)
    wanted = settings(max_examples=6, stateful_step_count=20, deadline=None, phases=phases)
    run_state_machine_as_test(Scope, settings=wanted)


_NOT_READ = {
    "queries.health.counts": "compared in `look`",
    "queries.unusable.unusable": "how the helpdesk is set up; of the deny list nothing to one with a partner",
    "queries.recipients.ids": "compared in `look`",
    "queries.recipients.newer_ids": "compared in `look`",
    "queries.recipients.count": "compared in `look`",
    "queries.outbox.counts": "numbers alone; of `numbers`, which is read",
    "services.outbox.retry_all": "numbers alone; of `retry`, which is tried with every id there is",
    "services.returned.acknowledge": "for those who see all: in test_roles",
    "queries.refused.counts": "numbers alone; of `numbers`",
    "queries.refused.numbers": "ids for `some`, which is read with every id there is",
    "queries.facts.facts_of": "its `actor` is a name in a template",
    "queries.lists.hidden_fields": "names of fields",
    "queries.lists.history_scope": "the condition of the history that is read",
    "queries.lists.with_names": "used by the histories that are read",
    "queries.history_list.latest": "of a row that is locked, for the sentence of a conflict; names as in `with_names`",
    "services.customer_import.import_all": "in test_partner_counts; its rule is in test_cli_setup",
    "services.exports.export_table": "writes what `display_rows` and the queries give",
    "queries.withheld.every": "all or nothing, in test_withheld_list: whose it is is not known",
    "services.preferences.columns": "one's own columns",
    "services.preferences.choose_columns": "one's own columns",
    "services.recipients.may_edit_deny_list": "a yes or no about oneself",
    "services.customers.add": "in test_window_customers, and by `partner_for` in one's own partner only",
}
_INSIDE = ("queries.scope.", "services.history.", "services.tickets.row.")
_ON_ROWS = (
    *("services.customers.locked", "services.customers.write", "services.customers.retire"),
    *("services.customers.change", "services.customers.partner_for"),
    *("services.customers.take_off", "services.senders.locked", "services.pairing.live_customer"),
    "services.deny.ensure_exact",
)
"""Parts of use cases that are tried."""
_WITHOUT_ACTOR = (
    # for the programs that fetch and send, and what they share with the use cases
    *("queries.intake.", "queries.large.", "queries.deny.", "queries.senders.", "queries.books."),
    *("queries.own.", "queries.limits.", "queries.quotable.", "queries.withheld."),
    *(
        "queries.outbox.enclosed",
        "queries.outbox.has_",
        "queries.outbox.are_notifications",
        *("queries.outbox.is_", "queries.outbox.newest", "queries.outbox.room_in_hour"),
        "queries.attachments.named_in",
        "queries.notices.is_on",
        "queries.tickets.state_of",
    ),
    # parts of queries, that know no rows
    *("queries.browse.", "queries.search.", "queries.recipients.", "queries.scope.sees", "queries.lists.fields_of"),
    # how the helpdesk is set up and fares, which all may read
    *("queries.settings.", "queries.health.", "queries.notifications.", "queries.outbox.outgoing"),
    "queries.returned.held_administrators",
    *("queries.lists.administrators", "queries.lists.groups", "queries.lists.inboxes"),
)
_FOR_SUPERS = ("services.people.", "services.groups.", "services.inboxes.", "services.settings.", "services.backup.")


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every public function of the queries and use cases, by its place."""
    for package in (store.queries, store.services):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == found.name and not name.startswith("_"):
                    yield f"{found.name.removeprefix('store.')}.{name}", function


def tried() -> set[str]:
    """The functions that the machine names, and those that it asks."""
    found = set(re.findall(r'"((?:queries|services)\.[\w.]+)"', inspect.getsource(readers)))
    for alias, name in re.findall(r"(\w+)\.(\w+)", inspect.getsource(Scope)):
        function = getattr(globals().get(alias), name, None)
        if inspect.isfunction(function) and function.__module__.startswith("store."):
            found.add(f"{function.__module__.removeprefix('store.')}.{name}")
    return found


def test_R10_1_P1_every_function_that_takes_an_actor_is_tried() -> None:
    """A query that somebody adds must be asked here, or a reason given."""
    known = tried() | _NOT_READ.keys() | {*_ON_ROWS}
    asks = (place for place, function in functions() if "actor" in inspect.signature(function).parameters)
    left = [place for place in asks if place not in known and not place.startswith((*_INSIDE, *_FOR_SUPERS))]
    assert not left, "\n".join(left)


def test_R10_1_P1_what_asks_for_no_actor_is_for_the_program_or_says_nothing_of_customers() -> None:
    asks_none = (place for place, function in functions() if "actor" not in inspect.signature(function).parameters)
    left = [place for place in asks_none if place.startswith("queries.") and not place.startswith(_WITHOUT_ACTOR)]
    assert not left, "\n".join(left)


def test_R10_1_P1_every_table_to_browse_is_looked_through() -> None:
    modules = (
        importlib.import_module(f"store.queries.{one.name}") for one in pkgutil.iter_modules(store.queries.__path__)
    )
    tables = {id(one) for module in modules for one in vars(module).values() if isinstance(one, Browse)}
    assert tables == {id(one) for one in (TICKETS, CUSTOMERS, HISTORY)}


def test_R10_1_what_sets_the_helpdesk_up_is_for_super_administrators(desk: Desk) -> None:
    from store.services import backup, groups, inboxes
    from store.services import settings as setting_services

    may = desk.administrator("may")
    for call in (
        lambda: people.add_partner(may, "X"),
        lambda: people.edit_partner(may, "Main", "X"),
        lambda: people.remove_partner(may, "Main"),
        lambda: people.add_administrator(may, "x", "x@us.test"),
        lambda: people.edit_administrator(may, "anna", name="x"),
        lambda: backup.copy_to(may),
        lambda: groups.add(may, "X"),
        lambda: groups.put(may, "X", [], new=True),
        lambda: groups.add_member(may, "X", "may"),
        lambda: groups.remove(may, "X"),
        lambda: inboxes.add(may, "x", {"email": "x@us.test", "host": "h"}),
        lambda: inboxes.edit(may, "support", {}),
        lambda: inboxes.remove(may, "support"),
        lambda: setting_services.change(may, "timezone", "UTC"),
    ):
        try:
            call()
        except Refused as refusal:
            assert refusal.code == "super-only"
        else:
            raise AssertionError("it was done")
    assert not History.select().where(History.who == "may").exists()
