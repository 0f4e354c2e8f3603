"""An SMTP server that says at each stage what a test wants it to say, byte for byte."""

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = "drop"
SILENT = "silent"
_USUAL = {
    "greeting": "220 test",
    "ehlo": "250 test",
    "helo": "250 test",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "text": "250 taken",
    "rset": "250 ok",
    "quit": "221 bye",
}


@dataclass(frozen=True)
class Turn:
    """What the server is to answer: the stage, all that the client said (of data and text the address), the number of
    the connection (from 1), and how many letters it has taken over that connection."""

    stage: str
    said: str
    connection: int
    letters: int


@dataclass
class Script:
    """`answer` gives the reply to a turn, None for the usual one, DROP or SILENT; a reply may have several lines.

    `taken` are the addresses whose letters were taken, in order, `turns` all that was asked."""

    answer: Callable[[Turn], str | None] = lambda turn: None
    port: int = 0
    connections: int = 0
    taken: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def stages(self) -> list[str]:
        return [turn.stage for turn in self.turns]


@contextmanager
def scripted_smtp(script: Script) -> Iterator[Script]:
    """The server, while the block lasts."""
    over = threading.Event()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            script.connections += 1
            self.number, self.letters, self.to = script.connections, 0, ""
            if not self._answers("greeting", ""):
                return
            while line := self.rfile.readline().decode("utf-8", "replace").strip():
                stage = line.split()[0].lower()
                if stage == "rcpt":
                    self.to = line.partition("<")[2].partition(">")[0]
                if not self._answers(stage, self.to if stage == "data" else line) or stage == "quit":
                    return
                if stage == "data" and self.last.startswith("354") and not self._text():
                    return

        def _text(self) -> bool:
            text = b""
            while not text.endswith(b"\r\n.\r\n"):
                piece = self.rfile.readline()
                if not piece:
                    return False
                text += piece
            goes_on = self._answers("text", self.to)
            if self.last.startswith("250") or self.last == "take and drop":
                self.letters += 1
                script.taken.append(self.to)
                script.texts.append(text)
            return goes_on

        def _answers(self, stage: str, said: str) -> bool:
            turn = Turn(stage, said, self.number, self.letters)
            script.turns.append(turn)
            given = script.answer(turn)
            self.last = _USUAL.get(stage, "502 what?") if given is None else given
            if self.last == SILENT:
                over.wait(30)
                return False
            if self.last in (DROP, "take and drop"):
                return False
            self.wfile.write(self.last.encode() + b"\r\n")
            return not self.last.startswith("421")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *about: object) -> None:
            """A client that went away is what these tests are about."""

    with Server(("127.0.0.1", 0), Session) as server:
        script.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield script
        over.set()
        server.shutdown()


@contextmanager
def dripping(stage: str, *, each: float, endless: bool = False) -> Iterator[int]:
    """The port of a server that gives its reply at this stage byte by byte, `each` so many seconds apart, or as a reply
    whose lines do not end."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            at = "greeting"
            while at:
                reply = {"greeting": b"220 t\r\n", "data": b"354 go\r\n"}.get(at, b"250 ok\r\n")
                if at == stage:
                    self._drip(b"250-more\r\n" * 100_000 if endless else b"250-" + b"x" * 1_000)
                self.wfile.write(reply)
                if at == "data":
                    while self.rfile.readline().strip() != b".":
                        pass
                    at = "text"
                    continue
                words = self.rfile.readline().decode().split()
                at = words[0].lower() if words else ""

        def _drip(self, reply: bytes) -> None:
            size = 65_536 if endless else 1
            for start in range(0, len(reply), size):
                self.wfile.write(reply[start : start + size])
                time.sleep(each)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *about: object) -> None:
            """The client is to give up."""

    with Server(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
