"""How the Recipients window feels at a million rows, against floors measured in the same run; prints JSON.

    python -m tests.bench.window            (makes its stores once, some minutes; keep them with --folder DIR)

Reported: first rows against a trivial Textual app; the latency of cursor-down, page-down, end and a random jump (key
to the first byte of the answer, in a real pty) against the same window with 1,000 rows; memory; bytes of a cursor move;
and what `recipients list` takes more than `python -c pass`.  With --table tickets: keys and memory of the ticket list.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.seed import seed
from tests.ui.pty_screen import PtyScreen

_TRIVIAL = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class T(App):\n    def compose(self): yield Static('hello there')\nT().run()"
)
_ROUNDS = 7
_COLUMNS, _LINES = 120, 40
Keys = Callable[[PtyScreen, int], str]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--table", choices=("recipients", "tickets"), default="recipients")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = wanted.folder or Path(made)
        if wanted.table == "tickets":
            print(json.dumps(_ticket_list(folder, wanted.rows), indent=1))
            return
        big, small = _stores(folder, wanted.rows)
        print(json.dumps(_measured(big, small, wanted.rows), indent=1))


def _ticket_list(folder: Path, rows: int) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    sessions = {}
    for count in (1_000, rows):
        store = folder / f"{count}-tickets.db"
        if not store.exists():
            seed(store, recipients=max(100, count // 10), customers=max(10, count // 100), tickets=count)
        sessions[count] = _session(store, count, tickets=True)
    few, many = sessions[1_000], sessions[rows]
    ratios = {key: _ratios(many["keys"][key], few["keys"][key]) for key in many["keys"]}
    return {
        "rows": rows,
        "opened_ms": {"1000": few["opened"], str(rows): many["opened"]},
        "keys_ms": {"1000": few["keys"], str(rows): many["keys"], "ratio": ratios},
        "memory_mb": {"1000": few["memory"], str(rows): many["memory"]},
    }


def _stores(folder: Path, rows: int) -> tuple[Path, Path]:
    folder.mkdir(exist_ok=True)
    big, small = folder / f"{rows}.db", folder / "1000.db"
    if not big.exists():
        seed(big, recipients=rows, customers=max(10, rows // 10), tickets=rows // 10)
    if not small.exists():
        seed(small, recipients=1_000, customers=100, tickets=100)
    return big, small


def _measured(big: Path, small: Path, rows: int) -> dict[str, Any]:
    first: dict[str, list[float]] = {"trivial": [], "window": []}
    for _ in range(_ROUNDS):
        first["trivial"].append(_until([sys.executable, "-c", _TRIVIAL], "hello there"))
        first["window"].append(_until(_window(big), "@mail"))
    painted = {name: statistics.median(values) for name, values in first.items()}
    few, many = _session(small, 1_000), _session(big, rows)
    ratios = {key: _ratios(many["keys"][key], few["keys"][key]) for key in many["keys"]}
    return {
        "rows": rows,
        "first_rows_ms": {**_rounded(painted), "ratio": round(painted["window"] / painted["trivial"], 2)},
        "keys_ms": {"1000": few["keys"], str(rows): many["keys"], "ratio": ratios},
        "memory_mb": {"1000": few["memory"], str(rows): many["memory"]},
        "cursor_move_bytes": many["bytes"],
        "list_start_s": _list_start(small),
    }


def _window(store: Path) -> list[str]:
    return [sys.executable, "-m", "tui.cli.main", "--db", f"sqlite:///{store}", "--as", "anna"]


def _until(command: list[str], text: str) -> float:
    began = time.perf_counter()
    with PtyScreen(command, columns=_COLUMNS, lines=_LINES) as screen:
        screen.wait_for(text)
        return (time.perf_counter() - began) * 1_000


def _session(store: Path, rows: int, *, tickets: bool = False) -> dict[str, Any]:
    chance = random.Random(3)
    actions: dict[str, Keys] = {
        "down": lambda screen, n: "down",
        "page_down": lambda screen, n: "pagedown",
        "end": lambda screen, n: "end" if n % 2 else "home",
        "jump": lambda screen, n: _click(_COLUMNS, 5 + (n % 2) * 15 + chance.randrange(15)),
    }
    with PtyScreen(_window(store), columns=_COLUMNS, lines=_LINES) as screen:
        screen.wait_for("recipients ·" if tickets else f"{rows:,} recipients", 60)
        screen.settle(1.0)
        opened = _open_list(screen, rows) if tickets else 0.0
        keys = {name: _latencies(screen, action) for name, action in actions.items()}
        memory = _memory(screen)
    return {"keys": keys, "memory": memory, "bytes": {} if tickets else _moved_bytes(store), "opened": opened}


def _open_list(screen: PtyScreen, rows: int) -> float:
    """Milliseconds from the key to the first tickets; returns when all are counted."""
    began = time.perf_counter()
    screen.press("t")
    screen.wait_for("Question ", 60)
    taken = (time.perf_counter() - began) * 1_000
    screen.wait_for(f"{rows:,} found", 60)
    screen.settle(1.0)
    return round(taken, 1)


def _moved_bytes(store: Path) -> dict[str, float]:
    """What a step of the cursor sends at 80×24, over the first screen of rows."""
    with PtyScreen(_window(store)) as screen:
        screen.wait_for("recipients ·", 60)
        screen.settle(1.0)
        moved = []
        for _ in range(16):
            screen.press("down")
            moved.append(screen.settle(0.3))
    return {"median": statistics.median(moved), "max": max(moved)}


def _latencies(screen: PtyScreen, action: Keys, times: int = 120) -> dict[str, float]:
    taken: list[float] = []
    for number in range(times):
        key = action(screen, number)
        if key == "pagedown" and number % 20 == 0:
            screen.press("home")
            screen.settle(0.2)
        began = time.perf_counter()
        screen.press(key)
        before = len(screen.raw)
        while len(screen.raw) == before and time.perf_counter() - began < 2:
            screen._read(0.5)
        taken.append((time.perf_counter() - began) * 1_000)
        screen.settle(0.06)
    cuts = statistics.quantiles(taken, n=100, method="inclusive")
    return _rounded({"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]})


def _click(column: int, line: int) -> str:
    """A click on the scroll bar, as an xterm reports it (SGR)."""
    return f"\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m"


def _memory(screen: PtyScreen) -> float:
    status = Path(f"/proc/{screen._process.pid}/status").read_text()
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1_024, 1)


def _list_start(store: Path) -> dict[str, float]:
    took: dict[str, list[float]] = {"pass": [], "list": []}
    commands = {"pass": [sys.executable, "-c", "pass"], "list": [*_window(store), "list", "recipients", "--limit", "1"]}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            took[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(values) for name, values in took.items()}
    return {
        **{name: round(value, 3) for name, value in medians.items()},
        "more": round(medians["list"] - medians["pass"], 3),
    }


def _ratios(many: dict[str, float], few: dict[str, float]) -> dict[str, float]:
    return {name: round(many[name] / max(few[name], 0.01), 2) for name in many}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in values.items()}


if __name__ == "__main__":
    main()
