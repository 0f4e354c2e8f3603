"""Export from the window: menu, file name, not over another, clipboard, printer, progress, stop (R1.6, THREATS X3)."""

import csv
from pathlib import Path

import pytest
from textual.widgets import Input
from window_world import Driven, add_sender, prepared, window_on

from store.db import database, session
from store.models import History
from tui import printing
from tui.dialogs.export import ExportDialog
from tui.dialogs.frame import Dialog

MENU = {"xlsx": 2, "csv": 3, "pdf": 4, "jsonl": 5, "md": 6, "html": 7}
MANY = """
INSERT INTO recipient(email, email_key, domain, name, name_key, name_edited, customer_key, pair_source, shared, banned,
  banned_by, ban_reason, denied, tickets, unassigned_tickets, blocked, first_seen, search, version)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT 'u' || i || '@x.test', 'u' || i || '@x.test', 'x.test', 'U', 'u', 0, '', '', 0, 0, '', '', 0, 0, 0, 0, 0, '', 1
FROM n
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with prepared(tmp_path / "store.db") as path:
        add_sender("ann@a.test", "=1+1")
        add_sender("bob@b.test", "Bob", banned=True)
        add_sender("cid@b.test", "Cid")
    return path


async def dialog_of(driven: Driven, *keys: str) -> ExportDialog:
    await driven.press("x")
    await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
    await driven.press(*keys)
    await driven.until(lambda: isinstance(driven.screen, ExportDialog))
    assert isinstance(driven.screen, ExportDialog)
    return driven.screen


async def to_file(driven: Driven, form: str, path: Path) -> ExportDialog:
    dialog = await dialog_of(driven, *["down"] * MENU[form], "enter")
    await driven.until(lambda: dialog.focused)
    dialog.query_one(Input).value = str(path)
    await driven.press("enter")
    return dialog


@pytest.mark.parametrize("form", MENU)
async def test_R1_6_each_format_of_the_menu_makes_a_file(store: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    async with window_on(store) as driven:
        await to_file(driven, form, target)
        await driven.until(lambda: driven.screen is driven.home, 20)
        assert driven.status == f"Wrote 3 rows to {target}."
    assert target.stat().st_size > 100
    assert target.stat().st_mode & 0o777 == 0o600


async def test_R1_6_what_is_filtered_sorted_and_chosen_is_what_is_exported(store: Path, tmp_path: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("/", *"domain:b.test", "enter")
        await driven.until(lambda: len(driven.emails) == 2)
        await driven.press("S", "c")
        await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
        await driven.press("space", "enter")
        await driven.until(lambda: driven.screen is driven.home)
        await to_file(driven, "csv", tmp_path / "out.csv")
        await driven.until(lambda: "Wrote 2 rows" in driven.status)
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as file:
        titles, *rows = csv.reader(file)
    assert titles[:2] == ["Email", "Name"]
    assert [row[0] for row in rows] == ["bob@b.test", "cid@b.test"]
    with session():
        last = History.select().order_by(History.id.desc()).first()
        assert (last.who, last.what) == ("anna", "export")


async def test_X3_another_file_is_written_over_only_after_a_second_enter(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious.csv"
    target.write_text("precious")
    async with window_on(store) as driven:
        dialog = await to_file(driven, "csv", target)
        await driven.until(lambda: "exists already. Enter writes over it" in dialog.said)
        assert target.read_text() == "precious"
        dialog.query_one(Input).value = str(tmp_path / "other.csv")
        await driven.press("enter")
        await driven.until(lambda: driven.screen is driven.home)
        assert target.read_text() == "precious"
        dialog = await to_file(driven, "csv", target)
        await driven.until(lambda: "exists already" in dialog.said)
        await driven.press("enter")
        await driven.until(lambda: driven.screen is driven.home)
    assert target.read_text().startswith("Id,Email")


@pytest.mark.parametrize("name", ["", "/nonexistent-folder/x.csv", ".", "~nobody-of-that-name/x"])
async def test_R1_6_a_name_that_cannot_be_is_told_and_kept(store: Path, name: str) -> None:
    async with window_on(store) as driven:
        dialog = await dialog_of(driven, "c", "c", "enter")
        await driven.until(lambda: dialog.focused)
        dialog.query_one(Input).value = name
        await driven.press("enter")
        await driven.until(lambda: dialog.said and "Reading" not in dialog.said)
        assert dialog.query_one(Input).value == name
        assert driven.screen is dialog


async def test_R1_6_copy_sends_tab_separated_text_safe_from_formulas(store: Path) -> None:
    async with window_on(store) as driven:
        await driven.press("x")
        await driven.until(lambda: isinstance(driven.screen, Dialog) and driven.screen.focused)
        await driven.press("down", "enter")
        await driven.until(lambda: driven.status == "Sent 3 rows to the terminal's clipboard.")
        lines = driven.window.clipboard.splitlines()
        assert lines[0].split("\t")[:3] == ["Id", "Email", "Name"]
        assert lines[3].split("\t")[:3] == ["1", "ann@a.test", "'=1+1"]


async def test_R1_6_more_than_a_clipboard_takes_is_refused_with_a_way_out(store: Path) -> None:
    with session():
        database.execute_sql(MANY.format(count=5_000))
    async with window_on(store) as driven:
        dialog = await dialog_of(driven, "down", "enter")
        await driven.until(lambda: "more than a terminal's clipboard takes" in dialog.said)
        assert driven.window.clipboard == ""


async def test_R1_6_print_to_a_printer_and_its_refusal(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    lp = tools / "lp"
    lp.write_text(f'#!/bin/sh\nfor last; do :; done\ncat "$last" > {tmp_path}/paper\necho request id is lp-1\n')
    lp.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    async with window_on(store) as driven:
        await driven.press("x", "enter")
        await driven.until(lambda: "To a printer" in driven.dialog_text)
        await driven.press("end", "enter")
        await driven.until(lambda: "Sent 3 rows to the printer. request id is lp-1" in driven.status)
        assert "ann@a.test" in (tmp_path / "paper").read_text()
        lp.write_text("#!/bin/sh\necho 'lp: no default \033[31mdestination' >&2\nexit 1\n")
        await driven.press("x", "enter")
        await driven.until(lambda: "To a printer" in driven.dialog_text)
        await driven.press("end", "enter")
        await driven.until(lambda: "lp refused to print: lp: no default ␛[31mdestination" in driven.dialog_text)


async def test_R1_6_an_export_shows_progress_and_is_stopped_by_escape(store: Path, tmp_path: Path) -> None:
    with session():
        database.execute_sql(MANY.format(count=150_000))
    async with window_on(store) as driven:
        dialog = await to_file(driven, "xlsx", tmp_path / "out.xlsx")
        await driven.until(lambda: "rows so far; Esc stops." in dialog.said)
        await driven.press("escape")
        await driven.until(lambda: "The export was stopped" in dialog.said)
        assert not list(tmp_path.glob("*out.xlsx*"))
        await driven.press("escape")
        await driven.until(lambda: driven.screen is driven.home)


def test_R1_6_the_pager_is_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    reader = tmp_path / "reader"
    reader.write_text(f'#!/bin/sh\necho "$1 $LESSSECURE" > {seen}; cat "$2" >> {seen}\n')
    reader.chmod(0o700)
    file = tmp_path / "table.txt"
    file.write_text("a table")
    monkeypatch.setenv("PAGER", f"{reader} -x")
    printing.show_in_pager(printing.pager(), file)
    assert seen.read_text() == "-x 1\na table"
