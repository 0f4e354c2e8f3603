"""A message at which its server fails, or that is flagged as deleted or a draft, stops nothing (R5.3, R5.11)."""

import re
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail import intake
from mail.poller import Round, poll_once
from mail.reconcile import reconcile
from store.models import Arrival, History, Inbox, InboxState, Ticket, WithheldMessage
from store.queries import withheld
from store.queries.intake import inboxes_to_poll, settings_of
from store.services import inboxes
from tests.helpdesk import ANNA, add_inbox, helpdesk, imap
from tests.mailbox import Mailbox, some_mails
from tests.scripted import Last, scripted
from tests.servers import HAS_DOVECOT, Dovecot, dovecot, message

BAD, COUNT = 4, 10


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(intake, "SERVER_SECONDS", 0.4)
    with helpdesk(tmp_path):
        yield


def polled() -> Round:
    (done,) = poll_once()
    return done


def subjects() -> set[str]:
    return {ticket.subject for ticket in Ticket.select()}


def half(tag: str, said: bytes) -> bytes:
    return Last(said[: said.rindex(b"* ") + 60])


def longer(tag: str, said: bytes) -> bytes:
    """The last literal has ten bytes more than it is said to have."""
    return re.sub(rb"\{(\d+)\}(?=.*?\)\r\n$)", lambda m: b"{%d}" % (int(m[1]) - 10), said, flags=re.DOTALL)


def shorter(tag: str, said: bytes) -> bytes:
    return re.sub(rb"\{(\d+)\}", lambda m: b"{%d}" % (int(m[1]) + 10), said)


# what a server does when it comes to the message; `said` is what an ordinary one would answer with, to its end
FAULTS: dict[str, Callable[[str, bytes], bytes]] = {
    "ends": lambda tag, said: Last(b""),
    "ends within the message": half,
    "says goodbye": lambda tag, said: Last(b"* BYE internal error\r\n"),
    "is silent": lambda tag, said: b"",
    "is silent within the message": lambda tag, said: said[: said.rindex(b"* ") + 60],
    "refuses": lambda tag, said: f"{tag} NO [SERVERBUG] Internal error occurred\r\n".encode(),
    "does not understand": lambda tag, said: f"{tag} BAD what?\r\n".encode(),
    "leaves it out": lambda tag, said: f"{tag} OK done\r\n".encode(),
    "talks nonsense": lambda tag, said: b"\xff\xfe )(garbage\r\n",
    "announces less": lambda tag, said: longer(tag, said) + f"{tag} OK done\r\n".encode(),
    "announces more": lambda tag, said: shorter(tag, said) + f"{tag} OK done\r\n".encode(),
    "gives nil": lambda tag, said: (
        re.sub(rb"BODY\[\] \{.*", b"BODY[] NIL)\r\n", said, flags=re.DOTALL) + f"{tag} OK done\r\n".encode()
    ),
    "gives nothing": lambda tag, said: (
        re.sub(rb"BODY\[\] \{.*", b"BODY[] {0}\r\n)\r\n", said, flags=re.DOTALL) + f"{tag} OK done\r\n".encode()
    ),
}


def failing(box: Mailbox, fault: str, at: str = "BODY", bad: tuple[int, ...] = (BAD,)) -> None:
    """Of these messages, the server gives what comes before the first in order, and then does this."""

    def answer(tag: str, command: str) -> bytes | None:
        if (
            at not in command
            or "FETCH" not in command
            or ("<0.1>" in command and not {*box.within(command.split()[2])} & {*bad})
        ):
            return None
        asked = box.within(command.split()[2])
        first = next((uid for uid in asked if uid in bad), None)
        if first is None:
            return None
        before = b"".join(box.line(uid, command) for uid in asked if uid < first)
        rest = FAULTS[fault](tag, box.line(first, command))
        return type(rest)(before + rest)

    box.instead = answer


