"""What goes over the wire, measured in a real pseudo-terminal: little, and nothing hostile (R1.1, THREATS T1, T6)."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pty_screen import PtyScreen

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def terminal() -> Iterator[PtyScreen]:
    command = [sys.executable, str(Path(__file__).with_name("table_app.py")), "100000"]
    with PtyScreen(command, PYTHONPATH=f"{ROOT}") as screen:
        screen.wait_for("user100000@")
        screen.wait_for("row 100000")
        screen.settle(0.4)
        yield screen


def test_R1_1_a_cursor_move_sends_at_most_a_kilobyte(terminal: PtyScreen) -> None:
    sent = []
    for key in ["down"] * 12 + ["up"] * 4:
        terminal.press(key)
        sent.append(terminal.settle())
    assert max(sent) <= 1024, sent
    assert min(sent) > 0


def test_R1_1_walking_down_a_long_way_sends_less_than_a_kilobyte_a_move(terminal: PtyScreen) -> None:
    sent = 0
    for _ in range(25):
        terminal.press("down")
        sent += terminal.settle(0.05)
    assert sent / 25 <= 1024


def test_R1_4_marking_and_pages_are_cheap_too(terminal: PtyScreen) -> None:
    terminal.press(" ")
    assert 0 < terminal.settle() <= 400
    terminal.press("pagedown")
    assert 0 < terminal.settle() <= 6000


def test_T1_T6_hostile_names_reach_the_terminal_as_text_in_their_column(terminal: PtyScreen) -> None:
    terminal.press("home")
    terminal.wait_for("user100000@")
    terminal.settle()
    raw = bytes(terminal.raw)
    assert b"PWNED" in raw
    assert not re.search(rb"\x1b\]0;PWNED|\x9b31m|\xc2\x9b|\xe2\x80\xae|\xed\xa0\x80", raw)
    rows = terminal.screen.buffer
    titles = terminal.rows[0]
    name, deny = titles.index("Name"), titles.index("Ban")
    flagged = [y for y in range(1, 20) if rows[y][deny].data == "Y"]
    assert [100_001 - y for y in flagged] == [100_001 - y for y in range(1, 20) if (100_001 - y) % 5 == 0]
    assert all(rows[y][name - 1].data == " " for y in range(1, 20))
    assert any("宽" in terminal.rows[y] for y in range(1, 20))
