"""The first schema: all of the specification's nouns, the counters' triggers and the search indexes."""

from pathlib import Path
from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Creates everything, statement by statement, in the runner's transaction."""
    for statement in _statements(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")):
        db.execute_sql(statement)


def _statements(script: str) -> list[str]:
    """SQLite's own word for where a statement ends: triggers hold semicolons."""
    import sqlite3

    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
