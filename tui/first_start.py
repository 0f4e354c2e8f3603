"""The first start, where there is no store yet: where it shall be, and who you are (R12)."""

import asyncio
from collections.abc import Iterator, Sequence
from shlex import quote
from typing import ClassVar

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from store.actor import Actor
from store.db import open_store, session, sqlite_path
from store.errors import BadInput, Problem
from store.services import people
from tui.desk import Desk
from tui.dialogs.form import Entry, FormDialog, insist_on_address
from tui.lanes import Lanes
from tui.origin import origin
from tui.safe_app import SafeApp
from tui.widgets.words import lines


class YouForm(FormDialog):
    """Makes the store and its first super administrator; gives the login."""

    heading = "Welcome to Tickets → Recipients"
    hint = "Tab next field · Enter go on · Esc leave"
    save_label = "Go on"
    close_label = "Leave"
    entries: Sequence[Entry] = (
        Entry("name", "Your name", hint="as others see it"),
        Entry("email", "Your e-mail", hint="you@example.com"),
        Entry("login", "Your login", hint="best the name of your user on this machine"),
        Entry("store", "Store"),
    )
    told: ClassVar[tuple[str, ...]] = (
        "There is no store yet. This makes one, with you as its super administrator;",
        "then your inbox and outgoing mail are set up, each tried at once.",
    )
    url = ""

    def __init__(self, desk: Desk, url: str, login: str) -> None:
        self._usual = url, login
        super().__init__(desk, {"store": str(sqlite_path(url)), "login": login})

    def fields(self) -> Iterator[Widget]:
        yield Static(lines(self.told), classes="told")
        yield from super().fields()

    def check(self, key: str, text: str) -> None:
        if key == "email":
            insist_on_address(text, "You need an e-mail address, such as you@example.com.")
        if key in ("store", "login") and not text.strip():
            raise BadInput("This must not be empty.")

    async def foresee(self) -> str:
        """What one must say at the next start, where it is not what is taken by itself."""
        url, login = self._wanted
        options = f" --db {quote(url)}" if url != self._usual[0] else ""
        options += f" --as {quote(login)}" if login != self._usual[1] else ""
        return f"Later you start it with “recipients{options}”." if options else ""

    async def keep(self) -> str:
        url, login = self._wanted
        try:
            await asyncio.to_thread(_make, url, login, self.typed)
        except BadInput:
            raise
        except Problem as problem:
            problem.field = "store"
            raise
        self.url = url
        return login

    @property
    def _wanted(self) -> tuple[str, str]:
        """The store's URL, and the login."""
        store = self.typed["store"].strip()
        url = store if "://" in store else f"sqlite:///{sqlite_path(store)}"
        return url, self.typed["login"].strip()


class _Blank(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static()


class FirstStart(SafeApp):
    """One form.  `made` are the store's URL and the login, None when one left."""

    def __init__(self, url: str, login: str) -> None:
        super().__init__()
        self.made: tuple[str, str] | None = None
        self._usual = f"sqlite:///{sqlite_path(url)}", login
        self._lanes = Lanes()

    def get_default_screen(self) -> Screen[None]:
        return _Blank()

    def on_mount(self) -> None:
        form = YouForm(Desk(Actor("", "window", origin()), self._lanes), *self._usual)
        self.push_screen(form, lambda login: self._ended(form.url, login))

    def on_unmount(self) -> None:
        self._lanes.close()

    def _ended(self, url: str, login: str | None) -> None:
        if login is not None:
            self.made = (url, login)
        self.exit()


def _make(url: str, login: str, typed: dict[str, str]) -> None:
    open_store(url)
    with session():
        people.start(login, typed["email"].strip(), name=typed["name"].strip())
