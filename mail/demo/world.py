"""A whole small helpdesk to try things on: store, people, mail server, and mail that keeps arriving (R12 `demo`).

Run as a program (`python -m mail.demo.world`) it makes its world in a temporary folder, prints one line of JSON, and
lasts until its standard input closes or it is told to end; then the folder is gone, however its parent ended.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

from mail.demo import customers
from mail.demo.samples import FORM, NEWSLETTER, PEST, SUPPORT, Samples
from mail.demo.server import MailServer
from mail.poller import exit_status, poll_once
from store.actor import Actor
from store.db import open_store, session
from store.errors import Problem
from store.queries import recipients as table
from store.queries import tickets
from store.queries.customers import find
from store.services import customer_import, deny, inboxes, pairing, people, recipients, settings

LOGIN = "demo"
_AGENT = Actor(LOGIN, "window")
_SETUP = Actor("", LOGIN)  # the program itself: its rights need no looking up, sixty customers long
_PAUSES = (2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0)
_REPLY_EVERY = 4


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """A running demo: the store's URL, the login of its agent, and the mail server."""

    url: str
    login: str
    server: MailServer

    def deliver(self, raw: bytes) -> None:
        """Puts a message into the support inbox."""
        self.server.deliver(SUPPORT, raw)


@contextmanager
def start(folder: Path) -> Iterator[DemoWorld]:
    """Makes the world in an empty folder; what it starts ends with the block, the files in the folder stay.

    When the block begins, two weeks of mail are settled and new mail has begun to arrive.
    """
    password = os.urandom(12).hex()
    secret = folder / "support.secret"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    url = f"sqlite:///{folder / 'helpdesk.db'}"
    samples = Samples()
    with MailServer({SUPPORT: password}) as server:
        world = DemoWorld(url, LOGIN, server)
        for raw in samples.past(datetime.now(UTC)):
            world.deliver(raw)
        open_store(url)
        with session():
            _furnish(server, secret)
        _fetch()
        with session():
            _work_a_little()
            _send_mail(server, secret)
        done = threading.Event()
        post = threading.Thread(target=_keep_arriving, args=(world, samples, done), name="demo mail", daemon=True)
        post.start()
        try:
            yield world
        finally:
            done.set()
            post.join(2)


def _furnish(server: MailServer, secret: Path) -> None:
    """People, customers and the inbox."""
    people.start(LOGIN, "demo@brightline.example", name="Demo Agent")
    for name in ("Main", "Coast"):
        people.add_partner(_AGENT, name)
    people.add_administrator(_AGENT, "mia", "mia@brightline.example", name="Mia Coast", partner="Coast")
    customer_import.import_all(_SETUP, customers.lines())
    inbox = {"email": SUPPORT, "host": "127.0.0.1", "port": server.imap_port, "security": "none"}
    inboxes.add(_AGENT, "support", {**inbox, "secret": f"file:{secret}"})
    deny.add(_AGENT, "subject", "contain", "casino bonus")


def _send_mail(server: MailServer, secret: Path) -> None:
    """From here on mail goes out, too: what is two weeks old is told to nobody."""
    given = {
        "smtp.host": "127.0.0.1",
        "smtp.port": str(server.smtp_port),
        "smtp.security": "none",
        "smtp.username": SUPPORT,
        "smtp.secret": f"file:{secret}",
        "smtp.sender_name": "Brightline Support",
        "smtp.sender_email": SUPPORT,
        "smtp.admin_email": "demo@brightline.example",
        "smtp.enabled": "on",
        "notifications.enabled": "on",
    }
    settings.change_all(_AGENT, given)


def _fetch() -> None:
    rounds = poll_once()
    if exit_status(rounds):
        raise Problem(f"The demo's mail could not be fetched: {rounds[0].error}")


def _work_a_little() -> None:
    """What an agent has done already, so that every column has something to show."""
    recipients.share(_AGENT, table.by_email(_AGENT, FORM).id)
    recipients.ban(_AGENT, table.by_email(_AGENT, PEST).id, reason="advertising")
    deny.add(_AGENT, "email", "exact", NEWSLETTER)
    strangers = [row for row in table.every(_AGENT, table.Selection("unpaired:yes")) if row.name]
    paired = 0
    for row in strangers:
        match = find(_AGENT, row.name, limit=1)
        if paired < 3 and match and match[0].name == row.name and not row.shared:
            pairing.pair(_AGENT, row.id, match[0].id, assign_all=paired == 0)
            paired += 1


def _keep_arriving(world: DemoWorld, samples: Samples, done: threading.Event) -> None:
    """A message every few seconds at first, then every twenty; each fourth is a reply into a ticket.

    Whom the agent wrote to answers with the next one.
    """
    endless = samples.endless()
    count = answered = 0
    while not done.wait(_PAUSES[min(count, len(_PAUSES) - 1)]):
        count += 1
        sent = world.server.sent[answered:]
        answered += len(sent)
        for raw in filter(None, (_answer(bytes(envelope.original_content or b"")) for envelope in sent)):
            world.deliver(raw)
        raw_reply = _reply(samples, count) if count % _REPLY_EVERY == 0 else None
        world.deliver(raw_reply or next(endless))


def _answer(raw: bytes) -> bytes | None:
    """What a customer says to an agent's message; None to other mail of ours."""
    told = message_from_bytes(raw, policy=policy.default)
    if told["Auto-Submitted"] or "New message" not in str(told["Subject"]):
        return None
    body = told.get_body(("plain",))
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines()) if body else ""
    answer = EmailMessage()
    answer["From"], answer["To"] = str(told["To"]), SUPPORT
    answer["Subject"] = f"Re: {told['Subject']}"
    answer["Message-ID"] = make_msgid(domain="answers.example")
    answer["In-Reply-To"] = str(told["Message-ID"])
    answer.set_content(f"Thank you, that helps.\n\nOn {told['Date']}, Brightline Support wrote:\n{quoted}\n")
    return answer.as_bytes()


def _reply(samples: Samples, turn: int) -> bytes | None:
    """An answer by the requester of one of the latest tickets."""
    with session():
        latest = [(line, line.requester) for line in tickets.every(_AGENT, limit=20) if line.requester is not None]
    people_only = [(line, who) for line, who in latest if who.detail not in (FORM, NEWSLETTER, PEST)]
    if not people_only:
        return None
    line, who = people_only[turn % len(people_only)]
    return samples.reply(who.detail, who.name, line.number, line.subject)


def main() -> int:
    """The program: announces its world as `{"url", "login"}`, or `{"error"}` with exit status 3."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    os.umask(0o077)
    threading.Thread(target=_watch_stdin, args=(stop,), name="stdin", daemon=True).start()
    folder = Path(tempfile.mkdtemp(prefix="recipients-demo-"))
    try:
        with start(folder) as world:
            print(json.dumps({"url": world.url, "login": world.login, "folder": str(folder)}), flush=True)
            # from now on the terminal is the window's: what its servers' libraries warn of would be written over it
            os.dup2(os.open(folder / "world.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
            stop.wait()
    except Problem as problem:
        print(json.dumps({"error": str(problem)}), flush=True)
        return 3
    finally:
        _remove(folder)
    return 0


def _watch_stdin(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


def _remove(folder: Path) -> None:
    """Deletes the folder; a worker that is still ending may write a last file, so it looks again."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.1)
        if not folder.exists():
            return


if __name__ == "__main__":
    sys.exit(main())
