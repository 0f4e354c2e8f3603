"""R12: the row actions and the deny list on the command line, through the same services as the window."""

from typing import Any

import pytest

from tests.commandline import Shell


@pytest.fixture
def helpdesk(shell: Shell) -> Shell:
    """Customer Kelly Sanders (1), lead Lee (2); bob@x.test with the tickets #1 and #2, none with a customer."""
    with shell.desk() as desk:
        desk.customer("Kelly Sanders")
        desk.customer("Lee", kind="lead")
        desk.arrive("bob@x.test", "One")
        desk.arrive("bob@x.test", "Two")
    return shell


def bob(shell: Shell) -> Any:
    return shell.json("list", "recipients", "--filter", "email:bob@x.test")[0]


def customers_of_tickets(shell: Shell) -> dict[int, Any]:
    return {t["number"]: t["customer"] and t["customer"]["name"] for t in shell.json("list", "tickets")}


def test_R4_3_pair_gives_the_newest_ticket_its_customer(helpdesk: Shell) -> None:
    said = helpdesk.said("pair", "BOB@X.test", "1")
    assert said == "Paired bob@x.test to Kelly Sanders; 1 ticket assigned (#2).\n"
    assert bob(helpdesk)["customer"] == {"id": 1, "name": "Kelly Sanders", "kind": "customer"}
    assert customers_of_tickets(helpdesk) == {1: None, 2: "Kelly Sanders"}


def test_R4_3_pair_assign_all_gives_all_tickets_their_customer(helpdesk: Shell) -> None:
    done = helpdesk.json("pair", "bob@x.test", "2", "--assign-all")
    assert (done["done"], done["tickets"]) == (True, [2, 1])
    assert done["recipient"]["customer"] == {"id": 2, "name": "Lee", "kind": "lead"}
    assert customers_of_tickets(helpdesk) == {1: "Lee", 2: "Lee"}


def test_R4_4_unpair_keeps_or_takes_the_customer_of_the_tickets(helpdesk: Shell) -> None:
    helpdesk.said("pair", "bob@x.test", "1", "--assign-all")
    assert helpdesk.said("unpair", "bob@x.test") == "Unpaired bob@x.test from Kelly Sanders; no ticket changed.\n"
    assert customers_of_tickets(helpdesk) == {1: "Kelly Sanders", 2: "Kelly Sanders"}
    helpdesk.said("pair", "bob@x.test", "1")
    assert helpdesk.json("unpair", "bob@x.test", "--unassign")["tickets"] == [2, 1]
    assert customers_of_tickets(helpdesk) == {1: None, 2: None}


def test_R1_3_pairing_a_paired_address_is_refused_with_the_way_out(helpdesk: Shell) -> None:
    helpdesk.said("pair", "bob@x.test", "1")
    answer = helpdesk.run("pair", "bob@x.test", "2")
    assert answer.status == 1
    assert "paired to Kelly Sanders already. Unpair it first" in answer.err
    assert answer.out == ""


def test_R2_1_R2_2_ban_with_a_reason_and_a_deny_entry_and_unban(helpdesk: Shell) -> None:
    said = helpdesk.said("ban", "bob@x.test", "--reason", "spam", "--deny")
    assert said == "Banned bob@x.test; deny entry 1 added.\n"
    now = bob(helpdesk)
    assert (now["banned"], now["denied"]) == (True, True)
    (entry,) = helpdesk.json("list", "deny")
    assert (entry["location"], entry["type"], entry["filter"]) == ("email", "exact", "bob@x.test")
    assert helpdesk.run("ban", "bob@x.test").status == 1
    assert helpdesk.said("unban", "bob@x.test") == "Unbanned bob@x.test: the next message gets in.\n"
    assert bob(helpdesk)["banned"] is False
    assert helpdesk.run("unban", "bob@x.test").status == 1


def test_R4_7_share_unpairs_and_says_so(helpdesk: Shell) -> None:
    helpdesk.said("pair", "bob@x.test", "2")
    assert "Its pair to Lee (Lead) was removed." in helpdesk.said("share", "bob@x.test")
    now = bob(helpdesk)
    assert (now["shared"], now["customer"]) == (True, None)
    answer = helpdesk.run("pair", "bob@x.test", "1")
    assert answer.status == 1
    assert "shared" in answer.err
    helpdesk.said("unshare", "bob@x.test")
    assert helpdesk.run("pair", "bob@x.test", "1").status == 0


def test_R4_8_rename_stays_when_mail_arrives(helpdesk: Shell) -> None:
    helpdesk.said("rename", "bob@x.test", "Robert")
    with helpdesk.desk() as desk:
        desk.arrive("bob@x.test", "Three", sender_name="Bobby")
    assert bob(helpdesk)["name"] == "Robert"
    assert helpdesk.run("rename", "bob@x.test", " ").status == 1


