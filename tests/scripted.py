"""A mail server that says what a test wants it to say, and how a mailbox takes it."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from mail.errors import MailProblem
from mail.imap import Fetched, Mailbox, connect
from mail.imap_connection import Account
from tests.servers import PASSWORD


def refusal(account: Account) -> tuple[str, str]:
    """The step that failed and the sentence; the secret never stands in it."""
    with pytest.raises(MailProblem) as caught, connect(account):
        pass
    assert account.secret not in str(caught.value)
    return caught.value.step, str(caught.value)


def uids(box: Mailbox, after: int = 0, **options: object) -> list[int]:
    return [listed.uid for window in box.sizes(after, **options) for listed in window]  # type: ignore[arg-type]


def fetched(box: Mailbox, uids: Sequence[int], most: int | None = None) -> list[Fetched]:
    return [one for some in box.fetch(uids, most) for one in some]


class Last(bytes):
    """What a server says before it ends the connection."""


@contextmanager
def scripted(
    answer: Callable[[str, str], "bytes | Iterable[bytes] | None"],
    greeting: bytes | Callable[[], Iterable[bytes]] = b"* OK ready\r\n",
) -> Iterator[Account]:
    """A server that says what `answer` makes of each tag and command, at once or piece by piece; None ends the
    connection."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                self._talk()

        def _say(self, said: bytes | Iterable[bytes]) -> None:
            for piece in [said] if isinstance(said, bytes) else said:
                self.wfile.write(piece)

        def _talk(self) -> None:
            self._say(greeting() if callable(greeting) else greeting)
            while line := self.rfile.readline().decode():
                tag, _, command = line.strip().partition(" ")
                said = answer(tag, command)
                if said is None:
                    return
                self._say(said)
                if isinstance(said, Last):
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Account("127.0.0.1", server.server_address[1], "u", PASSWORD, "none", timeout=2)
        server.shutdown()


@dataclass
class Box:
    """A mailbox by UID, for `scripted`; what a test wants otherwise it does before it asks this one."""

    messages: dict[int, bytes]
    uidvalidity: int = 7
    state: str = "READ-WRITE"
    capabilities: str = "IMAP4rev1"
    heard: list[str] = field(default_factory=list)

    def __call__(self, tag: str, command: str) -> bytes | None:
        self.heard.append(command)
        words = command.split()
        name = words[1] if words[0] == "UID" else words[0]
        untagged = {
            "CAPABILITY": f"* CAPABILITY {self.capabilities}\r\n",
            "SELECT": (opened := f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] .\r\n"),
            "EXAMINE": opened,
        }
        said = untagged.get(name, "").encode()
        if name == "FETCH":
            said = b"".join(self._fetched(uid, command) for uid in self._named(words[2]))
        done = f"OK [{self.state}]" if name == "SELECT" else "OK"
        return said + f"{tag} {done} done\r\n".encode()

    def _named(self, uid_set: str) -> list[int]:
        last = max(self.messages, default=0)
        spans = [run.replace("*", str(last)).partition(":") for run in uid_set.split(",")]
        return sorted({u for a, _, b in spans for u in self.messages if int(a) <= u <= int(b or a)})

    def _fetched(self, uid: int, command: str) -> bytes:
        raw = self.messages[uid]
        items = f'UID {uid} RFC822.SIZE {len(raw)} FLAGS () INTERNALDATE "01-Jan-2026 00:00:00 +0000"'.encode()
        if part := re.search(r"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?", command):
            start, most = (int(part[1]), int(part[2])) if part[1] else (0, len(raw))
            piece = raw[start : start + most]
            items += f" BODY[]{f'<{start}>' if part[1] else ''} {{{len(piece)}}}\r\n".encode() + piece
        return b"* 1 FETCH (" + items + b")\r\n"


def usual(tag: str, command: str, **others: bytes) -> bytes:
    """What an ordinary server with one message answers, or what is given for the command's name."""
    words = command.split()
    name = words[1] if words[0] == "UID" else words[0]
    untagged = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 2] .\r\n",
        **others,
    }
    return untagged.get(name, b"") + f"{tag} OK done\r\n".encode()
