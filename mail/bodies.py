"""A message's parts: walked without recursion, bounded in depth and number (RFC 2045, RFC 2046; THREATS D13)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mail import headers
from mail.charsets import decode
from mail.headers import Fields
from mail.html import to_text
from store.rules.message import Attached

DEEPEST = 50
MOST_PARTS = 1_000
_LONGEST_NAME = 200
_REST_OF_LINE = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")
_FIRST_MARK = re.compile(rb"(?:\A|[\r\n])--([!-~](?:[ -~]{0,198}[!-~])?)[ \t]*(?=[\r\n]|\Z)")
_HTML_CHARSET = re.compile(rb"""<meta[^<>]{0,200}charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_TEXTS = ("text/plain", "text/html")
# other forms of a text beside it, for special readers
_FORMS = (*_TEXTS, "text/enriched", "text/x-amp-html", "text/watch-html")


@dataclass(slots=True)
class Part:
    """One node of the tree.  `children` is empty in a leaf; `number` counts the leaves from 0."""

    type: str
    charset: str
    name: str
    attached: bool
    encoding: str
    body: bytes
    boundary: bytes = b""
    stray: bytes = b""
    number: int = -1
    children: list["Part"] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The decoded bytes of a leaf."""
        return headers.decoded_body(self.body, self.encoding)


@dataclass(frozen=True, slots=True)
class Tree:
    """All parts of a message; `shown` are the leaves that make up its text.

    `cut` is '' or says which bound was met; what lies beyond it is not in the tree.
    """

    root: Part
    leaves: list[Part]
    shown: list[Part]
    cut: str = ""


def walk(fields: Fields, body: bytes) -> Tree:
    """The tree of a message's parts."""
    root = _part(fields, body)
    leaves: list[Part] = []
    cut = ""
    waiting = [(root, 0)]
    while waiting:
        part, depth = waiting.pop()
        if part.boundary and depth >= DEEPEST:
            cut, part.boundary = f"its parts nest deeper than {DEEPEST}", b""
        if not part.boundary:
            part.number = len(leaves)
            leaves.append(part)
            continue
        sections, more = _sections(part.body, part.boundary, max(0, MOST_PARTS - len(leaves) - len(waiting)))
        if more:
            cut = f"it has more than {MOST_PARTS} parts"
        part.children = [_part(*headers.split_part(section)) for section in sections]
        part.body = b""
        waiting.extend((child, depth + 1) for child in reversed(part.children))
    return Tree(root, leaves, _shown(root), cut)


def readable(tree: Tree) -> str:
    """The text a person reads: plain text, or HTML as text where there is no plain text beside it."""
    texts = [decode(tree.root.stray), *(_text_of(part) for part in tree.shown)]
    return "\n\n".join(text for text in texts if text.strip())


def attachments(tree: Tree) -> tuple[Attached, ...]:
    """What is not shown as text: each leaf with its name, type, size and hash."""
    text = {id(part) for part in (*tree.shown, *_text_leaves(tree.root))}
    return tuple(_attached(part) for part in tree.leaves if id(part) not in text and (part.body or part.name))


def _part(fields: Fields, body: bytes) -> Part:
    kind, parameters = headers.parameters(fields.first("content-type"))
    disposition, more = headers.parameters(fields.first("content-disposition"))
    name = more.get("filename") or parameters.get("name") or ""
    known = kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain"
    part = Part(
        type=known,
        charset=parameters.get("charset", ""),
        name=headers.decode_words(name)[:_LONGEST_NAME],
        attached=disposition == "attachment",
        encoding=fields.first("content-transfer-encoding"),
        body=body,
        stray=fields.stray,
    )
    if known.startswith("multipart/"):
        _find_boundary(part, parameters.get("boundary", ""))
    return part


