"""Plain text, tab-separated text, CSV and JSON Lines, line by line."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo

from wcwidth import wcswidth

from store.cleantext import as_json
from store.columns import Column
from store.export.values import Value, shown

Rows = Iterable[Sequence[Value]]
_SAMPLE = 1_000
_WIDEST = 60
# what a spreadsheet takes for a formula, its full-width twins too, also behind spaces and invisible characters (X1)
_FORMULA = re.compile(r"^[\s\u200b-\u200f\u2060\ufeff\ufffd\u00ad]*[=+\-@\t\r\n＝＋－＠]")


def as_text(columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    """A table aligned by the width of its cells in a terminal (THREATS T6).

    Widths come from the first thousand rows; a later cell that is wider only pushes its own row.
    """
    texts = ([shown(value, zone) for value in row] for row in rows)
    sample = list(itertools.islice(texts, _SAMPLE))
    titles = [column.title for column in columns]
    widths = [min(_WIDEST, max(map(_width, cells))) for cells in zip(titles, *sample, strict=True)]
    numbers = [column.kind == "number" for column in columns]
    yield _line(titles, widths, numbers)
    yield "  ".join("─" * width for width in widths)
    for cells in itertools.chain(sample, texts):
        yield _line(cells, widths, numbers)


def as_tsv(columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    """What a spreadsheet takes from the clipboard: tabs between cells, no cell a formula."""
    yield "\t".join(column.title for column in columns)
    for row in rows:
        yield "\t".join(formula_safe(value, zone) for value in row)


def as_csv(columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    """RFC 4180 lines without their line ends; no cell is taken for a formula."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="")
    for cells in itertools.chain(
        ([column.title for column in columns],), ([formula_safe(value, zone) for value in row] for row in rows)
    ):
        writer.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def as_jsonl(objects: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One JSON object a line."""
    return (as_json(one) for one in objects)


def formula_safe(value: Value, zone: tzinfo) -> str:
    """A cell's text with `'` before what a spreadsheet would run; numbers, flags and times need none."""
    text = shown(value, zone)
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    padded = []
    for text, width, is_number in zip(cells, widths, numbers, strict=True):
        space = " " * max(0, width - _width(text))
        padded.append(space + text if is_number else text + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return max(0, wcswidth(text)) if not text.isascii() else len(text)
