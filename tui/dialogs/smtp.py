"""The form of outgoing mail (R7.2)."""

from collections.abc import Mapping

from store.actor import Actor
from store.queries import settings as present
from store.rules.settings import Value
from store.services import settings
from tui.desk import Desk
from tui.dialogs.form import Entry, TriedForm
from tui.dialogs.settings import shown

_SECRET = "env:NAME, file:PATH, command:… or keyring:SERVICE/USER"


def read(actor: Actor) -> dict[str, Value]:
    """The settings of outgoing mail, by their names without `smtp.`."""
    return {key.removeprefix("smtp."): value for key, value in present.every().items() if key.startswith("smtp.")}


class SmtpDialog(TriedForm):
    """Ctrl+T sends one mail to the admin e-mail, or to the sender's."""

    heading = "Outgoing mail"
    entries = (
        Entry("enabled", "Enabled", switch=True),
        Entry("host", "Server", hint="smtp.example.com"),
        Entry("port", "Port", hint="587 with starttls, 465 with tls"),
        Entry("security", "Security", ("starttls", "tls", "none")),
        Entry("check_certificate", "Check cert.", switch=True),
        Entry("username", "User name", hint="empty: no log-in"),
        Entry("auth", "Sign in with", ("password", "xoauth2")),
        Entry("secret", "Secret", hint=_SECRET),
        Entry("sender_name", "Sender name"),
        Entry("sender_email", "Sender e-mail"),
        Entry("admin_email", "Admin e-mail", hint="hears of new tickets"),
        Entry("copy", "Copy to", hint="gets a copy of all mail to customers"),
        Entry("send_only_to", "Send only to", hint="for testing: gets all mail instead"),
        Entry("expire_days", "Expires after", hint="days"),
        Entry("per_hour", "An hour", hint="at most so many; 0: any number"),
    )

    def __init__(self, desk: Desk, now: Mapping[str, Value]) -> None:
        super().__init__(desk, {key: shown(value) for key, value in now.items()})

    def check(self, key: str, text: str) -> None:
        settings.checked(f"smtp.{key}", text)

    async def keep(self) -> str:
        texts = {f"smtp.{key}": text for key, text in self.typed.items()}
        await self.desk.lanes.write(settings.change_all, self.desk.actor, texts)
        return "Saved the settings of outgoing mail."

    async def try_out(self) -> str:
        from mail.sender import send_test

        to = self.typed["admin_email"] or self.typed["sender_email"]
        await self.desk.lanes.apart(send_test, to)
        return f"Saved. The server took the test mail to {to}."
