"""The real program in a real pseudo-terminal, on hostile data (R1.1, R12, THREATS T1, S2)."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pty_screen import PtyScreen
from window_world import ANNA, HOSTILE, add_message, add_sender, add_ticket, prepared

from store.services import customers

ROOT = Path(__file__).parents[2]
SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])")
# what Textual itself writes: colours, cursor, modes, keyboard protocol, and the shape of the mouse pointer
OWN = re.compile(rb"\x1b(\[[0-9;:]*m|\[[0-9;]*[HJK]|\[\?[0-9;]*[hl]|\[\?[0-9;]*\$p|\[[><=]?[0-9;]*u|\]22;[a-z-]*\x07)")
FROM_DATA = re.compile(rb"\]0;x\x07|\x9b31m|\xc2\x9b|\xe2\x80\xae|\xed\xa0\x80|\]8;")


def command(store: Path) -> list[str]:
    return [sys.executable, "-m", "tui.cli.main", "--db", f"sqlite:///{store}", "--as", "anna"]


def window(store: Path, **env: str) -> PtyScreen:
    return PtyScreen(command(store), PYTHONPATH=f"{ROOT}", RECIPIENTS_LOG_DIR=f"{store.parent}", **env)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with prepared(tmp_path / "store.db") as path:
        customers.add(ANNA, {"name": "[/b]Mallory\u202e", "login": "mallory", "partner": "Main"})
        for n in range(40):
            fields = {"customer": 5, "customer_key": "mallory", "pair_source": "agent"} if n % 2 else {}
            evil = add_sender(f"e{n}{HOSTILE.replace(' ', '')}@x.test", HOSTILE, banned=n % 3 == 1, **fields)
            number = add_ticket(evil, HOSTILE, text=f"{HOSTILE}\n{HOSTILE}")
            add_message(number, evil, HOSTILE, attachments={HOSTILE: 3})
        add_sender("plain@x.test", HOSTILE, tickets=1)
    return path


def test_T1_nothing_from_data_reaches_the_terminal_as_a_command(store: Path) -> None:
    with window(store) as screen:
        screen.wait_for("41 recipients")
        screen.settle(0.4)
        sent = []
        for key in ["down"] * 10 + ["up"] * 4:
            screen.press(key)
            sent.append(screen.settle())
        assert min(sent) > 0
        assert max(sent) <= 1024, sent
        screen.press("home")
        screen.settle()
        for keys, shown in [
            ("pmallory\r", "[/b]Mallory"),
            ("\x1b", "search, or filter"),
            ("e", "Shared email"),
            ("\x1b", "search, or filter"),
            ("\r", "Requester"),
            ("\x1b", "search, or filter"),
            ("?", "drop search"),
            ("\x1b", "search, or filter"),
            ("\x10", "Search for commands"),
            ("\x1b", "search, or filter"),
            ("/[/b] x", "found"),
        ]:
            screen.press(keys)
            screen.wait_for(shown)
            screen.settle()
        raw = bytes(screen.raw)
    assert not FROM_DATA.search(raw)
    foreign = {match[0] for match in SEQUENCE.finditer(raw)} - {match[0] for match in OWN.finditer(raw)}
    assert foreign == set()
    text = OWN.sub(b"", raw)
    assert set(text) & {*range(32)} <= {10, 13}
    assert "[/b] ␛]0;x␇".encode() in text


def test_R4_2_what_comes_in_one_piece_goes_where_it_was_meant(store: Path) -> None:
    with window(store) as screen:
        screen.wait_for("41 recipients")
        screen.settle(0.3)
        screen.press("/plain")
        screen.wait_for("1 found")
        screen.press("\x1b")
        screen.wait_for("search, or filter")
        screen.press("\x1b")
        screen.settle(0.3)
        screen.press("pkelly s\r")
        screen.wait_for("✓ Kelly Sanders (4)")
        screen.press("\x13")
        screen.wait_for("Paired plain@x.test to Kelly Sanders; 1 ticket assigned")


def test_R12_the_window_and_the_worker_it_started_end_together(store: Path) -> None:
    with window(store) as screen:
        screen.wait_for("41 recipients")
        log = store.parent / "worker.log"
        end = time.monotonic() + 15
        while not (log.exists() and "fetching mail" in log.read_text()):
            assert time.monotonic() < end
            screen.settle(0.1)
        screen.press("q")
        assert screen.process.wait(10) == 0
        assert "worker ended" in log.read_text()


def test_R12_without_a_terminal_there_is_a_sentence_and_status_2(store: Path) -> None:
    done = subprocess.run(
        command(store), stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "The window needs a terminal" in done.stderr


def test_R12_a_dumb_terminal_is_told_so(store: Path) -> None:
    with window(store, TERM="dumb") as screen:
        screen.wait_for("TERM=dumb")
        assert screen.process.wait(10) == 2


def test_S2_the_environment_cannot_name_a_driver_to_import(store: Path, tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("import os\nos._exit(7)\n")
    env = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "RECIPIENTS_LOG_DIR": f"{tmp_path}", "TEXTUAL_DRIVER": "evil:Driver"}
    with PtyScreen(command(store), **env) as screen:
        screen.wait_for("41 recipients")


def test_R12_no_color_sends_none(store: Path) -> None:
    with window(store, NO_COLOR="1") as screen:
        screen.wait_for("41 recipients")
        screen.press("down", "e")
        screen.wait_for("Edit sender")
        screen.settle()
        colours = {int(n) for codes in re.findall(rb"\x1b\[([0-9;]*)m", bytes(screen.raw)) for n in codes.split(b";")}
    assert colours <= {0, 1, 2, 4, 7, 39, 49}
