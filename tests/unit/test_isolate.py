"""A server that fails at any messages, in any way, is asked until each of the others is there (R5.3)."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.errors import MailProblem, Refusal
from mail.isolate import Failed, isolated

# sixty are halved six times until one is left, each half is asked for, and that one twice more
_MOST_FOR_ONE = 2 * 6 + 2


class Pretended:
    """A server with some bad messages; `gives` is how much of what stands before a bad one it gives nevertheless."""

    def __init__(self, uids: Sequence[int], bad: set[int], gone: set[int], *, breaks: bool, gives: bool) -> None:
        self.uids, self.bad, self.gone, self.breaks, self.gives = uids, bad, gone, breaks, gives
        self.is_broken = False
        self.asked = 0

    def ask(self, uids: Sequence[int]) -> tuple[Mapping[int, str], MailProblem | None]:
        assert not self.is_broken
        self.asked += 1
        first = next((place for place, uid in enumerate(uids) if uid in self.bad), None)
        whole = [
            uid for uid in uids[: first if self.gives else 0 if first is not None else None] if uid not in self.gone
        ]
        self.is_broken = first is not None and self.breaks
        problem = None if first is None else (MailProblem if self.breaks else Refusal)("fetch", "it failed")
        return {uid: f"message {uid}" for uid in whole}, problem

    def connect_after(self, problem: MailProblem) -> None:
        self.is_broken = False

    def present(self, uids: Sequence[int]) -> list[int]:
        assert not self.is_broken
        return [uid for uid in uids if uid not in self.gone]

    def gives_another(self, uid: int) -> bool | None:
        others = [one for one in self.uids if one != uid and one not in self.gone]
        return any(one not in self.bad for one in others) if others else None


@given(
    count=st.integers(1, 60), bad=st.sets(st.integers(0, 59)), gone=st.sets(st.integers(0, 59)), breaks=..., gives=...
)
def test_R5_3_all_good_ones_come_once_and_only_bad_ones_fail(
    count: int, bad: set[int], gone: set[int], breaks: bool, gives: bool
) -> None:
    uids = list(range(count))
    server = Pretended(uids, bad - gone, gone, breaks=breaks, gives=gives)
    there, found = set(uids) - gone, list[tuple[int, str | Failed]]()
    steps = isolated(uids, server.ask, server, server.gives_another)
    if there - bad or len(there) < 2:
        found = [pair for step in steps for pair in step.items()]
        assert sorted(uid for uid, _ in found) == sorted(there)
        assert {uid for uid, one in found if isinstance(one, Failed)} == there & bad
        assert server.asked <= 1 + (len(there & bad) + len(gone)) * _MOST_FOR_ONE
    else:
        with pytest.raises(Refusal, match="it failed"):
            found = [pair for step in steps for pair in step.items()]
        assert not found


def test_R5_3_a_line_that_breaks_by_chance_costs_nothing() -> None:
    server = Pretended(range(100), {40}, set(), breaks=True, gives=True)
    steps = isolated(range(100), server.ask, server, server.gives_another)
    first = next(steps)
    server.bad.clear()
    rest = list(steps)
    assert sorted(uid for step in (first, *rest) for uid in step) == list(range(100))
    assert server.asked == 3
