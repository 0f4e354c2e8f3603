"""Letters over connections until nothing is due, each fault booked where it belongs (R7.5, THREATS O1, O2).

A refusal is about the connection, us, the address or the letter (`store.rules.smtp_replies`).  One about us is told by
others that follow: while the server takes no letter the outbox waits, and no letter fails for what is not its fault.
"""

import logging
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from mail.errors import MailProblem
from mail.smtp import Result, Transport
from store.cleantext import clean
from store.queries import outbox as reading
from store.services import outbox
from store.services.lease import Fence, LostLease
from store.services.outbox import Letter

log = logging.getLogger("recipients.mail")
CLAIM = 20
# refusals in a row, to different addresses, that tell that the server takes nothing from us
_IN_A_ROW = 3
# connections in a row that bring nothing to an end: one may be used up by chance, or by one addressee
_BARREN_CONNECTIONS = 3
# how often a new connection is tried for what may be a limit of letters for each, while that does not help
_RENEWALS = 2
# so often refused for good, while the server took other letters, it is the letter's own matter
_MOST_TRIES = 5
Send = Callable[[Transport, Letter, Callable[[], None], bool], Result]


@dataclass(slots=True)
class Tally:
    """What has become of the letters; `error` is '' or why the server could not be used, in words.

    `passable`: that came of some letters, after their addresses were named; others may go.
    """

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    uncertain: int = 0
    error: str = ""
    passable: bool = False

    def count(self, result: Result) -> None:
        """One letter more."""
        setattr(self, result.fate, getattr(self, result.fate) + 1)


