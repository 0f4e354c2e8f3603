"""The first steps, one after the other, each tried before the next: an inbox, outgoing mail, notifications (R7.1)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from textual import on
from textual.app import App
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from store.actor import Actor
from store.queries import health, lists, settings
from store.queries.lists import InboxLine
from store.rules.addresses import address_in
from store.rules.providers import provider_of
from store.rules.settings import Value
from store.services import settings as changing
from tui.desk import Desk
from tui.dialogs.form import Entry
from tui.dialogs.inbox import InboxDialog
from tui.dialogs.smtp import SmtpDialog
from tui.dialogs.sure import SureDialog
from tui.widgets.words import lines, words

_OLD = {"all that is there": "all", "what is unread": "unread", "only what comes now": "all"}
_NOW = "only what comes now"
_LATER = ("enabled", "copy", "send_only_to", "expire_days", "per_hour")
_GUESSED = ("host", "port", "security", "auth")


class Known(NamedTuple):
    """How far setting up has come."""

    missing: tuple[str, ...]
    inbox: InboxLine | None
    mail: dict[str, Value]
    my_email: str


def look(actor: Actor) -> Known:
    """From the store."""
    found = lists.inboxes()
    mine = next((line.email for line in lists.administrators() if line.login == actor.login), "")
    missing = tuple(one.short for one in health.missing())
    return Known(missing, found[0] if found else None, settings.every(), mine)


async def first_steps(app: App[Any], desk: Desk) -> str:
    """Goes through what is missing; Escape passes a step over.  What to say at the end.  Raises Problem."""
    now = await desk.lanes.read(look, desk.actor)
    if "inbox" in now.missing:
        await app.push_screen_wait(FirstInbox(desk, now.inbox))
    now = await desk.lanes.read(look, desk.actor)
    if "SMTP" in now.missing:
        await app.push_screen_wait(FirstSmtp(desk, now))
    if "notifications" in now.missing:
        await app.push_screen_wait(_notifications(desk))
    missing = (await desk.lanes.read(look, desk.actor)).missing
    left = f"Still missing: {', '.join(missing)}; ! leads there." if missing else "All is set up."
    return f"{left} Mail is fetched while the window is open; ? shows the keys."


class FirstInbox(InboxDialog):
    """The servers of well-known providers are filled in from the address; it is switched on once it could be opened."""

    heading = "First steps, 1 of 3: your inbox"
    save_label = "Go on"
    close_label = "Later"
    hint = "Tab next field · Enter connect and go on · Esc later"
    entries: Sequence[Entry] = (
        Entry("email", "E-mail", hint="support@example.com"),
        Entry("secret", "Secret", hint="where its password is: see below"),
        Entry("auth", "Sign in with", ("password", "xoauth2")),
        Entry("host", "Server", hint="imap.example.com"),
        Entry("port", "Port", hint="993 with tls, else 143"),
        Entry("security", "Security", ("tls", "starttls", "none")),
        Entry("ca_file", "Authority", hint="a file, if its certificate is not of a public one"),
        Entry("username", "User name", hint="the e-mail if empty"),
        Entry("old", "Fetch", tuple(_OLD)),
    )

    fresh: ClassVar[Mapping[str, str]] = {**InboxDialog.fresh, "secret": "file:~/.imap-secret"}

    def __init__(self, desk: Desk, begun: InboxLine | None) -> None:
        super().__init__(desk, begun)
        self.heading = type(self).heading
        self._note = Static("", classes="told")
        self._guessed = dict.fromkeys(_GUESSED, "")

    def fields(self) -> Iterator[Widget]:
        yield from super().fields()
        yield self._note

    def on_mount(self) -> None:
        self._advise("")

    @on(Input.Changed, "#email")
    def _address_typed(self, event: Input.Changed) -> None:
        """Fills in what was not typed by hand."""
        provider = provider_of(event.value)
        if provider is None:
            return
        self._advise(f"{provider.name}: {provider.note}" if provider.note else provider.name)
        server = {"host": provider.imap.host, "port": str(provider.imap.port), "security": provider.imap.security}
        for key, text in {**server, "auth": "password"}.items():
            widget: Any = self._widgets[key]
            if widget.value in ("", self._guessed[key]) or (key in ("security", "auth") and not self._guessed[key]):
                widget.value = self._guessed[key] = text

    def _advise(self, provider: str) -> None:
        told = [
            "The store keeps no password, only where it is. Typed above, it goes into the",
            "file of Secret (mode 600). Or leave it empty, and let Secret be env:NAME,",
            "command:pass show imap, keyring:SERVICE/USER, or a file that is there.",
        ]
        advice = [words(provider, "$text-accent")] if provider else []
        self._note.update(Content("\n").join([*advice, lines(told)]))

    @property
    def given(self) -> dict[str, str]:
        typed = self.typed
        old = typed.pop("old")
        since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M") if old == _NOW else ""
        name = address_in(typed["email"]).partition("@")[0]
        rest = {"name": self._inbox or name, "enabled": "off", "folder": "INBOX", "process": _OLD[old]}
        return {**_DEFAULTS, **rest, **typed, "process_from": since}

    async def keep(self) -> str:
        """Only what could be opened is switched on, so that nothing half set up is fetched from.  A new inbox is kept
        before, switched off: what was begun is there again at the next start."""
        if not self._inbox:
            await self.save(self.given)
        told = await self.tried()
        async with self.password_kept():
            await self.save({**self.given, "enabled": "on"})
        return told


class FirstSmtp(SmtpDialog):
    """Filled in from the inbox; the test mail must arrive in it."""

    heading = "First steps, 2 of 3: outgoing mail"
    save_label = "Go on"
    close_label = "Later"
    hint = "Tab next field · Enter send a test and go on · Esc later"

    entries: Sequence[Entry] = tuple(entry for entry in SmtpDialog.entries if entry.key not in _LATER)

    def __init__(self, desk: Desk, known: Known) -> None:
        now = {key.removeprefix("smtp."): value for key, value in known.mail.items() if key.startswith("smtp.")}
        super().__init__(desk, now, _from_inbox(known))

    async def keep(self) -> str:
        """Mail is sent only once a test has gone through."""
        told = await self.tried()
        async with self.password_kept():
            await self.save(enabled="on")
        return told


def _from_inbox(known: Known) -> Mapping[str, Value]:
    line = known.inbox
    found: dict[str, Value] = {"admin_email": known.my_email}
    provider = provider_of(line.email) if line is not None else None
    if line is None or provider is None:
        return found
    server = provider.smtp if line.host == provider.imap.host else provider.smtp._replace(host=line.host)
    return {
        **found,
        **server._asdict(),
        "username": line.username or line.email,
        "auth": line.auth,
        "secret": line.secret,
        "ca_file": line.ca_file,
        "check_certificate": line.check_certificate,
        "sender_email": line.email,
        "test_to": line.email,
    }


def _notifications(desk: Desk) -> SureDialog:
    told = [
        "Customers hear of your replies and of what they asked, you of new tickets.",
        "An unknown sender hears nothing before somebody has paired him.",
        "N in the recipients shows each event, with its text.",
    ]

    async def switch_on() -> str:
        await desk.lanes.write(changing.change, desk.actor, "notifications.enabled", "on")
        return "Ticket notifications are on."

    return SureDialog(desk, "First steps, 3 of 3: switch notifications on?", told, switch_on, label="Switch on")


_DEFAULTS = {
    "check_certificate": "on",
    "mark_read": "on",
    "address_header": "From",
    "accept_unregistered": "on",
    "behind_group": "off",
    "priority": "",
    "ticket_group": "",
    "ticket_type": "",
}
