"""R10.2: every use case that changes something says in the history who, when, through what, from what to what (S6)."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import store.services
from store.models import AddressHold, DenyEntry, History, Inbox, Outbox, WithheldMessage
from store.queries import deny as deny_list
from store.queries.recipients import Selection
from store.services import (
    backup,
    customer_import,
    customer_merging,
    customers,
    deny,
    exports,
    groups,
    inboxes,
    pairing,
    people,
    recipients,
    refused,
    returned,
    settings,
    tickets,
    undo,
)
from store.services import outbox as letters
from tests.driver import ANNA, Desk

CLEO = replace(ANNA, login="cleo", via="window", origin="uid 7 from 192.0.2.7")
Did = Callable[[Desk], object]


def _released(desk: Desk) -> object:
    recipients.ban(ANNA, 2)
    arrived = desk.arrived("eve@x.test", "Kept out")
    desk.settle(arrived)
    return refused.release(CLEO, 1, arrived, deny_version=deny_list.version(), unban=True)


def _lifted(desk: Desk) -> object:
    until = datetime.now(UTC) + timedelta(days=1)
    letter = Outbox.get()
    AddressHold.create(email_key=letter.to_key, email=letter.to, reason="550", at=until, until=until)
    return letters.lift(CLEO, letter.to)


def _undone(desk: Desk) -> object:
    recipients.rename(CLEO, 1, "Robert")
    return undo.undo(CLEO, undo.newest(CLEO).change)


def _after(first: Callable[[], object], then: Callable[[], object]) -> Did:
    return lambda desk: (first(), then())[1]


def _withheld() -> None:
    now, where = datetime.now(UTC), {"folder": "INBOX", "uidvalidity": 7, "uid": 1}
    WithheldMessage.create(inbox=Inbox.get(), kind="failed", reason="", since=now, last_try=now, **where)


CALLS: dict[str, Did] = {
    "backup.copy_to": lambda desk: backup.copy_to(CLEO, desk.path.with_name("copy.db")),
    "customer_merging.merge": lambda desk: customer_merging.merge(CLEO, 2, 3),
    "customers.add": lambda desk: customers.add(CLEO, {"name": "New"}),
    "customers.edit": lambda desk: customers.edit(CLEO, 1, {"phone": "0171"}),
    "customer_import.import_all": lambda desk: customer_import.import_all(CLEO, [(2, {"name": "New"})]),
    "customers.remove": lambda desk: customers.remove(CLEO, 2),
    "deny.add": lambda desk: deny.add(CLEO, "email", "end", "@spam.test"),
    "deny.remove": _after(lambda: deny.add(ANNA, "email", "end", "@y.test"), lambda: deny.remove(CLEO, 1)),
    "exports.export_table": lambda desk: exports.export_table(
        CLEO, desk.path.with_name("table.csv"), Selection(), (_id_column(),)
    ),
    "groups.add": lambda desk: groups.add(CLEO, "Third"),
    "groups.add_member": lambda desk: groups.add_member(CLEO, "Second", "cleo"),
    "groups.put": lambda desk: groups.put(CLEO, "Second", ["cleo"], new=False),
    "groups.remove": lambda desk: groups.remove(CLEO, "Second"),
    "inboxes.add": lambda desk: inboxes.add(CLEO, "other", {"email": "o@us.test", "host": "localhost"}),
    "inboxes.edit": lambda desk: inboxes.edit(CLEO, "support", {"port": 994}),
    "inboxes.retry": _after(lambda: _withheld(), lambda: inboxes.retry(CLEO, "support")),
    "inboxes.remove": lambda desk: inboxes.remove(CLEO, "support"),
    "outbox.drop": lambda desk: letters.drop(CLEO, 1),
    "outbox.lift": _lifted,
    "outbox.retry": _after(lambda: letters.drop(ANNA, 1), lambda: letters.retry(CLEO, 1)),
    "outbox.retry_all": _after(lambda: letters.drop(ANNA, 1), lambda: letters.retry_all(CLEO, [1])),
    "pairing.pair": lambda desk: pairing.pair(CLEO, 2, 1),
    "pairing.unpair": lambda desk: pairing.unpair(CLEO, 1, unassign=True),
    "people.add_administrator": lambda desk: people.add_administrator(CLEO, "new", "new@us.test"),
    "people.add_partner": lambda desk: people.add_partner(CLEO, "North"),
    "people.edit_administrator": lambda desk: people.edit_administrator(CLEO, "anna", name="Anne"),
    "people.edit_partner": lambda desk: people.edit_partner(CLEO, "Main", "First"),
    "people.note_sign_in": lambda desk: people.note_sign_in(CLEO),
    "people.remove_partner": _after(lambda: people.add_partner(ANNA, "X"), lambda: people.remove_partner(CLEO, "X")),
    "recipients.ban": lambda desk: recipients.ban(CLEO, 1, deny_too=True),
    "recipients.edit_sender": lambda desk: recipients.edit_sender(CLEO, 1, name="Rob", shared=True),
    "recipients.rename": lambda desk: recipients.rename(CLEO, 1, "Rob"),
    "recipients.share": lambda desk: recipients.share(CLEO, 1),
    "recipients.unban": _after(lambda: recipients.ban(ANNA, 1), lambda: recipients.unban(CLEO, 1)),
    "recipients.unshare": _after(lambda: recipients.share(ANNA, 1), lambda: recipients.unshare(CLEO, 1)),
    "refused.release": _released,
    "returned.acknowledge": lambda desk: returned.acknowledge(CLEO),
    "settings.change": lambda desk: settings.change(CLEO, "timezone", "Europe/Berlin"),
    "settings.change_all": lambda desk: settings.change_all(CLEO, {"timezone": "Europe/Berlin"}),
    "tickets.add_cc": lambda desk: tickets.add_cc(CLEO, 1, "cc@x.test"),
    "tickets.add_watcher": lambda desk: tickets.add_watcher(CLEO, 1, "anna"),
    "tickets.ban_requester": lambda desk: tickets.ban_requester(CLEO, 1),
    "tickets.close": lambda desk: tickets.close(CLEO, 1),
    "tickets.merge": lambda desk: tickets.merge(CLEO, 2, 1),
    "tickets.note": lambda desk: tickets.note(CLEO, 1, "Text"),
    "tickets.open_for_customer": lambda desk: tickets.open_for_customer(CLEO, "Subject", 1, "Text"),
    "tickets.pair_requester": lambda desk: tickets.pair_requester(CLEO, 2, 1),
    "tickets.remove_cc": _after(
        lambda: tickets.add_cc(ANNA, 1, "c@x.test"), lambda: tickets.remove_cc(CLEO, 1, "c@x.test")
    ),
    "tickets.remove_watcher": _after(
        lambda: tickets.add_watcher(ANNA, 1, "anna"), lambda: tickets.remove_watcher(CLEO, 1, "anna")
    ),
    "tickets.reopen": _after(lambda: tickets.close(ANNA, 1), lambda: tickets.reopen(CLEO, 1)),
    "tickets.reply": lambda desk: tickets.reply(CLEO, 1, "Text"),
    "tickets.update": lambda desk: tickets.update(CLEO, 1, {"customer": 2, "priority": "High"}, change_pair=True),
    "undo.undo": _undone,
}
_CHANGE_NOTHING = {
    "exports.display_rows": "reads",
    "inboxes.unsaved": "reads",
    "settings.unsaved": "reads",
    "pairing.preview": "reads",
    "pairing.live_customer": "reads",
    "people.insist_on_any": "asks",
    "people.insist_on_super": "asks",
    "preferences.columns": "reads",
    "recipients.may_edit_deny_list": "asks",
    "undo.look": "reads",
    "undo.newest": "reads",
    "preferences.choose_columns": "one's own columns",
    "drafts.drop": "one's own draft",
    "drafts.keep": "one's own draft",
    "drafts.kept": "reads",
}
_PARTS = ("history.", "tickets.row.", "senders.", "deny.ensure_exact", "customers.locked", "customers.write")
_PARTS += ("customers.retire", "customers.take_off", "customers.change", "customers.partner_for")
"""Of the use cases above."""


def _id_column() -> Any:
    from store.columns import pick

    return pick(["id"])[0]


@pytest.fixture
def world(desk: Desk) -> Desk:
    """bob@x.test paired to Kelly, with ticket 1 and mail in the outbox; eve@x.test with ticket 2; three customers."""
    people.add_administrator(ANNA, "cleo", "cleo@us.test", role="super")
    desk.send_mail()
    for name in ("Kelly", "Lee", "Mo"):
        desk.customer(name)
    desk.arrive("bob@x.test", "One")
    desk.arrive("eve@x.test", "Two")
    pairing.pair(ANNA, 1, 1)
    groups.add(ANNA, "Second")
    assert Outbox.select().exists()
    assert not DenyEntry.select().exists()
    return desk


@pytest.mark.parametrize("name", CALLS)
def test_R10_2_each_use_case_is_in_the_history(world: Desk, name: str) -> None:
    last = History.select().order_by(History.id.desc()).get().id
    began = datetime.now(UTC)
    CALLS[name](world)
    rows = [row for row in History.select().where(History.id > last) if row.who == "cleo"]
    assert rows, "nothing was said of it"
    for row in rows:
        assert (row.via, row.origin, row.administrator_id) == ("window", "uid 7 from 192.0.2.7", 2)
        assert began <= row.at <= datetime.now(UTC)
        assert row.change
        assert row.what
        assert name == "people.note_sign_in" or (row.before or row.after)


def test_R10_2_every_use_case_is_tried() -> None:
    left = []
    for found in pkgutil.walk_packages(store.services.__path__, "store.services."):
        module = importlib.import_module(found.name)
        place = found.name.removeprefix("store.services.")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            mine = function.__module__ == found.name and not name.startswith("_")
            if not mine or "actor" not in inspect.signature(function).parameters:
                continue
            known = (f"{place}.{name}", f"{place.partition('.')[0]}.{name}")
            if not any(one in CALLS or one in _CHANGE_NOTHING or one.startswith(_PARTS) for one in known):
                left.append(known[0])
    assert not left, "\n".join(left)
