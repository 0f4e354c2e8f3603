"""Letters whose sender ends abruptly (R7.5, O2): the short version of `tests.bench.killed --sending`."""

from pathlib import Path

from tests import killed_sending


def test_O2_what_was_not_handed_in_never_fails_and_nothing_is_doubled_unflagged(tmp_path: Path) -> None:
    found = killed_sending.run(
        tmp_path, kills=3, letters=4, seed=5, pause=lambda chance, turn: chance.choice((0, 0, 0.05, 0.2))
    )
    assert found.struck >= 1, "no kill came while a letter was under way"
    assert (found.unsent_failed, found.unsent_flagged, found.unflagged, found.lost) == (0, 0, 0, 0)
    assert found.arrived == found.letters - found.failed == 12 - found.failed
