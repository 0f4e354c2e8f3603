"""R12: `poll --once` and `inbox test` from the command line, against a real server."""

import json
from collections.abc import Iterator

import pytest

from mail.demo.server import MailServer
from tests.commandline import Shell
from tests.helpdesk import USER
from tests.servers import PASSWORD, message

COUNTS = ("fetched", "opened", "joined", "refused", "ignored", "unreadable", "withheld")


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD}) as running:
        yield running


@pytest.fixture
def inbox(server: MailServer, shell: Shell, request: pytest.FixtureRequest) -> str:
    """An inbox on a folder of the test's own; the folder."""
    folder = str(request.node.name)
    server.deliver(USER, message("first@x.test", "First", Message_ID="<first@x>"), folder)
    place = ["--host", "127.0.0.1", "--port", str(server.imap_port), "--security", "none", "--folder", folder]
    shell.said("inbox", "add", "support", "--email", USER, "--secret", "env:TEST_MAIL_SECRET", *place)
    return folder


def test_R12_poll_once_in_json_and_in_words(server: MailServer, shell: Shell, inbox: str) -> None:
    shell.said("deny", "add", "--location", "subject", "--type", "contain", "casino")
    server.deliver(USER, message("second@x.test", "Casino"), inbox)
    done = shell.json("poll", "--once")
    counted = dict.fromkeys(COUNTS, 0) | {"fetched": 2, "opened": 1, "refused": 1}
    assert done == {"inboxes": [{"name": "support", **counted, "error": ""}]}
    assert list(done["inboxes"][0]) == ["name", *COUNTS, "error"]
    assert shell.said("poll", "--once") == "support: 0 fetched\n"
    assert [one["requester"]["email"] for one in shell.json("list", "tickets")] == ["first@x.test"]
    assert shell.json("why", "first@x")[0]["outcome"] == "opened"


def test_R12_one_inbox_that_fails_is_status_3_and_the_others_are_done(shell: Shell, inbox: str) -> None:
    broken = ["--email", "b@us.test", "--host", "127.0.0.1", "--port", "1", "--security", "none"]
    shell.said("inbox", "add", "broken", *broken)
    answer = shell.run("poll", "--once", "--json")
    assert answer.status == 3
    rounds = {one["name"]: one for one in json.loads(answer.out)["inboxes"]}
    assert rounds["support"]["opened"] == 1
    assert "refused the connection" in rounds["broken"]["error"]
    assert answer.err == f"broken: {rounds['broken']['error']}\n"


def test_R12_without_an_inbox_poll_says_how_to_add_one(shell: Shell) -> None:
    answer = shell.run("poll", "--once", "--json")
    assert (answer.status, json.loads(answer.out)) == (0, {"inboxes": []})
    assert "recipients inbox add" in answer.err


def test_R5_1_a_connection_test_that_goes_well(shell: Shell, inbox: str) -> None:
    assert f"support: connected, logged in, opened {inbox}; " in shell.said("inbox", "test", "support")
    assert shell.json("inbox", "test", "support")["ok"] is True


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (["--secret", "env:NO_SUCH_VARIABLE"], "secret"),
        (["--host", "no-such-host.invalid", "--force"], "name"),
        (["--port", "1"], "connect"),
        (["--security", "tls"], "tls"),
        (["--secret", "env:HOME"], "login"),
        (["--folder", "nowhere"], "folder"),
    ],
)
def test_R5_1_a_connection_test_says_which_step_failed(shell: Shell, inbox: str, change: list[str], step: str) -> None:
    shell.said("inbox", "edit", "support", *change)
    answer = shell.run("inbox", "test", "support", "--json")
    assert answer.status == 3
    failed = json.loads(answer.out)
    assert (failed["name"], failed["ok"], failed["step"]) == ("support", False, step)
    assert answer.err.startswith(f"support, step {step}: ")
    assert PASSWORD not in answer.out + answer.err
