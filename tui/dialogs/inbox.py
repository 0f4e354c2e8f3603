"""The form of an inbox (R5.1)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from store.errors import BadInput
from store.queries import lists
from store.queries.lists import InboxLine
from store.rules.inboxes import PORTS, is_port
from store.rules.secrets import insist_on_reference
from store.services import inboxes
from tui.desk import Desk
from tui.dialogs.form import Entry, TriedForm, insist_on_address
from tui.dialogs.sure import SureDialog

_SWITCHES = ("enabled", "mark_read", "accept_unregistered", "behind_group", "check_certificate")


class InboxDialog(TriedForm):
    """A new inbox, or one that there is.  Ctrl+T connects: it says which step fails."""

    entries: Sequence[Entry] = (
        Entry("name", "Name", hint="support"),
        Entry("enabled", "Enabled", hint="its mail is fetched", switch=True),
        Entry("email", "E-mail", hint="support@example.com"),
        Entry("host", "Server", hint="imap.example.com"),
        Entry("port", "Port", hint="993 with tls, else 143"),
        Entry("security", "Security", ("tls", "starttls", "none")),
        Entry("check_certificate", "Check cert.", hint="only a valid certificate will do", switch=True),
        Entry("ca_file", "Authority", hint="a file, if its certificate is not of a public one"),
        Entry("username", "User name", hint="the e-mail if empty"),
        Entry("auth", "Sign in with", ("password", "xoauth2")),
        Entry("secret", "Secret", hint="env:NAME, file:PATH, command:… or keyring:SERVICE/USER"),
        Entry("folder", "Folder", hint="INBOX"),
        Entry("process", "Messages", ("all", "unread"), hint="which are fetched"),
        Entry("process_from", "Not before", hint="2026-01-31T08:00 (UTC), of all messages; empty: any"),
        Entry("mark_read", "Mark as read", hint="on the server, once it is processed", switch=True),
        Entry("address_header", "Sender is in", ("From", "Reply-To", "Sender"), hint="this field of the message"),
        Entry("accept_unregistered", "Unknown too", hint="mail of unregistered senders opens tickets", switch=True),
        Entry("behind_group", "Behind group", hint="a group or list passes mail on, which breaks DMARC", switch=True),
        Entry("priority", "Priority", hint="of new tickets"),
        Entry("ticket_group", "Group", hint="of new tickets"),
        Entry("ticket_type", "Type", hint="of new tickets"),
    )

    fresh: ClassVar[Mapping[str, str]] = {
        "enabled": "on",
        "security": "tls",
        "check_certificate": "on",
        "folder": "INBOX",
        "process": "all",
        "mark_read": "on",
        "address_header": "From",
        "accept_unregistered": "on",
        "behind_group": "off",
    }
    """What a new inbox begins with (R5.2)."""

    def __init__(self, desk: Desk, line: InboxLine | None) -> None:
        self._inbox = line.name if line is not None else ""
        self._seen = line.version if line is not None else None
        super().__init__(desk, _values(line) if line is not None else self.fresh)
        self.heading = f"Inbox {self._inbox}" if line is not None else "New inbox"

    def check(self, key: str, text: str) -> None:
        if key == "email":
            insist_on_address(text, "An inbox needs its e-mail address, such as support@example.com.")
        if key in ("name", "host") and not text.strip():
            raise BadInput(f"An inbox needs a {'name' if key == 'name' else 'server'}.")
        if key == "port" and text.strip() and not (text.strip().isdecimal() and is_port(int(text))):
            raise BadInput("A port is a number between 1 and 65535.")
        if key == "secret":
            insist_on_reference(text.strip())
        if key == "process_from":
            inboxes.moment(text)
        if key == "name" and self._inbox and text.strip() != self._inbox:
            raise BadInput("An inbox keeps its name: tickets and history go by it.")

    @property
    def given(self) -> dict[str, str]:
        """What is to be saved, as texts."""
        return self.typed

    async def keep(self) -> str:
        async with self.password_kept():
            return await self.save(self.given)

    async def save(self, given: dict[str, str]) -> str:
        """Adds or changes the inbox; what to say then.  Raises Problem."""
        values = _columns(given)
        name = str(values.pop("name"))
        if self._inbox:
            row = await self.desk.lanes.write(inboxes.edit, self.desk.actor, name, values, seen=self._seen)
        else:
            row = await self.desk.lanes.write(inboxes.add, self.desk.actor, name, values)
        told = f"{'Changed' if self._inbox else 'Added'} the inbox {row.name}."
        self._inbox, self._seen = row.name, row.version
        self.kept()
        return told

    async def look_again(self) -> None:
        lines = await self.desk.lanes.read(lists.inboxes)
        self._seen = next((line.version for line in lines if line.name == self._inbox), None)

    async def try_out(self) -> str:
        from mail.trial import try_inbox

        values = _columns(self.given)
        name = str(values.pop("name"))
        unsaved = await self.desk.lanes.read(inboxes.unsaved, self.desk.actor, name, values)
        return await self.desk.lanes.abroad(try_inbox, name, unsaved, self.password)


def remove_dialog(desk: Desk, name: str) -> SureDialog:
    """Asked before: its mail is fetched no more."""
    told = [f"Mail of the inbox {name} is fetched no more.", "Its tickets stay, and so does its mail."]

    async def remove() -> str:
        await desk.lanes.write(inboxes.remove, desk.actor, name)
        return f"Removed the inbox {name}; its tickets stay."

    return SureDialog(desk, "Remove an inbox", told, remove)


def _values(line: InboxLine) -> dict[str, str]:
    shown = {key: str(value) if value is not None else "" for key, value in line._asdict().items()}
    shown |= {key: "on" if getattr(line, key) else "off" for key in _SWITCHES}
    shown["process_from"] = line.process_from.strftime("%Y-%m-%dT%H:%M") if line.process_from else ""
    return {**shown, "ticket_group": line.group, "ticket_type": line.type}


def _columns(typed: dict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {key: text.strip() for key, text in typed.items()}
    for key in _SWITCHES:
        values[key] = typed[key] == "on"
    values["process_from"] = inboxes.moment(typed["process_from"])
    values["folder"] = values["folder"] or "INBOX"
    port = typed["port"].strip()
    values["port"] = int(port) if port else PORTS[typed["security"]]
    return values
