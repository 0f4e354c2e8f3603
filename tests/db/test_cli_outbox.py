"""`outbox retry` for one mail and for many, and what `doctor` says of mail that does not go (R7.5, R7.7)."""

from pathlib import Path

import pytest

from store.models import Outbox
from store.services import outbox, settings
from tests.commandline import Shell


@pytest.fixture
def shell(fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Five notices to admin@us.test: 1 and 2 failed, 3 was sent, 4 and 5 are held."""
    prepared = Shell(fresh_store, tmp_path, capsys)
    with prepared.desk() as desk:
        desk.send_mail()
        settings.change(desk.anna, "notifications.per_address_hour", "3")
        for number in range(5):
            desk.arrive(f"s{number}@x.test", f"Matter {number}")
        Outbox.update(state="failed", last_error="550 no").where(Outbox.id < 3).execute()
        Outbox.update(state="sent").where(Outbox.id == 3).execute()
    return prepared


def states(shell: Shell) -> list[str]:
    return [row["state"] for row in reversed(shell.json("list", "outbox"))]


def test_R7_5_all_that_failed_are_sent_again_in_one_step(shell: Shell) -> None:
    assert shell.json("outbox", "retry", "--all") == {"queued": 2}
    assert states(shell) == ["queued", "queued", "sent", "held", "held"]


def test_R7_5_a_filter_says_which(shell: Shell) -> None:
    assert shell.said("outbox", "retry", "--filter", "state:held") == "2 mails queued.\n"
    assert states(shell) == ["failed", "failed", "sent", "queued", "queued"]
    assert shell.json("outbox", "retry", "--filter", "to:nobody") == {"queued": 0}
    assert shell.json("outbox", "retry", "--filter", "to:admin") == {"queued": 4}
    assert shell.run("outbox", "retry", "--filter", "nonsense:1").status == 2


@pytest.mark.parametrize("words", [[], ["1", "--all"], ["--filter", ""], ["--all", "--filter", "state:held"]])
def test_R12_retry_wants_one_way_of_saying_which(shell: Shell, words: list[str]) -> None:
    answer = shell.run("outbox", "retry", *words)
    assert answer.status == 2
    assert "--all" in answer.err


def test_R7_5_a_filter_that_finds_many_wants_a_yes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.outgoing._MOST_UNASKED", 1)
    answer = shell.run("outbox", "retry", "--filter", "state:failed")
    assert answer.status == 2
    assert "--yes" in answer.err
    assert shell.json("outbox", "retry", "--filter", "state:failed", "--yes") == {"queued": 2}


def test_R7_7_doctor_says_what_is_held_until_when_what_failed_and_that_the_server_refuses(shell: Shell) -> None:
    with shell.desk():
        outbox.failed("The mail server refuses our mail: 550 5.4.5 Daily limit.", None)
    told = shell.run("doctor").out
    assert "2 mails held back, due from 20" in told
    assert "recipients outbox retry --filter state:held" in told
    assert "2 mails failed for good" in told
    assert "recipients outbox retry --all" in told
    assert "bad     sending: The mail server refuses our mail: 550 5.4.5 Daily limit" in told