@pytest.mark.parametrize(
    "words",
    [
        ["pair", "bob@x.test", "1", "--assign-all"],
        ["ban", "bob@x.test", "--deny"],
        ["share", "bob@x.test"],
        ["rename", "bob@x.test", "Robert"],
        ["deny", "add", "--location", "email", "--type", "end", "@x.test"],
    ],
)
def test_R12_a_dry_run_says_what_would_be_done_and_does_nothing(helpdesk: Shell, words: list[str]) -> None:
    def everything() -> list[Any]:
        return [helpdesk.json("list", thing) for thing in ("recipients", "tickets", "deny", "history")]

    before = everything()
    assert helpdesk.said(*words, "--dry-run").startswith("(dry run, nothing was changed) ")
    assert helpdesk.json(*words, "--dry-run").get("done", False) is False
    assert everything() == before
    assert not helpdesk.said(*words).startswith("(dry run")
    assert everything() != before


@pytest.mark.parametrize(
    ("first", "then"), [("pair bob@x.test 1", "unpair"), ("ban bob@x.test", "unban"), ("share bob@x.test", "unshare")]
)
def test_R12_taking_back_has_a_dry_run_too(helpdesk: Shell, first: str, then: str) -> None:
    helpdesk.said(*first.split())
    before = bob(helpdesk)
    helpdesk.said(then, "bob@x.test", "--dry-run")
    assert bob(helpdesk) == before


def test_R10_2_the_history_says_who_did_it(helpdesk: Shell) -> None:
    helpdesk.said("admin", "add", "ben", "--email", "ben@us.test")
    helpdesk.run("ban", "bob@x.test", login="ben")
    (ban,) = helpdesk.json("list", "history", "--filter", "what:ban")
    assert (ban["who"], ban["of"], ban["before"]["banned"], ban["after"]["banned"]) == (
        "ben",
        "bob@x.test",
        False,
        True,
    )


def test_R3_1_deny_add_and_remove(helpdesk: Shell) -> None:
    words = ["deny", "add", "--location", "email", "--type", "end", "@X.test"]
    assert helpdesk.json(*words)["id"] == 1
    assert bob(helpdesk)["denied"] is True
    again = helpdesk.run(*words)
    assert again.status == 1
    assert "number 1" in again.err
    assert helpdesk.said("deny", "remove", "1") == "Removed deny entry 1: email end @X.test\n"
    assert bob(helpdesk)["denied"] is False


@pytest.mark.parametrize("text", ["(", "", "a" * 2_000])
def test_R3_4_a_deny_text_that_cannot_be_used_is_wrong_usage(helpdesk: Shell, text: str) -> None:
    for verb in ("add", "preview"):
        answer = helpdesk.run("deny", verb, "--location", "subject", "--type", "regex", text)
        assert answer.status == 2
        assert answer.out == ""


def test_R3_4_preview_counts_and_lists_what_an_entry_would_catch(helpdesk: Shell) -> None:
    words = ["deny", "preview", "--location", "email", "--type", "contain", "bob"]
    assert helpdesk.said(*words).splitlines() == [
        "It would have caught 1 recipients and 2 of the last 2 messages.",
        "  recipient bob@x.test",
        "  message bob@x.test: Two",
        "  message bob@x.test: One",
    ]
    assert helpdesk.json(*words)["messages"] == 2
    assert helpdesk.json("list", "deny") == []


def test_R10_3_undo_takes_back_the_last_thing_or_that_of_one_address(helpdesk: Shell) -> None:
    helpdesk.said("pair", "bob@x.test", "1", "--assign-all")
    helpdesk.said("ban", "bob@x.test", "--reason", "spam")
    said = helpdesk.said("undo", "--dry-run")
    assert said.startswith("(dry run, nothing was changed) Took back what anna did on")
    assert "  bob@x.test: banned yes → no, reason spam → none\n" in said
    assert bob(helpdesk)["banned"] is True
    undone = helpdesk.json("undo", "bob@x.test")
    assert (undone["done"], undone["undone"][0]["what"]) == (True, "ban")
    assert bob(helpdesk)["banned"] is False
    helpdesk.said("undo")
    assert bob(helpdesk)["customer"] is None
    assert customers_of_tickets(helpdesk) == {1: None, 2: None}
    answer = helpdesk.run("undo", "1")
    assert (answer.status, "(open, #1) cannot be taken back" in answer.err) == (1, True)
    assert helpdesk.run("undo", "nobody@x.test").status == 1
