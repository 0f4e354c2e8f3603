"""The history says from where a change came, and each entry is sealed with those before it (THREATS S6)."""

from typing import Any

from store.rules.seal import FIRST, seal

_AT_ONCE = 10_000
# the columns as they are sealed; a later migration that adds one to the seal would have to seal all anew
_SEALED = 'change, at, who, administrator_id, via, origin, what, subject, subject_id, "of", "before", "after"'


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction; what there is gets its seals."""
    db.execute_sql('ALTER TABLE "history" ADD COLUMN "origin" TEXT')
    db.execute_sql('ALTER TABLE "history" ADD COLUMN "seal" BLOB')
    _seal_all(db)
    db.execute_sql('DROP TRIGGER "history_unchanged"')
    refuse = "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
    db.execute_sql(f'CREATE TRIGGER "history_unchanged" BEFORE UPDATE OF id, {_SEALED}, seal ON "history" {refuse}')
    # REPLACE deletes without asking the trigger against DELETE
    there = 'WHEN EXISTS (SELECT 1 FROM "history" WHERE id = NEW.id)'
    db.execute_sql(f'CREATE TRIGGER "history_not_replaced" BEFORE INSERT ON "history" {there} {refuse}')


def _seal_all(db: Any) -> None:
    last, row_id = FIRST, 0
    page = f'SELECT id, {_SEALED} FROM "history" WHERE id > ? ORDER BY id LIMIT {_AT_ONCE}'
    while rows := db.execute_sql(page, (row_id,)).fetchall():
        sealed = []
        for row_id, *fields in rows:
            last = seal(last, fields)
            sealed.append((last, row_id))
        db.cursor().executemany('UPDATE "history" SET "seal" = ? WHERE id = ?', sealed)
