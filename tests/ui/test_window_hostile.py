"""Names, subjects and texts from outside are text everywhere in the window; a crash shows no variables (T1, T2, T5)."""

import re
from pathlib import Path

import pytest
from window_world import ANNA, HOSTILE, Driven, add_message, add_sender, add_ticket, prepared, window_on

from store.db import session
from store.models import Inbox, InboxState, Recipient
from store.services import customers
from tui.dialogs.frame import Dialog
from tui.screens.ticket import TicketScreen
from tui.screens.tickets import TicketsScreen

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SHOWN = "[/b] ␛]0;x␇ [@click=app.quit]x"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        customers.add(ANNA, {"name": "[/b][@click=app.quit]Mallory", "login": "[/b]", "partner": "Main"})
        inbox = Inbox.create(name=HOSTILE, email="s@x.test", email_key="s@x.test", host="h", port=993)
        InboxState.create(inbox=inbox.id, last_error=HOSTILE)
        evil = add_sender(f"evil{HOSTILE.replace(' ', '')}@x.test", HOSTILE, ban_reason=HOSTILE, inbox=inbox.id)
        for _ in range(2):
            number = add_ticket(evil, HOSTILE, text=f"{HOSTILE}\n> {HOSTILE}\n")
            add_message(number, evil, HOSTILE, attachments={HOSTILE: 1})
        paired = {"customer": 5, "customer_key": "[/b]"}
        add_sender("paired@x.test", HOSTILE, banned=True, banned_by=HOSTILE, ban_reason=HOSTILE, **paired)
        for row in Recipient.select():
            assert "\x1b" in row.name
    return path


def is_inert(driven: Driven) -> bool:
    for strip in driven.screen._compositor.render_strips():
        for segment in strip:
            assert not UNSAFE.search(segment.text)
            assert not (segment.style and segment.style.link)
            assert "click" not in (segment.style.meta if segment.style and segment.style._meta else {}).get(
                "@click", ""
            )
    return True


async def test_T2_the_table_and_the_status_line_show_it_as_it_is(store: Path) -> None:
    async with window_on(store, size=(160, 24)) as driven:
        await driven.press("c", "end", "up", "space", "enter")
        await driven.until(lambda: driven.screen is driven.home)
        await driven.until(lambda: driven.text.count("[/b] ␛]0;x␇") >= 3)
        assert "[/b][@click=app.quit]Mallory" in driven.text
        await driven.press("p")
        assert SHOWN.replace(" ", "")[:10] not in driven.status or is_inert(driven)
        assert is_inert(driven)
        await driven.press("!")
        await driven.until(lambda: isinstance(driven.screen, Dialog) and SHOWN in driven.dialog_text)
        assert is_inert(driven)


@pytest.mark.parametrize(("row", "keys"), [(1, "p"), (1, "e"), (1, "b"), (2, "P"), (2, "B"), (2, "e"), (1, "x")])
async def test_T2_every_dialog_shows_it_as_it_is(store: Path, row: int, keys: str) -> None:
    async with window_on(store) as driven:
        driven.home.table.move_cursor(id=row)
        await driven.pilot.pause()
        await driven.press(keys)
        await driven.until(lambda: isinstance(driven.screen, Dialog))
        await driven.pilot.pause(0.2)
        if keys not in "x":
            assert "[/b] ␛]0;x␇" in driven.dialog_text
        assert is_inert(driven)
        await driven.press("space", "enter")
        await driven.pilot.pause(0.2)
        assert is_inert(driven)
        assert not driven.window._exit


async def test_T2_a_search_for_it_and_a_customer_of_that_name(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("/")
        await driven.type("[/b] [@click=app.quit]x banned:[/b]")
        await driven.until(lambda: "banned: takes yes or no, not “[/b]”" in driven.home.bar.note)
        assert is_inert(driven)
        await driven.press("escape", "escape", "end", "p")
        await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
        await driven.type("[/b]")
        await driven.until(lambda: "[/b][@click=app.quit]Mallory (5)" in driven.dialog_text)
        await driven.press("enter", "enter")
        await driven.until(lambda: driven.screen is driven.home)
        assert "to [/b][@click=app.quit]Mallory; 1 ticket assigned" in driven.status
        assert is_inert(driven)


async def test_T2_tickets_and_their_messages(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("end", "enter")
        await driven.until(lambda: isinstance(driven.screen, TicketsScreen) and "[/b] ␛]0;x␇" in driven.text)
        assert is_inert(driven)
        await driven.press("enter", "h")
        await driven.until(lambda: isinstance(driven.screen, TicketScreen) and f"> {SHOWN}" in driven.text)
        assert f"Attached: {SHOWN}" in driven.text
        assert is_inert(driven)
        for y in range(24):
            await driven.pilot.click(offset=(12, y))
        assert not driven.window._exit


async def test_T2_saving_a_hostile_name_untouched_leaves_it_as_it_is(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("end", "e")
        await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
        await driven.press("tab", "space", "enter")
        await driven.until(lambda: driven.screen is driven.home)
    with session():
        row = Recipient.get_by_id(1)
        assert (row.name, row.name_edited, row.shared) == (HOSTILE, False, True)


async def test_T5_a_crash_says_so_in_plain_words_and_keeps_the_variables_to_itself(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(tmp_path))

    def broken() -> None:
        password = "hunter2"
        raise RuntimeError(f"something broke, {len(password)}")

    said = ""

    async def crash() -> None:
        nonlocal said
        async with window_on(store) as driven:
            driven.window.call_later(broken)
            await driven.until(lambda: driven.window._exit_renderables)
            said = "".join(segment.text for segment in driven.window._exit_renderables[0].segments)

    with pytest.raises(RuntimeError):
        await crash()
    assert "The program itself failed (RuntimeError)" in said
    assert "hunter2" not in said
    log = (tmp_path / "window.log").read_text()
    assert "something broke" in log
    assert "hunter2" not in log
    assert (tmp_path / "window.log").stat().st_mode & 0o777 == 0o600
