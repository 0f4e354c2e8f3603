"""Files: whole or not at all, for their owner alone, and never over another by accident (THREATS X3)."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import IO, TypeVar

from store.cleantext import clean
from store.columns import Column
from store.errors import BadInput, Problem, Refused
from store.export import markup, pdf, text, xlsx
from store.export.values import Value

_EVERY = 500
T = TypeVar("T")
Rows = Iterable[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to export: its ending, and its title in the menu."""

    key: str
    title: str


FORMATS = {
    one.key: one
    for one in (
        Format("txt", "Plain text"),
        Format("xlsx", "Excel"),
        Format("csv", "CSV"),
        Format("pdf", "PDF"),
        Format("jsonl", "JSON Lines"),
        Format("md", "Markdown"),
        Format("html", "HTML"),
    )
}


@dataclass(frozen=True, slots=True)
class Exported:
    """The file and how many rows are in it."""

    path: Path
    rows: int


class Cancelled(Problem):
    """The person stopped the export; there is no file."""

    def __init__(self) -> None:
        super().__init__("The export was stopped; no file was written.")


def export(
    target: Path,
    columns: Sequence[Column],
    rows: Rows,
    *,
    format: str = "",
    force: bool = False,
    zone: tzinfo,
    title: str = "Recipients",
    objects: Iterable[Mapping[str, object]] = (),
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Writes the rows to `target` in the format named, or that its ending names; `objects` are the rows of JSON Lines.

    Raises BadInput for an unknown format, Refused `exists` unless `force`, Cancelled, Problem when the disk refuses.
    """
    kind = format or target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadInput(f"“{clean(kind, limit=20)}” is no format. There are: {', '.join(FORMATS)}.")
    count = _Count(progress, cancelled)
    with written(target, force=force) as file:
        if kind == "xlsx":
            xlsx.write_xlsx(file, columns, count.through(rows), zone, title)
        elif kind == "pdf":
            pdf.write_pdf(file, columns, count.through(rows), zone, title)
        elif kind == "jsonl":
            _write_lines(file, text.as_jsonl(count.through(objects)))
        else:
            _write_lines(
                file, _lines(kind, columns, count.through(rows), zone, title), "\r\n" if kind == "csv" else "\n"
            )
    return Exported(target, count.rows)


def write_text(target: Path, lines: Iterable[str], *, force: bool = False) -> None:
    """Writes lines of text to a file, as carefully as an export.  Raises Refused `exists`, Problem."""
    with written(target, force=force) as file:
        _write_lines(file, lines)


@contextmanager
def written(target: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that appears under its name, mode 0600, only when all is written; whatever goes wrong, it is removed."""
    if not force and os.path.lexists(target):
        raise _exists(target)
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _publish(draft, target, force=force)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
    except OSError as error:
        raise Problem(f"{clean(target)} could not be written: {error.strerror or error}. There is no file.") from error


def _publish(draft: Path, target: Path, *, force: bool) -> None:
    """A link fails where a rename would write over: whoever was faster keeps his file."""
    if force:
        draft.replace(target)
        return
    try:
        os.link(draft, target)
    except FileExistsError as error:
        raise _exists(target) from error


def _exists(target: Path) -> Refused:
    return Refused("exists", f"{clean(target)} exists already; write over it with --force, or take another name.")


def _lines(kind: str, columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str) -> Iterator[str]:
    if kind == "csv":
        return text.as_csv(columns, rows, zone)
    if kind == "md":
        return markup.as_markdown(columns, rows, zone)
    if kind == "html":
        return markup.as_html(columns, rows, zone, title)
    return text.as_text(columns, rows, zone)


def _write_lines(file: IO[bytes], lines: Iterable[str], end: str = "\n") -> None:
    for line in lines:
        file.write((line + end).encode("utf-8", "replace"))


class _Count:
    """Counts what passes, tells the progress, and stops when told."""

    def __init__(self, progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self.rows = 0
        self._progress = progress
        self._cancelled = cancelled

    def through(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self.rows % _EVERY == 0:
                if self._cancelled is not None and self._cancelled():
                    raise Cancelled
                if self._progress is not None:
                    self._progress(self.rows)
            self.rows += 1
            yield item
