"""What is installed is what was tested: the wheel has all files, and the command runs from it alone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_all_files_and_runs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(home)
    assert {"tui/app.tcss", "store/migrations/0001_first.sql", "mail/demo/topics.txt", "store/py.typed"} <= names
    assert not any(name.startswith("tests/") for name in names)
    environment = {**os.environ, "PYTHONPATH": str(home), "RECIPIENTS_DB": f"sqlite:///{tmp_path}/store.db"}
    for words in (["init", "--login", "anna", "--email", "a@x.test"], ["--as", "anna", "list", "recipients"]):
        code = (
            f"import tui; assert tui.__file__.startswith({str(home)!r}); from tui.cli.main import run; run({words!r})"
        )
        subprocess.run(
            [sys.executable, "-P", "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True
        )