@pytest.mark.parametrize("fault", FAULTS)
def test_R5_3_one_message_at_which_the_server_fails_stops_no_other(fault: str) -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, fault)
    with scripted(box) as account:
        add_inbox(account.port)
        done = polled()
        assert (done.opened, done.withheld, done.error) == (COUNT - 1, 1, "")
        row = WithheldMessage.get()
        assert (row.uid, row.kind, row.tries) == (BAD, "failed", 1)
        assert row.next_try - row.last_try == timedelta(minutes=1)
        box.mails[COUNT + 1] = message("new@x.test", "Later")
        assert ((done := polled()).opened, done.withheld, done.error) == (1, 1, "")
        assert reconcile(settings_of("support")).withheld == 1
        assert reconcile(settings_of("support")).missing == 0
        box.instead = lambda tag, command: None
        assert polled().fetched == 0  # not yet
        assert inboxes.retry(ANNA, "support") == 1
        assert ((done := polled()).opened, done.withheld, done.error) == (1, 0, "")
    assert {arrival.uid for arrival in Arrival.select()} == set(range(1, COUNT + 2))
    assert box.seen == set(range(1, COUNT + 2))
    assert InboxState.get().last_uid == COUNT + 1


@pytest.mark.parametrize("fault", ["ends", "is silent", "refuses", "talks nonsense", "leaves it out"])
def test_R5_3_so_too_when_it_is_listed(fault: str) -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, fault, at="RFC822.SIZE")
    with scripted(box) as account:
        add_inbox(account.port)
        done = polled()
        assert (done.opened, done.withheld, done.error) == (COUNT - 1, 1, "")
        box.instead = lambda tag, command: None
        inboxes.retry(ANNA, "support")
        assert polled().opened == 1


def test_R5_3_several_first_and_last_among_them() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, "ends", bad=(1, 2, 6, COUNT))
    with scripted(box) as account:
        add_inbox(account.port)
        assert ((done := polled()).opened, done.withheld, done.error) == (COUNT - 4, 4, "")
    assert sorted(row.uid for row in WithheldMessage.select()) == [1, 2, 6, COUNT]


@pytest.mark.parametrize("fault", ["ends", "is silent", "refuses"])
def test_R5_3_the_only_message_of_a_mailbox(fault: str) -> None:
    box = Mailbox(dict(some_mails(1)))
    failing(box, fault, bad=(1,))
    with scripted(box) as account:
        add_inbox(account.port)
        assert ((done := polled()).opened, done.withheld, done.error) == (0, 1, "")


@pytest.mark.parametrize("fault", ["ends", "is silent", "refuses", "talks nonsense"])
def test_R5_3_a_server_that_gives_nothing_withholds_nothing(fault: str) -> None:
    box = Mailbox(dict(some_mails(3)))
    failing(box, fault, bad=(1, 2, 3))
    with scripted(box) as account:
        add_inbox(account.port)
        done = polled()
        assert (done.fetched, done.withheld, bool(done.error)) == (0, 0, True)
        box.instead = lambda tag, command: None
        assert polled().opened == 3


@pytest.mark.parametrize("after", [1, 5])
@pytest.mark.parametrize("says", [None, "NO [OVERQUOTA] enough for today"])
def test_R5_3_a_server_that_stops_giving_withholds_nothing_and_what_came_stays(after: int, says: str | None) -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    given: set[int] = set()

    def answer(tag: str, command: str) -> bytes | None:
        if "BODY" not in command:
            return None
        asked = box.within(command.split()[2])
        given.update(asked[: after - len(given)])
        said = b"".join(box.line(uid, command) for uid in asked if uid in given and len(given) <= after and not done)
        done.append(command)
        return said + f"{tag} {says}\r\n".encode() if says else Last(said)

    done: list[str] = []
    box.instead = answer
    with scripted(box) as account:
        add_inbox(account.port)
        first = polled()
        assert (first.opened, first.withheld, bool(first.error)) == (after, 0, True)
        box.instead = lambda tag, command: None
        assert polled().opened == COUNT - after


