"""R12: tickets, groups and outgoing mail on the command line."""

import io

import pytest

from store.models import Outbox
from store.rules.message import Report
from store.services import outbox
from tests.commandline import Shell
from tests.smtp import Server


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """Kelly Sanders (1, kelly@x.test) wrote #1; bob@y.test, a stranger, wrote #2; Lee (2) is another customer."""
    with shell.desk() as desk:
        desk.send_mail()
        desk.customer("Kelly Sanders", email="kelly@x.test")
        desk.customer("Lee", email="lee@z.test")
        desk.arrive("kelly@x.test", "Help", message_id="<k@x.test>")
        desk.arrive("bob@y.test", "Question")
    return shell


def states(shell: Shell) -> dict[str, str]:
    return {f"{row['event']} {row['to']}": row["state"] for row in shell.json("list", "outbox")}


def test_R12_a_reply_says_who_gets_it_and_a_rehearsal_sends_nothing(helpdesk: Shell) -> None:
    before = states(helpdesk)
    assert helpdesk.said("ticket", "reply", "1", "Hello.", "--dry-run") == (
        "(dry run, nothing was changed) Reply to #1 goes to kelly@x.test.\n"
    )
    assert states(helpdesk) == before
    done = helpdesk.json("ticket", "reply", "1", "Hello.")
    assert (done["done"], done["to"], done["ticket"]["status"]) == (True, ["kelly@x.test"], "Waiting on customer")
    assert states(helpdesk)["new_message_customer kelly@x.test"] == "queued"
    assert [m["direction"] for m in helpdesk.json("ticket", "show", "1")["messages"]] == ["in", "out"]


def test_R7_6_without_leaves_an_address_out(helpdesk: Shell) -> None:
    assert helpdesk.json("ticket", "reply", "1", "Hello.", "--without", "KELLY@x.test")["to"] == []


def test_R12_a_text_may_come_from_standard_input(helpdesk: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Line one\nLine two\n"))
    helpdesk.said("ticket", "note", "1", "-")
    message = helpdesk.json("ticket", "show", "1")["messages"][-1]
    assert (message["direction"], message["text"]) == ("note", "Line one\nLine two")


def test_R4_10_where_it_asks_the_exit_status_is_1_and_the_flags_are_named(helpdesk: Shell) -> None:
    answer = helpdesk.run("ticket", "update", "1", "--customer", "2")
    assert answer.status == 1
    assert "--change-pair" in answer.err
    assert "--keep-pair" in answer.err
    helpdesk.said("ticket", "update", "1", "--customer", "2", "--keep-pair")
    assert helpdesk.json("list", "recipients", "--filter", "email:kelly@x.test")[0]["customer"]["id"] == 1
    helpdesk.said("ticket", "update", "1", "--customer", "none")
    done = helpdesk.json("ticket", "update", "1", "--customer", "2", "--change-pair")
    assert done["ticket"]["customer"]["id"] == 2
    assert helpdesk.json("list", "recipients", "--filter", "email:kelly@x.test")[0]["customer"]["id"] == 2


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("update", "1"), 2, "Say what to change"),
        (("update", "1", "--customer", "Kelly"), 2, "takes a customer's id or none"),
        (("update", "1", "--customer", "1", "--change-pair", "--keep-pair"), 2, "not both"),
        (("update", "9", "--status", "x"), 1, "There is no ticket #9"),
        (("update", "1", "--assignee", "nobody"), 1, "There is no administrator nobody"),
        (("reply", "1", " "), 2, "The reply is empty"),
        (("reopen", "1"), 1, "Ticket #1 is open"),
        (("merge", "1", "1"), 1, "cannot be merged into itself"),
        (("pair", "1", "2"), 1, "is paired to Kelly Sanders already"),
        (("cc", "1", "no-address"), 2, "is no e-mail address"),
        (("cc", "1", "support@us.test"), 1, "cannot be in Cc"),
        (("new", "Text", "--subject", " ", "--customer", "1"), 2, "needs a subject"),
        (("new", "Text", "--subject", "Hi", "--customer", "99"), 1, "There is no customer 99"),
    ],
)
def test_R12_a_mistake_is_a_sentence_and_changes_nothing(
    helpdesk: Shell, words: tuple[str, ...], status: int, said: str
) -> None:
    before = helpdesk.json("list", "tickets"), helpdesk.json("list", "outbox")
    answer = helpdesk.run("ticket", *words)
    assert (answer.status, answer.out) == (status, "")
    assert said in answer.err
    assert (helpdesk.json("list", "tickets"), helpdesk.json("list", "outbox")) == before


