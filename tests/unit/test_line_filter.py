"""The second wall: no line that is painted carries a control or bidi character (THREATS T1, T3)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from tui.widgets.line_filter import NoControls

BLACK = Color(0, 0, 0)
wall = NoControls()


def width(segments: list[Segment]) -> int:
    return sum(cell_len(segment.text) for segment in segments if not segment.control)


@pytest.mark.parametrize("bad", ["\x1b[2J", "\x9b31m", "\u202e", "\x07", "\ud800", "\u2028", "\n", "\t", "\u200d"])
def test_T1_bad_characters_are_replaced(bad: str) -> None:
    line = [Segment("left "), Segment(f"a{bad}b", Style(bold=True)), Segment("          ")]
    tamed = wall.apply(line, BLACK)
    text = "".join(segment.text for segment in tamed)
    assert not set(text) & set("\x1b\x9b\u202e\x07\ud800\u2028\n\t\u200d")
    assert text.startswith("left a")
    text.encode()


@given(st.lists(st.text(max_size=20), max_size=5))
def test_T1_a_line_keeps_its_width(texts: list[str]) -> None:
    line = [Segment(text) for text in texts]
    assert width(wall.apply(line, BLACK)) == width(line)


def test_T1_a_harmless_line_passes_as_it_is() -> None:
    line = [Segment("Ünï 宽 ▐ │", Style(bold=True)), Segment("x")]
    assert wall.apply(line, BLACK) is line


def test_T1_control_segments_are_the_frameworks_own() -> None:
    line = [Segment("\x1b[2;2H", None, [(ControlType.CURSOR_MOVE_TO, 1, 1)]), Segment("a\x1bb")]
    assert [segment.text for segment in wall.apply(line, BLACK)] == ["\x1b[2;2H", "a␛"]


def test_T1_five_combining_marks_become_four() -> None:
    (segment,) = wall.apply([Segment("a" + "\u0301" * 9)], BLACK)
    assert segment.text == "a" + "\u0301" * 4


@pytest.mark.parametrize("text", ["می\u200cخواهم", "క్\u200cక"])
def test_I4_a_joiner_that_a_word_needs_passes_wherever_the_cursor_cuts_the_line(text: str) -> None:
    for at in range(len(text) + 1):
        line = [Segment(text[:at]), Segment(text[at : at + 1], Style(reverse=True)), Segment(text[at + 1 :])]
        assert "".join(segment.text for segment in wall.apply(line, BLACK)) == text


def test_T6_a_sequence_that_this_terminal_does_not_draw_becomes_its_first_emoji_and_the_line_keeps_its_width() -> None:
    line = [Segment("a👩\u200d🔧b", Style(bold=True)), Segment("c")]
    tamed = wall.apply(line, BLACK)
    assert "".join(segment.text for segment in tamed) == "a👩bc"
    assert width(tamed) == width(line)


@given(st.lists(st.text(st.sampled_from("a\u200c\u200d\u00ad👩🔧\ufe0fم\u0301ക\u0d4d"), max_size=6), max_size=4))
def test_T1_no_joiner_passes_out_of_its_place_and_the_width_stays(texts: list[str]) -> None:
    tamed = wall.apply([Segment(text) for text in texts], BLACK)
    text = "".join(segment.text for segment in tamed)
    assert width(tamed) == sum(cell_len(each) for each in texts)
    assert "\u00ad" not in text
    assert not re.search("[a🔧👩\ufe0f][\u200c\u200d]|^[\u200c\u200d]", text)


def test_T3_a_link_is_only_its_text() -> None:
    (segment,) = wall.apply([Segment("bank", Style(link="https://evil.example/\x1b\\"))], BLACK)
    assert segment.text == "bank"
    assert segment.style is not None
    assert segment.style.link is None
