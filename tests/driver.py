"""A helpdesk driven through its services, in few words."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store.actor import Actor
from store.models import Customer, Outbox, Recipient, Ticket
from store.queries import deny as deny_list
from store.queries import recipients
from store.queries.recipients import RecipientLine, Selection
from store.rules.addresses import address_key
from store.rules.message import Arrived, Parsed
from store.services import customers, inboxes, intake, lease, people, settings
from store.services.intake import Settled

ANNA = Actor("anna", "command")


class Desk:
    """One store with an inbox `support`, and its super administrator anna as the actor."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.anna = ANNA
        self.uid = 0
        self.uidvalidity = 7
        self._inbox: Any = None
        self._fence: Any = None

    @property
    def inbox(self) -> Any:
        """The inbox that mail arrives in, made when first asked for."""
        if self._inbox is None:
            self._inbox = inboxes.add(ANNA, "support", {"email": "support@us.test", "host": "localhost"})
        return self._inbox

    @property
    def fence(self) -> lease.Fence:
        """The mail lease."""
        if self._fence is None:
            self._fence = lease.acquire()
        return self._fence

    def arrived(self, sender: str, subject: str = "Hello", *, uid: int = 0, raw: bytes = b"", **parsed: Any) -> Arrived:
        """A message as the mail side hands it over; its deny hits as the list is now."""
        self.uid = uid or self.uid + 1
        data = raw or f"{sender}\n{subject}\n{self.uid}\n{parsed}".encode()
        fields = {"text": "Text.", "sender_header": "From", **parsed}
        message = Parsed(sender=sender, subject=subject, **fields)
        hits = deny_list.current().hits(email=sender, email_key=address_key(sender), subject=subject, text=message.text)
        return Arrived(self.uid, data, hashlib.sha256(data).hexdigest(), datetime.now(UTC), message, hits)

    def settle(self, *arrivals: Arrived) -> list[Settled]:
        """Settles a batch."""
        cursor = max((a.uid for a in arrivals), default=self.uid)
        version = deny_list.version()
        return intake.settle(self.fence, self.inbox.id, self.uidvalidity, arrivals, cursor=cursor, deny_version=version)

    def arrive(self, sender: str, subject: str = "Hello", **parsed: Any) -> Settled:
        """One message comes in; what became of it."""
        (done,) = self.settle(self.arrived(sender, subject, **parsed))
        return done

    def customer(self, name: str = "Kelly Sanders", **values: str) -> Customer:
        """A new customer."""
        return customers.add(ANNA, {"name": name, **values})

    def row(self, email: str) -> RecipientLine:
        """The recipient of an address, as the table shows it to anna."""
        return recipients.by_email(ANNA, email)

    def model(self, email: str) -> Recipient:
        """Its row."""
        return Recipient.get(Recipient.email_key == address_key(email))

    def ticket(self, number: int) -> Ticket:
        """A ticket's row."""
        return Ticket.get_by_id(number)

    def emails(self, line: str = "", actor: Actor = ANNA, sort: str = "id", *, descending: bool = False) -> list[str]:
        """The addresses that a filter line selects."""
        return [row.email for row in recipients.every(actor, Selection(line, sort, descending))]

    def send_mail(self, **more: str) -> None:
        """SMTP is set up and notifications are on; admin@us.test is sender's and admin e-mail, as in Example 1."""
        self.inbox  # noqa: B018 - replies come back to it
        given = {
            "smtp.enabled": "on",
            "smtp.host": "localhost",
            "smtp.sender_email": "admin@us.test",
            "smtp.admin_email": "admin@us.test",
            "notifications.enabled": "on",
        }
        settings.change_all(ANNA, {**given, **{key.replace("__", "."): value for key, value in more.items()}})

    def letters(self, *, above: int = 0) -> list[tuple[str, str]]:
        """(address, event) of each mail written to the outbox, in order, above an id."""
        rows = Outbox.select().where(Outbox.id > above).order_by(Outbox.id)
        return [(row.to, row.event) for row in rows]

    def last_letter(self) -> int:
        """The id of the newest mail in the outbox."""
        row = Outbox.select().order_by(Outbox.id.desc()).first()
        return 0 if row is None else row.id

    def administrator(self, login: str, partner: str | None = None, role: str = "administrator") -> Actor:
        """A new administrator."""
        people.add_administrator(ANNA, login, f"{login}@us.test", role=role, partner=partner)
        return Actor(login, "command")