def _find_boundary(part: Part, named: str) -> None:
    """The boundary that the body really has: a wrong or missing parameter must not hide the parts."""
    boundary = named.rstrip()[:200].encode("utf-8", "replace")
    if boundary and next(_boundary_lines(part.body, boundary), None):
        part.boundary = boundary
        return
    part.body = part.content  # a multipart must not be encoded, but some are
    if boundary and next(_boundary_lines(part.body, boundary), None):
        part.boundary = boundary
    elif first := _FIRST_MARK.search(part.body):
        part.boundary = first[1]
    else:
        part.type = "text/plain"


def _sections(body: bytes, boundary: bytes, most: int) -> tuple[list[bytes], bool]:
    """What lies between the boundary lines, at most `most` pieces, and whether there were more.

    A missing end is the body's end; what is written behind the end is a piece, too.
    """
    sections: list[bytes] = []
    start, closed = -1, False
    for line_start, line_end, is_last in _boundary_lines(body, boundary):
        if start >= 0:
            piece = _without_first_newline(body[start:line_start])
            if not closed or piece.strip():
                sections.append(b"\n" + piece if closed else piece)
        if len(sections) > most:
            return sections[:most], True
        start, closed = line_end, is_last
    if start >= 0:
        piece = _without_first_newline(body[start:])
        if not closed or piece.strip():
            sections.append(b"\n" + piece if closed else piece)
    return sections[:most], len(sections) > most


def _boundary_lines(body: bytes, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start with the line break before it, end, whether it is the closing one) of each boundary line."""
    mark = b"--" + boundary
    at = body.find(mark)
    while at >= 0:
        end = at + len(mark)
        is_last = body.startswith(b"--", end)
        rest = _REST_OF_LINE.match(body, end + 2 * is_last)
        if rest and (at == 0 or body[at - 1] in b"\r\n"):
            start = at - 2 if body[at - 2 : at] == b"\r\n" else max(at - 1, 0)
            yield start, rest.end(), is_last
        at = body.find(mark, end)


def _without_first_newline(section: bytes) -> bytes:
    return section[2:] if section.startswith(b"\r\n") else section[1:] if section[:1] in (b"\n", b"\r") else section


def _shown(root: Part) -> list[Part]:
    """The leaves that make up the text: of each multipart/alternative the plain one if it says something."""
    if not root.children and root.type in _TEXTS and not root.attached:
        return [root]  # alone, it is the message whatever its name
    shown: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.children:
            if _is_text(part):
                shown.append(part)
        elif part.type == "multipart/alternative":
            waiting.extend(reversed(_best(part.children)))
        else:
            waiting.extend(reversed(part.children))
    return shown


def _best(choices: list[Part]) -> list[Part]:
    """One form of the same text; two pieces of one type are not two forms but two texts."""
    plain = [part for part in choices if part.type == "text/plain" and _is_text(part) and part.body.strip()]
    if plain:
        return plain
    html = [part for part in choices if part.type == "text/html" and _is_text(part)]
    nested = [part for part in choices if part.children]
    return nested[-1:] or html or choices[:1]


def _text_leaves(root: Part) -> list[Part]:
    """The leaves that are text or the alternative of a text: neither is an attachment."""
    found: list[Part] = []
    waiting = [(root, False)]
    while waiting:
        part, alternative = waiting.pop()
        if part.children:
            waiting.extend((child, part.type == "multipart/alternative") for child in part.children)
        elif _is_text(part) or (alternative and part.type in _FORMS and not part.attached):
            found.append(part)
    return found


def _is_text(part: Part) -> bool:
    return part.type in _TEXTS and not part.attached and not part.name


def _text_of(part: Part) -> str:
    content = part.content
    charset = part.charset
    if part.type == "text/html":
        if not charset and (named := _HTML_CHARSET.search(content[:2_000])):
            charset = named[1].decode("ascii", "replace")
        return to_text(decode(content, charset))
    return decode(content, charset).replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _attached(part: Part) -> Attached:
    content = part.content
    return Attached(part.name, part.type, len(content), hashlib.sha256(content).hexdigest(), part.number)
