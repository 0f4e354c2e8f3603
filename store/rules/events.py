"""The fourteen events that send mail (R7.3), each with its default subject; the default bodies are files beside
`store.templates`."""

from dataclasses import dataclass
from typing import Literal

Audience = Literal["customer", "admin"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event.  `audience` says who reads it, `on` whether it is sent unless told otherwise.

    `automatic`: nobody wrote it, so it says so in its headers (RFC 3834).
    """

    key: str
    title: str
    audience: Audience
    on: bool
    subject: str
    automatic: bool = True


EVENTS: tuple[Event, ...] = (
    Event(
        "ticket_received_customer",
        "Ticket received (message to customer)",
        "customer",
        True,
        "#{{ticket.id}} Request received: {{ticket.subject}}",
    ),
    Event("new_ticket_admin", "New ticket (message to admin)", "admin", True, "#{{ticket.id}} New ticket created"),
    Event("changes_admin", "Ticket changes (message to admins)", "admin", True, "#{{ticket.id}} Ticket has changes"),
    Event(
        "new_ticket_customer",
        "New ticket (message to customer)",
        "customer",
        True,
        "#{{ticket.id}} Request received: {{ticket.subject}}",
        automatic=False,
    ),
    Event("new_message_admin", "New message (message to admin)", "admin", True, "#{{ticket.id}} New message in ticket"),
    Event(
        "new_message_customer",
        "New message (message to customer)",
        "customer",
        True,
        "#{{ticket.id}} New message in ticket",
        automatic=False,
    ),
    Event(
        "assigned_admin", "Ticket assigned (message to admin)", "admin", True, "#{{ticket.id}} Ticket assigned to you"
    ),
    Event("new_note_admin", "New note (message to admin)", "admin", False, "#{{ticket.id}} New note in ticket"),
    Event("closed_admin", "Ticket closed (message to admin)", "admin", False, "#{{ticket.id}} Ticket closed"),
    Event(
        "assigned_group",
        "Ticket assigned (message to group)",
        "admin",
        False,
        '#{{ticket.id}} Ticket assigned to group "{{ticket.group}}"',
    ),
    Event("closed_customer", "Ticket closed (message to customer)", "customer", False, "#{{ticket.id}} Ticket closed"),
    Event("opened_admin", "Ticket opened (message to admin)", "admin", False, "#{{ticket.id}} Ticket opened"),
    Event("opened_customer", "Ticket opened (message to customer)", "customer", False, "#{{ticket.id}} Ticket opened"),
    Event(
        "watchers",
        "Ticket watchers notification (message to watchers)",
        "admin",
        False,
        "#{{ticket.id}} A ticket you are watching has been updated: {{ticket.subject}}",
    ),
)
BY_KEY = {event.key: event for event in EVENTS}
