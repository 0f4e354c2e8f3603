"""The table under real keys and a real screen (R1.1, R1.2, R1.4, R1.7, THREATS T1, T2, T6)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from table_app import COLUMNS, HOSTILE, TableApp, down_from
from textual import events
from textual.pilot import Pilot

from tui.widgets.cells import Cell
from tui.widgets.data_table import DataTable
from tui.widgets.line_filter import NoControls

Driven = tuple[TableApp, Pilot[None]]


@asynccontextmanager
async def driven(app: TableApp, *, width: int = 80, height: int = 24) -> AsyncIterator[Driven]:
    async with app.run_test(size=(width, height), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        yield app, pilot


async def until(condition: object, seconds: float = 5) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not condition():  # type: ignore[operator]
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.005)


async def test_R1_1_the_first_rows_and_titles_are_painted() -> None:
    async with driven(TableApp(1000)) as (app, _):
        assert app.lines[0].split() == ["Id", "▼", "Email", "Name", "Customer", "Ban", "Deny", "Shared"]
        assert app.lines[1].split()[:3] == ["1000", "user1000@example.com", "Anna"]
        flags = {app.lines[0].index(title) for title in ("Ban", "Shared")}
        assert {at for at in range(80) if app.lines[1].startswith("Yes", at)} == flags
        assert app.told == [("highlighted", 1000, 0)]


@pytest.mark.parametrize(
    ("keys", "row_id"),
    [
        ("down down", 998),
        ("j j k", 999),
        ("down up up", 1000),
        ("pagedown", 979),
        ("pagedown pageup", 1000),
        ("end", 1),
        ("G", 1),
        ("ctrl+end up", 2),
        ("end home", 1000),
        ("end g", 1000),
        ("end ctrl+home", 1000),
        ("end pageup", 22),
    ],
)
async def test_R1_1_keys_move_the_cursor(keys: str, row_id: int) -> None:
    async with driven(TableApp(1000)) as (app, pilot):
        await pilot.press(*keys.split())
        await until(lambda: app.told[-1][1] == row_id)
        assert app.table.cursor_id == row_id
        assert row_id in app.table.visible_ids
        assert any(f"user{row_id}@" in line for line in app.lines)


async def test_R1_1_enter_selects_the_record() -> None:
    async with driven(TableApp(10)) as (app, pilot):
        await pilot.press("down", "enter")
        assert app.told[-1] == ("selected", 9)


async def test_R1_4_space_marks_and_unmarks() -> None:
    async with driven(TableApp(10)) as (app, pilot):
        await pilot.press("space", "down", "down", "space")
        assert app.told[-1] == ("marks", 8, 10)
        assert [line[0] for line in app.lines[1:5]] == ["*", " ", "*", " "]
        await pilot.press("space")
        assert app.table.marked == {10}


async def test_R1_4_marks_outlive_a_search() -> None:
    async with driven(TableApp(10)) as (app, pilot):
        await pilot.press("space")
        app.table.show(down_from(5), restart=True)
        app.table.show(down_from(10), restart=True)
        await pilot.pause()
        assert app.table.marked == {10}
        assert app.lines[1][0] == "*"


@pytest.mark.parametrize("keys", [["down"] * 5, ["end"], ["pagedown"]])
async def test_R1_7_the_cursor_and_its_line_stay_while_rows_arrive(keys: list[str]) -> None:
    async with driven(TableApp(1000)) as (app, pilot):
        await pilot.press(*keys)
        row_id = app.table.cursor_id
        await pilot.pause()
        before = app.lines
        app.told.clear()
        for newest in range(1001, 1011):
            app.table.show(down_from(newest))
            await pilot.pause()
        assert app.table.cursor_id == row_id
        assert not app.told
        if keys != ["down"] * 5:
            assert [line[:-1] for line in app.lines] == [line[:-1] for line in before]
        else:
            assert app.lines[16].split()[0] == str(row_id)


async def test_R1_7_a_record_that_left_hands_the_cursor_to_the_next_and_says_so() -> None:
    async with driven(TableApp(10)) as (app, pilot):
        await pilot.press("down", "down")
        app.table.show(down_from(10)[:2] + down_from(7))
        await pilot.pause()
        assert app.told[-2:] == [("left", 8), ("highlighted", 7, 2)]


async def test_R1_7_a_changed_row_stays_painted_until_it_is_read_again() -> None:
    async with driven(TableApp(10)) as (app, pilot):
        app.delay, app.names = 0.15, ("Berta",)
        app.table.forget([9])
        await pilot.pause(0.08)
        assert "Anna" in app.lines[2]
        await until(lambda: "Berta" in app.lines[2])
        assert "Anna" in app.lines[1]
        assert app.asked[-1] == [9]


async def test_R1_7_rows_that_read_the_same_are_not_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with driven(TableApp(10)) as (app, pilot):
        regions: list[object] = []
        monkeypatch.setattr(app.table, "refresh", lambda *args, **_: regions.extend(args))
        app.table.forget()
        await pilot.pause(0.05)
        assert len(app.asked[-1]) == 10
        assert not regions


async def test_R1_1_a_jump_waits_for_its_rows_rather_than_paint_an_empty_page() -> None:
    async with driven(TableApp(100_000)) as (app, _):
        app.delay = 0.02
        seen: set[str] = set()
        app.table.action_scroll_bottom()
        while "user1@" not in app.lines[-1]:
            seen.update(app.lines[1:])
            await asyncio.sleep(0.002)
        assert seen
        assert not any("…" in line.split() for line in seen)


async def test_R1_1_slow_rows_do_not_hold_the_screen() -> None:
    async with driven(TableApp(100_000)) as (app, pilot):
        app.delay = 0.4
        await pilot.press("end")
        await until(lambda: app.lines[1].split()[0] == "…", 0.3)
        await until(lambda: "user1@" in app.lines[-1])


async def test_R1_1_a_lost_answer_is_asked_for_again() -> None:
    async with driven(TableApp(100_000)) as (app, _):
        app.deaf = True
        app.table.action_scroll_bottom()
        await until(lambda: 1 in app.asked[-1])
        app.deaf = False
        await until(lambda: "user1@" in app.lines[-1])
        assert sum(1 in ids for ids in app.asked) == 2


async def test_R1_1_the_line_of_the_cursor_is_one_run_of_colour() -> None:
    async with driven(TableApp(60)) as (app, pilot):
        await pilot.press("down")
        strips = app.table.render_lines(app.table.size.region)
        assert len(strips[0]) == len(strips[2]) == 1 < len(strips[1])
        await pilot.press("up")
        assert len(app.table.render_lines(app.table.size.region)[1]) == 1


async def test_R1_5_other_columns_are_read_again_and_painted_once_they_are_there() -> None:
    async with driven(TableApp(100)) as (app, pilot):
        app.delay = 0.02
        app.table.set_columns(COLUMNS[1:3], cells=lambda row: row[1:3])
        await pilot.pause(0.005)
        assert app.lines[0].split()[0] == "Id"
        await until(lambda: app.lines[0].split() == ["Email", "Name"])
        assert app.lines[1].split()[:2] == ["user100@example.com", "Anna"]


async def test_R1_1_left_and_right_scroll_columns_and_the_first_stays() -> None:
    async with driven(TableApp(100), width=40) as (app, pilot):
        assert app.lines[0].endswith("›")
        await pilot.press(*["right"] * 9)
        assert app.lines[0].split() == ["‹", "Id", "▼", "Customer", "Ban", "Deny", "Shared"]
        assert app.lines[1].split()[0] == "100"
        await pilot.press(*["left"] * 9)
        assert app.lines[0].split()[2:4] == ["Email", "Name"]
        await pilot.resize_terminal(120, 24)
        await pilot.pause()
        assert "Shared email" in app.lines[0]


async def test_R1_1_an_empty_table_says_so_and_a_first_row_gets_the_cursor() -> None:
    async with driven(TableApp(0)) as (app, pilot):
        assert app.lines[12].strip() == "No recipients yet"
        assert app.table.cursor_id is None
        await pilot.press("down", "enter", "space", "pagedown", "G")
        app.table.show(down_from(1))
        await pilot.pause()
        assert app.told[-1] == ("highlighted", 1, 0)
        app.table.placeholder = "[/b] Nothing found"
        app.table.show(down_from(0))
        await pilot.pause()
        assert app.lines[12].strip() == "[/b] Nothing found"
        assert app.told[-2:] == [("left", 1), ("highlighted", None, 0)]


async def test_R1_2_a_click_on_a_title_names_its_column() -> None:
    async with driven(TableApp(100)) as (app, pilot):
        await pilot.click(DataTable, offset=(12, 0))
        assert app.told[-1] == ("header", "email")


async def test_R1_1_the_mouse_moves_the_cursor_marks_selects_and_scrolls() -> None:
    async with driven(TableApp(1000)) as (app, pilot):
        await pilot.click(DataTable, offset=(12, 5))
        assert app.table.cursor_id == 996
        await pilot.click(DataTable, offset=(0, 3))
        assert app.table.marked == {998}
        await pilot.click(DataTable, offset=(12, 4), times=2)
        assert app.told[-1] == ("selected", 997)
        app.table.post_message(events.MouseScrollDown(app.table, 5, 5, 0, 1, 0, False, False, False))
        await pilot.pause()
        assert app.table.visible_ids[0] == 997
        assert app.table.cursor_id == 997
        await pilot.mouse_down(DataTable, offset=(79, 22))
        await pilot.mouse_up(DataTable, offset=(79, 22))
        assert app.table.visible_ids[-1] == 1


async def test_R1_1_move_cursor_by_id_and_by_position() -> None:
    async with driven(TableApp(1_000_000)) as (app, pilot):
        assert app.table.move_cursor(id=123_456)
        assert app.table.cursor_row == 1_000_000 - 123_456
        assert app.table.move_cursor(index=0)
        assert not app.table.move_cursor(id=-1)
        await pilot.pause()
        assert app.table.row_count == 1_000_000
        assert app.told[-1] == ("highlighted", 1_000_000, 0)


@pytest.mark.parametrize("walls", [[], [NoControls()]])
async def test_T1_T2_T6_hostile_names_are_inert_and_the_columns_stay_in_line(walls: list[NoControls]) -> None:
    async with driven(TableApp(40, names=HOSTILE, walls=walls)) as (app, pilot):
        await pilot.press("pagedown", "up", "space", "enter")
        text = "\n".join(app.lines)
        assert not set(text) & set("\x1b\x07\x9b\u202e\t\ud800")
        assert "[/b] [urgent]" in text
        assert "[@click=app.be…" in text or "[@click=app.b…" in text
        titles = {app.lines[0].index(title) for title in ("Ban", "Deny", "Shared")}
        assert {cell_len(line[: line.index("Yes")]) for line in app.lines if "Yes" in line} == titles
        assert {cell_len(line) for line in app.lines} == {80}


async def test_R1_1_without_colours_the_cursor_is_still_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with driven(TableApp(10)) as (app, _):
        cursor, other = (app.table.render_lines(app.table.size.region)[y]._segments[0].style for y in (1, 2))
        assert cursor is not None
        assert other is not None
        assert (cursor.reverse, other.reverse) == (True, None)


async def test_R1_1_cells_come_from_the_rows_own_type() -> None:
    async with driven(TableApp(3)) as (app, pilot):
        table: DataTable[dict[str, str]] = DataTable()
        await app.mount(table)
        table.set_columns(COLUMNS[:2], cells=lambda row: [Cell(row["id"]), Cell(row["mail"])])
        table.put_rows({7: {"id": "7", "mail": "x@y.example"}})
        table.show(down_from(7)[:1])
        await pilot.pause()
        assert table.row(7) == {"id": "7", "mail": "x@y.example"}
        assert "x@y.example" in table.render_lines(table.size.region)[1].text