def test_R11_1_the_other_actions(helpdesk: Shell) -> None:
    helpdesk.said("ticket", "pair", "2", "1", "--assign-all")
    helpdesk.said(
        "ticket", "update", "2", "--priority", "High", "--type", "Fault", "--subject", "Two", "--assignee", "anna"
    )
    helpdesk.said("ticket", "close", "2")
    helpdesk.said("ticket", "reopen", "2")
    assert helpdesk.said("ticket", "merge", "2", "1") == "Merged #2 into #1: 1 message moved.\n"
    helpdesk.said("ticket", "cc", "1", "expert@q.test")
    helpdesk.said("ticket", "watch", "1", "anna")
    helpdesk.said("ticket", "ban", "1", "--reason", "enough")
    number = helpdesk.json("ticket", "new", "We come.", "--subject", "Visit", "--customer", "2")["ticket"]["number"]
    now = {one["number"]: one for one in helpdesk.json("list", "tickets")}
    assert (now[2]["status"], now[2]["subject"], now[2]["assignee"]["login"]) == ("Resolved", "Two", "anna")
    assert (number, now[3]["customer"]["name"], now[3]["requester"]) == (3, "Lee", None)
    assert helpdesk.json("list", "recipients", "--filter", "banned:yes")[0]["email"] == "kelly@x.test"


def test_R7_3_groups(helpdesk: Shell) -> None:
    helpdesk.said("group", "add", "Sales")
    done = helpdesk.json("group", "member", "Sales", "anna")
    assert (done["name"], done["members"]) == ("Sales", ["anna"])
    assert helpdesk.said("group", "list") == "Sales: anna\n"
    assert helpdesk.run("group", "add", "Sales").status == 1
    assert helpdesk.run("group", "member", "Nobody", "anna").status == 1


def test_R7_2_smtp_is_set_shown_and_tested(helpdesk: Shell) -> None:
    server = Server()
    server.start()
    try:
        given = ("--host", "127.0.0.1", "--port", str(server.port), "--security", "none", "--enabled", "on")
        assert "smtp.host = 127.0.0.1" in helpdesk.said("smtp", "set", *given)
        assert helpdesk.json("smtp", "show")["smtp.port"] == server.port
        helpdesk.said("smtp", "test", "me@us.test")
        assert [envelope.rcpt_tos for envelope in server.taken] == [["me@us.test"]]
        done = helpdesk.json("send", "--once")
        assert (done["sent"], done["failed"], done["error"]) == (3, 0, "")
    finally:
        server.stop()
    answer = helpdesk.run("smtp", "test", "me@us.test")
    assert answer.status == 3
    assert "refused the connection" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Say what to set"),
        (("--port", "99999"), "must lie between"),
        (("--secret", "hunter2"), "is a reference"),
        (("--security", "ssl"), "is one of tls, starttls, none"),
        (("--sender-email", "nobody"), "is no e-mail address"),
        (("--enabled", "perhaps"), "is on or off"),
    ],
)
def test_R7_2_a_wrong_setting_is_named_and_nothing_is_set(helpdesk: Shell, words: tuple[str, ...], said: str) -> None:
    before = helpdesk.json("smtp", "show")
    answer = helpdesk.run("smtp", "set", "--host", "new.test", *words) if words else helpdesk.run("smtp", "set")
    assert answer.status == 2
    assert said in answer.err
    assert "hunter2" not in answer.err
    assert helpdesk.json("smtp", "show") == before


def test_R7_5_what_failed_is_named_by_doctor_retried_dropped_and_lifted(helpdesk: Shell) -> None:
    with helpdesk.desk() as desk:
        first, second = Outbox.select().where(Outbox.audience == "admin").order_by(Outbox.id)
        Outbox.update(state="failed", last_error="550 no").where(Outbox.id == first.id).execute()
        kelly = Outbox.get(Outbox.to == "kelly@x.test")
        outbox.bounced(kelly.id, "550 no such user", hard=True)
        assert desk.ticket(1)
    assert "1 mail failed for good" in helpdesk.run("doctor").out
    helpdesk.said("outbox", "retry", str(first.id))
    helpdesk.said("outbox", "drop", str(second.id))
    assert "may be written to again" in helpdesk.said("outbox", "lift", "kelly@x.test")
    rows = {row["id"]: row["state"] for row in helpdesk.json("list", "outbox")}
    assert (rows[first.id], rows[second.id]) == ("queued", "dropped")
    for words in (("retry", "99"), ("drop", str(second.id)), ("lift", "kelly@x.test")):
        assert helpdesk.run("outbox", *words).status == 1


def test_R5_4_doctor_tells_once_that_servers_refuse_us_until_it_is_acknowledged(helpdesk: Shell) -> None:
    with helpdesk.desk() as desk:
        kelly = Outbox.get(Outbox.to == "kelly@x.test")
        for letter in Outbox.select():
            report = Report(
                letter.message_id, "failed", "5.7.1", letter.to, "554 5.7.1 blocked using bl.test", evidence="form"
            )
            desk.arrive("mailer-daemon@mx.test", "Undelivered", automatic="report", report=report)
        outbox.bounced(kelly.id, "550 no such user", hard=True)
        desk.send_mail(smtp__admin_email="kelly@x.test")
    answer = helpdesk.run("doctor")
    assert answer.status == 1
    (told,) = [line for line in answer.out.splitlines() if "Mail from us is refused: 3 letters" in line]
    assert told.startswith("bad     ")
    assert "bad     kelly@x.test is an administrator's and came back: no notice goes there" in answer.out
    assert "3 mails came back in the last week (3 us)" in answer.out
    assert "Acknowledged" in helpdesk.said("outbox", "acknowledge")
    assert "Mail from us is refused" not in helpdesk.run("doctor").out
