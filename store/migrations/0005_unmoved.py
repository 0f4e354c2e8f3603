"""An entry of the history keeps its number, by whichever name SQLite knows it, and its undo is marked once (S6)."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    # UPDATE OF id is not asked when the row is addressed as rowid, oid or _rowid_
    db.execute_sql(
        """CREATE TRIGGER "history_not_moved" BEFORE UPDATE ON "history"
 WHEN OLD.id <> NEW.id OR (OLD.undone_by <> '' AND OLD.undone_by <> NEW.undone_by)
 BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"""
    )
