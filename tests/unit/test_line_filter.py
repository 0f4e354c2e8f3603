"""The second wall: no line that is painted carries a control or bidi character (THREATS T1, T3)."""

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


def test_T3_a_link_is_only_its_text() -> None:
    (segment,) = wall.apply([Segment("bank", Style(link="https://evil.example/\x1b\\"))], BLACK)
    assert segment.text == "bank"
    assert segment.style is not None
    assert segment.style.link is None
