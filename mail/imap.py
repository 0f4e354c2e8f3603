"""The selected folder of a mailbox on an IMAP server (RFC 3501, RFC 2177).

With `mail.imap_connection` the only place that knows imap-tools.  Bodies are fetched with PEEK (D2), and nothing here
ever expunges.
"""

import imaplib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from imap_tools import BaseMailBox

from mail import answers
from mail.answers import Fetched as Fetched
from mail.answers import Listed as Listed
from mail.errors import MailProblem, Refusal, explained
from mail.imap_client import LARGEST_LITERAL
from mail.imap_connection import CONTROL, FAULTS, Account, close, drop, open_folder
from mail.isolate import Failed, Found, isolated

_LONGEST_IDLE = 9 * 60.0
_SLICE_SECONDS = 0.5
_LIST = "(UID RFC822.SIZE FLAGS INTERNALDATE)"
_RENUMBERED = "it has numbered the folder afresh; it is opened again"
# bytes that an answer may have more than was asked for: servers count line ends as they like
_SLACK = 1_000_000
# how far from a message at which the server fails others are looked for
_NEAR = 1_000
# how many others are tried to tell whether it is the server that fails: several may be damaged, as after a crash
_OTHERS = 6
# UIDs in one command: even when they are far apart its line stays below the 8,192 bytes of RFC 7162, 4
_AT_ONCE = 500


@contextmanager
def connect(account: Account) -> Iterator["Mailbox"]:
    """An open mailbox with its folder selected.  Raises MailProblem, naming the step that failed."""
    box = Mailbox(account)
    leave = box.close
    try:
        yield box
    except MailProblem as problem:
        leave = box.close if isinstance(problem, Refusal) else box.drop
        raise
    finally:
        leave()


