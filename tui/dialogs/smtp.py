"""The form of outgoing mail (R7.2)."""

from collections.abc import Mapping, Sequence

from store.actor import Actor
from store.queries import settings as present
from store.rules.addresses import address_in
from store.rules.settings import Value
from store.services import settings
from tui.desk import Desk
from tui.dialogs.form import Entry, TriedForm
from tui.dialogs.settings import shown

_TEST = "test_to"
_SECRET = "env:NAME, file:PATH, command:… or keyring:SERVICE/USER"


def read(actor: Actor) -> dict[str, Value]:
    """The settings of outgoing mail, by their names without `smtp.`."""
    return {key.removeprefix("smtp."): value for key, value in present.every().items() if key.startswith("smtp.")}


class SmtpDialog(TriedForm):
    """Ctrl+T sends one mail to where the test goes; to an inbox of ours, its arrival is waited for."""

    heading = "Outgoing mail"
    entries: Sequence[Entry] = (
        Entry("enabled", "Enabled", hint="mail is sent", switch=True),
        Entry("host", "Server", hint="smtp.example.com"),
        Entry("port", "Port", hint="587 with starttls, 465 with tls"),
        Entry("security", "Security", ("starttls", "tls", "none")),
        Entry("check_certificate", "Check cert.", hint="only a valid certificate will do", switch=True),
        Entry("ca_file", "Authority", hint="a file, if its certificate is not of a public one"),
        Entry("username", "User name", hint="empty: no log-in"),
        Entry("auth", "Sign in with", ("password", "xoauth2")),
        Entry("secret", "Secret", hint=_SECRET),
        Entry("sender_name", "Sender name"),
        Entry("sender_email", "Sender e-mail"),
        Entry("admin_email", "Admin e-mail", hint="hears of new tickets"),
        Entry("copy", "Copy to", hint="gets a copy of all mail to customers"),
        Entry("send_only_to", "Send only to", hint="for testing: gets all mail instead"),
        Entry(_TEST, "Test goes to", hint="an inbox's address: then its arrival is waited for"),
        Entry("expire_days", "Expires after", hint="days"),
        Entry("per_hour", "An hour", hint="at most so many; 0: any number"),
    )

    def __init__(self, desk: Desk, now: Mapping[str, Value], offered: Mapping[str, Value] | None = None) -> None:
        filled = {**now, **(offered or {})}
        test = str(filled["admin_email"] or filled["sender_email"])
        super().__init__(desk, {_TEST: test, **{key: shown(value) for key, value in filled.items()}})
        self._now = now

    def check(self, key: str, text: str) -> None:
        if key != _TEST:
            settings.checked(f"smtp.{key}", text)
        elif text.strip():
            address_in(text, _TEST)

    async def keep(self) -> str:
        async with self.password_kept():
            return await self.save()

    async def save(self, **more: str) -> str:
        """Saves what was typed, and `more`; what to say then.  Raises Problem."""
        given = {key: text for key, text in self.typed.items() if key != _TEST and text != shown(self._now[key])} | more
        seen = {f"smtp.{key}": self._now[key] for key in given}
        texts = {f"smtp.{key}": text for key, text in given.items()}
        await self.desk.lanes.write(settings.change_all, self.desk.actor, texts, seen=seen)
        await self.look_again()
        self.kept()
        return "Saved the settings of outgoing mail."

    async def look_again(self) -> None:
        self._now = await self.desk.lanes.read(read, self.desk.actor)

    async def try_out(self) -> str:
        from mail.trial import try_sending

        texts = {f"smtp.{key}": text for key, text in self.typed.items() if key != _TEST}
        unsaved = await self.desk.lanes.read(settings.unsaved, self.desk.actor, texts)
        to = self.typed[_TEST].strip() or str(unsaved["smtp.sender_email"])
        return await self.desk.lanes.abroad(try_sending, to, unsaved, self.password)
