"""Signing in to an inbox with a token, and until when the last one holds."""

from typing import Any

_STATEMENTS = (
    'ALTER TABLE "inbox" ADD COLUMN "auth" TEXT',
    'ALTER TABLE "inbox_state" ADD COLUMN "token_expires" INTEGER',
    'ALTER TABLE "outgoing_state" ADD COLUMN "token_expires" INTEGER',
)


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