class Mailbox:
    """The selected folder of an open connection.  Every method raises MailProblem when the server fails.

    One message at which the server fails, in whatever way, stops nothing (R5.3): the connection is opened again, and
    what the others bring is returned.  `uidnext` is what the server said when the folder was opened, None if it said
    nothing; `has_idle`: it can IDLE; `read_only`: nothing can be flagged.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._place = account.place
        self._is_empty = False
        self._last_given = 0
        self._use(open_folder(account))

    def _use(self, box: BaseMailBox) -> None:
        self._box = box
        self._client: Any = box.client
        responses: dict[str, Any] = self._client.untagged_responses
        self.uidvalidity = int(responses["UIDVALIDITY"][-1])
        self.uidnext = next((int(said) for said in responses.get("UIDNEXT", ()) if said.isdigit()), None)
        self.has_idle = "IDLE" in self._client.capabilities
        self.read_only = bool(self._client.is_readonly)
        self._note_emptiness(responses.get("EXISTS", ()))

    def connect_after(self, problem: MailProblem) -> None:
        """Connects anew if this problem broke the connection.  Raises it when that fails, too, or when the folder is
        numbered afresh since (D4)."""
        if isinstance(problem, Refusal):
            return
        before = self.uidvalidity
        drop(self._box)
        try:
            self._use(open_folder(self._account))
        except MailProblem as failure:
            raise problem from failure
        if self.uidvalidity != before:
            raise explained("fetch", self._place, imaplib.IMAP4.abort(_RENUMBERED)) from problem

    def close(self) -> None:
        """Ends the connection, with a goodbye if the server listens."""
        close(self._box)

    def drop(self) -> None:
        """Ends a broken connection."""
        drop(self._box)

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
            found = self._listed_between(start, end)
            yield [
                listed
                for listed in found
                if not (unread_only and listed.seen) and not (since is not None and listed.received < since)
            ]
            start, span = end + 1, window if found else span * 2

    def listed(self, uids: Sequence[int]) -> Iterator[list[Listed]]:
        """The same of these UIDs, some at a time."""
        for start in range(0, len(uids), _AT_ONCE):
            found: dict[int, Listed | Failed] = {}
            for some in isolated(uids[start : start + _AT_ONCE], self._ask_listed, self, self._lists_another):
                found.update(some)
            yield [_listed(uid, one) for uid, one in sorted(found.items())]

    def fetch(self, uids: Sequence[int], most: int | None = None) -> Iterator[list[Fetched]]:
        """The messages of these UIDs, `most` bytes of each or all, leaving \\Seen alone; in lists as they come, in the
        order of the UIDs.  What is gone is left out (D2, D5).

        One that the server lists but does not give, while it gives others, is withheld (R5.3).
        """
        what = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
        limit = LARGEST_LITERAL if most is None else len(uids) * most + _SLACK
        waiting, early = deque(sorted(uids)), dict[int, Fetched]()
        for found in isolated(
            sorted(uids), lambda some: self._ask_bodies(some, what, limit), self, self._gives_another
        ):
            early.update({uid: _fetched(uid, one) for uid, one in found.items()})
            # what came out of turn waits for those before it, which are given still, fail, or are gone
            while waiting and waiting[0] in early:
                waiting.popleft()
            turn = sorted(uid for uid in early if not waiting or uid < waiting[0])
            if turn:
                yield [early.pop(uid) for uid in turn]
        if early:
            yield [early[uid] for uid in sorted(early)]

    def fetch_piece(self, uid: int, start: int, most: int) -> bytes | Failed | None:
        """So many bytes of a message from `start` on, b'' behind its end; None when the server has it no more, Failed
        when it does not give it, though it gives others."""
        what = f"BODY.PEEK[]<{start}.{most}>"
        for found in isolated(
            [uid], lambda some: self._ask_bodies(some, what, most + _SLACK), self, self._gives_another
        ):
            one = found[uid]
            return one if isinstance(one, Failed) else one.raw
        return None

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Flags messages as read.  Idempotent; never expunges, as imap-tools' own `flag` would.

        Raises Refusal behind the others when one cannot be flagged, and at once when none can.
        """
        failed: dict[int, str] = {}
        flagged: set[int] = set()

        def ask(some: Sequence[int]) -> Found[bool]:
            try:
                with self._explained("fetch"):
                    self._checked(self._client.uid("STORE", answers.uid_set(some), "+FLAGS.SILENT", "(\\Seen)"))
            except MailProblem as problem:
                return {}, problem
            flagged.update(some)
            return dict.fromkeys(some, True), None

        def another(uid: int) -> bool | None:
            others = [other for other in uids if other != uid][-_OTHERS:]
            return bool(flagged) or (any(self._works(ask, other) for other in others) if others else None)

        for start in range(0, len(uids), _AT_ONCE):
            for found in isolated(uids[start : start + _AT_ONCE], ask, self, another):
                failed.update({uid: one.why for uid, one in found.items() if isinstance(one, Failed)})
        if failed:
            uid, why = next(iter(failed.items()))
            raise Refusal("fetch", f"{len(failed)} of {len(uids)} messages, the first is {uid}: {why}")

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

    def _listed_between(self, start: int, end: int) -> list[Listed]:
        """All from `start` to `end`; where the server fails at one of them, or leaves it out, that one is withheld."""
        found, problem = self._asked(f"{start}:{end}", _LIST)
        heads = {one.uid: one for one in answers.all_listed(found) if start <= one.uid <= end}
        if problem is not None:
            self.connect_after(problem)
        there = self._found(f"{start}:{end}")
        if problem is not None and not there:
            raise problem
        for some in self.listed(sorted(there - heads.keys())):
            heads.update({one.uid: one for one in some})
        return [heads[uid] for uid in sorted(heads)]

    def _ask_listed(self, uids: Sequence[int]) -> Found[Listed]:
        found, problem = self._asked(answers.uid_set(uids), _LIST)
        wanted = set(uids)
        return {one.uid: one for one in answers.all_listed(found) if one.uid in wanted}, problem

    def _ask_bodies(self, uids: Sequence[int], what: str, most: int) -> Found[Fetched]:
        self._client.most = most
        try:
            found, problem = self._asked(answers.uid_set(uids), f"(UID INTERNALDATE {what})")
        finally:
            self._client.most = LARGEST_LITERAL
        wanted = set(uids)
        given = [one for items in found if (one := answers.fetched(items)) is not None and one.uid in wanted]
        self._last_given = given[-1].uid if given else self._last_given
        return {one.uid: one for one in given}, problem

    def _gives_another(self, uid: int) -> bool | None:
        return self._does_another(uid, lambda uids: self._ask_bodies(uids, "BODY.PEEK[]<0.1>", LARGEST_LITERAL))

    def _lists_another(self, uid: int) -> bool | None:
        return self._does_another(uid, self._ask_listed)

    def _does_another(self, uid: int, ask: Callable[[Sequence[int]], Found[Any]]) -> bool | None:
        """Whether this works with a message beside this one: then it is not the server that fails, but that one.  None
        when there is no other."""
        near = [other for other in self._search(max(1, uid - _NEAR), uid + _NEAR) if other != uid]
        before = [other for other in near if other < uid][-1:]
        others = dict.fromkeys((self._last_given, *before, *near[:: len(near) // _OTHERS + 1], self._last_uid()))
        there = self.present([other for other in others if other and other != uid])
        return any(self._works(ask, other) for other in there) if there else None

    def _works(self, ask: Callable[[Sequence[int]], Found[Any]], uid: int) -> bool:
        found, problem = ask([uid])
        if problem is not None:
            self.connect_after(problem)
        return bool(found)

    def present(self, uids: Sequence[int]) -> list[int]:
        """Those that the folder has still."""
        if not uids:
            return []
        self.noop()  # it may tell only now what another client has expunged
        self._note_emptiness(self._client.untagged_responses.get("EXISTS", ()))
        if self._is_empty:
            return []
        some = answers.uid_set(uids)
        there = {*map(answers.uid, self._uid_fetch(some, "(UID)"))} | self._found(some)
        return [uid for uid in uids if uid in there]

    def _found(self, uid_set: str) -> set[int]:
        """The UIDs that a search finds; none where the server refuses it."""
        try:
            with self._explained("fetch"):
                return set(answers.numbers(self._checked(self._client.uid("SEARCH", f"UID {uid_set}"))))
        except Refusal:
            return set()

    def _uid_fetch(self, uid_set: str, what: str) -> list[answers.Items]:
        found, problem = self._asked(uid_set, what)
        if problem is not None:
            raise problem
        return found

    def _asked(self, uid_set: str, what: str) -> tuple[list[answers.Items], MailProblem | None]:
        """The answers to a FETCH that came whole, and what went wrong behind them."""
        self._client.untagged_responses.pop("FETCH", None)  # others' changes of flags, announced before
        try:
            with self._explained("fetch"):
                return answers.items(self._checked(self._client.uid("FETCH", uid_set, what))), None
        except MailProblem as problem:
            came = self._client.untagged_responses.pop("FETCH", ())
            return [] if self._is_renumbered else answers.items(came), problem

    @property
    def _is_renumbered(self) -> bool:
        said: list[bytes] = self._client.untagged_responses.get("UIDVALIDITY", ())
        return bool(said) and said[-1] != str(self.uidvalidity).encode()

    def _checked(self, answer: tuple[str, Any]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise imaplib.IMAP4.error(data[-1] if data else status)
        if self._is_renumbered:
            raise imaplib.IMAP4.abort(_RENUMBERED)
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


def _listed(uid: int, one: Listed | Failed) -> Listed:
    return Listed(uid, 0, frozenset(), datetime.now(UTC), withheld=one.why) if isinstance(one, Failed) else one


def _fetched(uid: int, one: Fetched | Failed) -> Fetched:
    return Fetched(uid, b"", datetime.now(UTC), withheld=one.why) if isinstance(one, Failed) else one
