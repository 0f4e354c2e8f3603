"""The selected folder of a mailbox on an IMAP server (RFC 3501, RFC 2177).

With `mail.imap_connection` the only place that knows imap-tools.  Bodies are fetched with PEEK (D2), and nothing here
ever expunges.
"""

import imaplib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from imap_tools import BaseMailBox

from mail import answers
from mail.answers import Fetched as Fetched
from mail.answers import Listed as Listed
from mail.errors import MailProblem, Refusal, explained
from mail.imap_connection import CONTROL, FAULTS, Account, close, drop, open_folder

_LONGEST_IDLE = 9 * 60.0
_SLICE_SECONDS = 0.5
_NEAR = 1_000
_STORED_AT_ONCE = 500


@contextmanager
def connect(account: Account) -> Iterator["Mailbox"]:
    """An open mailbox with its folder selected.  Raises MailProblem, naming the step that failed."""
    box = open_folder(account)
    leave = close
    try:
        yield Mailbox(box, account)
    except MailProblem as problem:
        leave = close if isinstance(problem, Refusal) else drop
        raise
    finally:
        leave(box)


class Mailbox:
    """The selected folder of an open connection.  Every method raises MailProblem when the server fails.

    `uidnext` is what the server said when the folder was opened, None if it said nothing; `has_idle`: it can IDLE;
    `read_only`: nothing can be flagged.
    """

    def __init__(self, box: BaseMailBox, account: Account) -> None:
        self._box = box
        self._client: Any = box.client
        self._place = account.place
        responses: dict[str, Any] = self._client.untagged_responses
        self.uidvalidity = int(responses["UIDVALIDITY"][-1])
        self.uidnext = next((int(said) for said in responses.get("UIDNEXT", ()) if said.isdigit()), None)
        self.has_idle = "IDLE" in self._client.capabilities
        self.read_only = bool(self._client.is_readonly)
        self._is_empty = False
        self._note_emptiness(responses.get("EXISTS", ()))

    def sizes(
        self,
        after_uid: int,
        *,
        window: int = 500,
        unread_only: bool = False,
        since: datetime | None = None,
    ) -> Iterator[list[Listed]]:
        """What lies above `after_uid`, in lists of at most `window` UIDs, sizes first and without downloading (D14).

        A list may be empty.  `unread_only` and `since` (INTERNALDATE, UTC) leave out what does not qualify.  Where many
        UIDs in a row are gone, ever longer runs of them are passed over at once.
        """
        last = self._last_uid()
        start, span = after_uid + 1, window
        while start <= last:
            end = min(start + span - 1, last)
            if span > window:
                present = self._search(start, end)[:window]
                if not present:
                    start, span = end + 1, span * 2
                    continue
                start, end = present[0], present[-1]
            heads = self._uid_fetch(f"{start}:{end}", "(UID RFC822.SIZE FLAGS INTERNALDATE)")
            found = [listed for listed in answers.all_listed(heads) if start <= listed.uid <= end]
            found.sort(key=lambda listed: listed.uid)
            yield [
                listed
                for listed in found
                if not (unread_only and listed.seen) and not (since is not None and listed.received < since)
            ]
            start, span = end + 1, window if found else span * 2

    def fetch(self, uids: Sequence[int]) -> list[Fetched]:
        """The messages of these UIDs in one command, leaving \\Seen alone; what is gone is left out (D2, D5).

        One that the server lists but does not give, while it gives others, is withheld: it must not stop them (R5.3).
        """
        return self._bodies(uids, "BODY.PEEK[]")

    def fetch_beginnings(self, uids: Sequence[int], most: int) -> list[Fetched]:
        """The same, but of each only so many bytes (D12)."""
        return self._bodies(uids, f"BODY.PEEK[]<0.{most}>")

    def fetch_piece(self, uid: int, start: int, most: int) -> bytes | None:
        """So many bytes of a message from `start` on, b'' behind its end; None when the server has it no more."""
        found, refusal = self._given([uid], f"BODY.PEEK[]<{start}.{most}>")
        if not found and self._present([uid]):
            raise refusal or self._withheld(uid)
        return found[uid].raw if found else None

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Flags messages as read.  Idempotent; never expunges, as imap-tools' own `flag` would."""
        for start in range(0, len(uids), _STORED_AT_ONCE):
            some = answers.uid_set(uids[start : start + _STORED_AT_ONCE])
            with self._explained("fetch"):
                self._checked(self._client.uid("STORE", some, "+FLAGS.SILENT", "(\\Seen)"))

    def noop(self) -> None:
        """Asks whether the server is still there."""
        with self._explained("fetch"):
            self._checked(self._client.noop())

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Waits for news: True when the server announced something.  Ends early when `stop` is set.

        With IDLE in one go of at most nine minutes (N2), else by pausing; either way the caller polls afterwards.
        """
        with self._explained("fetch"):
            if not self.has_idle:
                stop.wait(min(seconds, _LONGEST_IDLE))
                self._checked(self._client.noop())
                return "EXISTS" in self._client.untagged_responses
            # what was announced with the answer to another command is not said again, and not every server says at
            # the start of IDLE what has come since the last command
            self._checked(self._client.noop())
            if "EXISTS" in self._client.untagged_responses:
                return True
            return self._idle(min(seconds, _LONGEST_IDLE), stop)

    def _idle(self, seconds: float, stop: threading.Event) -> bool:
        """Without imap-tools' own IDLE: it gives up when news stands before the answer, and loses half-read lines."""
        self._client.untagged_responses.pop("FETCH", None)
        tag = self._client._command("IDLE")
        while self._client._get_response() is not None:
            if self._client.tagged_commands[tag]:
                self.has_idle = False  # offered, but refused
                return True
        end = time.monotonic() + seconds
        try:
            while not (self._has_news or stop.is_set() or time.monotonic() >= end):
                if self._client.has_input(_SLICE_SECONDS):
                    self._client.allow()
                    self._client._get_response()
        finally:
            self._client.begin()
            self._client.send(b"DONE\r\n")
            self._box.consume_until_tagged_response(tag)
        return self._has_news

    @property
    def _has_news(self) -> bool:
        """Whether the server said that a message came or that flags changed, not only that it is still there."""
        return bool(self._client.untagged_responses.keys() & {"EXISTS", "FETCH"})

    def _last_uid(self) -> int:
        """The highest UID there is: `*` always names the last message (D5); 0 in an empty folder."""
        self.noop()
        self._note_emptiness(self._client.untagged_responses.pop("EXISTS", ()))
        if self._is_empty:  # some servers refuse `*` then
            return 0
        return max(map(answers.uid, self._uid_fetch("*", "(UID)")), default=0)

    def _note_emptiness(self, said: Sequence[bytes]) -> None:
        self._is_empty = said[-1] == b"0" if said else self._is_empty

    def _search(self, start: int, end: int) -> list[int]:
        """The UIDs that there are in this range."""
        with self._explained("fetch"):
            data = self._checked(self._client.uid("SEARCH", f"UID {start}:{end}"))
        return [uid for uid in answers.numbers(data) if start <= uid <= end]

    def has_message(self, message_id: str) -> bool:
        """Whether the folder has a message with this Message-ID, one that came just now included."""
        if CONTROL & set(message_id) or '"' in message_id:
            return False
        with self._explained("fetch"):
            self._checked(self._client.noop())
            return bool(answers.numbers(self._checked(self._client.uid("SEARCH", f'HEADER Message-ID "{message_id}"'))))

    def _bodies(self, uids: Sequence[int], what: str) -> list[Fetched]:
        found, refusal = self._given(uids, what)
        missing = self._present([uid for uid in uids if uid not in found])
        if missing and not found and not self._gives_another(missing):
            raise refusal or self._withheld(missing[0])
        for uid in missing:
            found[uid] = Fetched(uid, b"", datetime.now(UTC), withheld=str(refusal or self._withheld(uid)))
        return [found[uid] for uid in uids if uid in found]

    def _gives_another(self, uids: Sequence[int]) -> bool:
        """Whether the server gives a message beside these: then it is not the server that fails, but they."""
        before = self._search(max(1, uids[0] - _NEAR), uids[0] - 1)[-1:]
        others = {uid for uid in (self._last_uid(), *before) if uid} - set(uids)
        return any(self._given([uid], "BODY.PEEK[]<0.1>")[0] for uid in others)

    def _withheld(self, uid: int) -> Refusal:
        return Refusal("fetch", f"{self._place} lists message {uid}, but does not give it.")

    def _given(self, uids: Sequence[int], what: str) -> tuple[dict[int, Fetched], Refusal | None]:
        """What the server gives of these; where it refuses, each by itself, and the last refusal."""
        if not uids:
            return {}, None
        try:
            said = self._uid_fetch(answers.uid_set(uids), f"(UID INTERNALDATE {what})")
        except Refusal as problem:
            found: dict[int, Fetched] = {}
            for uid in uids if len(uids) > 1 else ():
                found.update(self._given([uid], what)[0])
            return found, problem
        wanted = set(uids)
        given = [one for answer in said if (one := answers.fetched(answer)) is not None and one.uid in wanted]
        return {one.uid: one for one in given}, None

    def _present(self, uids: Sequence[int]) -> list[int]:
        """Those that the folder has still."""
        if not uids:
            return []
        self.noop()  # it may tell only now what another client has expunged
        there = set(map(answers.uid, self._uid_fetch(answers.uid_set(uids), "(UID)")))
        return [uid for uid in uids if uid in there]

    def _uid_fetch(self, uid_set: str, what: str) -> list[answers.Items]:
        with self._explained("fetch"):
            return answers.items(self._checked(self._client.uid("FETCH", uid_set, what)))

    def _checked(self, answer: tuple[str, Any]) -> list[Any]:
        status, data = answer
        if status != "OK":
            self._client.untagged_responses.pop("FETCH", None)  # what it gave before it broke off
            raise imaplib.IMAP4.error(data[-1] if data else status)
        if self._client.untagged_responses["UIDVALIDITY"][-1] != str(self.uidvalidity).encode():
            raise imaplib.IMAP4.abort("it has numbered the folder afresh; it is opened again")
        return list(data or ())

    @contextmanager
    def _explained(self, step: str) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            problem = explained(step, self._place, error)
            if isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort):
                raise Refusal(problem.step, str(problem)) from error
            raise problem from error
