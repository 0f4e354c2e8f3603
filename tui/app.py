"""The window's composition root: checks the terminal, reads the first page while Textual loads, and runs it all."""

import os
import sys

from store.actor import Actor
from store.errors import BadInput
from tui import faults
from tui.lanes import Lanes
from tui.origin import origin


def run_window(url: str, actor: Actor, *, start_worker: bool = True, first: bool = False) -> int:
    """Shows the window on the open store at `url` until it is closed; its exit status.

    Mail is fetched meanwhile, by a child process, unless not `start_worker` or somebody else does.  `first`: the store
    is new, and setting up is offered.  Raises BadInput when this is no terminal for a window, Refused when there is no
    such administrator.
    """
    check_terminal()
    faults.keep_off_the_screen()
    lanes = Lanes()
    try:
        from tui.screens.opening import opening

        page = lanes.begin(opening, actor)
        from tui.window import Window

        window = Window(url if start_worker else "", actor, lanes, page.result(), first=first)
        window.run()
        return window.return_code or 0
    finally:
        lanes.close()


def run_first_start(url: str, login: str) -> int:
    """Asks for what a new store needs, makes it, and shows the window on it; the exit status.  Raises BadInput."""
    check_terminal()
    faults.keep_off_the_screen()
    from tui.first_start import FirstStart

    start = FirstStart(url, login)
    start.run()
    if start.made is None:
        return start.return_code or 0
    made, who = start.made
    return run_window(made, Actor(who, "window", origin()), first=True)


def check_terminal() -> None:
    """Before Textual is imported: raises BadInput when this is no terminal for a window."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("The window needs a terminal. For scripts there are subcommands: recipients --help")
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise BadInput("This terminal (TERM=dumb) cannot show a window. Set TERM, or use: recipients list recipients")
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]  # TEXTUAL_DRIVER would import whatever it names (THREATS S2)
