"""The cursor belongs to a record, whatever happens to the list around it (R1.7)."""

from array import array
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.row_window import PAGE, RowCache, RowWindow, find, follow

lists = st.lists(st.integers(1, 60), unique=True, max_size=40)
long_lists = st.lists(st.integers(1, 60), unique=True, min_size=1, max_size=40)


def ids(values: object) -> "array[int]":
    return array("q", values)  # type: ignore[arg-type]


def window(values: object, *, height: int = 10, cursor: int = 0, top: int | None = None) -> RowWindow:
    made = RowWindow()
    made.resize(height)
    made.replace(ids(values))
    made.move_to(cursor)
    if top is not None:
        made.scroll_to(top)
    return made


@given(long_lists, lists, st.data())
def test_R1_7_the_cursor_stays_on_its_record_or_goes_to_the_next(
    old: list[int], new: list[int], data: st.DataObject
) -> None:
    made = window(old, height=data.draw(st.integers(1, 12)), cursor=data.draw(st.integers(0, len(old) - 1)))
    at, was = made.cursor, made.cursor_id
    left = made.replace(ids(new))
    if was in new:
        assert (made.cursor_id, left) == (was, None)
        return
    heirs = [row_id for row_id in (*old[at + 1 :], *reversed(old[:at])) if row_id in new]
    assert left == was
    assert made.cursor_id == (heirs[0] if heirs else new[min(at, len(new) - 1)] if new else None)


@given(long_lists, lists, st.integers(1, 12), st.data())
def test_R1_7_the_cursor_stays_in_sight_and_the_screen_inside_the_list(
    old: list[int], new: list[int], height: int, data: st.DataObject
) -> None:
    made = window(old, height=height, cursor=data.draw(st.integers(0, len(old) - 1)))
    made.replace(ids(new))
    assert not new or made.cursor in made.visible
    assert 0 <= made.top <= max(0, len(new) - height)


@given(st.integers(1, 30), st.integers(0, 5), st.integers(0, 5), st.integers(0, 9))
def test_R1_7_the_cursor_keeps_its_line_when_rows_come_and_go_elsewhere(
    top: int, added: int, removed: int, line: int
) -> None:
    old = list(range(100, 0, -1))
    made = window(old, cursor=top + line, top=top)
    made.replace(ids([*range(100 + added, 100, -1), *(row_id for row_id in old if row_id > removed)]))
    assert (made.cursor_id, made.cursor - made.top) == (old[top + line], line)


def test_R1_7_new_rows_are_seen_to_arrive_at_the_top_until_the_cursor_would_leave() -> None:
    made = window(range(20, 0, -1), height=5)
    seen = []
    for newest in range(21, 28):
        made.replace(ids(range(newest, 0, -1)))
        seen.append((made.cursor_id, made.top, made.cursor - made.top))
    assert seen == [(20, 0, 1), (20, 0, 2), (20, 0, 3), (20, 0, 4), (20, 1, 4), (20, 2, 4), (20, 3, 4)]


def test_R1_7_what_is_read_stays_when_the_cursor_is_scrolled_out_of_sight() -> None:
    made = window(range(100, 0, -1), cursor=0, top=50)
    made.replace(ids(range(103, 0, -1)))
    assert made.cursor_id == 100
    assert made.ids[made.top] == 50


def test_R1_2_a_new_search_starts_at_the_top() -> None:
    made = window(range(100, 0, -1), cursor=40)
    assert made.replace(ids([60, 7]), restart=True) is None
    assert (made.cursor_id, made.top) == (60, 0)


def test_R1_7_the_next_row_is_found_far_away_in_a_long_list() -> None:
    old = ids(range(50_000))
    new = ids([*range(30_000, 50_000), *range(10_000)])
    assert follow(old, new, 25_000) == (0, False)
    assert follow(old, new, 40_000) == (10_000, True)


