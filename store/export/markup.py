"""Markdown and HTML, line by line; what the cells say is only ever text."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from store.columns import Column
from store.export.values import Rows, shown

# what means something inside a cell; and the colon of `http://`, the dot of `www.`, which some readers make links of
_SPECIAL = re.compile(r"[\\`*_\[\]|~$&<>]|:(?=//)|(?<=www)\.", re.I)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def as_markdown(columns: Sequence[Column], rows: Rows, zone: tzinfo) -> Iterator[str]:
    """A pipe table; HTML and Markdown in a cell are shown, not obeyed."""
    yield _pipes(_plain(column.title) for column in columns)
    yield _pipes("---:" if column.kind == "number" else "---" for column in columns)
    for row in rows:
        yield _pipes(_plain(shown(value, zone)) for value in row)


def as_html(columns: Sequence[Column], rows: Rows, zone: tzinfo, title: str) -> Iterator[str]:
    """A page that stands alone and loads nothing."""
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{html.escape(title)}</title>"
    yield "<style>body{font:14px sans-serif}table{border-collapse:collapse}th,td{padding:.3em .8em;text-align:left;"
    # a name that runs from right to left stays in its cell
    yield "border-bottom:1px solid #ccc}td{unicode-bidi:plaintext}td.number{text-align:right}"
    yield "td.flag{color:#b00020;font-weight:bold}</style>"
    yield f"</head><body><h1>{html.escape(title)}</h1><table><thead><tr>"
    yield "".join(f"<th>{html.escape(column.title)}</th>" for column in columns)
    yield "</tr></thead><tbody>"
    kinds = [column.kind for column in columns]
    for row in rows:
        cells = zip(kinds, row, strict=True)
        yield "<tr>" + "".join(f'<td class="{k}">{html.escape(shown(v, zone))}</td>' for k, v in cells) + "</tr>"
    yield "</tbody></table></body></html>"


def _plain(text: str) -> str:
    return _SPECIAL.sub(_shown_as_is, text)


def _shown_as_is(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0]) or f"\\{match[0]}"


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
