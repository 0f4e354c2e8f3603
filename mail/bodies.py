"""A message's parts: walked without recursion, bounded in depth and number (RFC 2045, RFC 2046; THREATS D13)."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from mail import headers
from mail.charsets import decode
from mail.cms import signed_content
from mail.embedded import embedded
from mail.flowed import unflowed
from mail.headers import Fields
from mail.html import longest_text, to_text
from mail.span import Span
from mail.transfer import UUENCODED, decoded_pieces, is_encoded
from store.rules.message import Attached

DEEPEST = 50
MOST_PARTS = 1_000
LARGEST_TEXT = 20_000_000
_LONGEST_NAME = 200
_LONGEST_BLANK = 2_000
_LONGEST_STAND_IN = 400
_LINK = re.compile(r"<[^<>\s]*>")
_REST_OF_LINE = re.compile(rb"[ \t]*(?=[\r\n]|\Z)")
_FIRST_MARK = re.compile(rb"(?:\A|(?<=[\r\n]))--([!-~](?:[ -~]{0,198}[!-~])?)[ \t]*(?=[\r\n]|\Z)")
_HTML_CHARSET = re.compile(rb"""<meta[^<>]{0,200}charset\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_TEXTS = ("text/plain", "text/html")
# what mail programs and scripts write for them, where it is the text and no file
_READ_AS = {
    **dict.fromkeys(
        ("plain/text", "text/txt", "text/ascii", "text/x-plain", "text/markdown", "text/x-markdown"), _TEXTS[0]
    ),
    **dict.fromkeys(("html/text", "text/xhtml", "application/xhtml+xml"), _TEXTS[1]),
}
_SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
# other forms of a text beside it, for special readers
_FORMS = (*_TEXTS, "text/enriched", "text/x-amp-html", "text/watch-html")


@dataclass(slots=True)
class Part:
    """One node of the tree.  `children` is empty in a leaf; `number` counts the leaves from 0.

    The `body` of a multipart is its preamble, what stands before its first part.
    """

    type: str
    charset: str
    name: str
    attached: bool
    encoding: str
    body: Span
    boundary: bytes = b""
    stray: bytes = b""
    flow: str = ""
    number: int = -1
    children: list["Part"] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The decoded bytes of a leaf."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The same, a piece at a time."""
        return decoded_pieces(self.body, self.encoding)


@dataclass(frozen=True, slots=True)
class Tree:
    """All parts of a message; `shown` are the leaves that make up its text.

    `cut` is '' or says which bound was met; what lies beyond it is not in the tree.
    """

    root: Part
    leaves: list[Part]
    shown: list[Part]
    cut: str = ""


def walk(fields: Fields, body: Span) -> Tree:
    """The tree of a message's parts."""
    root = _part(fields, body)
    leaves: list[Part] = []
    cut = ""
    waiting = [(root, 0)]
    while waiting:
        part, depth = waiting.pop()
        if part.boundary and depth >= DEEPEST:
            cut, part.boundary = f"its parts nest deeper than {DEEPEST}", b""
        if _divide(part, max(0, MOST_PARTS - len(leaves) - len(waiting))):
            cut = f"it has more than {MOST_PARTS} parts"
        if not part.boundary and not part.children:
            part.number = len(leaves)
            leaves.append(part)
            if inside := _signed(part):
                part.children = [inside]
                # the last: the numbers of the others are kept with attachments
                waiting.insert(0, (inside, depth + 1))
                continue
        waiting.extend((child, depth + 1) for child in reversed(part.children))
    leaves += _embedded(leaves, MOST_PARTS - len(leaves))
    shown = _shown(root)
    if leaves and not shown and leaves[0].type in _TEXTS and not leaves[0].attached:
        shown = leaves[:1]  # it has a name, but stands first and there is no other text
    return Tree(root, leaves, shown, cut)


def readable(tree: Tree) -> str:
    """The text a person reads: plain text, or HTML as text where there is no plain text beside it."""
    texts = [decode(tree.root.stray)]
    for part in tree.shown:
        # an empty line may be missing below a part's header, too
        texts += [decode(part.stray, part.charset) if part is not tree.root else "", _text_of(part)]
    return "\n\n".join(text for text in texts if text.strip())


def attachments(tree: Tree) -> tuple[Attached, ...]:
    """What is not shown as text: each leaf with its name, type, size and hash; not the wrapping of a signed message."""
    text = {id(part) for part in (*tree.shown, *_text_leaves(tree.root))}
    others = (part for part in tree.leaves if id(part) not in text and not part.children)
    return tuple(_attached(part) for part in others if part.body or part.name)


