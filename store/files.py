"""The folder beside the store for what is too large for it: FILE.files, for its owner alone (THREATS D12, S3)."""

from pathlib import Path

from store.db import database
from store.errors import DatabaseProblem


def folder() -> Path:
    """The folder of the open store, made when there is none.  Raises DatabaseProblem when it cannot be made."""
    path = Path(f"{database.obj.database}.files")
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise DatabaseProblem(f"The folder {path} for large messages cannot be made: {error.strerror}.") from error
    return path
