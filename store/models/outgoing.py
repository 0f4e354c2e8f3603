"""Mail to be sent."""

from peewee import SQL, AutoField, BooleanField, IntegerField, TextField

from store.models.base import Base, MomentField, link
from store.models.messages import Message
from store.models.tickets import Ticket


class Outbox(Base):
    """Mail to be sent, one row an addressee (R7.5); `dedupe` makes one cause send once.

    `audience` is customer or admin, `why` the code of why this address gets it.  `state` is queued, sending, sent,
    failed, bounced, held, digested (a digest tells of it) or dropped; `next_try` is when it is due, queued or held.
    `transmitting`: its text goes, or has gone without an answer yet; `uncertain`: the connection broke after the text
    had gone (THREATS O2); `slow`: its server kept the others waiting, so it goes after them.
    """

    id = AutoField()
    event = TextField()
    audience = TextField(default="customer")
    why = TextField(default="")
    ticket = link(Ticket, null=True)
    caused_by = link(Message, null=True)
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
    transmitting = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])
    slow = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])

    class Meta:
        indexes = ((("state", "next_try"), False),)


class AddressHold(Base):
    """An address that a mail server refused for good: nothing is sent there until then, or until an agent lifts it."""

    email_key = TextField(primary_key=True)
    email = TextField()
    reason = TextField()
    outbox = link(Outbox, null=True, index=False, on_delete="SET NULL")
    at = MomentField()
    until = MomentField()


class ReturnedLetter(Base):
    """Why a letter came back (R5.4): the last report's `cause`, see `store.rules.refusals`."""

    outbox = link(Outbox, primary_key=True, on_delete="CASCADE")
    cause = TextField()
    at = MomentField(index=True)


class OutgoingState(Base):
    """How sending fares, in one row; written by the sender, but `acknowledged` by people (R5.4)."""

    id = AutoField()
    last_success = MomentField(null=True)
    last_error = TextField(default="")
    last_error_at = MomentField(null=True)
    next_try = MomentField(null=True)
    token_expires = MomentField(null=True)
    acknowledged = MomentField(null=True)
