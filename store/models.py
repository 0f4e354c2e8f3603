"""The tables.  Times are whole microseconds since 1970 in UTC; keys (`…_key`) are folded for comparing.

Counters (`Recipient.tickets`, `.unassigned_tickets`) and the search index are kept by triggers, see the first
migration: every writer gets them right without knowing of them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    Field,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from store.db import database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MomentField(BigIntegerField):
    """An aware UTC datetime, kept as microseconds since 1970 so that it sorts, compares and never loses its zone."""

    def db_value(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        return int((value - _EPOCH) / timedelta(microseconds=1))

    def python_value(self, value: Any) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Base(Model):
    class Meta:
        database = database
        legacy_table_names = False


def _link(to: str | type[Base], **options: Any) -> Field:
    return ForeignKeyField(to, lazy_load=False, backref="+", **options)


class Partner(Base):
    id = AutoField()
    name = TextField(unique=True)
    version = IntegerField(default=1)


class Administrator(Base):
    """`partner` None means Any (R10.1)."""

    id = AutoField()
    login = TextField(unique=True)
    name = TextField()
    email = TextField()
    email_key = TextField(index=True)
    role = TextField()
    partner = _link(Partner, null=True, index=False)
    active = BooleanField(default=True)
    version = IntegerField(default=1)


class Customer(Base):
    """A customer or a lead.  `email` may hold several addresses, separated by commas (R4.12)."""

    id = AutoField()
    kind = TextField()
    name = TextField()
    name_key = TextField()
    login = TextField(default="")
    email = TextField(default="")
    billing_email = TextField(default="")
    phone = TextField(default="")
    partner = _link(Partner, index=True)
    external_id = TextField(null=True, unique=True)
    search = TextField()
    created = MomentField()
    deleted = MomentField(null=True)
    merged_into = _link("self", null=True, index=False)
    version = IntegerField(default=1)


class ProfileAddress(Base):
    """One address of a customer's profile *Email*, folded: who has this address? (R4.6)"""

    id = AutoField()
    customer = _link(Customer, on_delete="CASCADE")
    email_key = TextField(index=True)


class Inbox(Base):
    id = AutoField()
    name = TextField(unique=True)
    email = TextField()
    email_key = TextField(index=True)
    username = TextField(default="")
    secret = TextField(default="")
    host = TextField()
    port = IntegerField()
    security = TextField(default="tls")
    check_certificate = BooleanField(default=True)
    ca_file = TextField(default="")
    folder = TextField(default="INBOX")
    process = TextField(default="all")
    process_from = MomentField(null=True)
    mark_read = BooleanField(default=True)
    address_header = TextField(default="From")
    accept_unregistered = BooleanField(default=True)
    priority = TextField(default="")
    ticket_group = TextField(default="")
    ticket_type = TextField(default="")
    enabled = BooleanField(default=True)
    version = IntegerField(default=1)


class InboxState(Base):
    """Where intake stands in an inbox and how it fares; written by intake only."""

    inbox = _link(Inbox, primary_key=True, on_delete="CASCADE")
    uidvalidity = BigIntegerField(default=0)
    last_uid = BigIntegerField(default=0)
    last_success = MomentField(null=True)
    last_error = TextField(default="")
    last_error_at = MomentField(null=True)
    next_try = MomentField(null=True)


class DenyEntry(Base):
    id = AutoField()
    location = TextField()
    filter_type = TextField()
    filter = TextField()
    today = IntegerField(default=0)
    today_date = TextField(default="")
    total = IntegerField(default=0)
    created = MomentField()
    created_by = TextField()
    version = IntegerField(default=1)


class Recipient(Base):
    """One sender address.  `pair_source`: '' never paired, 'profile', 'agent', or 'unpaired' by a person."""

    id = AutoField()
    email = TextField()
    email_key = TextField(unique=True)
    domain = TextField(index=True)
    name = TextField(default="")
    name_key = TextField(default="", index=True)
    name_edited = BooleanField(default=False)
    customer = _link(Customer, null=True)
    customer_key = TextField(default="", index=True)
    pair_source = TextField(default="")
    shared = BooleanField(default=False)
    banned = BooleanField(default=False)
    banned_at = MomentField(null=True)
    banned_by = TextField(default="")
    ban_reason = TextField(default="")
    denied = BooleanField(default=False)
    tickets = IntegerField(default=0)
    unassigned_tickets = IntegerField(default=0)
    blocked = IntegerField(default=0)
    first_seen = MomentField()
    last_message = MomentField(null=True)
    inbox = _link(Inbox, null=True, index=False, on_delete="SET NULL")
    search = TextField()
    version = IntegerField(default=1)


