"""What is searched is folded anew: without accents, in the case of all languages (R1.2, `store/rules/text.py`).

In slices, so that others can go on, and a kill costs a slice.  A search index of which most changes is made at once at
the end: row by row it takes five times as long (a million rows: 150 s instead of 30).
"""

from typing import Any

atomic = False
_SLICE = 5_000  # rows: about 100 ms under the write lock
_FEW = 20_000  # rows, which take the index about 3 s
_ALL = 1 << 62
_SEARCHED = {
    "recipient": "email, email_key, name, customer_key",
    "customer": "id, name, login, email, billing_email, phone",
    "ticket": "subject",
}
# what is ASCII is folded as it was, but for domains in A-labels
_OTHERWISE = "(LENGTH(CAST(search AS BLOB)) <> LENGTH(search) OR INSTR(search, 'xn--'))"


def up(migrator: Any, db: Any) -> None:
    """Each slice in a transaction of its own; `db` knows `search_text`."""
    for table, columns in _SEARCHED.items():
        if migrator.progress.done(table) < _ALL:
            _fold_anew(db, migrator.progress, table, columns)


def _fold_anew(db: Any, progress: Any, table: str, columns: str) -> None:
    last, others = db.execute_sql(f"SELECT MAX(id), SUM({_OTHERWISE}) FROM {table}").fetchone()
    trigger = f"{table}_search_changed"
    at_once = (others or 0) > _FEW or not _is_there(db, trigger)
    if at_once:
        db.execute_sql(f"DROP TRIGGER IF EXISTS {trigger}")
    for start in range(progress.done(table), (last or 0) if others else 0, _SLICE):
        with db.atomic():
            db.execute_sql(
                f"UPDATE {table} SET search = search_text({columns}) WHERE id > ? AND id <= ? AND {_OTHERWISE}",
                (start, start + _SLICE),
            )
            progress.keep(table, start + _SLICE)
        progress.say(f"the search text of {table}s", start / last)
    with db.atomic():
        if at_once:
            progress.say(f"the search index of {table}s is made")
            db.execute_sql(f"INSERT INTO {table}_search({table}_search) VALUES ('rebuild')")
            _add_trigger(db, trigger, table)
        progress.keep(table, _ALL)


def _is_there(db: Any, trigger: str) -> bool:
    return bool(db.execute_sql("SELECT 1 FROM sqlite_master WHERE name = ?", (trigger,)).fetchone())


def _add_trigger(db: Any, trigger: str, table: str) -> None:
    """As the first migration made it."""
    db.execute_sql(
        f"""CREATE TRIGGER {trigger} AFTER UPDATE OF search ON {table} WHEN OLD.search <> NEW.search BEGIN
    INSERT INTO {table}_search({table}_search, rowid, search) VALUES ('delete', OLD.id, OLD.search);
    INSERT INTO {table}_search(rowid, search) VALUES (NEW.id, NEW.search);
END"""
    )
