"""Files in a page's text: `data:` addresses (RFC 2397), as some programs write a picture into HTML."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_MOST = 100  # pictures of one page; more are no pictures for people
_ADDRESS = re.compile(
    rb"data:((?:image|audio|video|application)/[\w.+-]{1,60})(?:;[\w.+-]{1,40}=[\w.+-]{1,60}){0,4};base64,"
    rb"([A-Za-z0-9+/\s]++={0,2})",
    re.IGNORECASE,
)
_ENDINGS = {"jpeg": "jpg", "svg+xml": "svg", "x-icon": "ico", "vnd.microsoft.icon": "ico", "mpeg": "mp3"}
_ENDING = re.compile(r"[a-z0-9]{1,8}")


class Embedded(NamedTuple):
    """A file in a page: a name for it, its type, and where in the page its base64 stands."""

    name: str
    type: str
    start: int
    end: int


def embedded(page: bytes) -> Iterator[Embedded]:
    """The files in a page, at most 100."""
    if b"base64" not in page and b"BASE64" not in page:
        return
    for number, found in enumerate(islice(_ADDRESS.finditer(page), _MOST), 1):
        kind = found[1].decode("ascii").lower()
        family, _, form = kind.partition("/")
        ending = _ENDINGS.get(form, form)
        name = f"{'picture' if family == 'image' else 'file'}-{number}"
        yield Embedded(f"{name}.{ending}" if _ENDING.fullmatch(ending) else name, kind, *found.span(2))
