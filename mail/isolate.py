"""When a server fails at one message: find it, leave it out, and go on with the others (R5.3).

A server may refuse a command for one message of many, leave it out, answer nonsense, end the connection at it or be
silent.  What came whole before stays; of the rest ever fewer are asked for, each time over a sound connection.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mail.errors import MailProblem, Refusal

T = TypeVar("T")
Found = tuple[Mapping[int, T], MailProblem | None]
# once with others, once alone: a line that breaks by chance does not break twice at the same message
_TRIES = 2
# where no other message can tell whether the server or this one is at fault
_TRIES_WITHOUT_ANOTHER = 3


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that the server does not give, though it gives others; why, in words."""

    why: str


class Server(Protocol):
    """The connection that is asked."""

    def connect_after(self, problem: MailProblem) -> None:
        """Connects anew if the connection is broken.  Raises the problem when that fails, too: it is the server."""

    def present(self, uids: Sequence[int]) -> list[int]:
        """Those that there are still.  Raises MailProblem."""


def isolated(
    uids: Sequence[int],
    ask: Callable[[Sequence[int]], Found[T]],
    server: Server,
    gives_another: Callable[[int], bool | None],
) -> Iterator[Mapping[int, T | Failed]]:
    """What `ask` gets of each of these, as it comes, in their order; what is gone is left out.

    `ask` gets what came whole, and what went wrong behind it; after anything but a Refusal the connection is broken.
    `gives_another` says of a failed message whether the server gives another one now; None: there is no other.
    Raises MailProblem when the server itself fails, with a sound connection where it is a Refusal.
    """
    waiting = deque([list(uids)] if uids else ())
    tries: Counter[int] = Counter()
    while waiting:
        group = waiting.popleft()
        found, problem = ask(group)
        if problem is not None:
            server.connect_after(problem)
        if found:
            yield found
        rest = [uid for uid in group if uid not in found]
        rest = server.present(rest) if rest else []
        if len(rest) > 1:
            # with some given it was most likely at the first of the rest that it broke
            tries[rest[0]] += bool(found)
            middle = 1 if found else len(rest) // 2
            waiting.extendleft((rest[middle:], rest[:middle]))
        elif rest:
            tries[rest[0]] += 1
            problem = problem or Refusal("fetch", f"the server lists message {rest[0]}, but does not give it")
            if _is_at_fault(rest[0], tries[rest[0]], problem, gives_another):
                yield {rest[0]: Failed(str(problem))}
            else:
                waiting.appendleft(rest)


def _is_at_fault(uid: int, tries: int, problem: MailProblem, gives_another: Callable[[int], bool | None]) -> bool:
    """Whether this one is to be left out; False: it is to be tried again.  Raises Refusal: it is the server."""
    is_answer = isinstance(problem, Refusal)  # asked for again at once, the server would say the same
    if tries < _TRIES and not is_answer:
        return False
    another = gives_another(uid)
    if another is False:
        raise Refusal(problem.step, str(problem)) from problem
    return another is True or is_answer or tries >= _TRIES_WITHOUT_ANOTHER