class Ticket(Base):
    """The ticket's number is its id.  `customer` and `assignee` are two different assignments; `search` the subject,
    folded, for the index."""

    id = AutoField()
    subject = TextField()
    status = TextField()
    customer = _link(Customer, null=True)
    assignee = _link(Administrator, null=True)
    requester = _link(Recipient, null=True)
    priority = TextField(default="")
    ticket_group = TextField(default="")
    ticket_type = TextField(default="")
    inbox = _link(Inbox, null=True, index=False, on_delete="SET NULL")
    note = TextField(default="")
    created = MomentField()
    updated = MomentField(index=True)
    closed = MomentField(null=True, index=True)
    merged_into = _link("self", null=True, index=False)
    search = TextField(default="")
    version = IntegerField(default=1)


class Participant(Base):
    """Who follows a ticket besides its requester: `kind` is cc (R6.2) or watcher; a watcher is an administrator."""

    id = AutoField()
    ticket = _link(Ticket, index=False, on_delete="CASCADE")
    kind = TextField()
    email = TextField()
    email_key = TextField()
    administrator = _link(Administrator, null=True, index=False, on_delete="CASCADE")

    class Meta:
        indexes = ((("ticket", "kind", "email_key"), True),)


class TicketGroup(Base):
    """Administrators who look after tickets together; `Ticket.ticket_group` holds the name."""

    id = AutoField()
    name = TextField(unique=True)


class GroupMember(Base):
    id = AutoField()
    group = _link(TicketGroup, index=False, on_delete="CASCADE")
    administrator = _link(Administrator, index=False, on_delete="CASCADE")

    class Meta:
        indexes = ((("group", "administrator"), True),)


class RawMessage(Base):
    """The exact bytes of a message, kept once however often it arrives."""

    id = AutoField()
    sha256 = TextField(unique=True)
    size = IntegerField()
    data = BlobField()


class Message(Base):
    """`direction` is in, out or note; `sender` the recipient, `author` the administrator who wrote it."""

    id = AutoField()
    ticket = _link(Ticket)
    direction = TextField()
    sender = _link(Recipient, null=True, index=False)
    author = _link(Administrator, null=True, index=False)
    sender_email = TextField(default="")
    sender_name = TextField(default="")
    subject = TextField(default="")
    subject_key = TextField(default="")
    text = TextField()
    message_id = TextField(default="", index=True)
    in_reply_to = TextField(default="")
    references = TextField(default="")
    automatic = TextField(default="")
    sent = MomentField(null=True)
    created = MomentField()
    raw = _link(RawMessage, null=True, index=False)


class Attachment(Base):
    """What an attachment is; its content is read from the raw message again, by `part`."""

    id = AutoField()
    message = _link(Message)
    name = TextField()
    type = TextField()
    size = IntegerField()
    sha256 = TextField()
    part = IntegerField()


class Arrival(Base):
    """What became of one message of an inbox: exactly one row each (R5.2), unique on where it lay.

    `outcome` is opened, joined, refused, ignored or report; `written` is the message it became; `why` is the decision
    as JSON, kept, not recomputed.
    """

    id = AutoField()
    inbox = _link(Inbox, null=True, index=False, on_delete="SET NULL")
    folder = TextField()
    uidvalidity = BigIntegerField()
    uid = BigIntegerField()
    raw = _link(RawMessage)
    message_id = TextField(default="", index=True)
    fingerprint = TextField(default="", index=True)
    received = MomentField()
    settled = MomentField()
    outcome = TextField()
    reason = TextField(default="")
    unreadable = TextField(default="")
    ticket = _link(Ticket, null=True, index=False)
    written = _link(Message, null=True, index=False)
    why = TextField(default="{}")

    class Meta:
        indexes = ((("inbox", "folder", "uidvalidity", "uid"), True),)