def test_R5_3_a_server_that_goes_away_at_a_message_withholds_nothing() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    gone = threading.Event()

    def answer(tag: str, command: str) -> bytes | None:
        if "BODY" in command or gone.is_set():
            gone.set()
            return Last(b"".join(box.line(uid, command) for uid in (1, 2, 3)) if "BODY" in command else b"")
        return None

    box.instead = answer
    with scripted(box) as account:
        add_inbox(account.port)
        done = polled()
        assert (done.withheld, bool(done.error)) == (0, True)
        box.instead = lambda tag, command: None
        assert polled().error == ""
    assert len(subjects()) == COUNT


def test_R5_3_a_connection_that_is_reset_at_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """RST, not the end of the stream."""
    box = Mailbox(dict(some_mails(COUNT)))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=talk, args=(client,), daemon=True).start()

    def talk(client: socket.socket) -> None:
        with suppress(OSError), client, client.makefile("rb") as lines:
            client.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                if "BODY" in command and BAD in box.within(command.split()[2]):
                    client.sendall(
                        b"".join(box.line(uid, command) for uid in box.within(command.split()[2]) if uid < BAD)
                    )
                    time.sleep(0.05)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                client.sendall(box(tag, command) or b"")

    threading.Thread(target=serve, daemon=True).start()
    add_inbox(listener.getsockname()[1])
    assert ((done := polled()).opened, done.withheld, done.error) == (COUNT - 1, 1, "")
    listener.close()


@pytest.mark.parametrize("fault", ["ends", "refuses", "is silent"])
def test_R5_3_a_message_that_cannot_be_flagged_keeps_no_other_from_it(fault: str) -> None:
    box = Mailbox(dict(some_mails(COUNT)))

    def answer(tag: str, command: str) -> bytes | None:
        bad = "STORE" in command and BAD in box.within(command.split()[2])
        return FAULTS[fault](tag, b"") if bad else None

    box.instead = answer
    with scripted(box) as account:
        add_inbox(account.port)
        done = polled()
        assert (done.opened, "cannot be marked as read" in done.error, str(BAD) in done.error) == (COUNT, True, True)
        assert box.seen == set(range(1, COUNT + 1)) - {BAD}


def test_R5_11_it_is_tried_again_by_itself_ever_less_often() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, "ends")
    with scripted(box) as account:
        add_inbox(account.port)
        polled()
        for tries, minutes in ((2, 2), (3, 4), (4, 8)):
            WithheldMessage.update(next_try=datetime.now(UTC)).execute()
            assert polled().withheld == 1
            row = WithheldMessage.get()
            assert (row.tries, row.next_try - row.last_try) == (tries, timedelta(minutes=minutes))
        # a clock that was ahead (D10)
        WithheldMessage.update(next_try=datetime.now(UTC) + timedelta(days=30)).execute()
        box.instead = lambda tag, command: None
        assert (polled().opened, WithheldMessage.select().count()) == (1, 0)


def test_R5_11_what_is_gone_from_the_server_leaves_the_list_with_a_word() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, "ends")
    with scripted(box) as account:
        add_inbox(account.port)
        polled()
        del box.mails[BAD]
        inboxes.retry(ANNA, "support")
        assert ((done := polled()).fetched, done.withheld, done.error) == (0, 0, "")
    entry = History.select().where(History.what == "leave").get()
    assert (entry.of, "gone from the server" in entry.after, str(BAD) in entry.after) == ("support", True, True)


def flagged(box: Mailbox, flags: dict[int, str]) -> None:
    """The server lists these messages with these flags."""

    def answer(tag: str, command: str) -> bytes | None:
        if "FLAGS" not in command or "FETCH" not in command:
            return None
        lines = [
            box.line(uid, command).replace(b"FLAGS (", b"FLAGS (" + flags.get(uid, "").encode())
            for uid in box.within(command.split()[2])
        ]
        return b"".join(lines) + f"{tag} OK done\r\n".encode()

    box.instead = answer


