"""Which letters' text is on its way, which go after the others, and when held ones are due (R7.5, R7.7)."""

from typing import Any

_STATEMENTS = (
    'ALTER TABLE "outbox" ADD COLUMN "transmitting" INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE "outbox" ADD COLUMN "slow" INTEGER NOT NULL DEFAULT 0',
    # the sender looks four times a second
    'CREATE INDEX "outbox_state_next_try" ON "outbox" ("state", "next_try")',
    # the version before did not tell, so the text may have gone
    """UPDATE "outbox" SET "transmitting" = 1 WHERE "state" = 'sending'""",
    # held for ever so far; those to addresses that bounced stay until that is over
    """UPDATE "outbox" SET "next_try" = "created" WHERE "state" = 'held'""",
)


def up(migrator: Any, db: Any) -> None:
    """In the runner's transaction."""
    for statement in _STATEMENTS:
        db.execute_sql(statement)
