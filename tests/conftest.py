"""Fixtures for all tests: a fresh store, copied from one that was migrated once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from store.db import open_store, session
from store.services import people
from tests.commandline import Shell
from tests.driver import Desk

settings.register_profile(
    "tests", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store with the super administrator anna; to be copied, never used."""
    path = tmp_path_factory.mktemp("fresh") / "store.db"
    open_store(str(path))
    with session():
        people.start("anna", "anna@us.test")
    return path


@pytest.fixture
def desk(fresh_store: Path, tmp_path: Path) -> Iterator[Desk]:
    """An open store in a file of its own, inside a session."""
    path = tmp_path / "store.db"
    shutil.copy(fresh_store, path)
    open_store(str(path))
    with session():
        yield Desk(path)


@pytest.fixture
def shell(
    fresh_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """The command line on a store of its own; logs go to the test's folder."""
    monkeypatch.setenv("RECIPIENTS_LOG_DIR", str(tmp_path))
    return Shell(fresh_store, tmp_path, capsys)
