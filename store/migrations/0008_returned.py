"""Why a letter came back, and when somebody acknowledged what came back because of us."""

from typing import Any

_STATEMENTS = """
CREATE TABLE "returned_letter" ("outbox_id" INTEGER NOT NULL PRIMARY KEY, "cause" TEXT NOT NULL,
 "at" INTEGER NOT NULL, FOREIGN KEY ("outbox_id") REFERENCES "outbox" ("id") ON DELETE CASCADE);
CREATE INDEX "returned_letter_at" ON "returned_letter" ("at");
ALTER TABLE "outgoing_state" ADD COLUMN "acknowledged" INTEGER
"""


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    for statement in _STATEMENTS.split(";"):
        db.execute_sql(statement)
