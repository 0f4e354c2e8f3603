"""What may be done with a row, by which key, and what is said when it may not (R1.3, R2, R4, R10.4)."""

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Button, Input
from window_world import ANNA, BOB, add_sender, add_ticket, closed, on_row, open_dialog, prepared, row, window_on

from store.db import session
from store.models import DenyEntry, History, Ticket
from store.services import customers
from tui.dialogs.customer_search import CustomerSearch
from tui.dialogs.pair import PairDialog
from tui.widgets.key_bar import KeyBar
from tui.widgets.toggle import Toggle

PLAIN, PAIRED, BANNED, SHARED, OURS = (
    "plain@x.test",
    "paired@x.test",
    "banned@x.test",
    "shared@x.test",
    "bob@helpdesk.test",
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        add_sender(OURS, "Ours", tickets=1)
        add_sender(SHARED, "Form", tickets=2, shared=True)
        add_sender(BANNED, "Spam", tickets=1, banned=True, banned_by="anna", ban_reason="spam", blocked=3)
        paired = add_sender(PAIRED, "Cid", customer=1, customer_key="john doe", pair_source="agent")
        for n in (1, 2):
            add_ticket(paired, f"Question {n}", customer=1)
        plain = add_sender(PLAIN, "Ann")
        for n in (1, 2, 3):
            add_ticket(plain, f"Help {n}")
        add_ticket(plain, "Old", customer=1)
    return path


def customers_of(email: str) -> list[int | None]:
    """The customers of the tickets that an address opened, oldest first."""
    with session():
        opened = Ticket.select().where(Ticket.requester == row(email).id).order_by(Ticket.id)
        return [ticket.customer_id for ticket in opened]


@pytest.mark.parametrize(
    ("email", "off"),
    [
        (PLAIN, {"unpair", "unban"}),
        (PAIRED, {"pair", "unban"}),
        (BANNED, {"unpair", "ban"}),
        (SHARED, {"pair", "unpair", "unban"}),
        (OURS, {"pair", "unpair", "unban"}),
    ],
)
async def test_R1_3_keys_that_the_row_does_not_allow_are_greyed(store: Path, email: str, off: set[str]) -> None:
    async with window_on(store) as driven:
        await on_row(driven, email)
        assert set(driven.home.query_one(KeyBar).off) == off


@pytest.mark.parametrize(
    ("email", "key", "said"),
    [
        (
            PAIRED,
            "p",
            "paired@x.test is paired to John Doe already. Unpair it first, or change the pair from a ticket.",
        ),
        (PLAIN, "P", "plain@x.test is not paired."),
        (BANNED, "b", "banned@x.test is banned already."),
        (PLAIN, "B", "plain@x.test is not banned."),
        (SHARED, "p", "shared@x.test is a shared address, so it cannot be paired"),
        (OURS, "p", "bob@helpdesk.test is the address of an administrator or an inbox of ours"),
        (PAIRED, "f6", "paired@x.test is paired to John Doe already."),
        (PLAIN, "f9", "plain@x.test is not paired."),
        (BANNED, "f7", "banned@x.test is banned already."),
        (PLAIN, "f8", "plain@x.test is not banned."),
    ],
)
async def test_R1_3_a_greyed_key_says_why(store: Path, email: str, key: str, said: str) -> None:
    async with window_on(store) as driven:
        await on_row(driven, email)
        await driven.press(key)
        assert driven.screen is driven.home
        assert driven.status.startswith(said)
        await driven.until(lambda: said in " ".join(driven.text.split()))
        await driven.press("down", "up")
        await driven.until(lambda: driven.status == "")


async def test_R1_3_a_click_on_a_greyed_key_says_why_too(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        bar = driven.text.splitlines()[-1]
        await driven.pilot.click(KeyBar, offset=(bar.index("Unpair"), 0))
        await driven.until(lambda: driven.status == "plain@x.test is not paired.")


async def test_R4_2_pairing_shows_what_is_found_and_what_will_be_assigned(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "p")
        assert isinstance(driven.window.focused, Input)
        await driven.type("kelly s")
        await driven.until(lambda: "Kelly Sanders (4)" in driven.text and "Kelly Clark" not in driven.text)
        assert "kelly@home.test · kelly4 · 0171" in driven.text
        await driven.press("enter")
        await driven.until(lambda: dialog.query_one(CustomerSearch).chosen)
        assert dialog.query_one(Input).value == "Kelly Sanders (4)"
        await driven.until(lambda: "1 ticket will get the customer: #9 Help 3." in driven.text)
        assert "2 older tickets without a customer will not: #8, #7." in driven.text
        assert "1 ticket has a customer already and keeps it." in driven.text
        await driven.press("space")
        await driven.until(lambda: "3 tickets will get the customer: #9, #8, #7." in driven.text)
        assert "will not" not in driven.text


@pytest.mark.parametrize("words", ["sanders", "KELLY4", "4", "kelly@home", "0171"])
async def test_R4_2_a_customer_is_found_by_name_login_id_email_and_phone(store: Path, words: str) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "p")
        await driven.type(words)
        await driven.press("enter")
        await driven.until(lambda: dialog.query_one(CustomerSearch).chosen)
        assert dialog.query_one(CustomerSearch).chosen.id == 4


async def test_R4_3_without_the_toggle_the_newest_waiting_ticket_gets_the_customer(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "p")
        await driven.type("sanders")
        await driven.press("enter", "enter")
        await closed(driven)
        assert driven.status == "Paired plain@x.test to Kelly Sanders; 1 ticket assigned (#9)."
        assert customers_of(PLAIN) == [None, None, 4, 1]
        await driven.until(lambda: driven.home.current().line.paired_to == "Kelly Sanders")
        assert "pair" in driven.home.query_one(KeyBar).off


async def test_R4_3_with_the_toggle_all_waiting_tickets_get_the_customer(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "f6")
        await driven.type("sarah")
        await driven.press("enter", "space", "ctrl+s")
        await closed(driven)
        assert driven.status == "Paired plain@x.test to Sarah Howell; 3 tickets assigned (#9, #8, #7)."
        assert customers_of(PLAIN) == [2, 2, 2, 1]
        await driven.until(lambda: "Sarah Howell (L" in driven.text)


async def test_R4_3_the_preview_follows_mail_that_arrives_meanwhile(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "p")
        await driven.until(lambda: "2 older tickets" in driven.text)
        with session():
            add_ticket(row(PLAIN).id, "Help 4")
        await driven.until(lambda: "1 ticket will get the customer: #11 Help 4." in driven.text)
        assert "3 older tickets" in driven.text


async def test_R4_2_save_without_a_customer_says_what_to_do_and_keeps_what_was_typed(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "p")
        await driven.type("kel")
        await driven.press("ctrl+s")
        await driven.until(lambda: "Choose a customer or lead first" in dialog.said)
        assert dialog.query_one(Input).value == "kel"
        await driven.press("escape")
        await closed(driven)
        assert row(PLAIN).customer_id is None
        assert driven.status == ""


async def test_R4_4_unpair_keeps_or_takes_the_customer_of_its_tickets(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PAIRED)
        dialog = await open_dialog(driven, "P")
        await driven.until(lambda: "2 tickets will keep the customer: #6, #5." in driven.text or "keep" in driven.text)
        assert not dialog.query_one(Toggle).value
        await driven.press("enter")
        await closed(driven)
        assert driven.status == "Unpaired paired@x.test from John Doe; no ticket changed."
        assert customers_of(PAIRED) == [1, 1]


async def test_R4_4_unassign_other_tickets_says_how_many_before(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PAIRED)
        await open_dialog(driven, "f9")
        await driven.press("space")
        await driven.until(lambda: "2 tickets will lose the customer" in driven.text)
        await driven.press("enter")
        await closed(driven)
        assert "2 tickets unassigned" in driven.status
        assert customers_of(PAIRED) == [None, None]


async def test_R4_7_shared_says_before_save_from_whom_it_unpairs(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PAIRED)
        await open_dialog(driven, "e")
        assert "Pairing will be disabled" in driven.text
        await driven.press("tab", "space")
        await driven.until(lambda: "it is unpaired from John Doe" in driven.dialog_text)
        await driven.press("enter")
        await closed(driven)
        assert driven.status == "paired@x.test is shared now and unpaired from John Doe."
        assert (row(PAIRED).shared, row(PAIRED).customer_id) == (True, None)


async def test_R4_8_edit_sender_changes_the_name_and_nothing_else(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "f2")
        assert dialog.query_one(Input).value == "Ann"
        await driven.press("end", *"ika", "enter")
        await closed(driven)
        assert driven.status == "plain@x.test is called Annika now."
        assert (row(PLAIN).name, row(PLAIN).name_edited, row(PLAIN).shared) == ("Annika", True, False)
        await driven.until(lambda: "Annika" in driven.text)


async def test_R4_8_an_empty_name_is_refused_and_the_dialog_stays(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "e")
        await driven.press(*["backspace"] * 3, "enter")
        await driven.until(lambda: "A sender needs a name" in dialog.said)
        assert driven.screen is dialog
        assert row(PLAIN).name == "Ann"


async def test_R4_8_saving_without_a_change_leaves_the_name_unedited(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "e")
        await driven.press("enter")
        await closed(driven)
        assert driven.status == "Nothing was changed in plain@x.test."
        assert not row(PLAIN).name_edited


async def test_R2_1_ban_asks_and_unban_says_who_banned_and_why(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "b")
        await driven.type("rude")
        await driven.press("enter")
        await closed(driven)
        assert driven.status == "Banned plain@x.test."
        assert (row(PLAIN).banned, row(PLAIN).ban_reason, row(PLAIN).banned_by) == (True, "rude", "anna")
        assert customers_of(PLAIN) == [None, None, None, 1]
        await driven.until(lambda: driven.home.current().line.banned)
        await open_dialog(driven, "B")
        assert "anna banned it: rude" in driven.text
        await driven.press("enter")
        await closed(driven)
        assert driven.status == "Unbanned plain@x.test: the next message gets in."
        assert not row(PLAIN).banned


async def test_R2_1_escape_bans_nobody(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "f7")
        await driven.type("rude")
        await driven.press("escape")
        await closed(driven)
        assert not row(PLAIN).banned


async def test_R2_2_ban_can_add_a_deny_entry_too(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, "b")
        await driven.until(lambda: "Add email to Deny list" in driven.text)
        await driven.press("tab", "space", "enter")
        await closed(driven)
        assert driven.screen is not dialog
        assert driven.status == "Banned plain@x.test; deny entry 1 added."
        with session():
            assert [entry.filter for entry in DenyEntry.select()] == [PLAIN]
        await driven.until(lambda: driven.home.current().line.denied)


async def test_R10_1_the_deny_list_is_not_offered_to_an_administrator_of_one_partner(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        await on_row(driven, PAIRED)
        await open_dialog(driven, "b")
        await driven.pilot.pause(0.1)
        assert "Deny list" not in driven.text
        await driven.press("enter")
        await closed(driven)
        assert row(PAIRED).banned


async def test_R10_2_what_the_window_does_is_in_the_history_under_its_agent(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "b")
        await driven.press("enter")
        await closed(driven)
    with session():
        last = History.select().order_by(History.id.desc()).first()
        assert (last.who, last.via, last.what, last.of) == ("anna", "window", "ban", PLAIN)


async def test_R1_2_keys_typed_faster_than_the_focus_moves_are_searched_for_not_done(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        driven.window.post_message(events.Key("slash", "/"))
        for char in "bpxq":
            driven.window.post_message(events.Key(char, char))
        await driven.until(lambda: driven.home.bar.line == "bpxq")
        assert driven.screen is driven.home


async def test_R4_2_keys_typed_faster_than_the_dialog_opens_go_into_it(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        for char in "pkelly s":
            driven.window.post_message(events.Key("space" if char == " " else char, char))
        driven.window.post_message(events.Key("enter", "\r"))
        await driven.until(lambda: isinstance(driven.screen, PairDialog) and driven.screen.search.chosen)
        assert driven.screen.search.chosen.id == 4
        assert driven.cursor == row(PLAIN).id


@pytest.mark.parametrize("key", ["p", "e", "b"])
async def test_R4_2_buttons_are_in_sight_and_last_in_the_order_of_tab(store: Path, key: str) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        dialog = await open_dialog(driven, key)
        await driven.pilot.pause(0.1)
        close, save = dialog.query_one("#close", Button), dialog.query_one("#save", Button)
        for button in (close, save):
            assert driven.screen.region.contains_region(button.region)
            assert str(button.label) in driven.text
        assert [widget.id for widget in dialog.focus_chain][-2:] == ["close", "save"]
        assert dialog.focused is dialog.focus_chain[0]


async def test_R4_2_a_customer_added_meanwhile_is_found(store: Path) -> None:
    async with window_on(store) as driven:
        await on_row(driven, PLAIN)
        await open_dialog(driven, "p")
        await driven.type("zoe")
        await driven.until(lambda: "Nobody is found." in driven.text)
        with session():
            customers.add(ANNA, {"name": "Zoe New", "partner": "Main"})
        await driven.until(lambda: "Zoe New (5)" in driven.text)
