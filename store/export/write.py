"""One table, one file, in one of the formats (R1.6)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import IO, TypeVar

from store.cleantext import clean, for_file
from store.columns import Column
from store.errors import BadInput, Problem
from store.export import files, markup, pdf, text, xlsx
from store.export.values import Rows

_EVERY = 500
T = TypeVar("T")


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
    objects: Iterable[Mapping[str, object]] | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Writes the rows to `target` in the format named, or that its ending names.

    `rows` are for people, one value a column.  JSON Lines has keys of its own (R12): its lines are the `objects`, or,
    without any, the rows by their columns' keys.  Only one of the two is read.  `progress` hears the number of rows
    at the start, now and then, and at the end.

    Raises BadInput for an unknown format, or more rows than a PDF holds, Refused `exists` unless `force`, Cancelled,
    Problem when the disk refuses.
    """
    kind = format or target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadInput(f"“{clean(kind, limit=20)}” is no format. There are: {', '.join(FORMATS)}.")
    count = _Count(progress, cancelled)
    with files.written(target, force=force) as file:
        if kind == "jsonl":
            chosen = text.as_objects(columns, rows) if objects is None else objects
            files.write_lines(file, text.as_jsonl(count.through(chosen)))
        else:
            _write(kind, file, columns, rows, zone, for_file(title), count)
        count.end()
    return Exported(target, count.rows)


def _write(
    kind: str, file: IO[bytes], columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str, count: "_Count"
) -> None:
    if kind == "pdf":
        held = pdf.held(rows)
        pdf.write_pdf(file, columns, count.through(held), zone, title, total=len(held))
        return
    rows = count.through(rows)
    if kind == "xlsx":
        xlsx.write_xlsx(file, columns, rows, zone, title)
    elif kind == "csv":
        files.write_lines(file, text.as_csv(columns, rows, zone), "\r\n")
    elif kind == "md":
        files.write_lines(file, markup.as_markdown(columns, rows, zone))
    elif kind == "html":
        files.write_lines(file, markup.as_html(columns, rows, zone, title))
    else:
        files.write_lines(file, text.as_text(columns, rows, zone))


class _Count:
    """Counts what passes, tells the progress, and stops when told."""

    def __init__(self, progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self.rows = 0
        self._progress = progress
        self._cancelled = cancelled

    def through(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            if self.rows % _EVERY == 0:
                self.end()
            self.rows += 1
            yield item

    def end(self) -> None:
        """Once more when all has passed: Excel and PDF are still being put together then."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        if self._progress is not None:
            self._progress(self.rows)
