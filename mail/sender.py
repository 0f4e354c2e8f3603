"""From the outbox to the server: one connection, a claim of letters at a time, each marked as soon as it is known
what became of it (R7.5, THREATS O1, O2).
"""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mail import oauth
from mail.compose import Enclosed, Sender, compose, envelope_address
from mail.errors import MailProblem
from mail.lease import kept, lease_within
from mail.parse import attachment_content
from mail.poller import delay_after
from mail.report import MARK_FIELD
from mail.smtp import Account, Result, Transport, connect
from store.cleantext import clean
from store.db import session
from store.errors import BadInput, Problem
from store.queries import outbox as reading
from store.queries import settings
from store.rules.settings import Value
from store.services import lease, outbox
from store.services.lease import LEASE_SECONDS, OUTBOX_LEASE, Fence, LostLease
from store.services.notices import fresh_message_id
from store.services.outbox import Letter

log = logging.getLogger("recipients.mail")
CLAIM = 20
LARGEST_ENCLOSED = 20_000_000
_OUR_MARK = f"{MARK_FIELD}:".encode()
_OUR_IDS = re.compile(rb"<[0-9a-f]{32}\.\d{1,12}@[^<>\s]{1,255}>")  # as `fresh_message_id` makes them


@dataclass(slots=True)
class Tally:
    """What has become of the letters; `error` is '' or why the server could not be used, in words."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    uncertain: int = 0
    error: str = ""

    def count(self, result: Result) -> None:
        """One letter more."""
        setattr(self, result.fate, getattr(self, result.fate) + 1)


def send_once(*, wait_seconds: float = LEASE_SECONDS) -> Tally:
    """Sends all that is due in the open store, once.

    Raises Refused `busy` when another process sends and does not end within `wait_seconds`, BadInput while sending is
    not set up, LostLease.  What goes wrong with the server is in the tally.
    """
    tally = Tally()
    with session():
        insist_on_setup(settings.every())
        fence = lease_within(wait_seconds, name=OUTBOX_LEASE)
    with kept(fence) as lost, session():
        deliver(fence, lost.is_set, tally)
    if lost.is_set():
        raise LostLease
    return tally


def insist_on_setup(now: dict[str, Value]) -> None:
    """Raises BadInput that says what is missing before mail can be sent (R7.2)."""
    if not now["smtp.enabled"]:
        raise BadInput("Sending is off. Switch it on: recipients smtp set --enabled on")
    missing = [name for name in ("host", "sender_email") if not now[f"smtp.{name}"]]
    if missing:
        option = missing[0].replace("_", "-")
        raise BadInput(f"SMTP is not set up: there is no {option}. Set it: recipients smtp set --{option} …")


def deliver(fence: Fence, stopped: Callable[[], bool], tally: Tally, *, failures: int = 0) -> None:
    """Sends what is due until nothing is, or it is `stopped`.  Raises LostLease.

    A server that cannot be used leaves the letters as they are; that is noted, and `tally.error` says it.
    """
    outbox.begin(fence)
    try:
        while not stopped() and reading.has_due():
            with signed_in(settings.every()) as transport:
                if not _over(transport, fence, stopped, tally):
                    break
        outbox.succeeded()
    except LostLease:
        raise
    except Problem as problem:
        tally.error = clean(problem, limit=500)
        log.warning("sending: %s", tally.error)
        outbox.failed(tally.error, datetime.now(UTC) + timedelta(seconds=delay_after(failures + 1)))


@contextmanager
def signed_in(now: dict[str, Value]) -> Iterator[Transport]:
    """A connection to where mail is handed in.  Raises MailProblem naming the step, BadInput."""
    found = oauth.credentials(str(now["smtp.secret"]), str(now["smtp.auth"]))
    account = Account(
        host=str(now["smtp.host"]),
        port=int(now["smtp.port"]),
        user=str(now["smtp.username"]),
        secret=found.value,
        security=str(now["smtp.security"]),
        auth=str(now["smtp.auth"]),
        check_certificate=bool(now["smtp.check_certificate"]),
        ca_file=str(now["smtp.ca_file"]),
    )
    with connect(account) as transport:
        outbox.note_token(found.expires)
        yield transport


def _over(transport: Transport, fence: Fence, stopped: Callable[[], bool], tally: Tally) -> bool:
    """Sends claim after claim over one connection; whether a new one is worth its while when this one is lost."""
    while not stopped():
        letters = outbox.claim(fence, limit=CLAIM)
        if not letters:
            return False
        now = settings.every()
        for place, letter in enumerate(letters):
            result = _send(transport, letter, now)
            _mark(fence, letter, result)
            tally.count(result)
            if result.lost or stopped():
                outbox.unclaim(fence, [later.id for later in letters[place + 1 :]])
                return result.lost and result.fate != "deferred"
    return False


def _send(transport: Transport, letter: Letter, now: dict[str, Value]) -> Result:
    sender = Sender(str(now["smtp.sender_name"]), str(now["smtp.sender_email"]), str(now["smtp.send_only_to"]))
    try:
        data = compose(letter, sender, _enclosed(letter))
    except Exception as fault:
        log.exception("letter %d could not be put together", letter.id)
        return Result("failed", f"It could not be put together: {clean(fault, limit=200)}")
    copy = str(now["smtp.copy"]) if letter.audience == "customer" and not sender.only_to else ""
    to = envelope_address(sender.only_to or letter.to)
    return transport.send(envelope_address(sender.email), to, data, copies=[envelope_address(copy)] if copy else ())


def _enclosed(letter: Letter) -> Iterator[Enclosed]:
    """What an agent attached to the reply that he wrote by e-mail goes with it to the customer (R5.8).

    Not the notification that he answers, which some mail programs attach: its Message-ID proves who answers (R7.6), and
    it may hold a note (O7).
    """
    if letter.audience != "customer" or letter.attachments_of is None:
        return
    for file in reading.enclosed(letter.attachments_of, most=LARGEST_ENCLOSED):
        with contextlib.suppress(LookupError):  # the raw message has no such part: nothing to enclose
            content = attachment_content(file.raw, file.part)
            if _holds_a_notification(content):
                log.warning("letter %d: a mail of ours was attached to the reply; it does not go on", letter.id)
                continue
            yield Enclosed(file.name, file.type, content)


def _holds_a_notification(content: bytes) -> bool:
    """Whether a mail of ours, or the id of an administrator's, stands in this file; also in one of Outlook's, which
    are UTF-16."""
    plain = content.replace(b"\0", b"").lower()
    return _OUR_MARK in plain or reading.are_notifications({found.decode() for found in _OUR_IDS.findall(plain)})


def _mark(fence: Fence, letter: Letter, result: Result) -> None:
    if result.fate == "sent":
        outbox.mark_sent(fence, letter.id)
    elif result.fate == "deferred":
        outbox.mark_deferred(fence, letter.id, result.words)
    elif result.fate == "failed":
        outbox.mark_failed(fence, letter.id, result.words)
    else:
        outbox.mark_uncertain(fence, letter.id)


def send_test(to: str) -> str:
    """Sends one test mail at once, past the outbox (R7.2); its Message-ID.

    Raises MailProblem naming the step, BadInput.
    """
    with session():
        now = settings.every()
    insist_on_setup({**now, "smtp.enabled": True})
    letter = _test_letter(to, str(now["smtp.sender_email"]))
    sender = Sender(str(now["smtp.sender_name"]), str(now["smtp.sender_email"]))
    with session(), signed_in(now) as transport:
        result = transport.send(envelope_address(sender.email), envelope_address(to), compose(letter, sender))
    if result.fate != "sent":
        raise MailProblem("send", f"The server did not take the test mail: {result.words}")
    return letter.message_id


def _test_letter(to: str, sender_email: str) -> Letter:
    return Letter(
        id=0,
        event="test",
        ticket=None,
        to=to,
        to_name="",
        subject="Test of the helpdesk's outgoing mail",
        body="This is a test. If you can read it, the helpdesk can send mail.\n",
        message_id=fresh_message_id(0, sender_email),
        in_reply_to="",
        references="",
        reply_to="",
        automatic=True,
        audience="admin",
        tries=1,
        expires=None,
        uncertain=False,
        attachments_of=None,
    )


def serve(stop: threading.Event, *, look_seconds: float = 0.25) -> None:
    """The worker's sender: sends what becomes due, within a moment, until `stop` is set; heals by itself."""
    failures = 0
    rest_until = 0.0
    while not stop.wait(look_seconds):
        if time.monotonic() < rest_until:
            continue
        try:
            with session():
                tally = _round(stop, failures)
        except Exception as fault:
            level = logging.WARNING if isinstance(fault, Problem) else logging.ERROR
            log.log(level, "sending: %s", clean(fault, limit=500), exc_info=level == logging.ERROR)
            tally = Tally(error=str(fault))
        failures = failures + 1 if tally.error else 0
        rest_until = time.monotonic() + delay_after(failures) if failures else 0.0


def _round(stop: threading.Event, failures: int) -> Tally:
    """Sends what is due, if this process may; takes the lease only while there is something to do."""
    tally = Tally()
    now = settings.every()
    if not (now["smtp.enabled"] and now["smtp.host"] and now["smtp.sender_email"]) or not reading.has_work():
        return tally
    fence = None if lease.is_held(OUTBOX_LEASE) else lease.acquire(OUTBOX_LEASE)
    if fence is None:
        return tally
    with kept(fence) as lost:
        deliver(fence, lambda: stop.is_set() or lost.is_set(), tally, failures=failures)
    return tally
