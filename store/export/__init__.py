"""The Recipients table, or any table, as a file or text (R1.6).  Knows no database: rows come in.

write    the formats, and `export`, which picks one
files    atomic, private files that are never written over by accident (THREATS X3)
values   one cell as text: a flag, a time (Yes, blank, `2026-11-23 14:05`)
text     plain text table, tab-separated text, CSV (formula-safe, THREATS X1), JSON Lines
markup   Markdown and HTML
xlsx     Excel, through openpyxl        pdf, fonts   PDF, through fpdf2        both imported when used
"""

from store.export.files import write_pieces, write_text
from store.export.text import as_csv, as_jsonl, as_text, as_tsv
from store.export.values import Value
from store.export.write import FORMATS, Cancelled, Exported, Format, export

__all__ = [
    "FORMATS",
    "Cancelled",
    "Exported",
    "Format",
    "Value",
    "as_csv",
    "as_jsonl",
    "as_text",
    "as_tsv",
    "export",
    "write_pieces",
    "write_text",
]
