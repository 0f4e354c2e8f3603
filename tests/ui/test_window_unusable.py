"""Settings that became unusable: the window starts with the defaults, every list opens, and it is said (R12)."""

from pathlib import Path

from store.db import database
from store.models import DenyEntry, Preference
from store.queries import settings
from store.rules.settings import BY_KEY
from store.services import inboxes, preferences
from tests.driver import ANNA
from tests.ui.window_world import add_sender, prepared, window_on


async def test_R12_the_window_starts_and_shows_every_list(tmp_path: Path) -> None:
    settings._understood.cache_clear()
    with prepared(tmp_path / "store.db") as path:
        add_sender("bob@x.test", "Bob", tickets=1)
        inboxes.add(ANNA, "support", {"email": "support@us.test", "host": "127.0.0.1"})
        for table in preferences.TABLES:
            preferences.choose_columns(ANNA, [preferences.TABLES[table][0].key], table)
        Preference.update(value="[").execute()
        now = {"created": 0, "created_by": "anna", "location": "subject", "filter_type": "regex", "filter": "("}
        DenyEntry.create(**now)
        database.execute_sql("UPDATE inbox SET port = 'x', security = 'y', process = 'z', process_from = 'soon'")
        for key in BY_KEY:
            database.execute_sql("REPLACE INTO setting(key, value) VALUES (?, ?)", (key, "{"))
    async with window_on(path) as driven:
        await driven.until(lambda: "cannot be used" in driven.home.status.right)
        assert driven.emails == ["bob@x.test"]
        for place in ("list", "deny", "outbox", "history", "inboxes", "smtp", "ticket-settings"):
            driven.home.action_act(place)
            await driven.until(lambda: driven.screen is not driven.home)
            await driven.pilot.pause(0.05)
            if place in ("inboxes", "deny"):
                await driven.press("enter")
                await driven.pilot.pause(0.05)
            assert "program itself" not in driven.text, place
            while driven.screen is not driven.home:
                await driven.press("escape")
                await driven.pilot.pause()
        await driven.press("enter")
        await driven.until(lambda: driven.screen is not driven.home)
        assert "program itself" not in driven.text
