"""Every column has its place, in any window (R1.1)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.column_layout import GAP, Column, furthest_skip, header_text, place_columns

COLUMNS = (
    Column("id", "Id", 7, "right"),
    Column("email", "Email", 30, stretch=True, least=12),
    Column("name", "Name", 20, stretch=True),
    Column("customer", "Pair to Customer / Lead", 24, short="Customer", stretch=True),
    Column("banned", "Banned", 6, short="Ban"),
    Column("denied", "In deny list", 12, short="Deny"),
    Column("shared", "Shared email", 12, short="Shared"),
)


@given(st.integers(1, 250), st.integers(0, 9), st.sampled_from([None, "id", "banned", "name"]))
def test_R1_1_columns_never_overlap_nor_leave_the_window(width: int, skip: int, sorted_by: str | None) -> None:
    places = place_columns(COLUMNS, width, skip=skip, sorted_by=sorted_by)
    assert places[0].column.key == "id"
    assert all(later.start == earlier.start + earlier.width + GAP for earlier, later in pairwise(places))
    assert places[-1].start + places[-1].width <= max(width, 1)
    assert len(places) == 1 or all(place.width >= place.column.least_width() for place in places)


@given(st.integers(70, 250))
def test_R1_1_room_left_over_goes_to_the_text_columns(width: int) -> None:
    places = place_columns(COLUMNS, width)
    assert places[-1].start + places[-1].width == width
    assert all(place.width <= place.column.width for place in places if not place.column.stretch)


def test_R1_1_the_default_columns_are_usable_in_80_cells() -> None:
    places = place_columns(COLUMNS, 78, sorted_by="id")
    assert [place.column.key for place in places] == [column.key for column in COLUMNS]
    titles = [header_text(place.column, place.width, True if place.column.key == "id" else None) for place in places]
    assert titles == ["Id ▼", "Email", "Name", "Customer", "Ban", "Deny", "Shared"]
    assert [place.width for place in places][1:4] == [21, 14, 17]


def test_R1_1_in_a_wide_window_titles_are_whole() -> None:
    places = place_columns(COLUMNS, 160)
    assert [header_text(place.column, place.width, None) for place in places] == [column.title for column in COLUMNS]


@pytest.mark.parametrize("width", [20, 30, 40, 60])
def test_R1_1_scrolling_sideways_reaches_every_column_and_keeps_the_first(width: int) -> None:
    seen = set()
    for skip in range(furthest_skip(COLUMNS, width) + 1):
        places = place_columns(COLUMNS, width, skip=skip)
        assert places[0].index == 0
        seen |= {place.column.key for place in places}
    assert seen == {column.key for column in COLUMNS}


@given(st.sampled_from(COLUMNS), st.integers(1, 40), st.sampled_from([None, True, False]))
def test_R1_2_the_title_with_its_arrow_fits(column: Column, width: int, descending: bool | None) -> None:
    title = header_text(column, width, descending)
    assert cell_len(title) <= max(width, 2)
    if descending is not None:
        assert title.endswith("▼" if descending else "▲")


def test_R1_2_a_narrow_column_makes_room_for_its_arrow() -> None:
    places = place_columns(COLUMNS, 78, sorted_by="banned")
    banned = places[4]
    assert header_text(banned.column, banned.width, False) == "Ban▲"
