"""`inbox reconcile`: on the server = what became of each + what waits (R5.2; THREATS D1, D14)."""

from collections.abc import Iterator

import pytest

from mail.demo.server import MailServer
from mail.reconcile import reconcile
from store.models import Arrival, InboxState
from store.queries.intake import settings_of
from tests.commandline import Shell
from tests.helpdesk import USER, imap
from tests.servers import PASSWORD, message


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD}) as running:
        yield running


@pytest.fixture
def inbox(server: MailServer, shell: Shell, request: pytest.FixtureRequest) -> str:
    """An inbox whose folder has one message of each kind, all of them settled; the folder."""
    folder = str(request.node.name)
    place = ["--host", "127.0.0.1", "--port", str(server.imap_port), "--security", "none", "--folder", folder]
    shell.said("inbox", "add", "support", "--email", USER, "--secret", "env:TEST_MAIL_SECRET", *place)
    shell.said("deny", "add", "--location", "subject", "--type", "contain", "casino")
    twice = message("a@x.test", "Hello", Message_ID="<a@x.test>")
    for raw in (twice, twice, message("b@x.test", "Casino"), message(USER, "Our own"), b"", message("c@x.test", "Bye")):
        server.deliver(USER, raw, folder)
    shell.said("poll", "--once")
    return folder


def test_R5_2_each_message_is_told_by_what_became_of_it(server: MailServer, shell: Shell, inbox: str) -> None:
    server.deliver(USER, message("late@x.test", "Late"), inbox)
    found = shell.json("inbox", "reconcile", "support")
    kinds = {"imported": 2, "refused": 1, "ignored": 1, "duplicate": 1, "unreadable": 1, "waiting": 1}
    assert {key: value for key, value in found.items() if value} == {"name": "support", "on_server": 7, **kinds}
    said = shell.said("inbox", "reconcile", "support")
    assert said.startswith("support: 7 on the server = 2 imported + 1 refused + 1 ignored + 1 duplicate + 0 report")
    shell.said("poll", "--once")
    assert shell.json("inbox", "reconcile", "support")["imported"] == 3


def test_D1_what_is_missing_is_told_and_is_exit_status_1(server: MailServer, shell: Shell, inbox: str) -> None:
    with shell.desk():
        Arrival.delete().where(Arrival.outcome == "ignored").execute()
    answer = shell.run("inbox", "reconcile", "support")
    assert (answer.status, "2 missing" in answer.out) == (1, True)


def test_R5_1_what_is_not_to_be_processed_and_what_is_gone_since(server: MailServer, shell: Shell, inbox: str) -> None:
    with imap(server.imap_port) as client:
        client.select(inbox)
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.append(inbox, r"(\Seen)", None, message("read@x.test", "Read"))
    shell.said("inbox", "edit", "support", "--process", "unread")
    found = shell.json("inbox", "reconcile", "support")
    assert (found["on_server"], found["unwanted"], found["gone"], found["missing"]) == (6, 1, 1, 0)


def test_D4_a_mailbox_that_is_numbered_afresh_waits_as_a_whole(server: MailServer, shell: Shell, inbox: str) -> None:
    with shell.desk():
        InboxState.update(uidvalidity=5).execute()
        Arrival.update(uidvalidity=5).execute()
        assert reconcile(settings_of("support")).waiting == 6


def test_R10_1_it_is_not_for_an_administrator_of_one_partner(shell: Shell, inbox: str) -> None:
    shell.said("partner", "add", "Main")
    shell.said("admin", "add", "ben", "--email", "ben@us.test", "--partner", "Main")
    assert shell.run("inbox", "reconcile", "support", login="ben").status == 1
