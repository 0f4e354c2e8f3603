"""Reading tickets from the window (R4.8, R5.6, R11.1)."""

from pathlib import Path

import pytest
from window_world import ANNA, BOB, add_message, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Message, Ticket
from store.services import recipients, settings
from tui.screens.ticket import TicketScreen
from tui.screens.tickets import TicketsScreen

QUOTING = "Yes, I did.\n\nOn Monday, Anna wrote:\n> Did you turn it off?\n> Anna\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        none = add_sender("none@x.test", "None")
        one = add_sender("one@x.test", "Oona")
        two = add_sender("two@x.test", "Tim", tickets=1)
        assert none
        number = add_ticket(one, "Printer on fire", text="It burns.", customer=2)
        add_message(number, None, "Call her first.", direction="note")
        add_message(number, one, QUOTING, attachments={"photo.jpg": 1_300_000})
        add_ticket(two, "Second", text="Another")
    return path


async def test_R11_1_enter_opens_the_only_ticket(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "It burns." in driven.text)
        text = driven.text
        for said in ("#2 Printer on fire", "Oona <one@x.test>", "Sarah Howell (Lead)", "New", "nobody", "3 messages"):
            assert said in text
        order = [text.index(said) for said in ("It burns.", "internal note", "Call her first.", "Yes, I did.")]
        assert order == sorted(order)
        assert "Attached: photo.jpg · application/pdf · 1.3 MB" in text
        await driven.press("escape")
        await driven.until(lambda: driven.screen is driven.home)
        assert driven.cursor == 2


async def test_R5_6_a_message_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with prepared(tmp_path / "store.db") as path:
        one = add_sender("one@x.test", "Oona")
        number = add_ticket(one, "Secret", text="")
        add_message(number, one, "", attachments={"smime.p7m": 1_300})
        add_message(number, one, "", attachments={"plan.pdf": 1_300})
    async with window_on(path) as driven:
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "plan.pdf" in driven.text)
        said = " ".join(driven.text.split())
        assert "This message is empty: it has no text and no files." in said
        assert "This message is encrypted: open it in a mail program that has the key." in said
        assert "This message has no text, only files: plan.pdf." in said


async def test_R11_1_several_tickets_are_listed_newest_first(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketsScreen) and "Second" in driven.text)
        assert "two@x.test" in driven.text.splitlines()[0]
        assert driven.text.index("Second") < driven.text.index("Question of Tim")
        await driven.press("down", "enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "Hello" in driven.text)
        await driven.press("escape", "escape")
        await driven.until(lambda: driven.screen is driven.home)


async def test_R11_1_a_sender_without_tickets_says_so(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("end", "enter")
        assert driven.status == "none@x.test has opened no ticket."


async def test_R5_6_quoted_history_is_folded_until_asked_for(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: "3 lines of quoted history" in driven.text)
        assert "Did you turn it off?" not in driven.text
        await driven.press("h")
        await driven.until(lambda: "> Did you turn it off?" in driven.text)
        await driven.press("ctrl+t")
        await driven.until(lambda: "Did you turn it off?" not in driven.text)


async def test_R5_8_what_an_answer_quotes_is_told_and_shown_when_asked_for(store: Path) -> None:
    with session():
        first = Message.get(Message.text == "It burns.")
        whole = "> enable\nthat is all.\n\nOn Monday, Help wrote:\n> INSIDE"
        Message.update(direction="out", text="> enable\nthat is all.", whole=whole).where(
            Message.id == first.id
        ).execute()
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: "2 lines that the answer quotes were left out; h shows" in driven.text)
        assert ("> enable" in driven.text, "INSIDE" in driven.text) == (True, False)
        await driven.press("h")
        await driven.until(lambda: "> INSIDE" in driven.text)


async def test_R4_8_the_edited_name_and_the_zone_are_shown(store: Path) -> None:
    with session():
        recipients.rename(ANNA, 2, "Oona of Accounting")
        settings.change(ANNA, "timezone", "Europe/Berlin")
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: "2026-03-02 15:05 · Oona of Accounting <one@x.test>" in driven.text)


async def test_R1_7_a_ticket_follows_the_store_while_it_is_open(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: "3 messages" in driven.text)
        with session():
            add_message(2, 2, "And another thing.")
            Ticket.update(status="Waiting on agent").where(Ticket.id == 2).execute()
        await driven.until(lambda: "4 messages" in driven.text and "Waiting on agent" in driven.text)
        await driven.press("end")
        await driven.until(lambda: "And another thing." in driven.text)


async def test_R11_1_keys_go_from_message_to_message(store: Path) -> None:
    with session():
        for n in range(30):
            add_message(2, 2, f"message {n}\n" * 3)
    async with window_on(store) as driven:
        await driven.press("down", "enter")
        await driven.until(lambda: "33 messages" in driven.text)
        await driven.press("n", "n", "n")
        await driven.until(lambda: "message 0" in driven.text.splitlines()[5])
        await driven.press("f7")
        await driven.until(lambda: "Attached" in driven.text.splitlines()[5])
        await driven.press("home", "p")
        assert driven.screen.status.text == "This is the first message."


async def test_R10_1_a_ticket_out_of_sight_is_not_counted_nor_opened(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        assert driven.emails == []
        driven.window.push_screen(TicketScreen(driven.home.desk, 1))
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and driven.screen.status.text)
        assert driven.screen.status.text == "There is no ticket #1, or you may not see it."
        assert "Hello" not in driven.text
