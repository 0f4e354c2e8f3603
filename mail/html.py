"""HTML → readable text: blocks become lines, links show where they lead, quotes get `> ` (THREATS T3, D13).

Bounded: the parser's time grows with the square of the nesting, so what nests absurdly is only stripped of its tags.
"""

import html
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser


def _words(text: str) -> list[str]:
    return text.split()


_LONGEST = 2_000_000
_DEEPEST = 150
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,19})")
_VOID = frozenset(_words("area base br col embed hr img input link meta param source track wbr"))
_CLOSED_BY_THEMSELVES = frozenset(_words("p li td tr th dd dt option tbody thead tfoot"))
_DROPPED = frozenset(_words("head script style title template noscript"))
_BLOCKS = frozenset(
    _words(
        "address article aside blockquote body dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li "
        "main nav ol p pre section table tr ul"
    )
)
_SPACED = frozenset(_words("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul"))
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")


def to_text(markup: str) -> str:
    """The text of an HTML document as a person would read it.  Never raises; what is cut off is said."""
    cut = len(markup) - _LONGEST
    text = markup[:_LONGEST]
    readable = _stripped(text) if _nests_absurdly(text) else _Writer().read(text)
    return f"{readable}\n\n[{cut} more characters are in the original]" if cut > 0 else readable


def _nests_absurdly(markup: str) -> bool:
    """An upper bound of how deep the elements nest, found in one pass over the tags."""
    opened: dict[str, int] = {}
    depth = 0
    for close, name in _TAG.findall(markup):
        tag = name.lower()
        if tag in _VOID or tag in _CLOSED_BY_THEMSELVES:
            continue
        if not close:
            opened[tag] = opened.get(tag, 0) + 1
            depth += 1
        elif opened.get(tag, 0):
            opened[tag] -= 1
            depth -= 1
        if depth > _DEEPEST:
            return True
    return False


def _stripped(markup: str) -> str:
    first, *rest = markup.split("<!--")
    spoken = first + "".join(piece.partition("-->")[2] for piece in rest)
    lines = (line.strip() for line in html.unescape(_ANY_TAG.sub("\n", spoken)).splitlines())
    return "\n".join(line for line in lines if line)


class _Writer:
    """Walks the tree without recursion and writes lines."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line = ""
        self._quotes = 0
        self._pre = 0

    def read(self, markup: str) -> str:
        root = LexborHTMLParser(markup).root
        node = root
        while node is not None:
            skipped = self._enter(node)
            if not skipped and node.first_child is not None:
                node = node.first_child
                continue
            while node is not None:
                self._leave(node)
                if node.mem_id == root.mem_id:  # type: ignore[union-attr]
                    node = None
                elif node.next is not None:
                    node = node.next
                    break
                else:
                    node = node.parent
        self._end_line()
        return _BLANK_LINES.sub("\n\n", "\n".join(self._done)).strip()

    def _enter(self, node: Any) -> bool:
        """Writes what comes before a node's children; whether they are to be skipped."""
        tag = node.tag
        if node.is_text_node:
            self._write(node.text_content or "")
        elif tag in _DROPPED or tag == "-comment":
            return True
        elif tag == "br":
            self._end_line(always=True)
        elif tag == "img" and node.attributes.get("alt"):
            self._write(f"[{node.attributes['alt']}]")
        elif tag in ("td", "th") and self._line.strip():
            self._line += "  "
        elif tag in _BLOCKS:
            self._open_block(tag)
        return False

    def _open_block(self, tag: str) -> None:
        self._end_line()
        if tag in _SPACED:
            self._blank_line()
        self._quotes += tag == "blockquote"
        self._pre += tag == "pre"
        if tag == "li":
            self._line = "- "
        if tag == "hr":
            self._line = "-----"

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag == "a":
            self._write_target(node)
        if tag not in _BLOCKS:
            return
        self._end_line()
        self._quotes -= tag == "blockquote"
        self._pre -= tag == "pre"
        if tag in _SPACED:
            self._blank_line()

    def _write_target(self, node: Any) -> None:
        """Where a link leads, unless its text says so: a name that lies about its link is seen (T3)."""
        target = (node.attributes.get("href") or "").strip()
        shown = _SPACES.sub(" ", node.text(deep=True)).strip()
        says_so = shown in (target, target.partition(":")[2])
        if target.lower().startswith(("http:", "https:", "mailto:", "ftp:")) and not says_so:
            self._line += f" <{target}>"

    def _write(self, text: str) -> None:
        if self._pre:
            for number, part in enumerate(text.split("\n")):
                if number:
                    self._end_line(always=True)
                self._line += part
            return
        words = _SPACES.sub(" ", text)
        if words == " " and not self._line:
            return
        self._line += words.lstrip() if not self._line else words

    def _end_line(self, *, always: bool = False) -> None:
        if self._line.strip() or always:
            self._done.append("> " * self._quotes + self._line.rstrip())
        self._line = ""

    def _blank_line(self) -> None:
        if self._done and self._done[-1].strip("> "):
            self._done.append("> " * self._quotes if self._quotes else "")
