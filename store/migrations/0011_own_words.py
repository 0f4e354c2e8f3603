"""Of an agent's answer by mail the whole text is kept where words were left out; parts of a mail that are no files."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    db.execute_sql('ALTER TABLE "message" ADD COLUMN "whole" TEXT NOT NULL DEFAULT \'\'')
    db.execute_sql('ALTER TABLE "attachment" ADD COLUMN "technical" INTEGER NOT NULL DEFAULT 0')
