"""The program dies at each step of a message's way, and is started again: nothing is lost or doubled (D1, R5.2)."""

import re
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest

from mail.demo.server import MailServer
from mail.imap import Mailbox
from mail.intake import drain, opened
from mail.settling import Tally
from store import bulk
from store.models import Arrival, Message, Outbox, RawMessage, Recipient, Ticket, WithheldMessage
from store.queries.intake import inboxes_to_poll
from store.services import intake, lease, settings, withheld
from store.services.batch import Batch
from tests.helpdesk import ANNA, USER, add_inbox, helpdesk, unseen
from tests.mailbox import Mailbox as ScriptedMailbox
from tests.mailbox import some_mails
from tests.scripted import Last, scripted
from tests.servers import PASSWORD, message

COUNT = 7
STEPS = [
    (Mailbox, "sizes"),
    (Mailbox, "fetch"),
    (intake, "settle"),
    (intake, "known_before"),
    (intake, "carry_out"),
    (Batch, "write"),
    (bulk, "insert"),
    (intake, "tell"),
    (intake, "_move_cursor"),
    (Mailbox, "mark_seen"),
]


class Death(BaseException):
    """Caught by nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer({USER: PASSWORD}) as running:
        yield running


def dying(step: Callable[..., Any], *, after: int, done: bool) -> Callable[..., Any]:
    """The step, that dies at its call number `after`: before its work, or when it is `done`."""
    calls = iter(range(1_000))

    @wraps(step)
    def instead(*args: Any, **more: Any) -> Any:
        if next(calls) != after:
            return step(*args, **more)
        if done:
            step(*args, **more)
        raise Death

    return instead


def fetch_all() -> None:
    (inbox,) = inboxes_to_poll()
    fence = lease.acquire(owner="the next process")
    assert fence is not None
    with opened(inbox) as box:
        drain(box, inbox, fence, Tally(), threading.Event())


def _dies() -> bool:
    try:
        fetch_all()
    except Death:
        return True
    return False


@pytest.mark.parametrize("done", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize(("where", "step"), STEPS, ids=[step for _, step in STEPS])
def test_D1_dying_at_any_step_loses_and_doubles_nothing(
    server: MailServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, done: bool
) -> None:
    folder = f"{step}-{done}"
    monkeypatch.setattr("mail.intake.BATCH_MESSAGES", 3)
    with helpdesk(tmp_path):
        settings.change_all(ANNA, {"notifications.enabled": "on", "smtp.admin_email": "boss@us.test"})
        for number in range(COUNT):  # without Message-ID: what is settled twice makes a second ticket
            server.deliver(USER, message(f"a{number % 2}@x.test", f"Question {number}"), folder)
        add_inbox(server.imap_port, folder=folder)
        deaths = 0
        for call in range(2):
            with monkeypatch.context() as broken:
                broken.setattr(where, step, dying(getattr(where, step), after=call, done=done))
                deaths += _dies()
        assert deaths  # the second time there may have been nothing left to do
        fetch_all()
        assert sorted(arrival.uid for arrival in Arrival.select()) == list(range(101, 101 + COUNT))
        counted = [table.select().count() for table in (Ticket, Message, RawMessage, Recipient)]
        assert counted == [COUNT, COUNT, COUNT, 2]
        assert Outbox.select().where(Outbox.event == "new_ticket_admin").count() == COUNT
    assert unseen(server.imap_port, folder) == 0


WITHHOLDING = [*STEPS, (withheld, "keep"), (withheld, "come_in"), (Mailbox, "listed"), (Mailbox, "connect_after")]


@pytest.mark.parametrize("done", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize(("where", "step"), WITHHOLDING, ids=[step for _, step in WITHHOLDING])
def test_D1_R5_11_dying_while_messages_are_withheld_loses_and_doubles_nothing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, where: Any, step: str, done: bool
) -> None:
    """One message at which the server ends the connection, one flagged as deleted; both come in at the end."""
    monkeypatch.setattr("mail.intake.BATCH_MESSAGES", 3)
    box = ScriptedMailbox(dict(some_mails(COUNT)))

    def failing(tag: str, command: str) -> bytes | None:
        if "BODY" in command and 3 in box.within(command.split()[2]):
            return Last(b"".join(box.line(uid, command) for uid in box.within(command.split()[2]) if uid < 3))
        said = b"".join(box.line(uid, command) for uid in box.within(command.split()[2])) if "SIZE" in command else b""
        return re.sub(rb"(UID 5 .*?FLAGS \()", rb"\1\\Deleted", said) + f"{tag} OK .\r\n".encode() if said else None

    box.instead = failing
    with helpdesk(tmp_path), scripted(box) as account:
        add_inbox(account.port)
        for round_ in range(2):
            with monkeypatch.context() as broken:
                broken.setattr(where, step, dying(getattr(where, step), after=0, done=done))
                _dies()
            fetch_all()
            assert {row.uid for row in WithheldMessage.select()} == ({3, 5} if round_ == 0 else set())
            box.instead = lambda tag, command: None
            WithheldMessage.update(next_try=None).execute()
        assert sorted(arrival.uid for arrival in Arrival.select()) == list(range(1, COUNT + 1))
        assert Ticket.select().count() == COUNT
        assert box.seen == set(range(1, COUNT + 1))
