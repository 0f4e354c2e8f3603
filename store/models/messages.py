"""Messages, their bytes, and what became of each that arrived."""

from peewee import SQL, AutoField, BigIntegerField, BlobField, BooleanField, IntegerField, TextField

from store.models.base import Base, MomentField, link
from store.models.inboxes import DenyEntry, Inbox
from store.models.people import Administrator
from store.models.tickets import Recipient, Ticket


class RawMessage(Base):
    """The exact bytes of a message, kept once however often it arrives."""

    id = AutoField()
    sha256 = TextField(unique=True)
    size = IntegerField()
    data = BlobField()


class Message(Base):
    """`direction` is in, out or note; `sender` the recipient, `author` the administrator who wrote it.

    `whole` is the text as it arrived where words that it quotes were left out, '' where `text` is all of it (R5.8).

    `authentication` is what a trusted server found out about its sender: pass, fail or none, NULL when none is trusted.
    """

    id = AutoField()
    ticket = link(Ticket)
    direction = TextField()
    sender = link(Recipient, null=True, index=False)
    author = link(Administrator, null=True, index=False)
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
    raw = link(RawMessage, null=True, index=False)
    authentication = TextField(null=True)
    whole = TextField(default="", constraints=[SQL("DEFAULT ''")])


class Attachment(Base):
    """What an attachment is; its content is read from the raw message again, by `part`.

    `technical`: a part of the mail itself, such as its signature, and no file that somebody attached.
    """

    id = AutoField()
    message = link(Message)
    name = TextField()
    type = TextField()
    size = IntegerField()
    sha256 = TextField()
    part = IntegerField()
    technical = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])


class Arrival(Base):
    """What became of one message of an inbox: exactly one row each (R5.2), unique on where it lay.

    `outcome` is opened, joined, refused, ignored or report; `written` is the message it became; `why` is the decision
    as JSON, kept, not recomputed.
    """

    id = AutoField()
    inbox = link(Inbox, null=True, index=False, on_delete="SET NULL")
    folder = TextField()
    uidvalidity = BigIntegerField()
    uid = BigIntegerField()
    raw = link(RawMessage)
    message_id = TextField(default="", index=True)
    fingerprint = TextField(default="", index=True)
    received = MomentField()
    settled = MomentField()
    outcome = TextField()
    reason = TextField(default="")
    unreadable = TextField(default="")
    ticket = link(Ticket, null=True, index=False)
    written = link(Message, null=True, index=False)
    why = TextField(default="{}")

    class Meta:
        indexes = ((("inbox", "folder", "uidvalidity", "uid"), True),)


class LargeMessage(Base):
    """A message that is too large to be fetched in one piece: `RawMessage` holds its beginning, `file` all of it.

    `state` is waiting, done or gone (from the server, before all was fetched).
    """

    id = AutoField()
    arrival = link(Arrival, unique=True, on_delete="CASCADE")
    folder = TextField()
    uidvalidity = BigIntegerField()
    uid = BigIntegerField()
    size = BigIntegerField()
    state = TextField(default="waiting", index=True)
    file = TextField(default="")


class WithheldMessage(Base):
    """A message that lies on the server and is not let in for now (R5.11); known by where it lies.

    `kind` is failed (the server does not give it), deleted or draft (its flag), or rest: of a large message only the
    beginning is here.  `reason` says it in words.  `next_try` None: at once, a person asked for it.
    """

    id = AutoField()
    inbox = link(Inbox, index=False, on_delete="CASCADE")
    folder = TextField()
    uidvalidity = BigIntegerField()
    uid = BigIntegerField()
    kind = TextField()
    reason = TextField()
    sender = TextField(default="")
    subject = TextField(default="")
    size = BigIntegerField(default=0)
    received = MomentField(null=True)
    since = MomentField()
    tries = IntegerField(default=1)
    last_try = MomentField()
    next_try = MomentField(null=True)

    class Meta:
        indexes = ((("inbox", "folder", "uidvalidity", "uid"), True),)


class RefusedMessage(Base):
    """Kept out, never simply gone (R8): `kind` is refused or ignored.  `rule` says in words what kept it out.

    `listed`: when it was put on the list, where that was later than it was settled; it is kept from then on.
    """

    id = AutoField()
    arrival = link(Arrival, unique=True, on_delete="CASCADE")
    reason = TextField()
    rule = TextField(default="")
    deny_entry = link(DenyEntry, null=True, on_delete="SET NULL")
    recipient = link(Recipient, null=True)
    sender = TextField(default="")
    sender_key = TextField(default="", index=True)
    subject = TextField(default="")
    received = MomentField()
    released = MomentField(null=True)
    released_by = TextField(default="")
    kind = TextField(default="refused", constraints=[SQL("DEFAULT 'refused'")])
    listed = MomentField(null=True)
