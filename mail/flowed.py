"""Text whose paragraphs were wrapped for the way, as `format=flowed` says (RFC 3676)."""

import re

_QUOTES = re.compile(">*")
_SIGNATURE = "-- "


def unflowed(text: str, *, delsp: bool = False) -> str:
    """The paragraphs on one line each, quotes by their depth.  `delsp`: the space at a soft break is no text."""
    done: list[str] = []
    open_depth = -1  # of the line that goes on
    for line in text.split("\n"):
        depth = len(_QUOTES.match(line)[0])  # type: ignore[index]
        words = line[depth:].removeprefix(" ")
        goes_on = words.endswith(" ") and words != _SIGNATURE
        kept = words[:-1] if goes_on and delsp else words
        if depth == open_depth and words != _SIGNATURE:
            done.append(kept)
        else:
            done += ("\n", ">" * depth, " " if depth and words else "", kept)
        open_depth = depth if goes_on else -1
    return "".join(done[1:])
