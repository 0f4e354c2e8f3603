"""A small world for the window: a real store with people, customers, senders and tickets, and a driver."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import Screen

from store.actor import Actor
from store.db import open_store, session
from store.models import Attachment, Message, Recipient, Ticket
from store.rules.addresses import address_key
from store.rules.deny import fold
from store.rules.text import search_text
from store.services import customers, people
from store.services.senders import searched
from tui.dialogs.frame import Dialog
from tui.lanes import Lanes
from tui.screens.opening import opening
from tui.screens.recipients import RecipientsScreen
from tui.window import Window

ANNA = Actor("anna", "window")
BOB = Actor("bob", "window")
CLEO = Actor("cleo", "command")
HOSTILE = "[/b] \x1b]0;x\x07 [@click=app.quit]x \u202e\x9b31m"
NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def make_store(path: Path) -> Path:
    """Anna (super), Cleo (any partner), Bob (of partner Main); customers 1 to 4; no senders yet."""
    open_store(str(path))
    with session():
        people.start("anna", "anna@helpdesk.test")
        people.add_partner(ANNA, "Main")
        people.add_partner(ANNA, "Other")
        people.add_administrator(ANNA, "bob", "bob@helpdesk.test", partner="Main")
        people.add_administrator(ANNA, "cleo", "cleo@helpdesk.test")
        for name, kind in (("John Doe", "customer"), ("Sarah Howell", "lead"), ("Kelly Clark", "customer")):
            customers.add(ANNA, {"name": name, "kind": kind, "login": name.split()[0].lower(), "partner": "Main"})
        kelly = {
            "name": "Kelly Sanders",
            "login": "kelly4",
            "email": "kelly@home.test",
            "phone": "0171",
            "partner": "Other",
        }
        customers.add(ANNA, kelly)
    return path


def add_sender(email: str, name: str = "", *, tickets: int = 0, **fields: object) -> int:
    """A recipient with so many tickets that wait for a customer; its id.  Call inside a session."""
    row = Recipient(
        email=email,
        email_key=address_key(email),
        domain=email.rpartition("@")[2],
        name=name or email.partition("@")[0],
        name_key=fold(name),
        first_seen=NOW - timedelta(days=3),
        last_message=NOW,
        **fields,
    )
    row.search = searched(row)
    row.save()
    for _ in range(tickets):
        add_ticket(row.id, f"Question of {row.name}")
    return int(row.id)


def add_ticket(requester: int | None, subject: str, *, text: str = "Hello", customer: int | None = None) -> int:
    """A ticket with one message; its number.  Call inside a session."""
    ticket = Ticket.create(
        subject=subject,
        search=search_text(subject),
        status="New",
        requester=requester,
        customer=customer,
        created=NOW,
        updated=NOW,
    )
    add_message(ticket.id, requester, text)
    return int(ticket.id)


def add_message(
    ticket: int, sender: int | None, text: str, *, direction: str = "in", attachments: dict[str, int] | None = None
) -> None:
    """A message, with attachments by name and size.  Call inside a session."""
    row = Recipient.get_or_none(Recipient.id == sender)
    message = Message.create(
        ticket=ticket,
        direction=direction,
        sender=sender,
        sender_email=row.email if row else "",
        sender_name=row.name if row else "",
        text=text,
        created=NOW,
    )
    for name, size in (attachments or {}).items():
        Attachment.create(message=message.id, name=name, type="application/pdf", size=size, sha256="", part=1)


class Driven:
    """The window under Pilot."""

    def __init__(self, window: Window, pilot: Pilot[None]) -> None:
        self.window = window
        self.pilot = pilot

    @property
    def screen(self) -> Screen[object]:
        return self.window.screen

    @property
    def home(self) -> RecipientsScreen:
        screen = self.window.screen_stack[0]
        assert isinstance(screen, RecipientsScreen)
        return screen

    @property
    def status(self) -> str:
        return self.home.status.text

    @property
    def cursor(self) -> int | None:
        return self.home.table.cursor_id

    @property
    def emails(self) -> list[str]:
        """The addresses on the screen, from top to bottom; '…' for a row that is not read yet."""
        rows = (self.home.table.row(row_id) for row_id in self.home.table.visible_ids)
        return [row.line.email if row else "…" for row in rows]

    @property
    def text(self) -> str:
        """All that is on the screen, line by line."""
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    @property
    def dialog_text(self) -> str:
        """What the open dialog says, in one line."""
        box = self.screen.query_one(".box").content_region
        lines = self.text.splitlines()[box.y : box.bottom]
        return " ".join(" ".join(line[box.x : box.right] for line in lines).split())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if char == " " else char for char in text))

    async def until(self, condition: Callable[[], object], seconds: float = 5) -> None:
        """Waits for a condition; AssertionError with the screen if it never holds."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < end, self.text
            await self.pilot.pause(0.01)


@contextmanager
def prepared(path: Path) -> Iterator[Path]:
    """A session on a new store, to fill it."""
    make_store(path)
    with session():
        yield path


@asynccontextmanager
async def window_on(path: Path, *, actor: Actor = ANNA, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driven]:
    """The window on a store, without a worker; ready when its first rows are read."""
    open_store(str(path))
    lanes = Lanes()
    window = Window("", actor, lanes, lanes.begin(opening, actor).result())
    try:
        async with window.run_test(size=size, notifications=True, tooltips=True) as pilot:
            driven = Driven(window, pilot)
            await pilot.pause()
            await driven.until(lambda: "…" not in driven.emails)
            yield driven
    finally:
        lanes.close()


def row(email: str) -> Recipient:
    """As it is in the store now."""
    with session():
        return Recipient.get(Recipient.email == email)


async def on_row(driven: Driven, email: str) -> None:
    """The cursor of Recipients goes to this address."""
    driven.home.table.move_cursor(id=row(email).id)
    await driven.until(lambda: driven.home.current() and driven.home.current().line.email == email)
    await driven.pilot.pause()


async def open_dialog(driven: Driven, key: str) -> Dialog[object]:
    """The dialog that a key opens, ready to be typed into."""
    await driven.press(key)
    await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
    assert isinstance(driven.screen, Dialog)
    return driven.screen


async def closed(driven: Driven) -> None:
    """Recipients is in front again."""
    await driven.until(lambda: driven.screen is driven.home)
