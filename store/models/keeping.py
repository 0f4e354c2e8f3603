"""What the program keeps for itself: history, settings, preferences, leases."""

from peewee import AutoField, BlobField, IntegerField, TextField

from store.models.base import Base, MomentField, link
from store.models.people import Administrator


class History(Base):
    """Who changed what, from what to what (R10.2).  Rows of one use case share `change`, to be undone whole.

    `subject` is the kind of thing ('recipient', 'ticket', …), `subject_id` its id, `of` its name for a person;
    `origin` from where it was done.  `seal` ties an entry to all before it (`store/rules/seal.py`).
    """

    id = AutoField()
    change = TextField(index=True)
    at = MomentField()
    who = TextField()
    administrator = link(Administrator, null=True, index=False)
    via = TextField()
    what = TextField()
    subject = TextField()
    subject_id = IntegerField(null=True)
    of = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    undone_by = TextField(default="")
    origin = TextField(null=True)
    seal = BlobField(null=True)

    class Meta:
        indexes = ((("subject", "subject_id"), False),)


SEALED = [
    History._meta.fields[name]
    for name in "change at who administrator via origin what subject subject_id of before after".split()
]
"""What the seal of an entry covers, in this order: all but the mark of an undo."""


class Setting(Base):
    key = TextField(primary_key=True)
    value = TextField()


class Preference(Base):
    """What one administrator chose for himself, such as his columns (R1.5)."""

    id = AutoField()
    administrator = link(Administrator, on_delete="CASCADE", index=False)
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
