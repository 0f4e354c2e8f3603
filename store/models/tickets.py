"""Senders, tickets, and who follows them."""

from peewee import AutoField, BooleanField, IntegerField, TextField

from store.models.base import Base, MomentField, link
from store.models.inboxes import Inbox
from store.models.people import Administrator, Customer


class Recipient(Base):
    """One sender address.  `pair_source`: '' never paired, 'profile', 'agent', or 'unpaired' by a person."""

    id = AutoField()
    email = TextField()
    email_key = TextField(unique=True)
    domain = TextField(index=True)
    name = TextField(default="")
    name_key = TextField(default="", index=True)
    name_edited = BooleanField(default=False)
    customer = link(Customer, null=True)
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
    inbox = link(Inbox, null=True, index=False, on_delete="SET NULL")
    search = TextField()
    version = IntegerField(default=1)


class Ticket(Base):
    """The ticket's number is its id.  `customer` and `assignee` are two different assignments; `search` the subject,
    folded, for the index."""

    id = AutoField()
    subject = TextField()
    status = TextField()
    customer = link(Customer, null=True)
    assignee = link(Administrator, null=True)
    requester = link(Recipient, null=True)
    priority = TextField(default="")
    ticket_group = TextField(default="")
    ticket_type = TextField(default="")
    inbox = link(Inbox, null=True, index=False, on_delete="SET NULL")
    note = TextField(default="")
    created = MomentField()
    updated = MomentField(index=True)
    closed = MomentField(null=True, index=True)
    merged_into = link("self", null=True, index=False)
    search = TextField(default="")
    version = IntegerField(default=1)


class Participant(Base):
    """Who follows a ticket besides its requester: `kind` is cc (R6.2) or watcher; a watcher is an administrator."""

    id = AutoField()
    ticket = link(Ticket, index=False, on_delete="CASCADE")
    kind = TextField()
    email = TextField()
    email_key = TextField()
    administrator = link(Administrator, null=True, index=False, on_delete="CASCADE")

    class Meta:
        indexes = ((("ticket", "kind", "email_key"), True),)


class TicketGroup(Base):
    """Administrators who look after tickets together; `Ticket.ticket_group` holds the name."""

    id = AutoField()
    name = TextField(unique=True)


class GroupMember(Base):
    id = AutoField()
    group = link(TicketGroup, index=False, on_delete="CASCADE")
    administrator = link(Administrator, index=False, on_delete="CASCADE")

    class Meta:
        indexes = ((("group", "administrator"), True),)
