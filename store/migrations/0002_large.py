"""Large messages in files, and what a trusted server says of a message's sender."""

from typing import Any

_STATEMENTS = """
CREATE TABLE "large_message" ("id" INTEGER NOT NULL PRIMARY KEY, "arrival_id" INTEGER NOT NULL, "folder" TEXT NOT NULL,
 "uidvalidity" INTEGER NOT NULL, "uid" INTEGER NOT NULL, "size" INTEGER NOT NULL, "state" TEXT NOT NULL,
 "file" TEXT NOT NULL, FOREIGN KEY ("arrival_id") REFERENCES "arrival" ("id") ON DELETE CASCADE);
CREATE UNIQUE INDEX "large_message_arrival_id" ON "large_message" ("arrival_id");
CREATE INDEX "large_message_state" ON "large_message" ("state");
ALTER TABLE "message" ADD COLUMN "authentication" TEXT
"""


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    for statement in _STATEMENTS.split(";"):
        db.execute_sql(statement)
