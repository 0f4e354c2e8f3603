"""From the outbox to the server: how one signs in, what one letter becomes, and when a delivery begins (R7.5)."""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from mail import oauth
from mail.compose import Enclosed, Sender, compose, envelope_address
from mail.delivery import Delivery, Tally
from mail.errors import MailProblem
from mail.lease import kept, lease_within
from mail.parse import attachment_content
from mail.poller import delay_after
from mail.report import MARK_FIELD
from mail.smtp import Account, Result, Transport, connect
from mail.smtp_client import Stopped
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
from store.templates import REPLY_MARKER

log = logging.getLogger("recipients.mail")
LARGEST_ENCLOSED = 20_000_000
_TOO_LARGE = f"the files of one answer may have {LARGEST_ENCLOSED // 1_000_000} MB together. Send it another way."
_IS_OURS = (
    "a notification of ours is in it, with what only administrators may read. Attach it without that, if need be."
)
_OUR_MARKS = (f"{MARK_FIELD}:".encode(), REPLY_MARKER.lower().encode())
_OUR_IDS = re.compile(rb"<[0-9a-f]{32}\.\d{1,12}@[^<>\s]{1,255}>")  # as `fresh_message_id` makes them


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


def insist_on_setup(now: Mapping[str, Value]) -> None:
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
    delivery = Delivery(fence, stopped, tally, lambda: signed_in(settings.every(), stopped), _send)
    try:
        delivery.run()
        outbox.succeeded()
    except Stopped:
        log.info("sending was stopped; what was not handed in is queued")
    except LostLease:
        raise
    except Problem as problem:
        tally.error = clean(problem, limit=500)
        log.warning("sending: %s", tally.error)
        again = delay_after(1 if tally.sent else failures + 1)
        outbox.failed(tally.error, datetime.now(UTC) + timedelta(seconds=again))


@contextmanager
def signed_in(
    now: Mapping[str, Value], stopped: Callable[[], bool], *, unsaved: bool = False, typed: str = ""
) -> Iterator[Transport]:
    """A connection to where mail is handed in.  Raises MailProblem naming the step, BadInput, Stopped.

    `unsaved` settings are tried: nothing of it is noted, and a password that was `typed` is taken for the secret.
    """
    found = oauth.credentials(str(now["smtp.secret"]), str(now["smtp.auth"]), typed)
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
    with connect(account, stopped) as transport:
        if not unsaved:
            outbox.note_token(found.expires)
        yield transport


def _send(transport: Transport, letter: Letter, begin: Callable[[], None], has_copy: bool) -> Result:
    """Hands one letter in; `begin` is called before its text goes."""
    now = settings.every()
    sender = Sender(str(now["smtp.sender_name"]), str(now["smtp.sender_email"]), str(now["smtp.send_only_to"]))
    try:
        data = compose(letter, sender, _enclosed(letter))
    except Exception as fault:
        log.exception("letter %d could not be put together", letter.id)
        return Result("failed", f"It could not be put together: {clean(fault, limit=200)}")
    copy = str(now["smtp.copy"]) if letter.audience == "customer" and not sender.only_to else ""
    to = envelope_address(sender.only_to or letter.to)
    copies = [envelope_address(copy)] if copy and has_copy else ()
    return transport.send(envelope_address(sender.email), to, data, copies=copies, begin=begin, hasty=not letter.slow)


def _enclosed(letter: Letter) -> Iterator[Enclosed]:
    """What an agent attached to the reply that he wrote by e-mail goes with it to the customer (R5.8).

    Not the notification that he answers, which some mail programs attach: its Message-ID proves who answers (R7.6), and
    it may hold a note (O7).  What does not go is said in the ticket.
    """
    if letter.audience != "customer" or letter.attachments_of is None:
        return
    for file in reading.enclosed(letter.attachments_of, most=LARGEST_ENCLOSED):
        if not file.raw:
            outbox.note_not_enclosed(letter.attachments_of, file.name, _TOO_LARGE)
            continue
        with contextlib.suppress(LookupError):  # the raw message has no such part: nothing to enclose
            content = attachment_content(file.raw, file.part)
            if _holds_a_notification(content):
                outbox.note_not_enclosed(letter.attachments_of, file.name, _IS_OURS)
                continue
            yield Enclosed(file.name, file.type, content)


def _holds_a_notification(content: bytes) -> bool:
    """Whether a mail of ours, or the id of an administrator's, stands in this file; also in one of Outlook's, which
    are UTF-16."""
    plain = content.replace(b"\0", b"").lower()
    if any(mark in plain for mark in _OUR_MARKS):
        return True
    return reading.are_notifications({found.decode() for found in _OUR_IDS.findall(plain)})


def _never() -> bool:
    return False


def send_test(to: str, unsaved: Mapping[str, Value] | None = None, typed: str = "") -> str:
    """Sends one test mail at once, past the outbox (R7.2); its Message-ID.  With the saved settings, or `unsaved` ones
    and a password that was `typed`.

    Raises MailProblem naming the step, BadInput.
    """
    with session():
        now = unsaved or settings.every()
    insist_on_setup({**now, "smtp.enabled": True})
    letter = _test_letter(to, str(now["smtp.sender_email"]))
    sender = Sender(str(now["smtp.sender_name"]), str(now["smtp.sender_email"]))
    with session(), signed_in(now, _never, unsaved=unsaved is not None, typed=typed) as transport:
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
        slow=True,
        attachments_of=None,
    )


def serve(stop: threading.Event, *, look_seconds: float = 0.25) -> None:
    """The worker's sender: sends what becomes due, within a moment, until `stop` is set; heals by itself."""
    failures = 0
    rest_until = 0.0
    newest: int | None = None
    tally = Tally()
    while not stop.wait(look_seconds):
        try:
            with session():
                if time.monotonic() < rest_until and not _has_newer(newest):
                    continue
                tally = _round(stop, failures)
                newest = reading.newest() if tally.passable else None
        except Exception as fault:
            level = logging.WARNING if isinstance(fault, Problem) else logging.ERROR
            if str(fault) != tally.error:  # once, however long it stays so
                log.log(level, "sending: %s", clean(fault, limit=500), exc_info=level == logging.ERROR)
            tally = Tally(error=str(fault))
            newest = None
        failures = 0 if not tally.error else 1 if tally.sent else failures + 1
        rest_until = time.monotonic() + delay_after(failures) if failures else 0.0


def _has_newer(newest: int | None) -> bool:
    """Whether a letter came after those that the server refused: it may take that one."""
    return newest is not None and reading.newest() > newest and reading.has_due(fresh=True)


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
