"""Settings that are few enough for one form each: of tickets, and of all inboxes together (R5.1, R6.3)."""

from collections.abc import Mapping

from store.queries import settings as present
from store.rules.settings import BY_KEY, Value
from store.services import settings
from tui.desk import Desk
from tui.dialogs.form import Entry, FormDialog


def read() -> dict[str, Value]:
    """From the store."""
    return present.every()


class SettingsForm(FormDialog):
    """Give `entries`, whose keys are settings with `-` for `.`; only what was changed is written."""

    what = ""

    def __init__(self, desk: Desk, now: Mapping[str, Value]) -> None:
        self._now = {_key(entry.key): now[_key(entry.key)] for entry in self.entries}
        super().__init__(desk, {entry.key: shown(self._now[_key(entry.key)]) for entry in self.entries})

    def check(self, key: str, text: str) -> None:
        settings.checked(_key(key), text)

    async def keep(self) -> str:
        texts = {_key(key): text for key, text in self.typed.items() if text != shown(self._now[_key(key)])}
        seen = {key: self._now[key] for key in texts}
        await self.desk.lanes.write(settings.change_all, self.desk.actor, texts, seen=seen)
        return f"Saved {self.what}." if texts else "Nothing was changed."

    async def look_again(self) -> None:
        now = await self.desk.lanes.read(read)
        self._now = {key: now[key] for key in self._now}


class TicketSettings(SettingsForm):
    """The statuses of events, what is offered in tickets, and how times are shown."""

    heading = "Tickets: statuses, types, times"
    what = "the settings of tickets"
    entries = (
        Entry("status-new", "New ticket"),
        Entry("status-customer_reply", "Customer wrote"),
        Entry("status-agent_reply", "Agent replied"),
        Entry("status-reopened", "Opened again"),
        Entry("status-closed", "Closed"),
        Entry("tickets-statuses", "More statuses", hint="offered too, with commas between"),
        Entry("tickets-types", "Ticket types", hint="offered, with commas between"),
        Entry("tickets-priorities", "Priorities", hint="offered, with commas between"),
        Entry("timezone", "Time zone", hint="Europe/Berlin"),
        Entry("refused-keep_days", "Refused kept", hint="days"),
    )


class MailSettings(SettingsForm):
    """What holds for all inboxes."""

    heading = "All inboxes"
    what = "the settings of all inboxes"
    entries = (
        Entry("inboxes-enabled", "Enabled", switch=True),
        Entry("inboxes-poll_seconds", "Every … s", hint="how often mail is fetched"),
        Entry("inboxes-ticket_number", "Ticket number", hint=r"#(?P<number>\d{1,})"),
        Entry("inboxes-by_subject_only", "Subject only", switch=True),
        Entry("inboxes-process_administrators", "Forwarded too", switch=True),
        Entry("inboxes-largest_bytes", "Large from", hint="bytes; larger ones are fetched in parts"),
        Entry("inboxes-authserv_id", "Trusted server", hint="whose Authentication-Results count"),
        Entry("inboxes-authserv_hops", "Its hops", hint="Received lines above its result"),
        Entry("notifications-per_address_hour", "An address/h", hint="at most so many notifications"),
        Entry("notifications-request_received", "Confirmation", BY_KEY["notifications.request_received"].choices),
    )


def shown(value: Value) -> str:
    """A setting as its field shows it."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _key(name: str) -> str:
    return name.replace("-", ".", 1)
