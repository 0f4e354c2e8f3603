"""Markdown and HTML, line by line; what the cells say is only ever text."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from store.columns import Column
from store.export.values import Value, shown

Rows = Iterable[Sequence[Value]]
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~])")


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
    yield "border-bottom:1px solid #ccc}td.number{text-align:right}td.flag{color:#b00020;font-weight:bold}</style>"
    yield f"</head><body><h1>{html.escape(title)}</h1><table><thead><tr>"
    yield "".join(f"<th>{html.escape(column.title)}</th>" for column in columns)
    yield "</tr></thead><tbody>"
    kinds = [column.kind for column in columns]
    for row in rows:
        cells = zip(kinds, row, strict=True)
        yield "<tr>" + "".join(f'<td class="{k}">{html.escape(shown(v, zone))}</td>' for k, v in cells) + "</tr>"
    yield "</tbody></table></body></html>"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
