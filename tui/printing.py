"""Taking the table out of the window: clipboard, pager, printer, a file's name (R1.6).  Needs no Textual."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from store.actor import Actor
from store.cleantext import clean
from store.columns import Column
from store.errors import Problem
from store.export import Cancelled, as_tsv
from store.queries.recipients import Selection
from store.queries.settings import timezone
from store.services.exports import display_rows
from tui.sentences import size

CLIPBOARD_BYTES = 75_000
_PRINTER_SECONDS = 60


class Copied(NamedTuple):
    """Tab-separated lines and how many rows they are, the titles not counted."""

    text: str
    rows: int


def copied(
    actor: Actor,
    selection: Selection,
    columns: Sequence[Column],
    *,
    table: str = "recipients",
    cancelled: Callable[[], bool] = lambda: False,
) -> Copied:
    """What is selected, for the clipboard.

    Raises Problem when it is more than terminals take (100,000 bytes in base64), Cancelled.
    """
    lines: list[str] = []
    length = 0
    for line in as_tsv(columns, display_rows(actor, selection, columns, table=table), timezone()):
        length += len(line.encode()) + 1
        if length > CLIPBOARD_BYTES:
            raise Problem(
                f"This is more than a terminal's clipboard takes ({size(CLIPBOARD_BYTES)}, {len(lines):,} rows). "
                "Filter it first, or export a file."
            )
        if cancelled():
            raise Cancelled
        lines.append(line)
    return Copied("\n".join(lines) + "\n", len(lines) - 1)


def default_path(form: str, table: str = "recipients") -> str:
    """A file name to begin with, dated by the computer's clock: in the folder one works in, else at home (`~`)."""
    name = f"{table}-{datetime.now().astimezone():%Y-%m-%d}.{form}"
    folder = Path.cwd()
    return str(folder / name) if os.access(folder, os.W_OK) else f"~/{name}"


def target_of(typed: str, form: str) -> Path:
    """The file that a typed name means: `~` is home, and the ending is added if there is none.  Raises Problem."""
    text = typed.strip()
    if not text:
        raise Problem("Give the file a name.")
    try:
        path = Path(text).expanduser().absolute()
    except (RuntimeError, ValueError, OSError) as error:
        raise Problem(f"“{clean(text, limit=80)}” is no usable file name: {clean(error)}.") from error
    if path.is_dir():
        raise Problem(f"{clean(path)} is a folder; give the file a name in it.")
    return path if path.suffix else path.with_suffix(f".{form}")


def pager() -> list[str]:
    """The pager's command: that of PAGER, else less, else more.  Raises Problem when there is none."""
    wanted = shlex.split(os.environ.get("PAGER", ""))
    for command in (wanted, ["less", "-S"], ["more"]):
        if command and shutil.which(command[0]):
            return command
    raise Problem("There is no pager here (PAGER, less, more). Print to a file instead.")


def show_in_pager(command: Sequence[str], file: Path) -> None:
    """Shows a file; returns when the person has left the pager.  The pager may start no other programs (THREATS S1)."""
    subprocess.run([*command, str(file)], env={**os.environ, "LESSSECURE": "1"}, check=False)


def print_on_printer(file: Path) -> str:
    """Hands a file to `lp`; what it answered.  Raises Problem with its words when it refuses."""
    if shutil.which("lp") is None:
        raise Problem("There is no lp on this computer, so nothing can be printed. Print to a file instead.")
    try:
        done = subprocess.run(
            ["lp", "-t", "Recipients", "--", str(file)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PRINTER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Problem(f"lp did not answer within {_PRINTER_SECONDS} s; nothing is known to be printed.") from error
    if done.returncode:
        raise Problem(f"lp refused to print: {clean(done.stderr) or 'it did not say why'}")
    return clean(done.stdout).strip()
