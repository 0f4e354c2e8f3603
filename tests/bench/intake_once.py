"""One round of intake in a process of its own, for `tests.bench.intake`: seconds and the most memory, as JSON."""

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from mail.poller import poll_once
from store.db import open_store


def main() -> None:
    """The command: takes the store's URL."""
    open_store(sys.argv[1], create=False)
    began = time.perf_counter()
    (done,) = poll_once()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rss_mb": memory_mb(os.getpid(), "VmHWM"), "error": done.error}))


def memory_mb(pid: int, what: str) -> float:
    """The memory of a process and of its reader together: `VmRSS` now, `VmHWM` the most that each has had.

    Not `ru_maxrss`: that counts what the parent had before the program began.
    """
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has just ended
            lines = status.read_text(encoding="utf-8", errors="replace").splitlines()
            told = dict(line.split(":", 1) for line in lines)
            if str(pid) in (told["Pid"].strip(), told["PPid"].strip()):
                total += int(told.get(what, "0").split()[0])
    return total / 1024


if __name__ == "__main__":
    main()