class RefusedMessage(Base):
    """Refused, never simply gone (R8).  `rule` says in words which entry or setting refused it."""

    id = AutoField()
    arrival = _link(Arrival, unique=True, on_delete="CASCADE")
    reason = TextField()
    rule = TextField(default="")
    deny_entry = _link(DenyEntry, null=True, on_delete="SET NULL")
    recipient = _link(Recipient, null=True)
    sender = TextField(default="")
    sender_key = TextField(default="", index=True)
    subject = TextField(default="")
    received = MomentField()
    released = MomentField(null=True)
    released_by = TextField(default="")


class Outbox(Base):
    """Mail to be sent, one row an addressee (R7.5); `dedupe` makes one cause send once.

    `audience` is customer or admin, `why` the code of why this address gets it.  `state` is queued, sending, sent,
    failed, bounced, held or dropped; `uncertain`: the connection broke after the text had gone (THREATS O2).
    """

    id = AutoField()
    event = TextField()
    audience = TextField(default="customer")
    why = TextField(default="")
    ticket = _link(Ticket, null=True)
    caused_by = _link(Message, null=True)
    to = TextField()
    to_key = TextField(index=True)
    to_name = TextField(default="")
    subject = TextField()
    subject_key = TextField(default="")
    body = TextField()
    message_id = TextField(unique=True)
    in_reply_to = TextField(default="")
    references = TextField(default="")
    reply_to = TextField(default="")
    automatic = BooleanField(default=True)
    dedupe = TextField(unique=True)
    state = TextField(default="queued", index=True)
    uncertain = BooleanField(default=False)
    tries = IntegerField(default=0)
    last_error = TextField(default="")
    next_try = MomentField(null=True)
    expires = MomentField(null=True)
    created = MomentField()
    sent = MomentField(null=True, index=True)
    version = IntegerField(default=1)


class AddressHold(Base):
    """An address that a mail server refused for good: nothing is sent there until then, or until an agent lifts it."""

    email_key = TextField(primary_key=True)
    email = TextField()
    reason = TextField()
    outbox = _link(Outbox, null=True, index=False, on_delete="SET NULL")
    at = MomentField()
    until = MomentField()


class OutgoingState(Base):
    """How sending fares, in one row; written by the sender only."""

    id = AutoField()
    last_success = MomentField(null=True)
    last_error = TextField(default="")
    last_error_at = MomentField(null=True)
    next_try = MomentField(null=True)


class History(Base):
    """Who changed what, from what to what (R10.2).  Rows of one use case share `change`, to be undone whole.

    `subject` is the kind of thing ('recipient', 'ticket', …), `subject_id` its id, `of` its name for a person.
    """

    id = AutoField()
    change = TextField(index=True)
    at = MomentField()
    who = TextField()
    administrator = _link(Administrator, null=True, index=False)
    via = TextField()
    what = TextField()
    subject = TextField()
    subject_id = IntegerField(null=True)
    of = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    undone_by = TextField(default="")

    class Meta:
        indexes = ((("subject", "subject_id"), False),)


class Setting(Base):
    key = TextField(primary_key=True)
    value = TextField()


class Preference(Base):
    """What one administrator chose for himself, such as his columns (R1.5)."""

    id = AutoField()
    administrator = _link(Administrator, on_delete="CASCADE", index=False)
    key = TextField()
    value = TextField()

    class Meta:
        indexes = ((("administrator", "key"), True),)


class Lease(Base):
    """Who may do a job that only one process may do at a time (THREATS D6); `term` is the fencing number."""

    name = TextField(primary_key=True)
    owner = TextField()
    host = TextField()
    pid = IntegerField()
    term = IntegerField()
    until = MomentField()


TABLES: tuple[type[Base], ...] = (
    Partner,
    Administrator,
    Customer,
    ProfileAddress,
    Inbox,
    InboxState,
    DenyEntry,
    Recipient,
    Ticket,
    Participant,
    TicketGroup,
    GroupMember,
    RawMessage,
    Message,
    Attachment,
    Arrival,
    RefusedMessage,
    Outbox,
    AddressHold,
    OutgoingState,
    History,
    Setting,
    Preference,
    Lease,
)
