"""A ticket to work on: its window on a real store with mail set up, and what became of mail and ticket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from textual import events
from window_world import ANNA, NOW, Driven, add_message, add_sender, add_ticket, window_on

from store.actor import Actor
from store.db import session
from store.models import AddressHold, Inbox, Outbox, Recipient, Ticket
from store.services import settings
from tui.dialogs.frame import Dialog
from tui.screens.ticket import TicketScreen

KELLY, SARAH, JOHN = 4, 2, 1
PAIRED = {"customer": KELLY, "customer_key": "kelly sanders", "pair_source": "agent"}


def set_up_mail(**more: str) -> None:
    """SMTP and notifications are on, and there is an inbox to answer to.  Call inside a session."""
    Inbox.create(name="support", email="support@us.test", email_key="support@us.test", host="h", port=993)
    given = {
        "smtp.enabled": "on",
        "smtp.host": "localhost",
        "smtp.sender_email": "admin@us.test",
        "smtp.admin_email": "admin@us.test",
        "notifications.enabled": "on",
    }
    settings.change_all(ANNA, {**given, **more})


def add_ticket_of_kelly(subject: str = "Printer on fire") -> int:
    """Ticket of oona@x.test, who is paired to Kelly Sanders <kelly@home.test>.  Call inside a session."""
    requester = Recipient.get_or_none(Recipient.email == "oona@x.test")
    oona = requester.id if requester else add_sender("oona@x.test", "Oona", **PAIRED)
    return add_ticket(oona, subject, text="It burns.", customer=KELLY)


def add_writer(number: int, email: str, name: str = "", **fields: object) -> None:
    """Somebody paired to Kelly Sanders wrote in the ticket, too.  Call inside a session."""
    add_message(number, add_sender(email, name, **{**PAIRED, **fields}), "Me, too.")


def hold(email: str) -> None:
    """The address bounced, and is held.  Call inside a session."""
    later = NOW + timedelta(days=36_500)
    AddressHold.create(email_key=email, email=email, reason="550 no such user", at=NOW, until=later)


@asynccontextmanager
async def ticket_window(
    path: Path, number: int = 1, *, actor: Actor = ANNA, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Driven]:
    """The window with this ticket open, read and ready for keys."""
    async with window_on(path, actor=actor, size=size) as driven:
        await open_ticket(driven, number)
        yield driven


async def open_ticket(driven: Driven, number: int = 1) -> TicketScreen:
    screen = TicketScreen(driven.home.desk, number)
    driven.window.push_screen(screen)
    await driven.until(lambda: driven.screen is screen and screen.standing is not None)
    return screen


async def opened(driven: Driven, *keys: str) -> Dialog[object]:
    """The dialog that these keys open, ready for keys."""
    before = driven.screen
    await driven.press(*keys)
    await driven.until(lambda: driven.screen is not before and isinstance(driven.screen, Dialog))
    await driven.until(lambda: driven.screen.focused)
    assert isinstance(driven.screen, Dialog)
    return driven.screen


async def write(driven: Driven, text: str) -> None:
    """Puts a text into the field that has the focus, in one piece."""
    driven.window.post_message(events.Paste(text))
    await driven.pilot.pause()


async def closed(driven: Driven) -> str:
    """What the ticket says when the dialog is gone."""
    await driven.until(lambda: isinstance(driven.screen, TicketScreen))
    assert isinstance(driven.screen, TicketScreen)
    return driven.screen.status.text


def letters() -> list[tuple[str, str]]:
    """(address, event) of each mail to customers in the outbox, in order."""
    with session():
        rows = Outbox.select().where(Outbox.audience == "customer").order_by(Outbox.id)
        return [(row.to, row.event) for row in rows]


def ticket(number: int = 1) -> Ticket:
    with session():
        return Ticket.get_by_id(number)


def recipient(email: str) -> Recipient:
    with session():
        return Recipient.get(Recipient.email == email)
