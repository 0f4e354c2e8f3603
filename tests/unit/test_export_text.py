"""CSV, the clipboard, plain text, JSON Lines, Markdown and HTML say what the table says, and nothing else (X1, T1)."""

import csv
import io
import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from wcwidth import wcswidth

from store.cleantext import clean, for_file
from store.columns import Column
from store.export import as_csv, as_jsonl, as_text, as_tsv, export
from tests.tables import COLUMNS, HOSTILE, NOON, PRAGUE, ROWS, exported, named

NAME = (Column("name", "Name", "text", 20),)
SHY = st.sampled_from(
    [" ", "\u00a0", "\u200b", "\ufeff", "\t", "\u0301", "\ufe0f", "\x00", "\u2800", "\u3000", "\u064b"]
)
SIGNS = st.sampled_from([*"=+-@%;'\",", "＝", "＋", "－", "＠", "﹣"])
NASTY = st.lists(SHY | SIGNS | st.characters(), max_size=8).map("".join)


def csv_rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def is_formula(text: str) -> bool:
    """Whether the first character that is seen is one that spreadsheets run, by Unicode's own tables."""
    for char in text:
        if unicodedata.category(char)[0] in "ZCM" or char in "\ufffd\u2800" or "\u2400" <= char <= "\u2421":
            continue
        wide = unicodedata.decomposition(char).startswith(("<wide>", "<small>"))
        return (unicodedata.normalize("NFKC", char) if wide else char) in ("=", "+", "-", "@", "%")
    return False


def test_R1_6_csv_reads_back_in_excel_and_elsewhere(tmp_path: Path) -> None:
    data = exported(tmp_path / "out.csv", ROWS).read_bytes()
    assert data == (b"Id,Name,Banned,Last message\r\n7,Sarah Howell,Yes,2026-11-23 14:05\r\n8,,,\r\n")


@given(NASTY)
def test_X1_no_cell_of_a_csv_is_a_formula(name: str) -> None:
    ((title,), (cell,)) = csv_rows("\r\n".join(as_csv(NAME, [(name,)], PRAGUE)))
    assert title == "Name"
    assert not is_formula(cell)
    assert not any(map(is_formula, cell.split(";")))
    assert cell.startswith("'") or not is_formula(for_file(name))
    assert cell.replace("'", "") == for_file(name).replace("'", "")


@pytest.mark.parametrize("name", ["Sarah", "a=b", "a-b@c.test", "1+1", "Łukasz", "a; b"])
def test_X1_an_innocent_cell_is_left_alone(name: str) -> None:
    assert csv_rows("\n".join(as_csv(NAME, [(name,)], PRAGUE)))[1] == [name]


def test_X1_numbers_may_be_negative() -> None:
    assert list(as_csv(COLUMNS, [(-5, "", False, None)], PRAGUE))[1] == "-5,,,"


@given(st.lists(NASTY, min_size=1, max_size=3))
def test_X1_the_clipboard_has_one_cell_a_value_and_no_formula(names: list[str]) -> None:
    columns = NAME * len(names)
    rows = csv_rows("\n".join(as_tsv(columns, [names, names], PRAGUE)), "\t")
    assert [len(row) for row in rows] == [len(names)] * 3
    assert not any(is_formula(cell) for row in rows for cell in row)


def test_R1_6_text_is_aligned_by_what_a_terminal_shows() -> None:
    lines = list(
        as_text(COLUMNS, [(7, "中文名", True, NOON), (12, "Łu", False, None), (3, "e\u0301x", True, None)], PRAGUE)
    )
    assert lines == [
        "Id  Name    Banned  Last message",
        "──  ──────  ──────  ────────────────",
        " 7  中文名  Yes     2026-11-23 14:05",
        "12  Łu",
        " 3  e\u0301x      Yes",
    ]


