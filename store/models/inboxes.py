"""Where mail comes from, and what keeps it out."""

from peewee import SQL, AutoField, BigIntegerField, BooleanField, IntegerField, TextField

from store.models.base import Base, MomentField, link


class Inbox(Base):
    """`auth` is password or xoauth2; None: password.  `behind_group`: a group or list passes its mail on, which breaks
    what the senders' domains vouch for.  `retry_asked`: when a person asked to try withheld mail again at once."""

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
    auth = TextField(null=True)
    retry_asked = MomentField(null=True)
    behind_group = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])


class InboxState(Base):
    """Where intake stands in an inbox and how it fares; written by intake only."""

    inbox = link(Inbox, primary_key=True, on_delete="CASCADE")
    uidvalidity = BigIntegerField(default=0)
    last_uid = BigIntegerField(default=0)
    last_success = MomentField(null=True)
    last_error = TextField(default="")
    last_error_at = MomentField(null=True)
    next_try = MomentField(null=True)
    token_expires = MomentField(null=True)


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
