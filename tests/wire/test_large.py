"""Messages over the setting `inboxes.largest_bytes`: the ticket first, the rest in parts into a file (THREATS D12)."""

import stat
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from mail import intake, large
from mail.attachments import save
from mail.demo.server import MailServer
from mail.imap import Mailbox
from mail.intake import drain, opened
from mail.large import fetch_waiting
from mail.poller import poll_once
from mail.release import release
from mail.settling import Tally
from store.models import Arrival, Attachment, LargeMessage, Message, RawMessage, RefusedMessage
from store.queries import attachments
from store.queries.intake import inboxes_to_poll
from store.services import deny, lease, settings
from tests.helpdesk import ANNA, USER, add_inbox, helpdesk, imap
from tests.servers import PASSWORD

CONTENT = bytes(range(256)) * 400


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD}) as running:
        yield running


@pytest.fixture
def folder(server: MailServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A store with an inbox on a folder with one large message in it; the folder."""
    name = str(request.node.name)
    with helpdesk(tmp_path):
        settings.change(ANNA, "inboxes.largest_bytes", "20000")
        server.deliver(USER, large_message(), name)
        add_inbox(server.imap_port, folder=name)
        yield name


@pytest.fixture(autouse=True)
def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_BEGINNING", 3_000)
    monkeypatch.setattr(large, "_PIECE", 50_000)


def large_message(subject: str = "Plans", text: str = "Here are the plans.") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "ann@x.test", subject, f"<{subject}@x.test>"
    mail.set_content(text)
    mail.add_attachment(CONTENT, maintype="application", subtype="pdf", filename="plans.pdf")
    return mail.as_bytes()


def drained() -> Tally:
    """What is settled, before any large message is fetched."""
    (inbox,) = inboxes_to_poll()
    tally, fence = Tally(), lease.acquire()
    assert fence is not None
    with opened(inbox) as box:
        drain(box, inbox, fence, tally, threading.Event())
    lease.release(fence)
    return tally


def text_of(subject: str = "Plans") -> str:
    return str(Message.get(Message.subject == subject).text)


def test_D12_the_ticket_is_there_before_the_message_is_fetched(folder: str) -> None:
    assert drained().opened == 1
    assert text_of().startswith("Here are the plans.\n\n[This message has 0.1 MB.")
    assert Attachment.select().count() == 0
    assert RawMessage.get().size == 3_000
    assert LargeMessage.get().state == "waiting"


def test_D12_the_rest_follows_in_parts_and_its_files_can_be_saved(folder: str, tmp_path: Path) -> None:
    (done,) = poll_once()
    assert (done.opened, done.error) == (1, "")
    assert text_of() == "Here are the plans."
    file = Attachment.get()
    assert (file.name, file.size) == ("plans.pdf", len(CONTENT))
    (kept,) = tmp_path.glob("helpdesk.db.files/*")
    assert (kept.suffix, stat.S_IMODE(kept.stat().st_mode), stat.S_IMODE(kept.parent.stat().st_mode)) == (
        ".eml",
        0o600,
        0o700,
    )
    out = tmp_path / "out"
    out.mkdir()
    (saved,) = save(attachments.sources(ANNA, 1, [file.id]), out)
    assert saved.read_bytes() == CONTENT
    assert [round_.fetched for round_ in poll_once()] == [0]


def test_D12_what_was_interrupted_goes_on_where_it_ended(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drained()
    asked: list[int] = []
    fetch_piece = Mailbox.fetch_piece

    def noted(box: Mailbox, uid: int, start: int, most: int) -> bytes | None:
        asked.append(start)
        return fetch_piece(box, uid, start, most)

    monkeypatch.setattr(Mailbox, "fetch_piece", noted)
    (inbox,) = inboxes_to_poll()
    fence = lease.acquire()
    assert fence is not None
    with opened(inbox) as box:
        for _ in range(2):
            stop = threading.Event()
            before = len(asked)
            monkeypatch.setattr(stop, "is_set", partial(lambda seen: len(asked) > seen, before))
            assert not fetch_waiting(box, inbox, fence, stop)
        assert fetch_waiting(box, inbox, fence, threading.Event(), seconds=0.0)
        assert LargeMessage.get().state == "waiting"
        assert not fetch_waiting(box, inbox, fence, threading.Event())
    assert asked == [0, 50_000, 100_000]
    assert text_of() == "Here are the plans."


def test_D12_one_that_is_gone_from_the_server_says_so(server: MailServer, folder: str) -> None:
    drained()
    with imap(server.imap_port) as client:
        client.select(folder)
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
    (done,) = poll_once()
    assert done.error == ""
    assert text_of().endswith("gone from the server; only its beginning is kept.]")
    assert LargeMessage.get().state == "gone"


def test_R8_1_a_large_message_that_was_refused_is_kept_whole_and_released_whole(folder: str) -> None:
    deny.add(ANNA, "subject", "exact", "Plans")
    (done,) = poll_once()
    assert (done.refused, LargeMessage.get().state) == (1, "done")
    release(ANNA, RefusedMessage.get().id)
    assert text_of() == "Here are the plans."
    assert Attachment.get().size == len(CONTENT)


def test_R8_1_released_before_all_of_it_is_there_the_rest_follows(folder: str) -> None:
    deny.add(ANNA, "subject", "exact", "Plans")
    assert drained().refused == 1
    release(ANNA, RefusedMessage.get().id)
    assert "is being fetched" in text_of()
    assert poll_once()[0].error == ""
    assert text_of() == "Here are the plans."


def test_R5_2_the_same_large_message_in_two_inboxes_is_one(server: MailServer, folder: str) -> None:
    server.deliver(USER, large_message(), folder + "2")
    server.deliver(USER, large_message("Other"), folder + "2")
    add_inbox(server.imap_port, "second", folder=folder + "2")
    assert {done.error for done in poll_once()} == {""}
    assert sorted(row.outcome for row in Arrival.select()) == ["ignored", "opened", "opened"]
    assert {row.state for row in LargeMessage.select()} == {"done"}


def test_D8_a_disk_that_is_full_is_said_and_it_goes_on_later(folder: str, tmp_path: Path) -> None:
    files = tmp_path / "helpdesk.db.files"
    files.mkdir()
    blocked = files / "1.part"
    blocked.symlink_to("/dev/full")
    (done,) = poll_once()
    assert "cannot be kept in" in done.error
    assert done.opened == 1
    blocked.unlink()
    assert poll_once()[0].error == ""
    assert text_of() == "Here are the plans."
