"""Trying things out: an inbox (connect, log in, open the folder), and a mail that must come back (R5.1, R7.2)."""

import time

from mail.errors import MailProblem
from mail.intake import opened
from mail.sender import send_test
from store.db import session
from store.queries.intake import inbox_of, settings_of
from store.rules.addresses import address_in

_LOOK_SECONDS = 0.5


def try_inbox(name: str) -> str:
    """What a person wants to know when it went well.  Raises MailProblem, naming the step that failed, NotFound."""
    with session():
        inbox = settings_of(name)
        with opened(inbox) as box:
            news = "new mail is there at once (IDLE)" if box.has_idle else "the server has no IDLE, so it is asked"
    return f"{inbox.name}: connected, logged in, opened {inbox.folder}; {news}."


def try_sending(to: str, *, seconds: float = 30.0) -> str:
    """Sends a test mail.  If `to` is the address of an inbox of ours, waits until it lies there, at most so long.

    Raises MailProblem, naming the step that failed: `arrive` if it was taken but did not come; BadField for no address.
    """
    to = address_in(to, "address")
    with session():
        name = inbox_of(to)
        began = time.monotonic()
        message_id = send_test(to)
        if name is None:
            return f"The server took the test mail to {to}."
        inbox = settings_of(name)
        with opened(inbox) as box:
            while not box.has_message(message_id):
                if time.monotonic() - began > seconds:
                    told = (
                        f"The server took the test mail to {to}, but after {seconds:.0f} s it is not in "
                        f"{inbox.folder} of the inbox {name}; look among its spam, and at what becomes of its mail."
                    )
                    raise MailProblem("arrive", told)
                time.sleep(_LOOK_SECONDS)
    return f"The test mail to {to} arrived in the inbox {name} after {time.monotonic() - began:.0f} s."
