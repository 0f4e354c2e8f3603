"""Messages that lie on the server and are not let in for now (R5.11)."""

from typing import Any

_STATEMENTS = (
    (
        'CREATE TABLE "withheld_message" ("id" INTEGER NOT NULL PRIMARY KEY, "inbox_id" INTEGER NOT NULL,'
        ' "folder" TEXT NOT NULL, "uidvalidity" INTEGER NOT NULL, "uid" INTEGER NOT NULL, "kind" TEXT NOT NULL,'
        ' "reason" TEXT NOT NULL, "sender" TEXT NOT NULL, "subject" TEXT NOT NULL, "size" INTEGER NOT NULL,'
        ' "received" INTEGER, "since" INTEGER NOT NULL, "tries" INTEGER NOT NULL, "last_try" INTEGER NOT NULL,'
        ' "next_try" INTEGER, FOREIGN KEY ("inbox_id") REFERENCES "inbox" ("id") ON DELETE CASCADE)'
    ),
    (
        'CREATE UNIQUE INDEX "withheld_message_inbox_id_folder_uidvalidity_uid"'
        ' ON "withheld_message" ("inbox_id", "folder", "uidvalidity", "uid")'
    ),
    'ALTER TABLE "inbox" ADD COLUMN "retry_asked" INTEGER',
)


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
