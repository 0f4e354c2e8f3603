"""Every setting of the program: its key, kind, default and what it does.  The store keeps only what was changed."""

from dataclasses import dataclass
from typing import Literal

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.  `kind` says how its text is read and checked; `choices` bounds a choice."""

    key: str
    kind: Literal["text", "number", "switch", "pattern", "zone", "address"]
    default: Value
    help: str
    low: int = 0
    high: int = 2_000_000_000


SETTINGS: tuple[Setting, ...] = (
    Setting("timezone", "zone", "UTC", "the zone in which the window shows times and counts “today”"),
    Setting("inboxes.enabled", "switch", True, "whether any inbox is polled"),
    Setting("inboxes.poll_seconds", "number", 15, "how often an inbox is polled", 1, 86_400),
    Setting("inboxes.ticket_number", "pattern", r"#(?P<number>\d{1,})", "finds the ticket number in a subject"),
    Setting("inboxes.by_subject_only", "switch", False, "a reply joins its ticket whoever sends it (R6.2)"),
    Setting("inboxes.process_administrators", "switch", False, "process forwarded e-mail from administrators (R5.8)"),
    Setting("inboxes.largest_bytes", "number", 20_000_000, "bigger messages are opened without their text", 10_000),
    Setting("refused.keep_days", "number", 90, "how long refused mail is kept", 1, 36_500),
    Setting("status.new", "text", "New", "the status of a new ticket"),
    Setting("status.customer_reply", "text", "Waiting on agent", "the status after a customer's reply"),
    Setting("status.agent_reply", "text", "Waiting on customer", "the status after an agent's reply"),
    Setting("status.reopened", "text", "Work in progress", "the status of a ticket that is opened again"),
    Setting("status.closed", "text", "Resolved", "the status of a closed ticket"),
    Setting("smtp.enabled", "switch", False, "whether mail is sent at all"),
    Setting("smtp.host", "text", "", "the mail server that sends"),
    Setting("smtp.admin_email", "address", "", "the address that hears of new tickets"),
    Setting("notifications.enabled", "switch", False, "the master switch of ticket notifications"),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
