"""Saving what was attached, whatever it calls itself (THREATS X2)."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mail.parse import attachment_pieces
from mail.span import Span, mapped
from store.cleantext import clean
from store.errors import BadInput, Problem, Refused
from store.export import write_pieces
from store.files import folder as store_folder
from store.queries.attachments import Source

# what some disk refuses, what a shell reads as more than a name, and joiners, which make two names look alike (I4)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200c\u200d\ufffd/\\\\:*?\"<>|]+")
_LONGEST_BYTES = 200
_NAMELESS = "attachment"


def safe_name(name: str, taken: set[str]) -> str:
    """A name for a file in any folder: no separators, no control characters, no leading dots, at most 200 bytes, and
    none of `taken`, folded; the ending is kept.  Adds itself to `taken`."""
    words = " ".join(_UNSAFE.sub("_", clean(name, limit=None)).split()).lstrip(".-_ ").rstrip(". ") or _NAMELESS
    stem, dot, ending = words.rpartition(".")
    if not dot or len(ending) > 12:
        stem, ending = words, ""
    number = 1
    while True:
        tail = (f" ({number})" if number > 1 else "") + (f".{ending}" if ending else "")
        found = _cut(stem, _LONGEST_BYTES - len(tail.encode())) + tail
        if found.casefold() not in taken:
            taken.add(found.casefold())
            return found
        number += 1


def save(sources: Sequence[Source], folder: Path) -> list[Path]:
    """Writes the files into a folder that exists, mode 0600, never over another file; their paths.

    Raises BadInput when it is no folder, Problem when the disk refuses.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {clean(folder)}. Make it first, or name another one.")
    taken: set[str] = set()
    saved = []
    for source in sources:
        with _message(source) as message:
            saved.append(_write(folder, source, message, taken))
    return saved


def _message(source: Source) -> AbstractContextManager[Span]:
    """The message that it is in; a large one stays in its file.  Raises Problem."""
    if not source.file:
        return nullcontext(Span.of(source.raw))
    file = store_folder() / source.file
    if not file.is_file():
        raise Problem(f"{file}, which holds “{clean(source.name)}”, is gone. Restore it from a backup of the store.")
    return mapped(file)


def _write(folder: Path, source: Source, message: Span, taken: set[str]) -> Path:
    while True:
        target = folder / safe_name(source.name, taken)
        try:
            write_pieces(target, attachment_pieces(message, source.part))
        except Refused:  # a file of that name is there: the next number
            continue
        return target


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore").rstrip()
