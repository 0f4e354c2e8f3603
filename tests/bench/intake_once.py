"""One round of intake in a process of its own, for `tests.bench.intake`: seconds and the most memory, as JSON."""

import json
import sys
import time
from pathlib import Path

from mail.poller import poll_once
from store.db import open_store


def main() -> None:
    """The command: takes the store's URL."""
    open_store(sys.argv[1], create=False)
    began = time.perf_counter()
    (done,) = poll_once()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "rss_mb": peak_mb(), "error": done.error}))


def peak_mb() -> float:
    """The most memory so far.  Not `ru_maxrss`: that counts what the parent had before this program began."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
