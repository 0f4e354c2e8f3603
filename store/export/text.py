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
from store.export.values import Rows, Value, exact, shown

_SAMPLE = 1_000
_WIDEST = 60
# What a spreadsheet takes for a formula (X1), its full-width and small twins too, also behind spaces, marks and all
# else that is neither ASCII nor a letter; and behind a semicolon, at which half of Europe's spreadsheets part a line
# that has commas, whatever its quotes say.
_FORMULA = re.compile(r"(^|;)(?=[^\w!-~]*[=+\-@%＝＋－＠％﹦﹢﹣﹫﹪])")


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
    """What a spreadsheet takes from the clipboard: tabs between cells, no cell a formula, none with an open quote."""
    return _parted("\t", columns, rows, zone)


def as_csv(columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    """RFC 4180 lines without their line ends; no cell is taken for a formula."""
    return _parted(",", columns, rows, zone)


def as_objects(columns: Sequence[Column], rows: Rows) -> Iterator[Mapping[str, object]]:
    """The rows as objects, the columns' keys as theirs."""
    keys = [column.key for column in columns]
    return ({key: exact(value) for key, value in zip(keys, row, strict=True)} for row in rows)


def as_jsonl(objects: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """One JSON object a line.  Texts are exact, so they are not cleaned: what no terminal should see is escaped."""
    return map(as_json, objects)


def formula_safe(value: Value, zone: tzinfo) -> str:
    """A cell's text with `'` before what a spreadsheet would run; numbers, flags and times need none."""
    text = shown(value, zone)
    return _FORMULA.sub(r"\1'", text) if isinstance(value, str) else text


def _parted(delimiter: str, columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, delimiter=delimiter, lineterminator="")
    titles = [column.title for column in columns]
    for cells in itertools.chain((titles,), ([formula_safe(value, zone) for value in row] for row in rows)):
        writer.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    padded = []
    for text, width, is_number in zip(cells, widths, numbers, strict=True):
        space = " " * max(0, width - _width(text))
        padded.append(space + text if is_number else text + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return max(0, wcswidth(text)) if not text.isascii() else len(text)
