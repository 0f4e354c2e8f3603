"""What comes from outside is inert and takes exactly its cells (THREATS T1, T2, T6)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from store.joiners import is_in_place
from tui.widgets import cells
from tui.widgets.cells import Cell, _steady, fit, row_runs, steady
from tui.widgets.column_layout import Column, place_columns

COLUMNS = (Column("id", "Id", 5, "right"), Column("name", "Name", 12, stretch=True), Column("banned", "Banned", 3))
PLACES = place_columns(COLUMNS, 22)


@given(st.text(max_size=60), st.integers(0, 40), st.sampled_from(["left", "center", "right"]))
def test_T6_a_cell_takes_exactly_its_width(text: str, width: int, align: str) -> None:
    assert cell_len(fit(text, width, align)) == width  # type: ignore[arg-type]


@given(st.text(max_size=60))
def test_T6_terminals_that_count_single_characters_agree_about_the_width(text: str) -> None:
    shown = fit(text, 30)
    assert sum(wcwidth(char) for char in shown) == 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("宽字符宽字符", "宽字…"),
        ("a宽字符", "a宽 …"),
        ("👍🏽 ok", "👍 ok"),
        ("❤️ x", "❤ x  "),
        ("🇩🇪 Anna", "DE A…"),
        ("e\u0301e\u0301", "éé   "),
        ("plain text", "plai…"),
        ("\U00018cd6x", "\ufffdx   "),
    ],
)
def test_T6_wide_text_is_cut_by_cells(text: str, shown: str) -> None:
    assert fit(text, 5) == shown


@given(st.text(max_size=80))
def test_T1_nothing_unprintable_is_left_in_a_cell(text: str) -> None:
    shown = steady(text)
    for at, char in enumerate(shown):
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u200b\ufeff"
        assert char not in "\u200c\u200d" or is_in_place(shown, at)


@pytest.mark.parametrize(
    ("text", "shown", "whole"),
    [
        ("می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),
        ("രാജന്\u200d", "രാജന്", "രാജന്"),
        ("क्\u200dष", "क्ष", "क्ष"),
        ("👩\u200d🔧 ok", "👩 ok", "👩\u200d🔧 ok"),
        ("👨🏽\u200d👩🏽\u200d👧", "👨", "👨🏽\u200d👩🏽\u200d👧"),
        ("🏳️\u200d🌈", "🏳", "🏳️\u200d🌈"),
        ("🇩🇪", "DE", "🇩🇪"),
        ("Donau\u00addampf", "Donaudampf", "Donaudampf"),
        ("pay\u200cpal", "pay\ufffdpal", "pay\ufffdpal"),
        ("x\u200d🔧", "x\ufffd🔧", "x\ufffd🔧"),
        ("👩\u200d", "👩\ufffd", "👩\ufffd"),
        ("م\u200c\u200cم", "م\ufffd\ufffdم", "م\ufffd\ufffdم"),
    ],
)
def test_I4_T6_joiners_stay_where_words_and_sequences_need_them(
    text: str, shown: str, whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert steady(text) == shown
    assert sum(map(wcwidth, fit(text, 20))) == cell_len(fit(text, 20)) == 20
    monkeypatch.setattr(cells, "SEQUENCES", True)
    _steady.cache_clear()
    assert steady(text) == whole
    for width in range(12):
        assert cell_len(fit(text, width)) == width
    _steady.cache_clear()


@pytest.mark.parametrize(
    ("hostile", "shown"), [("\x1b]0;x\x07", "␛]0;x␇"), ("\u202eabc", "\ufffdabc"), ("a\nb", "a b")]
)
def test_T1_what_was_unprintable_is_seen(hostile: str, shown: str) -> None:
    assert steady(hostile) == shown


@pytest.mark.parametrize("text", ["[/b]", "[red]x[/red]", "[@click=app.quit]x"])
def test_T2_brackets_are_brackets(text: str) -> None:
    assert fit(text, 20).rstrip() == text


def test_R1_1_a_row_is_one_run_but_for_its_coloured_words() -> None:
    plain = row_runs([Cell("1"), Cell("Anna"), Cell("", "flag")], PLACES, 24)
    assert plain == [("    1 Anna             " + " ", "")]
    red = row_runs([Cell("1"), Cell("Anna"), Cell("Yes", "flag")], PLACES, 24)
    assert red == [("    1 Anna         ", ""), ("Yes", "flag"), ("  ", "")]


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3), st.integers(0, 40))
def test_T6_a_row_takes_exactly_the_width_of_the_table(texts: list[str], width: int) -> None:
    cells = [Cell(text, style) for text, style in zip(texts, ("", "dim", "flag"), strict=True)]  # type: ignore[arg-type]
    assert sum(cell_len(text) for text, _ in row_runs(cells, PLACES, width)) == width