class Delivery:
    """One go at all that is due.  `connect` gives a connection, `send` hands one letter in over it.

    `send` is given what to do before the text goes, and whether a copy goes along.
    """

    def __init__(
        self,
        fence: Fence,
        stopped: Callable[[], bool],
        tally: Tally,
        connect: Callable[[], AbstractContextManager[Transport]],
        send: Send,
    ) -> None:
        self._fence, self._stopped, self._tally = fence, stopped, tally
        self._connect, self._send = connect, send
        self._claimed: dict[int, Letter] = {}
        self._doubtful: list[tuple[Letter, Result]] = []
        self._copies = True
        self._retried: set[int] = set()
        self._renewals = _RENEWALS
        self._accepted = 0
        self._barren = 0
        self._brought = 0

    def run(self) -> None:
        """Sends until nothing is due or it is stopped.

        Raises MailProblem when the server cannot be used: the letters wait as they were; LostLease, Stopped.
        """
        try:
            lost = self._over_connections()
            if not self._stopped():
                self._end_of_queue(lost)
        except LostLease:
            raise  # whoever has the lease now gives back what is left
        except BaseException as fault:
            self._return(slow=isinstance(fault, MailProblem))
            raise
        self._return()

    def _over_connections(self) -> Result | None:
        """How the last connection was lost, None when it was not."""
        lost = None
        while not self._stopped() and reading.has_due():
            self._brought = 0
            with self._connect() as transport:
                lost = self._over(transport)
            if lost is None:
                break
            self._barren = 0 if self._brought else self._barren + 1
            if self._barren >= _BARREN_CONNECTIONS or (self._barren and lost.silent and lost.stage == "mail"):
                raise self._trouble(lost)
        return lost

    def _over(self, transport: Transport) -> Result | None:
        """Sends claim after claim over one connection; how that was lost or used up, else None."""
        fresh = True
        while not self._stopped():
            letters = outbox.claim(self._fence, limit=CLAIM)
            self._claimed.update({letter.id: letter for letter in letters})
            if not letters:
                return None
            for letter in letters:
                if self._stopped():
                    return None
                lost = self._one(transport, letter, fresh=fresh)
                fresh = False
                if lost is not None:
                    self._return(but={letter.id for letter, _ in self._doubtful})
                    return lost
        return None

    def _one(self, transport: Transport, letter: Letter, *, fresh: bool) -> Result | None:
        """Hands one letter in; what came of it when the connection was lost or used up by that, else None.

        `fresh`: it is the first one over this connection.
        """
        begin = partial(outbox.mark_transmitting, self._fence, letter.id)
        result = self._send(transport, letter, begin, self._copies)
        blame = result.verdict.blame
        if result.fate == "sent":
            self._accept(letter, result)
        elif result.fate == "uncertain":
            self._uncertain(letter, result)
        elif blame == "connection":
            self._broken(letter, result, fresh=fresh)
            return result
        elif blame == "us" and result.stage == "mail":
            if fresh or result.fate == "failed":
                raise self._trouble(result)
            return result
        elif blame != "us" and result.verdict.certain:
            self._settle(letter, result)
        elif self._renews(letter, result, fresh=fresh):
            return result
        else:
            self._doubt(letter, result)
        return result if result.lost else None

    def _accept(self, letter: Letter, result: Result) -> None:
        """The server takes our mail: what it refused before was about those letters."""
        self._accepted += 1
        if letter.id in self._retried:
            self._renewals = _RENEWALS
        self._settle(letter, result)
        self._settle_doubtful()

    def _settle_doubtful(self) -> None:
        for letter, result in self._doubtful:
            self._settle(letter, _for_now(result) if result.verdict.blame == "us" else result)
        self._doubtful.clear()

    def _uncertain(self, letter: Letter, result: Result) -> None:
        alone = not self._brought
        self._settle(letter, result)
        if alone:  # the next one would become uncertain, too
            raise self._trouble(result)

    def _broken(self, letter: Letter, result: Result, *, fresh: bool) -> None:
        """The connection is used up at this letter: after others by a limit, say, else perhaps by its addressee."""
        if result.by_copy:  # once more without it; the next delivery tries it again
            log.warning("the server gives up at the copy (%s); it is left out for now", clean(result.words))
            self._copies = False
        if result.by_copy or result.stage == "mail" or not (fresh or result.silent):
            return  # it goes back with the rest, and is the first one over the next connection
        if result.silent:
            outbox.put_last(self._fence, letter.to)
        if not letter.slow:
            self._give_back(letter, words=result.words)
        else:
            self._book(letter, _for_now(result))

    def _renews(self, letter: Letter, result: Result, *, fresh: bool) -> bool:
        """Whether a new connection may take what this one refuses for now, after it took others."""
        if result.fate != "deferred" or fresh or not self._brought or not self._renewals:
            return False
        self._renewals -= 1
        self._retried.add(letter.id)
        return True

    def _doubt(self, letter: Letter, result: Result) -> None:
        """A refusal that may be about us: the letters that follow tell."""
        if letter.slow and self._accepted:  # refused before, and again while the server took others
            is_its_own = result.verdict.blame != "us" and letter.tries > _MOST_TRIES
            self._settle(letter, result if is_its_own else _for_now(result))
            return
        self._doubtful.append((letter, result))
        if len({doubted.to for doubted, _ in self._doubtful}) >= _IN_A_ROW:
            raise self._trouble(result)

    def _end_of_queue(self, lost: Result | None) -> None:
        about_us = [result for _, result in self._doubtful if result.verdict.blame == "us"]
        if about_us:
            raise self._trouble(about_us[-1])
        self._settle_doubtful()
        if lost is not None and self._barren and not self._accepted:
            raise self._trouble(lost)

    def _settle(self, letter: Letter, result: Result) -> None:
        self._brought += 1
        self._book(letter, result)

    def _book(self, letter: Letter, result: Result) -> None:
        if result.fate == "sent":
            outbox.mark_sent(self._fence, letter.id)
        elif result.fate == "deferred":
            outbox.mark_deferred(self._fence, letter.id, result.words)
        elif result.fate == "failed":
            outbox.mark_failed(self._fence, letter.id, result.words)
        else:
            outbox.mark_uncertain(self._fence, letter.id)
        self._tally.count(result)
        self._claimed.pop(letter.id, None)

    def _give_back(self, letter: Letter, *, words: str) -> None:
        """It goes after all others."""
        outbox.give_back(self._fence, [letter.id], slow=True, words=words)
        self._claimed.pop(letter.id, None)

    def _return(self, *, slow: bool = False, but: Collection[int] = ()) -> None:
        """What was claimed and is not settled goes back; `slow`: what was refused goes after the others then."""
        for letter, result in self._doubtful if slow else ():
            self._give_back(letter, words=result.words)
        rest = [number for number in self._claimed if number not in but]
        if rest:
            outbox.give_back(self._fence, rest)
            self._claimed = {number: self._claimed[number] for number in but}

    def _trouble(self, result: Result) -> MailProblem:
        self._tally.passable = result.stage != "mail"
        words = clean(result.words) or "without a word"
        if result.verdict.blame == "connection" or result.fate == "uncertain":
            return MailProblem(
                "send", f"The mail server did not do its part: {words}. All mail waits and is tried again."
            )
        return MailProblem(
            "send", f"The mail server refuses our mail: {words.rstrip('.')}. All mail waits and is tried again."
        )


def _for_now(result: Result) -> Result:
    return replace(result, fate="deferred")
