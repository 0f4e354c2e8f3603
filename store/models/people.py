"""Partners, administrators, customers."""

from peewee import AutoField, BooleanField, IntegerField, TextField

from store.models.base import Base, MomentField, link


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
    partner = link(Partner, null=True, index=False)
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
    partner = link(Partner, index=True)
    external_id = TextField(null=True, unique=True)
    search = TextField()
    created = MomentField()
    deleted = MomentField(null=True)
    merged_into = link("self", null=True, index=False)
    version = IntegerField(default=1)


class ProfileAddress(Base):
    """One address of a customer's profile *Email*, folded: who has this address? (R4.6)"""

    id = AutoField()
    customer = link(Customer, on_delete="CASCADE")
    email_key = TextField(index=True)