def test_R5_11_what_is_flagged_as_deleted_or_draft_opens_nothing_and_is_listed() -> None:
    box, flags = Mailbox(dict(some_mails(5))), {2: "\\Deleted", 3: "\\DRAFT", 5: "\\draft \\Deleted"}
    flagged(box, flags)
    with scripted(box) as account:
        add_inbox(account.port)
        assert ((done := polled()).opened, done.withheld, done.error) == (2, 3, "")
        listed = {line.uid: (line.kind, line.subject, bool(line.sender)) for line in withheld.every(ANNA)}
        assert listed == {2: ("deleted", "Mail 2", True), 3: ("draft", "Mail 3", True), 5: ("draft", "Mail 5", True)}
        assert not any("STORE" in command and "2" in box.heard for command in box.heard)
        assert (polled().withheld, box.seen) == (3, {1, 4})
        # the flags go: what was deleted comes in by itself, a draft when a person wants it
        flags.clear()
        assert ((done := polled()).opened, done.withheld) == (1, 2)
        assert polled().fetched == 0
        inboxes.retry(ANNA, "support")
        assert ((done := polled()).opened, done.withheld) == (2, 0)
    assert len(subjects()) == 5


def test_R5_11_a_draft_does_not_open_by_a_retry_and_what_is_expunged_leaves() -> None:
    box = Mailbox(dict(some_mails(3)))
    flagged(box, {2: "\\Deleted", 3: "\\Draft"})
    with scripted(box) as account:
        add_inbox(account.port)
        polled()
        inboxes.retry(ANNA, "support")
        assert ((done := polled()).fetched, done.withheld) == (0, 2)
        del box.mails[2]
        assert ((done := polled()).fetched, done.withheld) == (0, 1)
    assert {row.kind for row in WithheldMessage.select()} == {"draft"}


def test_R5_1_R5_11_what_is_not_to_be_processed_is_not_withheld() -> None:
    box = Mailbox(dict(some_mails(2)))
    flagged(box, {1: "\\Deleted \\Seen", 2: "\\Deleted"})
    with scripted(box) as account:
        add_inbox(account.port, process="unread")
        assert polled().withheld == 1
        flagged(box, {2: "\\Seen"})
        assert ((done := polled()).fetched, done.withheld) == (0, 0)


def test_R5_11_D4_after_a_change_of_uidvalidity_it_is_met_where_it_lies_now() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, "ends")
    with scripted(box) as account:
        add_inbox(account.port)
        polled()
        box.mails = {uid + 20: raw for uid, raw in box.mails.items()}
        box.uidvalidity = 8
        failing(box, "ends", bad=(BAD + 20,))
        done = polled()
        assert (done.opened, done.ignored, done.withheld) == (0, COUNT - 1, 1)
        assert [(row.uidvalidity, row.uid) for row in WithheldMessage.select()] == [(8, BAD + 20)]
        box.instead = lambda tag, command: None
        inboxes.retry(ANNA, "support")
        assert ((done := polled()).opened, done.withheld) == (1, 0)
    assert len(subjects()) == COUNT


def test_R5_11_another_mailbox_and_back_again() -> None:
    box, other = Mailbox(dict(some_mails(COUNT))), Mailbox({BAD: message("other@x.test", "Another")})
    failing(box, "ends")
    with scripted(box) as account, scripted(other) as moved:
        add_inbox(account.port)
        polled()
        inboxes.edit(ANNA, "support", {"port": moved.port})
        assert WithheldMessage.select().count() == 0
        assert "another mailbox" in History.select().where(History.what == "leave").get().after
        assert ((done := polled()).opened, done.withheld) == (1, 0)
        inboxes.edit(ANNA, "support", {"port": account.port})
        assert ((done := polled()).opened, done.withheld) == (0, 1)
        inboxes.remove(ANNA, "support")
    assert WithheldMessage.select().count() == 0
    assert History.select().where(History.what == "leave").count() == 2


