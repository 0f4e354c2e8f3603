"""Trying an inbox: connect, log in, open the folder (R5.1)."""

from mail.intake import opened
from store.db import session
from store.queries.intake import settings_of


def try_inbox(name: str) -> str:
    """What a person wants to know when it went well.  Raises MailProblem, naming the step that failed, NotFound."""
    with session():
        inbox = settings_of(name)
        with opened(inbox) as box:
            news = "new mail is there at once (IDLE)" if box.has_idle else "the server has no IDLE, so it is asked"
    return f"{inbox.name}: connected, logged in, opened {inbox.folder}; {news}."
