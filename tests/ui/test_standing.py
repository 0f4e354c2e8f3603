"""What goes wrong, on the right of the status line (THREATS D8)."""

import pytest
from textual.app import App, ComposeResult

from store import files
from tests.driver import Desk
from tui.screens.standing import NOTHING, show_health
from tui.widgets.status_bar import StatusBar


class BarApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusBar("ready", "")


async def test_D8_a_disk_that_is_almost_full_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    app = BarApp()
    async with app.run_test():
        bar = app.query_one(StatusBar)
        show_health(NOTHING, bar)
        assert "Make room" not in bar.right
        monkeypatch.setattr(files, "RESERVE_BYTES", 1 << 62)
        show_health(NOTHING, bar)
        assert "no mail is fetched. Make room" in bar.right
