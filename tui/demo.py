"""`recipients demo`: the window on a world of its own, kept by a process of its own, that leaves nothing behind."""

import importlib.util
import json
import os
import subprocess
import sys
from importlib import import_module

from mail.worker_log import FOLDER_VARIABLE
from store.actor import Actor
from store.db import open_store
from store.errors import BadInput, Problem
from tui.app import check_terminal, run_window
from tui.origin import origin

_FAREWELL_SECONDS = 5.0


def run_demo() -> int:
    """Starts the demo's world, shows the window on it as the agent `demo`, and ends both; the window's exit status.

    Raises BadInput without a terminal or the extra `demo`, Problem when the world does not start.
    """
    check_terminal()
    _insist_on_extra()
    command = [sys.executable, "-P", "-m", "mail.demo.world"]
    # the world outlives a Ctrl-C at the terminal, and cleans up when this process is gone: its standard input closes
    world = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        import_module("tui.window")  # Textual loads while the world is made
        place = _place(world)
        os.environ[FOLDER_VARIABLE] = place["folder"]
        open_store(place["url"], create=False)
        return run_window(place["url"], Actor(place["login"], "window", origin()))
    finally:
        _end(world)


def _insist_on_extra() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("pymap", "aiosmtpd")):
        raise BadInput("The demo needs two more packages. Install them with: pip install 'tickets-recipients[demo]'")


def _place(world: "subprocess.Popen[bytes]") -> dict[str, str]:
    assert world.stdout is not None
    line = world.stdout.readline()
    told: dict[str, str] = json.loads(line) if line else {"error": "The demo's mail server did not start."}
    if "error" in told:
        raise Problem(told["error"])
    return told


def _end(world: "subprocess.Popen[bytes]") -> None:
    assert world.stdin is not None
    world.stdin.close()
    try:
        world.wait(_FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        world.kill()
        world.wait()
