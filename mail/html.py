"""HTML → readable text: blocks become lines, links show where they lead, quotes get `> ` (THREATS T3, D13).

Bounded: the parser's time grows with the square of the nesting and of a tag's attributes, and unclosed formatting is
opened again in every block.  So first the tags are tamed: those that do not shape the text go, the others keep one
attribute at most; what nests absurdly even then is only stripped of its tags.
"""

import html
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from store.cleantext import storable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST = 1_000_000
_LONGEST_TARGET = 2_000
_DEEPEST = 150
_VOID = _words("br hr img")
_CLOSED_BY_THEMSELVES = _words("p li td tr th dd dt tbody thead tfoot")
_DROPPED = _words("head script style title template")
_BLOCKS = _words(
    "address article aside blockquote body dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tr ul"
)
_SPACED = _words("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul")
_KEPT = _VOID | _CLOSED_BY_THEMSELVES | _DROPPED | _BLOCKS | _words("a html")
_ATTRIBUTES = {
    name: re.compile(rf"""(?:^|[\s"'/]){attribute}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
    for name, attribute in (("a", "href"), ("img", "alt"))
}
# a tag never reaches over the next `<`, so that no text is looked at twice; without its `>` it is no tag
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/<>]{0,60})(?:((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>|([^<>]*+)>)?""")
# what stands in `<…>` without being a tag: an address, a link, a formula
_NO_NAME = re.compile(r"[@()\[\]{}=&]|:$")
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
# invisible filler behind the preview line of newsletters
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200d\u2060\ufeff]")
_FILLER = re.compile("(?:[\u00ad\u034f\u200b-\u200d\u2060\ufeff][ \xa0\u2007\r\n]*){4,}")
_HIDING = {"script": "</script", "style": "</style", "title": "</title"}
_BLANK_LINES = re.compile(r"\n{3,}")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")


def to_text(markup: str) -> str:
    """The text of an HTML document as a person would read it.  Never raises; what is cut off is said."""
    cut = len(markup) - _LONGEST
    spoken = _with_comments_closed(storable(markup[:_LONGEST]))
    tamer = _Tamer(spoken)
    tame = _TAG.sub(tamer.tamed, spoken)
    readable = _stripped(tame) if tamer.deepest > _DEEPEST else _Writer().read(tame)
    text = storable(readable)
    return f"{text}\n\n[{cut} more characters are in the original]" if cut > 0 else text


def _without_filler(text: str) -> str:
    """Looked for only where there is some: its pattern takes a millisecond for a newsletter."""
    return _FILLER.sub(" ", text) if not text.isascii() and _INVISIBLE.search(text) else text


def _with_comments_closed(markup: str) -> str:
    """A comment that never ends must not hide the text behind it."""
    opened = markup.find("<!--", markup.rfind("-->") + 1)
    return markup if opened < 0 else f"{markup[:opened]}&lt;{markup[opened + 1 :].replace('<!--', '&lt;!--')}"


class _Tamer:
    """Rewrites the tags one after the other and keeps an upper bound of how deep the elements nest."""

    def __init__(self, markup: str) -> None:
        lower = markup.lower()
        self._closed = {name: lower.rfind(end) for name, end in _HIDING.items()}
        self.deepest = 0
        self._depth = 0
        self._opened: dict[str, int] = {}

    def tamed(self, match: re.Match[str]) -> str:
        """What stands for a tag: itself with one attribute at most, nothing, or its text where it is no tag."""
        name = match[2].lower()
        attributes = match[3] if match[3] is not None else match[4]
        if attributes is None:
            return "&lt;" + match[0][1:]
        if name not in _KEPT:
            return "&lt;" + match[0][1:] if _NO_NAME.search(name) else ""
        if name in _HIDING and self._closed[name] < match.start():
            return ""  # it never ends, and must not hide the text behind it
        self._count(name, closes=bool(match[1]))
        if match[1]:
            return f"</{name}>"
        return f"<{name}{_kept_attribute(name, attributes)}>"

    def _count(self, name: str, *, closes: bool) -> None:
        if name in _VOID or name in _CLOSED_BY_THEMSELVES:
            return
        opened = self._opened.get(name, 0)
        step = 1 if not closes else -1 if opened else 0
        self._opened[name] = opened + step
        self._depth += step
        self.deepest = max(self.deepest, self._depth)


def _kept_attribute(name: str, attributes: str) -> str:
    wanted = _ATTRIBUTES.get(name)
    found = wanted.search(attributes) if wanted else None
    if found is None:
        return ""
    value = (found[1] or found[2] or found[3] or "")[:_LONGEST_TARGET].replace('"', "&quot;")
    return f' {"href" if name == "a" else "alt"}="{value}"'


def longest_text(markup: str) -> int:
    """A length that the text does not exceed but for its links, found in a fraction of the time that the text takes."""
    shown = _outside(_outside(markup[:_LONGEST].lower(), "<!--", "-->"), "<style", "</style")
    return len(" ".join(_ANY_TAG.sub(" ", shown).replace("&nbsp;", " ").split()))


def _outside(markup: str, start: str, end: str) -> str:
    first, *rest = markup.split(start)
    return first + "".join(piece.partition(end)[2] for piece in rest)


def _stripped(markup: str) -> str:
    spoken = _outside(markup, "<!--", "-->")
    lines = (line.strip() for line in html.unescape(_ANY_TAG.sub("\n", spoken)).splitlines())
    return "\n".join(line for line in lines if line)


_ITEM = "- "


class _Writer:
    """Walks the tree without recursion and writes lines."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line = ""
        self._quotes = 0
        self._pre = 0
        self._room = 2 * _LONGEST

    def read(self, markup: str) -> str:
        root = LexborHTMLParser(markup).root
        node = root
        while node is not None and self._room > 0:
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
        if self._room <= 0:
            self._done.append("[the rest is in the original]")
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
            self._line = _ITEM
        if tag == "hr":
            self._line = "-----"

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag == "a":
            self._write_target(node)
        if tag not in _BLOCKS:
            return
        if tag == "li" and self._line == _ITEM:
            self._line = ""
        self._end_line()
        if tag == "blockquote":
            self._close_quote()
        self._pre -= tag == "pre"
        if tag in _SPACED:
            self._blank_line()

    def _close_quote(self) -> None:
        self._quotes -= 1
        while self._done and self._done[-1].startswith(">") and not self._done[-1].strip("> "):
            self._done.pop()

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
        words = _SPACES.sub(" ", _without_filler(text))
        if words == " " and not self._line:
            return
        self._line += words.lstrip() if self._line[-1:] in ("", " ") else words

    def _end_line(self, *, always: bool = False) -> None:
        if self._line == _ITEM and not always:
            return  # `<li><p>`: the item's text is still to come
        if self._line.strip() or always:
            self._room -= len(self._line) + 1
            self._done.append(("> " * self._quotes + self._line).rstrip())
        self._line = ""

    def _blank_line(self) -> None:
        if self._done and self._line != _ITEM and self._done[-1].strip("> "):
            self._done.append(("> " * self._quotes).rstrip())