@given(st.lists(NASTY, min_size=1, max_size=5))
def test_T6_whatever_a_cell_says_the_next_column_stays_in_its_place(names: list[str]) -> None:
    columns = (*NAME, Column("end", "End", "text", 3))
    lines = list(as_text(columns, [(name, "|") for name in names], PRAGUE))
    assert {wcswidth(line) - 1 for line in lines[2:]} == {wcswidth(lines[0]) - 3}


def test_R1_6_a_cell_wider_than_those_looked_at_pushes_its_row_only() -> None:
    rows = [("a",)] * 1_000 + [("b" * 30,), ("c",)]
    lines = list(as_text((*NAME, Column("end", "End", "text", 3)), [(*row, "|") for row in rows], PRAGUE))
    assert lines[1_001] == "a     |"
    assert lines[1_002] == f"{'b' * 30}  |"
    assert lines[1_003] == "c     |"


def test_R12_json_lines_are_the_objects_given_exactly(tmp_path: Path) -> None:
    objects = [{"id": 1, "name": name, "customer": None} for name in (*HOSTILE[:13], *HOSTILE[14:])]
    done = export(tmp_path / "out.jsonl", COLUMNS, ROWS, objects=iter(objects), zone=PRAGUE)
    text = done.path.read_text("utf-8")
    assert [json.loads(line) for line in text.splitlines()] == objects
    assert all(clean(line, limit=None) == line for line in text.splitlines())
    assert "Ł中😀" in "".join(as_jsonl([{"name": "Ł中😀"}]))
    assert done.rows == len(objects)


def test_R12_json_lines_without_objects_are_the_rows_by_key(tmp_path: Path) -> None:
    lines = exported(tmp_path / "out.jsonl", ROWS).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": 7, "name": "Sarah Howell", "banned": True, "last_message": "2026-11-23T13:05:59Z"},
        {"id": 8, "name": None, "banned": False, "last_message": None},
    ]


@pytest.mark.parametrize("form", ["csv", "txt", "md", "html", "jsonl"])
def test_R12_an_empty_export_has_its_header(tmp_path: Path, form: str) -> None:
    text = exported(tmp_path / f"out.{form}", []).read_text("utf-8")
    if form == "jsonl":
        assert text == ""
    else:
        assert re.search(r"Id.*Name.*Banned.*Last message", text)
    if form == "html":
        assert page_of(text).rows == [["Id", "Name", "Banned", "Last message"]]


def test_T2_markdown_shows_what_names_say_and_obeys_none(tmp_path: Path) -> None:
    text = exported(tmp_path / "out.md", named(*HOSTILE, "see https://evil.test or WWW.evil.test")).read_text("utf-8")
    reader = MarkdownIt("gfm-like", {"html": True})
    page = page_of(reader.render(text))
    assert [row[1] for row in page.rows[1:]] == [
        " ".join(for_file(name).split()) for name in (*HOSTILE, "see https://evil.test or WWW.evil.test")
    ]
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert page_of(reader.render("| [a](http://b) | https://c.test |\n| --- | --- |")).tags >= {"a"}


def test_R1_6_markdown_is_still_easy_to_read(tmp_path: Path) -> None:
    lines = exported(tmp_path / "out.md", [(7, "ann.b-c@a.test", True, NOON)]).read_text("utf-8").splitlines()
    assert lines == [
        "| Id | Name | Banned | Last message |",
        "| ---: | --- | --- | --- |",
        "| 7 | ann.b-c@a.test | Yes | 2026-11-23 14:05 |",
    ]


def test_T2_html_shows_what_names_say_and_loads_nothing(tmp_path: Path) -> None:
    title = "</title><script>1</script>"
    done = export(tmp_path / "out.html", COLUMNS, named(*HOSTILE), zone=PRAGUE, title=title)
    text = done.path.read_text("utf-8")
    page = page_of(text)
    assert [row[1] for row in page.rows[1:]] == [for_file(name) for name in HOSTILE]
    assert "script" not in page.tags
    assert page.tags.isdisjoint({"a", "img", "link", "iframe"})
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.search(r"""\b(src|href|on\w+)=["']""", text)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


def page_of(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    return page
