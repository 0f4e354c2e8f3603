"""A scripted server with a mailbox of its own, of which a test can say how it answers a command instead."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.servers import message

Answer = Callable[[str, str], bytes | None]


@dataclass
class Mailbox:
    """The server side of one folder for `tests.scripted.scripted`; `mails` are bytes by UID, `seen` the flagged ones.

    `instead` makes of a tag and a command what is answered, or None where the usual answer is wanted; `heard` are the
    commands so far.
    """

    mails: dict[int, bytes]
    instead: Answer = lambda tag, command: None
    uidvalidity: int = 7
    access: str = "READ-WRITE"
    seen: set[int] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    def __call__(self, tag: str, command: str) -> bytes | None:
        self.heard.append(command)
        said = self.instead(tag, command)
        if said is not None:
            return said
        words = command.split()
        name = words[1] if words[0] == "UID" else words[0]
        access = f"[{self.access}] " if name == "SELECT" else ""
        return self._untagged(name, words, command) + f"{tag} OK {access}done\r\n".encode()

    def _untagged(self, name: str, words: list[str], command: str) -> bytes:
        if name == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if name == "SELECT":
            return f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.uidvalidity}] .\r\n".encode()
        if name == "FETCH":
            return b"".join(self.line(uid, command) for uid in self.within(words[2]))
        if name == "SEARCH":
            return f"* SEARCH {' '.join(map(str, self.within(words[3])))}\r\n".encode()
        if name == "STORE":
            self.seen.update(self.within(words[2]))
        return b""

    def within(self, uid_set: str) -> list[int]:
        """The UIDs that there are in a set like `1:3,7,*`."""
        last = str(max(self.mails, default=0))
        ends = [part.replace("*", last).partition(":") for part in uid_set.split(",")]
        runs = [range(int(first), int(end or first) + 1) for first, _, end in ends]
        return [uid for uid in sorted(self.mails) if any(uid in run for run in runs)]

    def line(self, uid: int, asked: str) -> bytes:
        """What is said of a message when these items are asked for."""
        raw = self.mails[uid]
        items = [b"UID %d" % uid]
        if "RFC822.SIZE" in asked:
            items += [b"RFC822.SIZE %d" % len(raw), rb"FLAGS (\Seen)" if uid in self.seen else b"FLAGS ()"]
        if "INTERNALDATE" in asked:
            items.append(b'INTERNALDATE "01-Jan-2026 10:00:00 +0000"')
        if "BODY" in asked:
            part = re.search(r"<(\d+)\.(\d+)>", asked)
            wanted = raw[int(part[1]) : int(part[1]) + int(part[2])] if part else raw
            origin = f"<{part[1]}>".encode() if part else b""
            items.append(b"BODY[]%s {%d}\r\n%s" % (origin, len(wanted), wanted))
        return b"* %d FETCH (%s)\r\n" % (sorted(self.mails).index(uid) + 1, b" ".join(items))


def some_mails(count: int) -> Mapping[int, bytes]:
    """So many different messages, from UID 1 on."""
    return {uid: message(f"a{uid}@x.test", f"Mail {uid}", Message_ID=f"<{uid}@x.test>") for uid in range(1, count + 1)}
