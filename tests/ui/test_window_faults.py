"""T1, T5: nothing but the window writes to the window's terminal."""

import os
import subprocess
import sys
from pathlib import Path

WARN = """
import logging, warnings
from tui.faults import keep_off_the_screen
keep_off_the_screen()
logging.getLogger("another.package").warning("one \\x1b[2J")
warnings.warn("two")
"""


def test_T1_what_libraries_warn_of_goes_to_the_log_and_not_over_the_window(tmp_path: Path) -> None:
    env = {**os.environ, "RECIPIENTS_LOG_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", WARN], env=env, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    log = (tmp_path / "window.log").read_text()
    assert "one ␛[2J" in log
    assert "two" in log
