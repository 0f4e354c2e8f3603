"""R12: `refused show`, `refused release`, and `unban --release`."""

import hashlib
from dataclasses import replace

from store.models import RefusedMessage
from store.services import recipients
from tests.commandline import Shell
from tests.servers import message


def refuse(shell: Shell, *subjects: str) -> list[int]:
    """Mail of the banned bob@x.test; the ids of what was refused."""
    with shell.desk() as desk:
        desk.arrive("bob@x.test")
        recipients.ban(desk.anna, desk.row("bob@x.test").id, reason="spam")
        for subject in subjects:
            raw = message("Bob <bob@x.test>", subject, "Good \x1b[2Jmorning.", Message_ID=f"<{subject}@x.test>")
            arrived = desk.arrived("bob@x.test", subject, raw=raw)
            desk.settle(replace(arrived, sha256=hashlib.sha256(raw).hexdigest()))
        return [row.id for row in RefusedMessage.select().order_by(RefusedMessage.id)]


def test_R12_refused_show_reads_it_safely(shell: Shell) -> None:
    (refused_id,) = refuse(shell, "Hello")
    said = shell.said("refused", "show", str(refused_id))
    assert "banned. Banned by anna: spam" in said
    assert "From: Bob <bob@x.test>\nSubject: Hello\n" in said
    assert "Good ␛[2Jmorning." in said
    shape = shell.json("refused", "show", str(refused_id))
    assert (shape["reason"], shape["sender"], shape["attachments"]) == ("banned", "bob@x.test", [])
    assert shell.run("refused", "show", "99").status == 1


def test_R12_refused_release_lets_in_and_takes_the_ban_off(shell: Shell) -> None:
    first, second = refuse(shell, "One", "Two")
    assert shell.said("refused", "release", str(first), "--unban", "--dry-run").startswith("(dry run")
    said = shell.said("refused", "release", str(first), str(second), "--unban")
    assert said.splitlines() == [
        f"Released {first} into the new ticket #2, its sender is unbanned.",
        f"Released {second} into the new ticket #3.",
    ]
    assert shell.json("list", "refused") == []
    assert shell.run("refused", "release", str(first)).status == 1


def test_R2_3_unban_says_what_was_refused_and_lets_it_in_if_asked(shell: Shell) -> None:
    ids = refuse(shell, "One", "Two")
    answer = shell.json("unban", "bob@x.test", "--dry-run")
    assert (answer["refused"], answer["tickets"]) == (ids, [])
    said = shell.said("unban", "bob@x.test", "--release")
    assert said.strip().endswith("2 refused messages let in (#2, #3).")
    shell.said("ban", "bob@x.test")
    (third,) = refuse_again(shell)
    said = shell.said("unban", "bob@x.test")
    assert said.strip().endswith("1 message stays among the refused mail.")
    assert [line["id"] for line in shell.json("list", "refused")] == [third]


def refuse_again(shell: Shell) -> list[int]:
    """One message more, while he is banned."""
    with shell.desk() as desk:
        desk.uid = 50
        desk.arrive("bob@x.test", "Three")
        return [RefusedMessage.select().order_by(RefusedMessage.id.desc()).get().id]
