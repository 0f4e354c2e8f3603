"""What an import of customers did or would do, line by line and in sum (R12)."""

from collections import Counter
from collections.abc import Sequence

from store.services.customer_import import Imported
from tui.sentences.words import many, number

_WOULD = {"added": "would add", "updated": "would update"}


def import_line(one: Imported, *, rehearse: bool) -> str:
    """`line 3: would add Kelly Sanders`, and what to look at."""
    did = _WOULD.get(one.did, one.did) if rehearse else one.did
    return f"line {one.line}: {did} {one.name}"


def import_counts(done: Sequence[Imported], *, rehearse: bool) -> str:
    """`2 customers: 1 added, 1 unchanged`, or `would add 1` while nothing is done."""
    count = Counter(one.did for one in done)
    there = [did for did in ("added", "updated", "unchanged") if count[did]]
    told = [
        f"{_WOULD[did]} {number(count[did])}" if rehearse and did in _WOULD else f"{number(count[did])} {did}"
        for did in there
    ]
    return f"{many(len(done), 'customer')}{': ' if told else ''}{', '.join(told)}"
