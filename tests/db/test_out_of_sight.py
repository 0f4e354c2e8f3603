"""R10.1: what takes something out of one's own sight is said, and is done all the same."""

import json

import pytest

from store.services import pairing, people
from tests.commandline import Shell


@pytest.fixture
def north(shell: Shell) -> Shell:
    """Ben works for North; bob@x.test and ticket 1 belong to its customer Kelly."""
    with shell.desk() as desk:
        people.add_partner(desk.anna, "North")
        kelly = desk.customer("Kelly", partner="North")
        desk.arrive("bob@x.test", "One")
        pairing.pair(desk.anna, desk.row("bob@x.test").id, kelly.id)
        desk.administrator("ben", "North")
    return shell


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        (("unpair", "bob@x.test"), "bob@x.test"),
        (("share", "bob@x.test"), "bob@x.test"),
        (("ticket", "update", "1", "--customer", "none"), "#1"),
    ],
)
def test_R10_1_the_command_line_says_what_one_will_not_see_any_more(
    north: Shell, words: tuple[str, ...], gone: str
) -> None:
    dry = north.run(*words, "--dry-run", login="ben")
    assert (dry.status, "You will not see" in dry.out, gone in dry.out) == (0, True, True)
    assert "You will not see" not in north.said(*words, "--dry-run")
    done = north.run(*words, "--json", login="ben")
    assert done.status == 0
    assert json.loads(done.out)["ticket" if gone == "#1" else "recipient"] is None
    assert north.run(*words, login="ben").status == 1


def test_R10_1_undo_on_the_command_line_says_it_too(north: Shell) -> None:
    with north.desk() as desk:
        pairing.unpair(desk.anna, 1)
        pairing.pair(desk.anna, 1, 1)
    dry = north.run("undo", "bob@x.test", "--dry-run", login="ben")
    assert (dry.status, "You will not see bob@x.test" in dry.out) == (0, True)
    assert "You will not see" not in north.said("undo", "bob@x.test", "--dry-run")


def test_R10_1_who_is_given_fewer_rights_is_told_what_goes(north: Shell) -> None:
    north.said("ticket", "update", "1", "--assignee", "ben")
    north.said("partner", "add", "South")
    edit = ("admin", "edit", "ben", "--partner", "South")
    assert "He may not see #1 any more" in north.said(*edit, "--dry-run")
    assert north.json("list", "tickets")[0]["assignee"]["login"] == "ben"
    assert "taken off" in north.said(*edit)
    assert north.json("list", "tickets")[0]["assignee"] is None

    north.said("admin", "add", "cleo", "--email", "cleo@us.test", "--role", "super")
    own = ("admin", "edit", "anna", "--role", "administrator")
    for more, told in (((), False), (("--partner", "South"), True), (("--active", "off"), False)):
        assert ("That is you" in north.said(*own, *more, "--dry-run")) is told
