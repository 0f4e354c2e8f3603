"""What every table shares: the database, times, links."""

from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import BigIntegerField, Field, ForeignKeyField, Model

from store.db import database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(microseconds: int) -> datetime:
    """The moment that a MomentField keeps as this number."""
    return _EPOCH + timedelta(microseconds=microseconds)


class MomentField(BigIntegerField):
    """An aware UTC datetime, kept as microseconds since 1970 so that it sorts, compares and never loses its zone."""

    def db_value(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        return int((value - _EPOCH) / timedelta(microseconds=1))

    def python_value(self, value: Any) -> datetime | None:
        """None, too, for what is no moment: a store can be edited by hand."""
        try:
            return None if value is None else moment_of(value)
        except (TypeError, OverflowError):
            return None


class Base(Model):
    class Meta:
        database = database
        legacy_table_names = False


def link(to: str | type[Base], **options: Any) -> Field:
    """A foreign key that reads nothing by itself, and adds no attribute to the other side."""
    return ForeignKeyField(to, lazy_load=False, backref="+", **options)
