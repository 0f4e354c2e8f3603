"""Every setting of the program: its key, kind, default and what it does.  The store keeps only what was changed."""

from dataclasses import dataclass
from typing import Literal

from store.rules.events import EVENTS, Event

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.  `kind` says how its text is read and checked; `choices` bounds a choice."""

    key: str
    kind: Literal["text", "number", "switch", "pattern", "zone", "address", "choice", "secret", "subject", "body"]
    default: Value
    help: str
    low: int = 0
    high: int = 2_000_000_000
    choices: tuple[str, ...] = ()


def _of_event(event: Event) -> tuple[Setting, ...]:
    """An empty subject or body stands for the default one."""
    key = f"notify.{event.key}"
    return (
        Setting(f"{key}.on", "switch", event.on, f"{event.title}: whether it is sent"),
        Setting(f"{key}.subject", "subject", "", f"{event.title}: its subject; empty: {event.subject}"),
        Setting(f"{key}.body", "body", "", f"{event.title}: its text; empty: the default one"),
    )


SETTINGS: tuple[Setting, ...] = (
    Setting("timezone", "zone", "UTC", "the zone in which the window shows times and counts “today”"),
    Setting("inboxes.enabled", "switch", True, "whether any inbox is polled"),
    Setting("inboxes.poll_seconds", "number", 15, "how often an inbox is polled", 1, 86_400),
    Setting("inboxes.ticket_number", "pattern", r"#(?P<number>\d{1,})", "finds the ticket number in a subject"),
    Setting("inboxes.by_subject_only", "switch", False, "a reply joins its ticket whoever sends it (R6.2)"),
    Setting("inboxes.process_administrators", "switch", False, "process forwarded e-mail from administrators (R5.8)"),
    Setting("inboxes.largest_bytes", "number", 20_000_000, "bigger messages are fetched in parts", 10_000),
    Setting("inboxes.authserv_id", "text", "", "servers whose Authentication-Results are trusted; empty: none (R5.8)"),
    Setting("inboxes.authserv_hops", "number", 0, "how many Received fields they write above them", 0, 20),
    Setting("store.backup_hours", "number", 24, "how often the worker copies the store; 0: never", 0, 8_760),
    Setting("refused.keep_days", "number", 90, "how long refused and ignored mail is kept", 1, 36_500),
    Setting("status.new", "text", "New", "the status of a new ticket"),
    Setting("status.customer_reply", "text", "Waiting on agent", "the status after a customer's reply"),
    Setting("status.agent_reply", "text", "Waiting on customer", "the status after an agent's reply"),
    Setting("status.reopened", "text", "Work in progress", "the status of a ticket that is opened again"),
    Setting("status.closed", "text", "Resolved", "the status of a closed ticket"),
    Setting("tickets.statuses", "text", "", "further statuses that are offered, with commas between"),
    Setting("tickets.types", "text", "Question, Incident, Problem, Request", "the types of tickets that are offered"),
    Setting("tickets.priorities", "text", "Low, Medium, High, Urgent", "the priorities that are offered"),
    Setting("smtp.enabled", "switch", False, "whether mail is sent at all"),
    Setting("smtp.host", "text", "", "the mail server that sends"),
    Setting("smtp.port", "number", 587, "the port of that server", 1, 65_535),
    Setting(
        "smtp.security", "choice", "starttls", "how the connection is secured", choices=("tls", "starttls", "none")
    ),
    Setting("smtp.auth", "choice", "password", "how one signs in there", choices=("password", "xoauth2")),
    Setting("smtp.check_certificate", "switch", True, "whether the server's certificate is checked"),
    Setting("smtp.ca_file", "text", "", "a file with the authority that signed it, if not a public one"),
    Setting("smtp.username", "text", "", "the user name there; empty: no log-in"),
    Setting("smtp.secret", "secret", "", "a reference to the password: env:NAME, file:PATH, command:… or keyring:…"),
    Setting("smtp.sender_name", "text", "", "the sender's name of outgoing mail"),
    Setting("smtp.sender_email", "address", "", "the sender's e-mail of outgoing mail"),
    Setting("smtp.admin_email", "address", "", "the address that hears of new tickets"),
    Setting("smtp.copy", "address", "", "an address that gets a copy of all mail to customers"),
    Setting("smtp.send_only_to", "address", "", "for testing: all mail goes to this address instead"),
    Setting("smtp.expire_days", "number", 5, "how long sending is tried", 1, 60),
    Setting("smtp.per_hour", "number", 0, "how many messages are sent in an hour; 0: any number"),
    Setting("smtp.bounce_hold_days", "number", 30, "how long an address that bounced gets nothing", 0, 3_650),
    Setting("notifications.enabled", "switch", False, "the master switch of ticket notifications"),
    Setting("notifications.per_address_hour", "number", 30, "at most so many to one address in an hour (R7.7)", 1),
    # each six seconds of an hour one: nobody reads more, and a busy desk of ten stays below
    Setting("notifications.per_admin_hour", "number", 600, "the same for an administrator's notifications (R7.7)", 1),
    Setting(
        "notifications.request_received",
        "choice",
        "when-paired",
        "Request received goes out when a paired address writes, or always with the first agent's reply",
        choices=("when-paired", "first-reply"),
    ),
    *(setting for event in EVENTS for setting in _of_event(event)),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
