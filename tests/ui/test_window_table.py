"""The Recipients screen: what it shows, how it searches, sorts and follows the store (R1.1, R1.2, R1.7, R10.1)."""

from pathlib import Path

import pytest
from window_world import ANNA, BOB, Driven, add_sender, add_ticket, make_store, prepared, window_on

from store.db import session
from store.models import Recipient
from store.services import recipients


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        add_sender("ann@a.test", "Ann")
        add_sender("bob@b.test", "Bob", tickets=2)
        add_sender("cid@a.test", "Cid", customer=1, customer_key="john doe", pair_source="agent")
        add_sender("dan@b.test", "Dan", customer=2, customer_key="sarah howell", banned=True, banned_by="anna")
        add_sender("eve@c.test", "Eve", shared=True, denied=True)
    return path


async def search(driven: Driven, line: str) -> None:
    await driven.press("/")
    await driven.type(line)


async def test_R1_1_newest_first_with_the_default_columns(store: Path) -> None:
    async with window_on(store, size=(120, 24)) as driven:
        assert driven.emails == ["eve@c.test", "dan@b.test", "cid@a.test", "bob@b.test", "ann@a.test"]
        lines = driven.text.splitlines()
        assert "Id ▼" in lines[2]
        titles = ["Id", "Email", "Name", "Pair to Customer / Lead", "Banned", "In deny list", "Shared email"]
        assert [lines[2].index(title) for title in titles] == sorted(lines[2].index(title) for title in titles)
        dan = lines[4]
        assert "Sarah Howell (Lead)" in dan
        assert dan.index("Yes") == lines[2].index("Banned")
        assert [i for i in range(120) if lines[3].startswith("Yes", i)] == [
            lines[2].index("In deny list"),
            lines[2].index("Shared email"),
        ]


async def test_R1_1_flags_are_red(store: Path) -> None:
    async with window_on(store) as driven:
        strip = driven.home.table.render_line(2)
        yes = next(segment for segment in strip if "Yes" in segment.text)
        red, green, blue = yes.style.color.triplet
        assert red > 200
        assert max(green, blue) < 140


