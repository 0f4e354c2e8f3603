"""The outbox in the window: states, the server's words, retry, drop, lift (R7.5, R7.7, R10.1)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from ticket_world import add_ticket_of_kelly, hold, open_ticket, opened, set_up_mail
from window_world import ANNA, BOB, HOSTILE, Driven, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import AddressHold, Outbox, ReturnedLetter
from store.services import tickets
from tui.screens.outbox import OutboxScreen
from tui.screens.ticket import TicketScreen

WORDS = "550 5.1.1 <kelly@home.test>: no such user here, ask the postmaster of home.test for help"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Mail 1 to oona@x.test was sent, mail 2 too; 3 to kelly@home.test failed; 4 to boss@x.test is held."""
    with prepared(tmp_path / "store.db") as path:
        set_up_mail()
        add_ticket_of_kelly()
        add_ticket(add_sender("john@x.test", customer=1, customer_key="john doe"), "John's", customer=1)
        tickets.add_cc(ANNA, 1, "boss@x.test")
        hold("boss@x.test")
        tickets.reply(ANNA, 1, "Use water.")
        assert [row.to for row in Outbox.select().order_by(Outbox.id)] == [
            *("oona@x.test", "oona@x.test", "kelly@home.test", "boss@x.test")
        ]
        Outbox.update(state="sent", sent=datetime.now(UTC), tries=1).where(Outbox.to == "oona@x.test").execute()
        Outbox.update(state="failed", last_error=WORDS, tries=3).where(Outbox.to == "kelly@home.test").execute()
    return path


async def shown(driven: Driven, *keys: str) -> OutboxScreen:
    await driven.press(*keys)
    await driven.until(lambda: isinstance(driven.screen, OutboxScreen) and driven.screen.current)
    assert isinstance(driven.screen, OutboxScreen)
    return driven.screen


def states() -> list[str]:
    with session():
        return [row.state for row in Outbox.select().order_by(Outbox.id)]


async def test_R7_5_it_shows_states_and_the_servers_words_and_sends_again(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await shown(driven, "O")
        row = next(line for line in driven.text.splitlines() if "failed" in line)
        assert row.split()[:5] == ["3", "failed", "kelly@home.test", "#1", "3"]
        assert "4 mails · 1 failed, 1 held" in driven.text
        await driven.press("down")
        await driven.until(lambda: WORDS[:60] in driven.text)
        await driven.press("r")
        await driven.until(lambda: screen.status.text == "Mail 3 to kelly@home.test is queued.")
        await driven.until(lambda: "1 held, 1 queued" in driven.text)
        await driven.press("d")
        await driven.until(lambda: screen.status.text == "Mail 3 to kelly@home.test is dropped.")
        await driven.until(lambda: screen.current and screen.current.state == "dropped")
        await driven.press("d")
        assert screen.status.text == "Mail 3 was dropped already."
        await driven.press("down", "r")
        assert screen.status.text == "Mail 2 has gone already, or is going now."
    assert states() == ["sent", "sent", "dropped", "held"]


async def test_R7_5_a_bounced_address_is_lifted_and_what_was_held_goes(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await shown(driven, "O")
        assert screen.current
        assert screen.current.to == "boss@x.test"
        await driven.press("u")
        await driven.until(lambda: screen.status.text == "boss@x.test may be written to again; 1 held mail queued.")
        await driven.until(lambda: screen.current and screen.current.state == "queued")
        await driven.press("u")
        assert screen.status.text == "Nothing is held back for boss@x.test."
    with session():
        assert AddressHold.select().count() == 0


async def test_R7_5_it_is_filtered_by_state_follows_the_store_and_opens_the_ticket(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await shown(driven, "O")
        await opened(driven, "f")
        await driven.press("f", "enter")
        await driven.until(lambda: screen.table.row_count == 1 and "Outbox / failed" in driven.text)
        with session():
            Outbox.update(state="failed").where(Outbox.id == 4).execute()
        await driven.until(lambda: screen.table.row_count == 2)
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and "It burns." in driven.text)
        await driven.press("escape")
        await driven.until(lambda: driven.screen is screen)


async def test_R7_5_a_ticket_has_its_own_outbox(store: Path) -> None:
    with session():
        tickets.reply(ANNA, 2, "Hello John.")
    async with window_on(store) as driven:
        await open_ticket(driven, 1)
        screen = await shown(driven, "O")
        assert screen.table.row_count == 4
        assert "Tickets / #1 / Outbox" in driven.text
        assert "john@x.test" not in driven.text


async def test_R10_1_mail_of_other_partners_is_neither_shown_nor_counted(store: Path) -> None:
    with session():
        tickets.reply(ANNA, 2, "Hello John.")
    async with window_on(store, actor=BOB) as driven:
        await shown(driven, "O")
        await driven.until(lambda: "john@x.test" in driven.text)
        assert "kelly@home.test" not in driven.text
        assert "failed" not in driven.text
        assert "held" not in driven.text


async def test_T1_T2_hostile_names_and_words_of_servers_are_text(store: Path) -> None:
    with session():
        Outbox.update(to=f"x{HOSTILE}@x.test", to_name=HOSTILE, subject=HOSTILE, last_error=HOSTILE).execute()
    async with window_on(store, size=(160, 24)) as driven:
        screen = await shown(driven, "O")
        await driven.until(lambda: driven.text.count("[/b] ␛]0;x␇ [@click=app.quit]x") >= 6)
        assert "\x1b" not in driven.text
        await driven.press("r")
        await driven.until(lambda: "is queued" in screen.status.text)
        assert not driven.window._exit


async def test_R7_5_one_key_sends_all_that_failed_after_asking(store: Path) -> None:
    async with window_on(store) as driven:
        screen = await shown(driven, "O")
        await driven.press("R")
        await driven.until(lambda: "1 failed mail will be sent" in driven.text)
        await driven.press("escape")
        await driven.press("R")
        await driven.until(lambda: "1 failed mail will be sent" in driven.text)
        await driven.press("enter")
        await driven.until(lambda: screen.status.text == "1 mail queued.")
        await driven.press("R")
        await driven.until(lambda: screen.status.text == "No mail failed.")
    assert states() == ["sent", "sent", "queued", "held"]


async def test_R5_4_that_servers_refuse_us_stands_in_the_title_until_it_is_acknowledged(store: Path) -> None:
    with session():
        Outbox.update(state="bounced").where(Outbox.id == 2).execute()
        ReturnedLetter.create(outbox=2, cause="us", at=datetime.now(UTC))
        hold("anna@helpdesk.test")
    async with window_on(store) as driven:
        await driven.until(lambda: "Mail from us is refused: 1 letter" in driven.text.splitlines()[0])
        screen = await shown(driven, "O")
        await driven.until(lambda: "Mail from us is refused: 1 letter · o acknowledges" in driven.text)
        await driven.press("o")
        await driven.until(lambda: "Acknowledged." in screen.status.text)
        await driven.until(lambda: "is refused" not in driven.text)
        await driven.press("escape")
        await driven.until(lambda: "Held back, an administrator's: anna@" in driven.text.splitlines()[0])
