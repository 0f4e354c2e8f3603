"""Two at one row: the second is told who changed what, keeps what was typed, and overwrites nothing (R4.1, R10.4)."""

from pathlib import Path

import pytest
from textual.widgets import Input
from window_world import ANNA, CLEO, add_sender, closed, on_row, open_dialog, prepared, row, window_on

from store.db import session
from store.models import Administrator, Customer, DenyEntry
from store.queries import settings as present
from store.services import customers, deny, pairing, people, recipients, settings

PLAIN = "plain@x.test"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        add_sender(PLAIN, "Ann", tickets=1)
    return path


@pytest.mark.parametrize(
    ("key", "typed", "did"),
    [("e", "ika", {"name": "Annika"}), ("b", "rude", {"banned": True, "ban_reason": "rude"})],
)
async def test_R10_4_a_conflict_names_who_it_was_and_keeps_what_was_typed(
    store: Path, key: str, typed: str, did: dict[str, object]
) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, key)
        await driven.press("end", *typed)
        with session():
            recipients.share(CLEO, row(PLAIN).id)
        await driven.press("enter")
        await driven.until(lambda: "plain@x.test was changed by cleo since you opened it" in dialog.said)
        assert dialog.query_one(Input).value.endswith(typed)
        assert not any(getattr(row(PLAIN), field) == value for field, value in did.items())
        await driven.press("enter")
        await closed(driven)
        assert {field: getattr(row(PLAIN), field) for field in did} == did
        assert row(PLAIN).shared


async def test_R10_4_pairing_what_was_shared_meanwhile_is_told_and_then_refused(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "p")
        await driven.type("sanders")
        await driven.press("enter")
        with session():
            recipients.share(CLEO, row(PLAIN).id)
        await driven.press("enter")
        await driven.until(lambda: "changed by cleo" in dialog.said)
        await driven.press("ctrl+s")
        await driven.until(lambda: "is a shared address, so it cannot be paired" in dialog.said)
        assert dialog.query_one(Input).value == "Kelly Sanders (4)"
        assert row(PLAIN).customer_id is None


async def test_R4_1_two_windows_do_not_overwrite_each_other(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "p")
        await driven.type("sanders")
        await driven.press("enter")
        with session():
            pairing.pair(CLEO, row(PLAIN).id, 2)
        await driven.press("enter")
        await driven.until(lambda: "changed by cleo" in dialog.said)
        await driven.press("enter")
        await driven.until(lambda: "is paired to Sarah Howell already" in dialog.said)
        assert row(PLAIN).customer_id == 2


async def test_R10_4_the_second_who_sets_up_outgoing_mail_is_told_and_changes_only_what_he_typed(store: Path) -> None:
    with session():
        settings.change_all(ANNA, {"smtp.host": "old.test", "smtp.sender_name": "Us"})
    async with window_on(store) as driven:
        dialog = await open_dialog(driven, "M")
        dialog.query_one("#sender_name", Input).value = "Helpdesk"
        with session():
            settings.change_all(ANNA, {"smtp.host": "new.test"})
        await driven.press("enter")
        await closed(driven)
        assert (setting("smtp.host"), setting("smtp.sender_name")) == ("new.test", "Helpdesk")
        dialog = await open_dialog(driven, "M")
        dialog.query_one("#sender_name", Input).value = "Mine"
        with session():
            settings.change_all(ANNA, {"smtp.sender_name": "Theirs"})
        await driven.press("enter")
        await driven.until(lambda: "smtp.sender_name was changed by anna" in dialog.said)
        assert (dialog.query_one("#sender_name", Input).value, setting("smtp.sender_name")) == ("Mine", "Theirs")


def setting(key: str) -> object:
    with session():
        return present.one(key)


async def test_R10_4_R3_an_entry_that_has_the_number_of_the_one_that_was_looked_at_is_not_removed(store: Path) -> None:
    with session():
        looked_at = deny.add(ANNA, "email", "end", "@a.test")
    async with window_on(store) as driven:
        await driven.press("D")
        await driven.until(lambda: "@a.test" in driven.text)
        dialog = await open_dialog(driven, "d")
        with session():
            deny.remove(CLEO, looked_at.id)
            assert deny.add(CLEO, "email", "end", "@b.test").id == looked_at.id
        await driven.press("enter")
        await driven.until(lambda: "Entry 1 was changed by cleo" in dialog.said)
    with session():
        assert [entry.filter for entry in DenyEntry.select()] == ["@b.test"]


async def test_R10_4_who_saves_all_the_same_changes_only_what_he_typed(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("A")
        await driven.until(lambda: "bob@helpdesk.test" in driven.text)
        await driven.press("down")
        dialog = await open_dialog(driven, "enter")
        dialog.query_one("#name", Input).value = "Robert"
        with session():
            people.edit_administrator(ANNA, "bob", active=False, email="robert@helpdesk.test")
        await driven.press("enter")
        await driven.until(lambda: "bob was changed by anna" in dialog.said)
        await driven.press("enter")
        await driven.until(lambda: "Changed the administrator bob" in driven.text)
    with session():
        bob = Administrator.get(login="bob")
        assert (bob.name, bob.active, bob.email) == ("Robert", False, "robert@helpdesk.test")


async def test_R10_4_of_a_customer_too_only_what_was_typed_is_changed(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("C")
        await driven.until(lambda: "kelly@home" in driven.text)
        dialog = await open_dialog(driven, "enter")
        dialog.query_one("#login", Input).value = "ks"
        with session():
            customers.edit(CLEO, 4, {"phone": "0172"})
        await driven.press("enter")
        await driven.until(lambda: "was changed by cleo" in dialog.said)
        await driven.press("enter")
        await driven.until(lambda: "Changed Kelly Sanders" in driven.text)
    with session():
        kelly = Customer.get_by_id(4)
        assert (kelly.login, kelly.phone) == ("ks", "0172")