async def test_R7_1_what_pairing_still_needs_stands_in_the_title(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.until(lambda: "Missing: SMTP, inbox, notifications" in driven.text.splitlines()[0])
        assert "5 recipients · 2 unassigned · no inbox" in driven.text
        await driven.press("!")
        await driven.until(lambda: all(f"✗ {one}" in driven.text for one in ("SMTP is", "no inbox", "ticket notif")))


@pytest.mark.parametrize(
    ("line", "emails"),
    [
        ("bob", ["bob@b.test"]),
        ("JOHN", ["cid@a.test"]),
        ("domain:a.test", ["cid@a.test", "ann@a.test"]),
        ("paired:yes -john", ["dan@b.test"]),
        ("unassigned:>1", ["bob@b.test"]),
        ("nobody-at-all", []),
    ],
)
async def test_R1_2_search_and_filter_as_you_type(store: Path, line: str, emails: list[str]) -> None:
    async with window_on(store) as driven:
        await search(driven, line)
        await driven.until(lambda: driven.emails == emails)
        await driven.until(lambda: driven.home.bar.note == f"{len(emails)} found")
        await driven.press("enter")
        assert driven.home.table.has_focus
        await driven.press("escape")
        await driven.until(lambda: len(driven.emails) == 5 and driven.home.bar.note == "")


async def test_R1_2_a_line_that_cannot_be_read_keeps_the_last_result(store: Path) -> None:
    async with window_on(store) as driven:
        await search(driven, "domain:a.test")
        await driven.until(lambda: len(driven.emails) == 2)
        await driven.type(" tickets:")
        await driven.until(lambda: driven.home.bar.note == "tickets: a number such as >3")
        await driven.type("many")
        await driven.until(lambda: "tickets: takes a number" in driven.home.bar.note)
        assert len(driven.emails) == 2
        assert "tickets: takes a number" in driven.text.splitlines()[1]
        await driven.press("escape")
        await driven.until(lambda: len(driven.emails) == 5)
        await driven.press("escape")
        assert driven.home.table.has_focus


async def test_R1_2_ready_filters_are_put_into_the_line_and_taken_off(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("f", "b", "enter")
        await driven.until(lambda: driven.emails == ["dan@b.test"])
        assert driven.home.bar.line == "banned:yes"
        await driven.press("f", "b", "enter")
        await driven.until(lambda: len(driven.emails) == 5)
        assert driven.home.bar.line == ""


@pytest.mark.parametrize("key", ["id", "email", "name", "customer", "banned", "denied", "shared", "tickets"])
async def test_R1_2_every_column_sorts_both_ways(store: Path, key: str) -> None:
    def value(row: Recipient) -> object:
        return {"email": row.email_key, "name": row.name_key, "customer": row.customer_key}.get(key, getattr(row, key))

    with session():
        rows = list(Recipient.select())
    wanted = [row.email for row in sorted(rows, key=lambda row: (value(row), row.id))]
    async with window_on(store) as driven:
        if key != "id":
            driven.home.sort_by(key)
            await driven.until(lambda: driven.home.listing.selection.sort == key)
        down = driven.home.listing.selection.descending
        await driven.until(lambda: driven.emails == (wanted[::-1] if down else wanted))
        await driven.press("S")
        await driven.until(lambda: driven.emails == (wanted if down else wanted[::-1]))


async def test_R1_2_sorting_by_key_and_by_a_click_on_the_title(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("s", "e", "enter")
        await driven.until(lambda: driven.emails[0] == "ann@a.test")
        assert "Email ▲" in driven.text
        await driven.pilot.click("RecipientTable", offset=(driven.text.splitlines()[2].index("Email"), 0))
        await driven.until(lambda: driven.emails[0] == "eve@c.test")
        assert "Email ▼" in driven.text


async def test_R1_7_what_another_process_does_is_seen_and_the_cursor_stays(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("down", "down")
        assert driven.cursor == 3
        with session():
            add_sender("new@x.test", "New", tickets=1)
            recipients.ban(ANNA, 3)
        await driven.until(lambda: driven.emails[0] == "new@x.test")
        await driven.until(lambda: driven.home.current().line.banned)
        assert driven.cursor == 3
        assert "unban" not in driven.home.query_one("KeyBar").off
        await driven.until(lambda: "6 recipients · 3 unassigned" in driven.text)


async def test_R1_7_a_row_that_leaves_hands_the_cursor_on_and_it_is_said(store: Path) -> None:
    async with window_on(store) as driven:
        await search(driven, "banned:no")
        await driven.until(lambda: len(driven.emails) == 4)
        await driven.press("enter", "down")
        assert driven.cursor == 3
        with session():
            recipients.ban(ANNA, 3)
        await driven.until(lambda: driven.cursor == 2)
        await driven.until(lambda: driven.status == "cid@a.test left this view; the cursor is on the next row.")


async def test_R1_7_the_own_action_and_the_leaving_row_are_one_sentence(store: Path) -> None:
    async with window_on(store) as driven:
        await search(driven, "banned:no")
        await driven.until(lambda: len(driven.emails) == 4)
        await driven.press("enter", "down", "b", "enter")
        told = "Banned cid@a.test. cid@a.test left this view; the cursor is on the next row."
        await driven.until(lambda: (driven.cursor, driven.status) == (2, told))


async def test_R10_1_an_administrator_of_one_partner_sees_his_own_and_what_becomes_his(store: Path) -> None:
    async with window_on(store, actor=BOB) as driven:
        assert driven.emails == ["dan@b.test", "cid@a.test"]
        await driven.until(lambda: "2 recipients · 0 unassigned" in driven.text)
        with session():
            recipients.rename(ANNA, 3, "Cidney")
            Recipient.update(customer=1, version=2).where(Recipient.id == 1).execute()
            Recipient.update(customer=None, version=2).where(Recipient.id == 4).execute()
        await driven.until(lambda: driven.emails == ["cid@a.test", "ann@a.test"])
        await driven.until(lambda: "Cidney" in driven.text)


async def test_R1_1_an_empty_store_says_so(tmp_path: Path) -> None:
    async with window_on(make_store(tmp_path / "store.db")) as driven:
        assert "No recipients yet" in driven.text
        await driven.press("p")
        assert driven.status == "There is no row to act on."
        with session():
            add_ticket(add_sender("first@x.test"), "Hello")
        await driven.until(lambda: driven.emails == ["first@x.test"])
