"""Where the words of one text stand in others, whatever became of white space, marks and line breaks on the way.

Texts are compared as letters and digits alone, without case and accents: what mail programs change when they quote
(line breaks, `>` and its like, quotation marks, bold, bullets) is no part of that.  All is linear in the texts' sizes:
windows of the known texts are looked up at each word, and grown to the longest piece that both have.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

WINDOW = 8
"""Characters that two texts must have in common to be looked at: a short word is in any text."""
_MOST_PLACES = 8  # of one window that are tried: a signature stands in each letter
_END = "\0"  # between two known texts; in no word
# UTF-8 that was read as Windows-1252: a leading byte and those that continue it
_CONTINUES = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MISREAD = re.compile(f"[\xc2-\xf4][{_CONTINUES}]{{1,3}}")
# scripts that are written without spaces, and emoji: each character is a word
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u2600-\u27bf\U0001f000-\U0001faff"
)
_WORD = re.compile(rf"[{_ALONE}]|(?:{_MISREAD.pattern}|[^\W_{_ALONE}])+")
LINK = re.compile(r"(?:https?://|ftp://|mailto:|www\.)[^\s<>\"]+", re.IGNORECASE)
_MARK = "[>|│┃¦»]"
_MARKS = re.compile(rf"(?:[ \t\ufeff]{{0,4}}(?:{_MARK}|\w{{1,12}}>))+")
_ONE_MARK = re.compile(_MARK)


class Text:
    """A text as words: of word n `starts[n]` and `ends[n]` are columns of its line, `offsets[n]` where it stands in
    `squeezed`; the words of line m are `first[m]` to `first[m + 1]`.  `depths[m]` counts the marks before a line, whose
    words begin at the column `bodies[m]`."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.depths: list[int] = []
        self.bodies: list[int] = []
        self.first: list[int] = [0]
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.offsets: list[int] = [0]
        self._words: list[str] = []
        for line in self.lines:
            self._add(line)
            self.first.append(len(self.starts))
        self.squeezed = "".join(self._words)

    def _add(self, line: str) -> None:
        marks = _MARKS.match(line)
        self.bodies.append(marks.end() if marks else 0)
        self.depths.append(len(_ONE_MARK.findall(marks[0])) if marks else 0)
        for found in _WORD.finditer(line, self.bodies[-1]):
            if word := folded(found[0]):
                self._words.append(word)
                self.starts.append(found.start())
                self.ends.append(found.end())
                self.offsets.append(self.offsets[-1] + len(word))

    def line_of(self, word: int) -> int:
        """The line in which a word stands."""
        return bisect_right(self.first, word) - 1

    def links(self) -> Iterator[int]:
        """The words of links."""
        for number, line in enumerate(self.lines):
            for found in LINK.finditer(line) if ":" in line or "www." in line else ():
                yield from self.columns(number, *found.span())

    def columns(self, line: int, start: int, end: int) -> range:
        """The words that begin between two columns of a line."""
        first, last = self.first[line], self.first[line + 1]
        return range(bisect_left(self.starts, start, first, last), bisect_left(self.starts, end, first, last))

    def between(self, first: int, end: int) -> str:
        """The words from `first` to `end`, squeezed."""
        return self.squeezed[self.offsets[first] : self.offsets[end]]

    def line(self, number: int) -> str:
        """A line without the marks before it."""
        return self.lines[number][self.bodies[number] :]


class Piece(NamedTuple):
    """Words of a text, `first` to `end`, that stand in a known one, at the offset `at` of the corpus."""

    first: int
    end: int
    at: int


class Corpus:
    """Known texts, one after the other, to find pieces of them; of two that fit equally well the former counts."""

    def __init__(self, known: Sequence[Text]) -> None:
        self._starts: list[int] = []  # of each text
        self._lines: list[int] = []  # where each line with words begins
        self._ends: list[int] = []
        self._depths: list[int] = []
        self._whole: dict[str, list[int]] = {}
        self._windows: dict[str, list[int]] = {}
        texts, at = [], 0
        for text in known:
            self._starts.append(at)
            self._add(text, at)
            texts.append(text.squeezed)
            at += len(text.squeezed) + 1
        self.squeezed = _END.join(texts)

    def _add(self, text: Text, base: int) -> None:
        for number, depth in enumerate(text.depths):
            first, end = text.first[number], text.first[number + 1]
            if first == end:
                continue
            self._lines.append(base + text.offsets[first])
            self._ends.append(base + text.offsets[end])
            self._depths.append(depth)
            _keep(self._whole, text.between(first, end), self._lines[-1])
        for offset in text.offsets[:-1]:
            window = text.squeezed[offset : offset + WINDOW]
            if len(window) == WINDOW:
                _keep(self._windows, window, base + offset)

    def pieces(self, text: Text) -> Iterator[Piece]:
        """What stands in a known text, in order and without overlaps: each the longest that begins at its word."""
        word, last = 0, len(text.starts)
        while word < last:
            offset = text.offsets[word]
            places = self._windows.get(text.squeezed[offset : offset + WINDOW])
            if places is None:
                word += 1
                continue
            length, at = max((_common(text.squeezed, offset, self.squeezed, place), -place) for place in places)
            end = bisect_right(text.offsets, offset + length) - 1
            if text.offsets[end] - offset >= WINDOW:
                yield Piece(word, end, -at)
            word = max(end, word + 1)

    def whole_lines(self, squeezed: str) -> Sequence[int]:
        """Where lines of exactly these words begin."""
        return self._whole.get(squeezed, ())

    def text_of(self, at: int) -> int:
        """The number of the text in which an offset lies."""
        return bisect_right(self._starts, at) - 1

    def depth(self, at: int) -> int:
        """How many marks stand before the line of an offset."""
        return self._depths[bisect_right(self._lines, at) - 1]

    def rest_of_line(self, at: int) -> str:
        """What stands from this offset to the end of its line, '' at its end."""
        line = bisect_right(self._lines, at - 1) - 1  # at its end an offset is the next line's beginning, too
        return self.squeezed[at : self._ends[line]] if line >= 0 else ""

    def line_before(self, at: int) -> str:
        """What stands before this offset in its line."""
        return self.squeezed[self._lines[bisect_right(self._lines, at) - 1] : at]


def folded(word: str) -> str:
    """The letters and digits of a word without case and accents; an emoji as it is."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", _MISREAD.sub(_read_again, word)).casefold()
    return "".join(char for char in plain if char.isalnum()) or (word if len(word) == 1 else "")


def squeezed(text: str) -> str:
    """All words of a text, folded and without what stands between them."""
    return "".join(folded(word) for word in _WORD.findall(text))


def _read_again(match: re.Match[str]) -> str:
    raw = b"".join(bytes([ord(char)]) if ord(char) < 256 else char.encode("cp1252") for char in match[0])
    return raw.decode("utf-8", "ignore") or match[0]


def _keep(index: dict[str, list[int]], key: str, place: int) -> None:
    places = index.setdefault(key, [])
    if len(places) < _MOST_PLACES:
        places.append(place)


def _common(one: str, at: int, other: str, place: int) -> int:
    """How many characters are the same from there on: compared in steps that double, then halved."""
    length, step = 0, 32
    while step:
        mine, theirs = one[at + length : at + length + step], other[place + length : place + length + step]
        if mine == theirs and len(mine) == step:
            length, step = length + step, step * 2
        else:
            step //= 2
    return length
