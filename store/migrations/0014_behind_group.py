"""An inbox may stand behind a group or list (R5.1, I1)."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    db.execute_sql('ALTER TABLE "inbox" ADD COLUMN "behind_group" INTEGER NOT NULL DEFAULT 0')
