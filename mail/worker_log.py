"""Where the worker and the window write what happened: private, rotating files; never the terminal (THREATS S4)."""

import logging
import logging.handlers
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.cleantext import clean

FOLDER_VARIABLE = "RECIPIENTS_LOG_DIR"
_BYTES, _FILES = 1_000_000, 3


def log_file(name: str = "worker") -> Path:
    """The log of the worker or the window: in the user's log folder, or in that of RECIPIENTS_LOG_DIR."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder) / f"{name}.log"
    from platformdirs import user_log_path

    return user_log_path("recipients", appauthor=False) / f"{name}.log"


@contextmanager
def log_to_file(*, also_stderr: bool, name: str = "worker") -> Iterator[None]:
    """Sends the program's log to the file of this name; to standard error too if wanted, or if there is no file."""
    logger = logging.getLogger("recipients")
    file, fault = _file_handler(log_file(name))
    handlers = [handler for handler in (file, logging.StreamHandler() if also_stderr or not file else None) if handler]
    for handler in handlers:
        handler.setFormatter(_OneLine("%(asctime)s %(process)d %(levelname)s %(message)s"))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    if fault:
        logger.warning("there is no log file: %s", fault)
    try:
        yield
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()


def _file_handler(path: Path) -> tuple[logging.Handler | None, str]:
    """The handler, or None and why there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return logging.handlers.RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_FILES), ""
    except OSError as error:
        return None, str(error)


class _OneLine(logging.Formatter):
    """Nothing from a server can start a line of its own or move the cursor of whoever reads the file."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        first, *trace = super().format(record).split("\n")
        return "\n".join([clean(first, limit=2_000), *(f"    {clean(line, limit=500)}" for line in trace)])
