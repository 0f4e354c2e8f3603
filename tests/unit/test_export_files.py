"""Every format as a file: whole or not at all, private, never over another (R1.6, THREATS X3)."""

import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from store.errors import BadInput, Problem, Refused
from store.export import FORMATS, Cancelled, Value, export, write_text
from tests.tables import COLUMNS, HOSTILE, PRAGUE, ROWS, many, named

each_format = pytest.mark.parametrize("form", FORMATS)


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def left_in(*folders: Path) -> list[str]:
    return [path.name for folder in folders for path in folder.iterdir()]


@each_format
def test_X3_a_file_is_for_its_owner_alone_and_nothing_else_is_left(tmp_path: Path, scratch: Path, form: str) -> None:
    previous = os.umask(0)
    try:
        done = export(tmp_path / f"out.{form}", COLUMNS, ROWS, zone=PRAGUE)
    finally:
        os.umask(previous)
    assert (done.path, done.rows) == (tmp_path / f"out.{form}", 2)
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert done.path.stat().st_size > 0
    assert left_in(tmp_path, scratch) == [f"out.{form}"]


@each_format
def test_X3_a_file_is_not_written_over_unless_told(tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    target.write_text("precious")
    with pytest.raises(Refused, match="exists already") as refusal:
        export(target, COLUMNS, ROWS, zone=PRAGUE)
    assert refusal.value.code == "exists"
    assert target.read_text() == "precious"
    export(target, COLUMNS, ROWS, zone=PRAGUE, force=True)
    assert b"precious" not in target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("links", [True, False])
def test_X3_a_file_made_meanwhile_by_somebody_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = tmp_path / "out.csv"
    if not links:
        monkeypatch.setattr(os, "link", no_links)

    def rows() -> Iterator[tuple[Value, ...]]:
        yield ROWS[0]
        target.write_text("theirs")

    with pytest.raises(Refused, match="exists already"):
        export(target, COLUMNS, rows(), zone=PRAGUE)
    assert target.read_text() == "theirs"
    assert left_in(tmp_path) == ["out.csv"]


def test_R1_6_a_disk_without_links_takes_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    export(tmp_path / "out.csv", COLUMNS, ROWS, zone=PRAGUE)
    assert "Sarah Howell" in (tmp_path / "out.csv").read_text()
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    assert left_in(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("there", [True, False])
def test_X3_a_symbolic_link_is_never_followed(tmp_path: Path, there: bool) -> None:
    victim, target = tmp_path / "victim", tmp_path / "out.csv"
    if there:
        victim.write_text("precious")
    target.symlink_to(victim)
    with pytest.raises(Refused, match="exists already"):
        export(target, COLUMNS, ROWS, zone=PRAGUE)
    export(target, COLUMNS, ROWS, zone=PRAGUE, force=True)
    assert not target.is_symlink()
    assert (victim.read_text() if there else victim.exists()) == ("precious" if there else False)


@each_format
@pytest.mark.parametrize("asked", [1, 3, 4])
def test_R1_6_stopping_leaves_nothing(tmp_path: Path, scratch: Path, form: str, asked: int) -> None:
    """It is asked at the start, after 500 and 1,000 rows, and when all rows are written."""
    answers = iter([False] * (asked - 1) + [True])
    heard: list[int] = []
    with pytest.raises(Cancelled, match="no file was written"):
        export(
            tmp_path / f"out.{form}",
            COLUMNS,
            many(1_200),
            zone=PRAGUE,
            progress=heard.append,
            cancelled=lambda: next(answers),
        )
    assert left_in(tmp_path, scratch) == []
    assert heard == [0, 500, 1_000][: asked - 1]


def test_R1_6_stopping_an_export_over_another_file_leaves_that(tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").write_text("precious")
    with pytest.raises(Cancelled):
        export(tmp_path / "out.xlsx", COLUMNS, ROWS, zone=PRAGUE, force=True, cancelled=lambda: True)
    assert (tmp_path / "out.xlsx").read_text() == "precious"


@each_format
def test_R1_6_progress_is_heard_to_the_end(tmp_path: Path, form: str) -> None:
    heard: list[int] = []
    export(tmp_path / f"out.{form}", COLUMNS, many(1_200), zone=PRAGUE, progress=heard.append)
    assert heard == [0, 500, 1_000, 1_200]


@each_format
def test_R1_6_an_error_among_the_rows_leaves_nothing(
    tmp_path: Path, scratch: Path, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def rows() -> Iterator[tuple[Value, ...]]:
        yield from many(20)
        raise Problem("the database went away")

    with pytest.raises(Problem, match="went away"):
        export(tmp_path / f"out.{form}", COLUMNS, rows(), zone=PRAGUE)
    assert left_in(tmp_path, scratch) == []
    assert capfd.readouterr() == ("", "")


@each_format
def test_R1_6_a_disk_that_takes_no_more_is_told_and_leaves_nothing(tmp_path: Path, scratch: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    with largest_file(20_000), pytest.raises(Problem, match=rf"out\.{form} was not written: the file would be larger"):
        export(target, COLUMNS, many(3_000), zone=PRAGUE)
    assert left_in(tmp_path, scratch) == []


def test_R1_6_a_folder_one_may_not_write_in_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o500)
    with as_nobody(), pytest.raises(Problem, match=r"you may not write in the folder .*theirs\. Choose another"):
        export(folder / "out.csv", COLUMNS, ROWS, zone=PRAGUE)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nowhere/out.csv", "there is no folder"),
        ("file/out.csv", "file is no folder"),
        (f"{'x' * 300}.csv", "the name is too long"),
    ],
)
def test_R1_6_a_path_that_cannot_be_is_told(tmp_path: Path, path: str, told: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match=told):
        export(tmp_path / path, COLUMNS, ROWS, zone=PRAGUE)


def test_R1_6_a_name_as_long_as_may_be_is_written(tmp_path: Path) -> None:
    name = "é" * 124 + ".csv"
    export(tmp_path / name, COLUMNS, ROWS, zone=PRAGUE)
    assert left_in(tmp_path) == [name]


@pytest.mark.parametrize("target", [Path("/"), Path("a\0b.csv")])
def test_R1_6_what_names_no_file_is_told(target: Path) -> None:
    with pytest.raises(BadInput, match="is no file name"):
        export(target, COLUMNS, ROWS, zone=PRAGUE, format="csv", force=True)


def test_R1_6_a_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(Problem, match="it is a folder"):
        export(tmp_path / "out.csv", COLUMNS, ROWS, zone=PRAGUE, force=True)
    assert left_in(tmp_path) == ["out.csv"]


def test_R1_6_the_ending_picks_the_format_unless_told(tmp_path: Path) -> None:
    assert export(tmp_path / "OUT.MD", COLUMNS, ROWS, zone=PRAGUE).path.read_text().startswith("| Id |")
    assert export(tmp_path / "out.csv", COLUMNS, ROWS, zone=PRAGUE, format="md").path.read_text().startswith("| Id |")
    with pytest.raises(BadInput, match=r"“doc” is no format\. There are: txt, xlsx, csv, pdf, jsonl, md, html"):
        export(tmp_path / "out.doc", COLUMNS, ROWS, zone=PRAGUE)
    assert sorted(left_in(tmp_path)) == ["OUT.MD", "out.csv"]


@each_format
def test_T1_no_format_lets_a_control_character_out(tmp_path: Path, form: str) -> None:
    done = export(tmp_path / f"out.{form}", COLUMNS, named(*HOSTILE), zone=PRAGUE, title="\x1b]0;x\x07\u202etitle")
    if form not in ("xlsx", "pdf"):
        text = done.path.read_text("utf-8")
        assert {char for char in text if not char.isprintable()} <= {"\n", "\r", "\ufffe", "\uffff"}


def test_X3_lines_of_settings_are_written_as_carefully(tmp_path: Path) -> None:
    write_text(tmp_path / "settings.toml", ["a = 1", "b = “2”"])
    assert (tmp_path / "settings.toml").read_text() == "a = 1\nb = “2”\n"
    assert (tmp_path / "settings.toml").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="exists already"):
        write_text(tmp_path / "settings.toml", [])


def no_links(*_: object) -> None:
    """As a memory stick's file system answers."""
    raise PermissionError(1, "Operation not permitted")


@contextmanager
def limited(change: Callable[[], None], back: Callable[[], None]) -> Iterator[None]:
    change()
    try:
        yield
    finally:
        back()


def largest_file(size: int) -> AbstractContextManager[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limited(
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1])),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before),
    )


def as_nobody() -> AbstractContextManager[None]:
    """The super-user may write anywhere."""
    if os.geteuid():
        return limited(lambda: None, lambda: None)
    return limited(lambda: os.seteuid(65_534), lambda: os.seteuid(0))