def _part(fields: Fields, body: Span) -> Part:
    kind, parameters = headers.parameters(fields.first("content-type"))
    disposition, more = headers.parameters(fields.first("content-disposition"))
    name = more.get("filename") or parameters.get("name") or ""
    known = kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else "text/plain"
    if not name and disposition != "attachment":
        known = _READ_AS.get(known, known)
    part = Part(
        type=known,
        charset=parameters.get("charset", ""),
        name=headers.decode_words(name)[:_LONGEST_NAME],
        attached=disposition == "attachment",
        encoding=fields.first("content-transfer-encoding"),
        body=body,
        stray=fields.stray,
        flow=_flow(parameters),
    )
    if known.startswith("multipart/"):
        _find_boundary(part, parameters.get("boundary", ""))
    return part


def _flow(parameters: dict[str, str]) -> str:
    if parameters.get("format", "").lower() != "flowed":
        return ""
    return "delsp" if parameters.get("delsp", "").lower() == "yes" else "flowed"


def _find_boundary(part: Part, named: str) -> None:
    """The boundary that the body really has: a wrong or missing parameter must not hide the parts."""
    boundary = named.rstrip()[:200].encode("utf-8", "replace")
    if boundary and next(_boundary_lines(part.body, boundary), None):
        part.boundary = boundary
        return
    part.body = Span.of(part.content)  # a multipart must not be encoded, but some are
    if boundary and next(_boundary_lines(part.body, boundary), None):
        part.boundary = boundary
    elif first := _FIRST_MARK.search(part.body.source, part.body.start, part.body.end):
        part.boundary = first[1]
    else:
        part.type = "text/plain"


def _divide(part: Part, most: int) -> bool:
    """Gives a part its children, if it has any; whether there were more of them than `most`."""
    if not part.boundary:
        return _divide_at_files(part, most)
    sections, more = _sections(part.body, part.boundary, most)
    first = next(_boundary_lines(part.body, part.boundary), (part.body.start,))[0]
    part.children = [_part(*section) for section in sections]
    part.body = part.body.cut(part.body.start, first)
    return more


