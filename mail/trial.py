"""Trying things out: an inbox (connect, log in, open the folder), and a mail that must come back (R5.1, R7.2).

What is not saved yet is tried as it was typed, a password in memory: nothing is written before it works.
"""

import time
from collections.abc import Mapping

from mail.errors import MailProblem
from mail.intake import opened
from mail.sender import send_test
from store.db import session
from store.queries.intake import InboxSettings, inbox_of, settings_of
from store.rules.addresses import address_in
from store.rules.settings import Value

_LOOK_SECONDS = 0.5


def try_inbox(name: str, unsaved: InboxSettings | None = None, typed: str = "") -> str:
    """What a person wants to know when it went well.  With the saved settings, or `unsaved` ones and a password that
    was `typed`.

    Raises MailProblem, naming the step that failed, NotFound.
    """
    with session():
        inbox = unsaved or settings_of(name)
        with opened(inbox, unsaved=unsaved is not None, typed=typed) as box:
            news = "new mail is there at once (IDLE)" if box.has_idle else "the server has no IDLE, so it is asked"
    return f"{inbox.name}: connected, logged in, opened {inbox.folder}; {news}."


def try_sending(to: str, unsaved: Mapping[str, Value] | None = None, typed: str = "", *, seconds: float = 30.0) -> str:
    """Sends a test mail.  If `to` is the address of an inbox of ours, waits until it lies there, at most so long.

    With the saved settings, or `unsaved` ones and a password that was `typed`.
    Raises MailProblem, naming the step that failed: `arrive` if it was taken but did not come; BadField for no address.
    """
    to = address_in(to, "address")
    with session():
        name = inbox_of(to)
        began = time.monotonic()
        message_id = send_test(to, unsaved, typed)
        if name is None:
            return f"The server took the test mail to {to}."
        inbox = settings_of(name)
        try:
            _await(inbox, message_id, began + seconds)
        except MailProblem as problem:  # it is about the inbox, not about what is tried
            raise MailProblem("arrive", f"The server took the test mail to {to}, but {problem}") from problem
    return f"The test mail to {to} arrived in the inbox {name} after {time.monotonic() - began:.0f} s."


def _await(inbox: InboxSettings, message_id: str, until: float) -> None:
    began = time.monotonic()
    with opened(inbox) as box:
        while not box.has_message(message_id):
            if time.monotonic() > until:
                told = (
                    f"after {time.monotonic() - began:.0f} s it is not in {inbox.folder} of the inbox {inbox.name}; "
                    "look among its spam, and at what becomes of its mail."
                )
                raise MailProblem("arrive", told)
            time.sleep(_LOOK_SECONDS)
