"""The store's file is taken away under the window: said at once, the window stays, what was written is kept (D7)."""

import shutil
from pathlib import Path

import pytest

from store.db import session
from store.services import drafts
from tests.driver import ANNA
from tests.ui.window_world import Driven, add_sender, prepared, window_on
from tui.dialogs.writing import WritingDialog


def beside(path: Path) -> list[Path]:
    """The store and what SQLite keeps beside it."""
    return [Path(f"{path}{end}") for end in ("", "-wal", "-shm")]


def move(path: Path, folder: Path) -> None:
    for file in beside(path):
        if file.exists():
            file.rename(folder / file.name)


async def in_a_second(driven: Driven, words: str) -> None:
    await driven.until(lambda: words in driven.status, 1.0)


async def test_D7_a_store_that_is_gone_is_said_at_once_and_is_there_again(tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    with prepared(tmp_path / "store.db") as path:
        add_sender("bob@x.test", "Bob")
    async with window_on(path) as driven:
        await driven.pilot.pause(0.3)
        move(path, away)
        await in_a_second(driven, "is gone; put it back")
        assert driven.emails == ["bob@x.test"]
        assert not path.exists()  # nothing was made in its place
        move(away / path.name, tmp_path)
        await driven.until(lambda: driven.status == "", 3.0)
        with session():
            add_sender("eve@x.test", "Eve")
        await driven.until(lambda: "eve@x.test" in driven.emails, 3.0)


async def test_D7_T5_what_an_agent_writes_is_there_when_the_store_is_again(tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    with prepared(tmp_path / "store.db") as path:
        add_sender("bob@x.test", "Bob", tickets=1)
    async with window_on(path) as driven:
        driven.home.action_act("list")
        await driven.until(lambda: driven.screen is not driven.home)
        await driven.pilot.pause(0.3)
        await driven.press("enter")
        await driven.pilot.pause(0.3)
        await driven.press("r")
        await driven.until(lambda: isinstance(driven.screen, WritingDialog))
        await driven.type("Good morning")
        move(path, away)
        await driven.until(lambda: "is gone; put it back" in driven.dialog_text, 1.0)
        await driven.press("escape")
        await driven.until(lambda: "could not be kept" in driven.dialog_text)
        assert isinstance(driven.screen, WritingDialog)
        assert driven.screen.text == "Good morning"
        move(away / path.name, tmp_path)
        await driven.pilot.pause(0.6)
        await driven.press("escape")
        await driven.until(lambda: not isinstance(driven.screen, WritingDialog))
        with session():
            assert drafts.kept(ANNA, 1, "reply") == "Good morning"


@pytest.mark.parametrize("gone", ["-wal", "-shm"])
async def test_D7_a_log_that_is_deleted_heals_and_the_window_follows(tmp_path: Path, gone: str) -> None:
    with prepared(tmp_path / "store.db") as path:
        add_sender("bob@x.test", "Bob")
    async with window_on(path) as driven:
        await driven.pilot.pause(0.3)
        Path(f"{path}{gone}").unlink()
        await driven.pilot.pause(1.0)
        with session():
            add_sender("eve@x.test", "Eve")
        await driven.until(lambda: "eve@x.test" in driven.emails, 3.0)
        assert driven.status == ""


async def test_D7_a_store_that_is_replaced_is_shown(tmp_path: Path) -> None:
    with prepared(tmp_path / "other.db") as other:
        add_sender("eve@x.test", "Eve")
    with prepared(tmp_path / "store.db") as path:
        add_sender("bob@x.test", "Bob")
    async with window_on(path) as driven:
        await driven.pilot.pause(0.3)
        for file in beside(path)[1:]:
            file.unlink(missing_ok=True)
        shutil.move(other, path)
        await driven.until(lambda: driven.emails == ["eve@x.test"], 3.0)
        with session():
            add_sender("new@x.test", "New")
        await driven.until(lambda: "new@x.test" in driven.emails, 3.0)