def _divide_at_files(part: Part, most: int) -> bool:
    """The same for a text that has files in it as uuencode."""
    body = part.body
    if (
        part.type != "text/plain"
        or not _is_text(part)
        or is_encoded(part.encoding)
        or body.find(b"begin ", body.start) < 0
    ):
        return False
    children: list[Part] = []
    at = body.start
    for found in islice(UUENCODED.finditer(body.source, body.start, body.end), most // 2):
        file = body.cut(*found.span())
        name = decode(found[1]).strip()[:_LONGEST_NAME]
        children += (
            replace(part, body=body.cut(at, file.start), stray=b"" if children else part.stray),
            Part("application/octet-stream", "", name, attached=True, encoding="x-uuencode", body=file),
        )
        at = file.end
    if children:
        part.children = [*children, replace(part, body=body.cut(at), stray=b"")]
        part.type, part.body, part.stray = "multipart/mixed", body.cut(body.end), b""
    return False


def _signed(part: Part) -> Part | None:
    """The message that a part is the signed form of (RFC 8551, 3.5.2), which mail programs show as if it stood here."""
    named = part.name.lower().endswith(".p7m") and part.type == "application/octet-stream"
    if not (named or part.type in _SIGNED) or len(part.body) > LARGEST_TEXT:
        return None
    content = signed_content(part.content)
    return _part(*headers.split_part(Span.of(content))) if content else None


def _embedded(leaves: Sequence[Part], most: int) -> list[Part]:
    """The pictures that are written into pages."""
    found: list[Part] = []
    for leaf in leaves:
        if leaf.type == "text/html" and not leaf.attached and len(leaf.body) <= LARGEST_TEXT:
            page = Span.of(leaf.content)
            found += [
                Part(one.type, "", one.name, attached=True, encoding="base64", body=page.cut(one.start, one.end))
                for one in embedded(bytes(page))
            ]
    for number, part in enumerate(found[: max(0, most)], len(leaves)):
        part.number = number
    return found[: max(0, most)]


def _sections(body: Span, boundary: bytes, most: int) -> tuple[list[tuple[Fields, Span]], bool]:
    """The parts between the boundary lines, at most `most`, and whether there were more.

    A missing end is the body's end; what is written behind the end is a part, too, without a header.
    """
    sections: list[tuple[Fields, Span]] = []
    start, closed = -1, False
    for line_start, line_end, is_last in chain(_boundary_lines(body, boundary), [(body.end, body.end, True)]):
        if start >= 0:
            piece = body.cut(start, max(start, line_start)).without_first_newline()
            if not closed:
                sections.append(headers.split_part(piece))
            elif not piece.is_blank():
                sections.append((Fields([]), piece))
        if len(sections) > most:
            return sections[:most], True
        start, closed = line_end, is_last
    return sections, False


def _boundary_lines(body: Span, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start with the line break before it, end, whether it is the closing one) of each boundary line."""
    mark = b"--" + boundary
    source, at = body.source, body.find(mark, body.start)
    while at >= 0:
        end = at + len(mark)
        is_last = source[end : min(end + 2, body.end)] == b"--"
        rest = _REST_OF_LINE.match(source, end + 2 * is_last, body.end)
        before = source[max(at - 2, body.start) : at]
        if rest and (not before or before[-1] in b"\r\n"):
            yield at - (2 if before == b"\r\n" else len(before[-1:])), rest.end(), is_last
        at = body.find(mark, end)


def _shown(root: Part) -> list[Part]:
    """The leaves that make up the text: of each multipart/alternative the plain one if it says something."""
    if not root.children and root.type in _TEXTS and not root.attached:
        return [root]  # alone, it is the message whatever its name
    shown: list[Part] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if not part.children and not part.boundary:
            if _is_text(part):
                shown.append(part)
        elif part.boundary and not _text_leaves(part):
            shown += _preamble(part)
        elif part.type == "multipart/alternative":
            waiting.extend(reversed(_best(part.children)))
        else:
            waiting.extend(reversed(part.children))
    return shown


def _preamble(part: Part) -> list[Part]:
    """What stands before the first part, where no part is a text: at times somebody wrote it for people."""
    if part.body.is_blank() or b"MIME" in part.body.head(_LONGEST_BLANK):
        return []
    return [Part("text/plain", part.charset, "", attached=False, encoding="", body=part.body)]


def _best(choices: list[Part]) -> list[Part]:
    """One form of the same text; two pieces of one type are not two forms but two texts."""
    plain = [part for part in choices if part.type == "text/plain" and _is_text(part) and _says_something(part)]
    html = [part for part in choices if part.type == "text/html" and _is_text(part)]
    rich = [part for part in choices if part.children][-1:] or html
    if not plain:
        return rich or choices[:1]
    return [*plain, *rich] if _stands_in(plain, rich) else plain


def _stands_in(plain: list[Part], rich: list[Part]) -> bool:
    """Whether the plain text says so little that it is no form of the rich one (“This message needs HTML”)."""
    if sum(len(part.body) for part in plain) > 4 * _LONGEST_STAND_IN:
        return False
    said = sum(len(_text_of(part)) for part in plain)
    leaves = [leaf for part in rich for leaf in _text_leaves(part)]
    enough = 3 * said + 200
    if said > _LONGEST_STAND_IN or sum(_longest_text(leaf) for leaf in leaves) <= enough:
        return False
    return sum(len(_LINK.sub("", _text_of(leaf))) for leaf in leaves) > enough


def _longest_text(part: Part) -> int:
    return (
        longest_text(decode(b"".join(_first_pieces(part)), part.charset))
        if part.type == "text/html"
        else len(part.body)
    )


def _says_something(part: Part) -> bool:
    """Whether there is more than white space in it, which may be encoded."""
    return not part.body.is_blank() and (len(part.body) > _LONGEST_BLANK or bool(_text_of(part).strip()))


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
    content = b"".join(_first_pieces(part))
    charset = part.charset
    if part.type == "text/html":
        if not charset and (named := _HTML_CHARSET.search(content[:2_000])):
            charset = named[1].decode("ascii", "replace")
        return to_text(decode(content, charset))
    lines = decode(content, charset).replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return unflowed(lines, delsp="delsp" in part.flow) if part.flow else lines


def _first_pieces(part: Part) -> Iterator[bytes]:
    """All of it, but of a text that is larger than what is fetched in one piece; its file has the rest."""
    left = LARGEST_TEXT
    for piece in part.pieces():
        if left <= 0:
            yield b"\n[The text is longer; the message's file has all of it.]"
            return
        yield piece
        left -= len(piece)


def _attached(part: Part) -> Attached:
    size, digest = 0, hashlib.sha256()
    for piece in part.pieces():
        size += len(piece)
        digest.update(piece)
    return Attached(part.name, part.type, size, digest.hexdigest(), part.number)
