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


@dataclass(slots=True)
class Part:
    """One node of the tree.  `children` is empty in a leaf; `number` counts the leaves from 0."""

    type: str
    charset: str
    name: str
    attached: bool
    encoding: str
    body: bytes
    number: int = -1
    children: list["Part"] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The decoded bytes of a leaf."""
        return headers.decoded_body(self.body, self.encoding)


@dataclass(frozen=True, slots=True)
class Tree:
    """All parts of a message.  `cut` is '' or says which bound was met; what lies beyond it is not in the tree."""

    root: Part
    leaves: list[Part]
    cut: str = ""


def walk(fields: Fields, body: bytes) -> Tree:
    """The tree of a message's parts."""
    root = _part(fields, body)
    leaves: list[Part] = []
    cut = ""
    waiting = [(root, 0)]
    while waiting:
        part, depth = waiting.pop()
        boundary = _boundary(part)
        if boundary and depth >= DEEPEST:
            cut, boundary = f"its parts nest deeper than {DEEPEST}", b""
        if not boundary:
            part.number = len(leaves)
            leaves.append(part)
            continue
        sections, more = _sections(part.body, boundary, max(0, MOST_PARTS - len(leaves) - len(waiting)))
        if more:
            cut = f"it has more than {MOST_PARTS} parts"
        part.children = [_part(*headers.split_part(section)) for section in sections]
        part.body = b""
        waiting.extend((child, depth + 1) for child in reversed(part.children))
    return Tree(root, leaves, cut)


def readable(tree: Tree) -> str:
    """The text a person reads: plain text, or HTML as text where there is no plain text beside it."""
    return "\n\n".join(text for text in (_text_of(part) for part in _shown(tree.root)) if text.strip())


def attachments(tree: Tree) -> tuple[Attached, ...]:
    """What is not shown as text: each leaf with its name, type, size and hash."""
    text = {id(part) for part in _text_leaves(tree.root)}
    return tuple(_attached(part) for part in tree.leaves if id(part) not in text and (part.body or part.name))


def _part(fields: Fields, body: bytes) -> Part:
    kind, parameters = headers.parameters(fields.first("content-type"))
    disposition, more = headers.parameters(fields.first("content-disposition"))
    name = more.get("filename") or parameters.get("name") or ""
    known = kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain"
    part = Part(
        type=known,
        charset=parameters.get("charset", ""),
        name=name[:_LONGEST_NAME],
        attached=disposition == "attachment",
        encoding=fields.first("content-transfer-encoding"),
        body=body,
    )
    if known.startswith("multipart/"):
        part.charset = parameters.get("boundary", "")[:200]
    return part


def _boundary(part: Part) -> bytes:
    return part.charset.encode("utf-8", "replace") if part.type.startswith("multipart/") else b""


def _sections(body: bytes, boundary: bytes, most: int) -> tuple[list[bytes], bool]:
    """What lies between the boundary lines, at most `most` pieces, and whether there were more.

    A missing end is the body's end; a body without any boundary is one piece of text.
    """
    sections: list[bytes] = []
    start = -1
    for line_start, line_end, is_last in _boundary_lines(body, boundary):
        if start >= 0:
            sections.append(_without_first_newline(body[start:line_start]))
        if len(sections) > most:
            return sections[:most], True
        start = -1 if is_last else line_end
        if is_last:
            break
    if start >= 0:
        sections.append(_without_first_newline(body[start:]))
    if not sections and body.strip():
        return [b"\n" + body], False
    return sections, False


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
    shown: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.children:
            if _is_text(part):
                shown.append(part)
        elif part.type == "multipart/alternative":
            waiting.append(_best(part.children))
        else:
            waiting.extend(reversed(part.children))
    return shown


def _best(choices: list[Part]) -> Part:
    for part in choices:
        if part.type == "text/plain" and _is_text(part) and part.content.strip():
            return part
    for part in reversed(choices):
        if part.children or (part.type == "text/html" and _is_text(part)):
            return part
    return choices[0]


def _text_leaves(root: Part) -> list[Part]:
    """The leaves that are text or the alternative of a text: neither is an attachment."""
    found: list[Part] = []
    waiting = [(root, False)]
    while waiting:
        part, alternative = waiting.pop()
        if part.children:
            waiting.extend((child, part.type == "multipart/alternative") for child in part.children)
        elif _is_text(part) and (alternative or part.type in ("text/plain", "text/html")):
            found.append(part)
    return found


def _is_text(part: Part) -> bool:
    return part.type in ("text/plain", "text/html", "text/enriched") and not part.attached and not part.name


def _text_of(part: Part) -> str:
    text = decode(part.content, part.charset)
    text = to_text(text) if part.type == "text/html" else text
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _attached(part: Part) -> Attached:
    content = part.content
    return Attached(part.name, part.type, len(content), hashlib.sha256(content).hexdigest(), part.number)
