"""The command line in this process, on a store in a file of its own; in a process of its own where that matters."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from store.db import open_store, session
from tests.driver import Desk
from tests.helpdesk import PROGRAM
from tui.cli.main import status_of


class Answer(NamedTuple):
    """What a command left: its exit status, and what it wrote where."""

    status: int
    out: str
    err: str


class Shell:
    """Runs `recipients` as anna, who is a super administrator, or as somebody else."""

    def __init__(self, fresh_store: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.path = folder / "store.db"
        self.url = f"sqlite:///{self.path}"
        shutil.copy(fresh_store, self.path)
        self.path.chmod(0o600)
        self._desk = Desk(self.path)
        self._capsys = capsys

    def raw(self, *words: str) -> Answer:
        """The whole command line as it is."""
        self._capsys.readouterr()
        status = status_of(list(words))
        return Answer(status, *self._capsys.readouterr())

    def run(self, *words: str, login: str = "anna") -> Answer:
        """A command on this store."""
        return self.raw("--db", self.url, "--as", login, *words)

    def said(self, *words: str) -> str:
        """What a command that must go well printed."""
        answer = self.run(*words)
        assert answer.status == 0, answer
        return answer.out

    def json(self, *words: str, login: str = "anna") -> Any:
        """The same with --json, read."""
        answer = self.run(*words, "--json", login=login)
        assert answer.status == 0, answer
        return json.loads(answer.out)

    def process(self, *words: str, **options: Any) -> "subprocess.Popen[bytes]":
        """A command on this store in a process of its own."""
        environment = {**os.environ, "RECIPIENTS_LOG_DIR": str(self.folder)}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment}
        return subprocess.Popen([*PROGRAM, "--db", self.url, "--as", "anna", *words], **{**pipes, **options})

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The store, open to arrange things in it or to look at them."""
        open_store(self.url)
        with session():
            yield self._desk
