"""Many rows in one prepared statement: Peewee builds SQL anew for each row, which costs more than SQLite does."""

from collections.abc import Mapping, Sequence
from typing import Any

from store.db import database
from store.models import Base


def insert(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows given by the model's field names (`customer`, not `customer_id`); all rows have the same fields.

    Fields that are left out take the model's defaults.  Values go through the fields, so times may be datetimes.
    """
    if not rows:
        return
    defaults = {field.name: value for field, value in table._meta.defaults.items() if not callable(value)}
    names = list(dict.fromkeys((*rows[0], *defaults)))
    fields = [table._meta.fields[name] for name in names]
    columns = ", ".join(f'"{field.column_name}"' for field in fields)
    marks = ", ".join("?" * len(fields))
    converters = [(name, field.db_value) for name, field in zip(names, fields, strict=True)]
    database.cursor().executemany(
        f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({marks})',
        [[convert(row.get(name, defaults.get(name))) for name, convert in converters] for row in rows],
    )


def update(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Updates rows by their `id`; all rows have the same fields, named as in `insert`."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    converters = [(name, table._meta.fields[name].db_value) for name in (*names, "id")]
    changes = ", ".join(f'"{table._meta.fields[name].column_name}" = ?' for name in names)
    database.cursor().executemany(
        f'UPDATE "{table._meta.table_name}" SET {changes} WHERE id = ?',
        [[convert(row[name]) for name, convert in converters] for row in rows],
    )


def next_id(table: type[Base]) -> int:
    """The id that the next row would get.  Only inside a write transaction, where nobody else can take it."""
    return int(database.execute_sql(f'SELECT COALESCE(MAX(id), 0) FROM "{table._meta.table_name}"').fetchone()[0]) + 1
