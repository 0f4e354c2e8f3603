"""The list of withheld mail: who sees it, how it is said, and how it is asked for again (R5.11, R10.1)."""

import csv
import io
from datetime import UTC, datetime

from store.models import Inbox, WithheldMessage
from tests.commandline import Shell

KEYS = "id inbox folder uid kind reason sender subject size received since tries last_try next_try".split()
HOSTILE = "\x1b[31mred\x1b]52;c;aGk=\x07=1+1"


def withhold(shell: Shell, **values: object) -> None:
    shell.said("inbox", "add", "support", "--email", "support@us.test", "--host", "imap.us.test")
    with shell.desk():
        now = datetime(2026, 1, 31, 8, tzinfo=UTC)
        where = {"inbox": Inbox.get(), "folder": "INBOX", "uidvalidity": 7, "uid": 4711}
        known = {"kind": "failed", "reason": f"it ends {HOSTILE}", "subject": HOSTILE, "since": now, "last_try": now}
        WithheldMessage.create(**{**where, **known, **values})


def test_R5_11_withheld_mail_is_listed_in_every_format_and_nothing_of_it_is_obeyed(shell: Shell) -> None:
    withhold(shell)
    (one,) = shell.json("list", "withheld")
    assert (list(one), one["uid"], one["inbox"], one["next_try"]) == (KEYS, 4711, "support", None)
    table = shell.said("list", "withheld")
    assert "4711" in table
    assert "\x1b" not in table
    (row,) = csv.DictReader(io.StringIO(shell.said("list", "withheld", "--format", "csv")))
    assert (row["Uid"], "\x1b" in row["Subject"], row["Subject"][:1] in "=+") == ("4711", False, False)
    assert shell.said("list", "withheld", "--format", "jsonl").count("\n") == 1
    assert shell.json("list", "withheld", "--filter", "kind:draft") == []
    assert shell.json("list", "inboxes")[0]["withheld"] == 1


def test_R5_11_doctor_says_what_is_withheld_and_how_to_try_it_again(shell: Shell) -> None:
    withhold(shell)
    answer = shell.run("doctor")
    assert "inbox support: 1 message withheld: 1 not given by the server" in answer.out
    assert "recipients inbox retry support" in answer.out
    with shell.desk():
        WithheldMessage.update(kind="deleted").execute()
    found = shell.run("--json", "doctor").out
    assert "flagged" in found
    assert '"bad"' not in found  # somebody meant it


def test_R5_11_inbox_retry_without_anything_to_fetch_with(shell: Shell) -> None:
    withhold(shell, next_try=datetime(2030, 1, 1, tzinfo=UTC))
    shell.said("inbox", "edit", "support", "--enabled", "off")
    assert "looked at as soon as its mail is fetched" in shell.said("inbox", "retry", "support")
    assert shell.json("list", "withheld")[0]["next_try"] is None
    assert shell.json("inbox", "retry", "support") == {"name": "support", "tried": 1, "withheld": 1}
    assert shell.run("inbox", "retry", "nowhere").status == 1
    with shell.desk():
        WithheldMessage.delete().execute()
    assert "Nothing" in shell.said("inbox", "retry", "support")


def test_R10_1_withheld_mail_is_not_for_administrators_of_one_partner(shell: Shell) -> None:
    withhold(shell)
    shell.said("partner", "add", "Main")
    shell.said("admin", "add", "ben", "--email", "ben@us.test", "--partner", "Main")
    for words in (("list", "withheld"), ("inbox", "retry", "support")):
        answer = shell.run(*words, login="ben")
        assert (answer.status, "partner Any" in answer.err, "red" in answer.out) == (1, True, False)