def test_R5_11_the_cursor_may_be_set_back_without_trying_all_again() -> None:
    box = Mailbox(dict(some_mails(COUNT)))
    failing(box, "ends")
    with scripted(box) as account:
        add_inbox(account.port)
        polled()
        inboxes.edit(ANNA, "support", {"process_from": datetime(2020, 1, 1, tzinfo=UTC)})
        box.heard.clear()
        assert ((done := polled()).fetched, done.withheld) == (0, 1)
    assert not any("BODY" in command for command in box.heard)
    assert WithheldMessage.get().tries == 1


def test_R5_11_a_running_worker_tries_again_as_soon_as_a_person_asks() -> None:
    add_inbox(1)
    (before,) = inboxes_to_poll()
    inboxes.retry(ANNA, "support")
    assert inboxes_to_poll() == [before]
    WithheldMessage.create(
        inbox=Inbox.get(),
        folder="INBOX",
        uidvalidity=7,
        uid=1,
        kind="failed",
        reason="",
        since=datetime.now(UTC),
        last_try=datetime.now(UTC),
    )
    inboxes.retry(ANNA, "support")
    (after,) = inboxes_to_poll()
    assert (after != before, after.version) == (True, before.version)  # the worker starts the inbox again


BREAKS: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"more and more\n" * 100),
    "shorter": lambda file: file.write_bytes(file.read_bytes()[:50]),
    "unreadable": lambda file: file.chmod(0),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with tempfile.TemporaryDirectory() as folder, dovecot(Path(folder)) as running:
        yield running


@pytest.mark.skipif(not HAS_DOVECOT, reason="dovecot is not installed")
@pytest.mark.parametrize("how", BREAKS)
def test_R5_3_a_damaged_file_under_dovecot(server: Dovecot, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "SERVER_SECONDS", 10.0)
    user = f"{how}@demo.test"
    for number in range(COUNT):
        server.deliver(user, message(f"a{number}@x.test", f"Question {number}", "text " * 50))
    files = [file for part in ("new", "cur") for file in (server.folder / "mail" / user / part).iterdir()]
    damaged = next(file for file in files if b"Question 3\n" in file.read_bytes())
    whole = damaged.read_bytes()
    BREAKS[how](damaged)
    add_inbox(server.port, email=user)
    assert ((done := polled()).opened, done.withheld, done.error) == (COUNT - 1, 1, "")
    server.deliver(user, message("new@x.test", "Later"))
    assert ((done := polled()).opened, done.withheld, done.error) == (1, 1, "")
    (damaged,) = (server.folder / "mail" / user / "cur").glob(f"{damaged.name.partition(':')[0]}*")
    damaged.chmod(0o600)
    damaged.write_bytes(whole)
    inboxes.retry(ANNA, "support")
    assert ((done := polled()).opened, done.withheld, done.error) == (1, 0, "")
    assert subjects() == {"Later", *(f"Question {number}" for number in range(COUNT))}


@pytest.mark.skipif(not HAS_DOVECOT, reason="dovecot is not installed")
def test_R5_11_deleted_and_draft_under_dovecot(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "SERVER_SECONDS", 10.0)
    user = "flags@demo.test"
    for flag in ("", r"(\Deleted)", r"(\Draft)"):
        with imap(server.port, user) as client:
            client.append("INBOX", flag, None, message("a@x.test", f"Flagged {flag}"))
    add_inbox(server.port, email=user)
    assert ((done := polled()).opened, done.withheld, done.error) == (1, 2, "")
    with imap(server.port, user) as client:
        client.select("INBOX")
        client.store("1:3", "-FLAGS", r"(\Deleted \Draft)")
    assert ((done := polled()).opened, done.withheld) == (1, 1)
    with imap(server.port, user) as client:
        client.select("INBOX")
        client.store("3", "+FLAGS", r"(\Deleted)")
        client.expunge()
    assert ((done := polled()).opened, done.withheld) == (0, 0)
