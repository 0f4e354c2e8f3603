"""A ticket's customer, the question *Change pair for recipient*, and the requester's pair and ban (R4.9, R4.10)."""

from pathlib import Path

import pytest
from textual.widgets import Button
from ticket_world import (
    JOHN,
    KELLY,
    SARAH,
    add_ticket_of_kelly,
    closed,
    open_ticket,
    opened,
    recipient,
    ticket,
    ticket_window,
    write,
)
from window_world import ANNA, CLEO, HOSTILE, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Customer, Recipient, Ticket
from store.services import tickets
from tui.dialogs.change_customer import ChangePairDialog, CustomerDialog
from tui.dialogs.pair import PairDialog
from tui.screens.ticket import TicketScreen


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Tickets 1 and 2 of oona@x.test, who is paired to Kelly Sanders; 3 of a shared address; 4 of an unpaired one."""
    with prepared(tmp_path / "store.db") as path:
        add_ticket_of_kelly()
        add_ticket_of_kelly("Second")
        add_ticket(add_sender("form@x.test", "Form", shared=True), "From the form")
        add_ticket(add_sender("new@x.test", "New"), "Who am I?")
        add_ticket(None, "From nobody")
    return path


async def choose_john(driven: Driven) -> None:
    await opened(driven, "c")
    await write(driven, "john")
    await driven.press("enter")
    await driven.until(lambda: "✓ John Doe" in driven.dialog_text)
    await driven.press("ctrl+s")


async def asked(driven: Driven) -> ChangePairDialog:
    await driven.until(lambda: isinstance(driven.screen, ChangePairDialog) and driven.screen.focused)
    assert isinstance(driven.screen, ChangePairDialog)
    return driven.screen


def customers() -> dict[int, int | None]:
    with session():
        return {row.id: row.customer_id for row in Ticket.select().order_by(Ticket.id)}


@pytest.mark.parametrize("click", [True, False])
async def test_R4_10_yes_changes_the_pair_this_ticket_and_future_ones(store: Path, click: bool) -> None:
    async with ticket_window(store) as driven:
        await choose_john(driven)
        await asked(driven)
        said = driven.dialog_text
        assert "oona@x.test" in said
        assert "all new tickets from this e-mail address will go to John Doe" in said
        if click:
            await driven.pilot.click("#save")
        else:
            await driven.press("y")
        assert await closed(driven) == "Changed customer of #1; all new tickets from oona@x.test follow."
        await driven.until(lambda: "Customer   John Doe" in driven.text)
    assert customers() == {1: JOHN, 2: KELLY, 3: None, 4: None, 5: None}
    assert recipient("oona@x.test").customer_id == JOHN


async def test_R4_10_no_changes_this_ticket_only_and_escape_saves_nothing(store: Path) -> None:
    async with ticket_window(store) as driven:
        await choose_john(driven)
        await asked(driven)
        await driven.press("escape")
        await driven.until(lambda: isinstance(driven.screen, CustomerDialog))
        await driven.until(lambda: driven.screen.said == "Nothing was saved.")
        assert (customers()[1], recipient("oona@x.test").customer_id) == (KELLY, KELLY)
        await driven.press("ctrl+s")
        question = await asked(driven)
        assert str(question.query_one("#close", Button).label) == "No"
        await driven.press("enter")
        assert await closed(driven) == "Changed customer of #1."
    assert (customers()[1], customers()[2], recipient("oona@x.test").customer_id) == (JOHN, KELLY, KELLY)


async def test_R4_10_none_a_shared_and_an_unpaired_requester_ask_nothing(store: Path) -> None:
    async with window_on(store) as driven:
        await open_ticket(driven, 1)
        await opened(driven, "c")
        await driven.press("tab", "space", "ctrl+s")
        assert await closed(driven) == "Changed customer of #1."
        for number in (3, 4, 5):
            await open_ticket(driven, number)
            await choose_john(driven)
            assert await closed(driven) == f"Changed customer of #{number}."
    assert customers() == {1: None, 2: KELLY, 3: JOHN, 4: JOHN, 5: JOHN}
    assert [recipient(one).customer_id for one in ("oona@x.test", "form@x.test", "new@x.test")] == [KELLY, None, None]


async def test_R10_1_who_would_lose_sight_of_the_ticket_is_named_before(store: Path) -> None:
    with session():
        tickets.update(ANNA, 1, {"customer": JOHN}, change_pair=False)
        tickets.update(ANNA, 1, {"assignee": "bob"})
    async with ticket_window(store) as driven:
        await opened(driven, "c")
        await write(driven, "sanders")
        await driven.press("enter")
        await driven.until(lambda: "bob may not see it then, and is taken off as its assignee." in driven.dialog_text)
        assert (customers()[1], ticket().assignee_id is None) == (JOHN, False)
        await driven.press("ctrl+s")
        assert await closed(driven) == "Changed customer, assignee of #1; bob may not see it now and was taken off."


async def test_R10_4_what_somebody_else_changed_meanwhile_is_told(store: Path) -> None:
    async with ticket_window(store) as driven:
        dialog = await opened(driven, "c")
        with session():
            tickets.update(CLEO, 1, {"priority": "High"})
        await driven.press("tab", "space", "ctrl+s")
        await driven.until(lambda: "Ticket #1 was changed by cleo" in dialog.said)
        assert customers()[1] == KELLY
        await driven.press("ctrl+s")
        await closed(driven)
    assert (customers()[1], ticket().priority) == (None, "High")


async def test_R4_9_the_requester_is_paired_from_the_ticket_by_the_rules_of_the_table(store: Path) -> None:
    async with window_on(store) as driven:
        refused = {
            1: "oona@x.test is paired to Kelly Sanders already. Unpair it first, or change the pair from a ticket.",
            3: "form@x.test is a shared address, so it cannot be paired; give each of its tickets its own customer.",
            5: "Ticket #5 has no requester.",
        }
        for number, said in refused.items():
            screen = await open_ticket(driven, number)
            await driven.press("P")
            assert (driven.screen, screen.status.text) == (screen, said)
            await opened(driven, "m")
            await driven.press("P")
            await driven.until(lambda said=said: getattr(driven.screen, "said", "") == said)
            await driven.press("escape")
        await open_ticket(driven, 4)
        dialog = await opened(driven, "m", "P")
        assert isinstance(dialog, PairDialog)
        await write(driven, "sarah")
        await driven.press("enter")
        await driven.until(lambda: "✓ Sarah Howell" in driven.dialog_text)
        await driven.press("ctrl+s")
        assert await closed(driven) == "Paired new@x.test to Sarah Howell; 1 ticket assigned (#4)."
        await driven.until(lambda: "Sarah Howell (Lead)" in driven.text)
    assert (customers()[4], recipient("new@x.test").customer_id) == (SARAH, SARAH)


async def test_R11_1_ban_incoming_email(store: Path) -> None:
    async with ticket_window(store, 3) as driven:
        await opened(driven, "b")
        await driven.press("enter")
        assert await closed(driven) == "Banned form@x.test."
        await driven.until(lambda: driven.screen.standing.state.requester.banned)
        await driven.press("b")
        assert isinstance(driven.screen, TicketScreen)
        assert driven.screen.status.text == "form@x.test is banned already."
    assert recipient("form@x.test").banned


async def test_T2_hostile_names_in_the_question_are_text(store: Path) -> None:
    with session():
        Customer.update(name=HOSTILE).where(Customer.id == JOHN).execute()
        Customer.update(search="john").where(Customer.id == JOHN).execute()
        Recipient.update(email=f"oona{HOSTILE}@x.test").where(Recipient.email == "oona@x.test").execute()
    async with ticket_window(store) as driven:
        await opened(driven, "c")
        await write(driven, "john")
        await driven.until(lambda: "[/b] ␛]0;x␇ [@click=app.quit]x" in driven.dialog_text)
        await driven.press("enter")
        await driven.until(lambda: "✓" in driven.dialog_text)
        await driven.press("ctrl+s")
        await asked(driven)
        assert driven.dialog_text.count("␛]0;x␇") == 2
        await driven.press("n")
        await closed(driven)
    assert customers()[1] == JOHN