@pytest.mark.parametrize("size", [1, 5, 700, 5000])
def test_R1_7_an_id_is_found_wherever_it_stands(size: int) -> None:
    values = [256, 1, 0, 2**56, -5, *range(1000, 1000 + size)][-size - 4 :]
    Random(7).shuffle(values)
    for at in {0, 1, size // 2, size - 1} & set(range(size)):
        for near in (0, at, size - 1, 9 * size):
            assert find(ids(values), values[at], near=near) == at


def test_R1_7_bytes_of_two_neighbours_are_not_mistaken_for_an_id() -> None:
    values = ids([*range(1000, 2000), 256, 512])
    assert find(values, 1) is None
    assert find(values, 2 << 48) is None


@given(st.lists(st.sampled_from(["up", "down", "pgup", "pgdn", "top", "end", "wheel", "shrink", "grow"]), max_size=60))
def test_R1_1_the_cursor_moves_as_keys_say_and_stays_in_sight(keys: list[str]) -> None:
    made = window(range(57), height=7)
    expected = 0
    for key in keys:
        expected = press(made, key, expected)
        assert made.cursor == max(0, min(56, expected))
        expected = made.cursor
        assert key == "wheel" or made.cursor in made.visible
        assert 0 <= made.top <= 57 - made.height


def press(made: RowWindow, key: str, at: int) -> int:
    page = made.height - 1
    if key in ("pgup", "pgdn"):
        made.page(1 if key == "pgdn" else -1)
        return at + (page if key == "pgdn" else -page)
    if key == "wheel":
        made.scroll_to(made.top + 3)
        return at
    if key in ("shrink", "grow"):
        made.move_to(at)
        made.resize(5 if key == "shrink" else 9)
        return at
    target = {"up": at - 1, "down": at + 1, "top": 0, "end": 56}[key]
    made.move_to(target)
    return target


def test_R1_1_past_the_edge_the_screen_moves_by_half_not_by_lines() -> None:
    made = window(range(1000), height=20)
    tops = set()
    for _ in range(200):
        made.move_to(made.cursor + 1)
        tops.add(made.top)
    assert len(tops) <= 200 / 9


@pytest.mark.parametrize(("rows", "height", "top", "thumb"), [(10, 10, 0, 0), (100, 10, 0, 1), (20, 10, 10, 5)])
def test_R1_1_the_thumb_shows_the_place(rows: int, height: int, top: int, thumb: int) -> None:
    made = window(range(rows), height=height, top=top)
    assert len(made.thumb()) == thumb
    assert not thumb or (made.thumb().start == 0) == (top == 0)


@given(st.integers(11, 2000), st.integers(2, 10), st.integers(-3, 15))
def test_R1_1_the_thumb_goes_where_it_is_dragged(rows: int, height: int, line: int) -> None:
    made = window(range(rows), height=height)
    made.scroll_to(made.top_for_thumb(line))
    asked = max(0, min(height - 1, line))
    assert made.thumb().start - 1 <= asked <= made.thumb().stop


def test_R1_1_pages_are_asked_for_once_then_the_page_ahead() -> None:
    made, rows = window(range(1, 1001), height=20), RowCache[str]()
    first = made.wanted(rows)
    assert first == list(range(1, PAGE + 1))
    rows.ask(first)
    assert made.wanted(rows) == list(range(PAGE + 1, 2 * PAGE + 1))
    rows.ask(made.wanted(rows))
    assert made.wanted(rows) == []
    made.move_to(999)
    assert made.wanted(rows) == list(range(7 * PAGE + 1, 1001))


def test_R1_1_going_up_the_page_above_is_read_ahead() -> None:
    made, rows = window(range(1000), height=20, cursor=500), RowCache[str]()
    rows.put(dict.fromkeys(made.wanted(rows), ""))
    made.move_to(480)
    assert made.wanted(rows) == list(range(256, 384))


def test_R1_7_a_forgotten_row_is_shown_until_its_successor_comes() -> None:
    rows = RowCache[str]()
    rows.put({1: "old", 2: "old"})
    rows.forget([1])
    assert (rows.get(1), rows.missing([1, 2])) == ("old", [1])
    rows.put({1: "new"})
    assert (rows.get(1), rows.missing([1, 2])) == ("new", [])


def test_R1_7_a_reading_begun_before_the_change_does_not_count_as_fresh() -> None:
    rows = RowCache[str]()
    rows.ask([1])
    begun = rows.turn
    rows.forget()
    rows.put({1: "before the change"}, turn=begun)
    assert (rows.get(1), rows.missing([1])) == ("before the change", [1])
    rows.put({1: "after"})
    rows.put({1: "late"}, turn=begun)
    assert (rows.get(1), rows.missing([1])) == ("after", [])


def test_R1_5_rows_of_other_columns_are_of_no_use() -> None:
    rows = RowCache[str]()
    rows.put({1: "two columns"})
    begun = rows.turn
    rows.drop()
    rows.put({1: "two columns"}, turn=begun)
    assert rows.get(1) is None
    assert rows.missing([1]) == [1]


def test_R1_1_the_longest_unused_rows_go_first() -> None:
    rows = RowCache[int](limit=3)
    rows.put({1: 1, 2: 2, 3: 3})
    rows.get(1)
    rows.put({4: 4})
    assert [row_id in rows for row_id in (1, 2, 3, 4)] == [True, False, True, True]
    assert len(rows) == 3
