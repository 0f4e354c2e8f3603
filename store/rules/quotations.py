"""Which pieces that an answer has in common with known texts are quotations, and which are its writer's own (R5.8)."""

from collections.abc import Collection, Iterator

from store.rules.alignment import Corpus, Piece, Text

TELLING = 25
"""Letters that tell a quotation from words which stand in any mail: about five words."""
_FEW = 12  # the same in a marked line, and for what a customer knows
_SOME_WORDS = 3


class Quotations:
    """Reads the pieces of one answer in order.

    A piece is a quotation when the answer marks it more than the known text does, when the fields of our mail stand
    above it (`heads`, lines), when it holds what only administrators were told, or when it goes on where a quotation
    ended.  `public` says of each word whether the customer knows it anyway.
    """

    def __init__(self, text: Text, corpus: Corpus, public: bytearray, marker: str, heads: Collection[int]) -> None:
        self._text, self._corpus, self._public, self._marker, self._heads = text, corpus, public, marker, heads
        self._links = frozenset(text.links())
        self._end = self._word = -1  # of the last quotation, in the corpus and in the answer
        self._marked = False
        self._other: dict[int, frozenset[bool]] = {}  # whether what is in no piece are links, of each line
        self._taken: dict[int, list[Piece]] = {}  # unmarked, of each known text

    def found(self) -> Iterator[Piece]:
        """The quotations, in order."""
        for candidate in self._candidates():
            piece = candidate
            if self._goes_on(piece.first, piece.end):
                piece = piece._replace(at=self._end)
            marked = self._is_marked(piece)
            if marked or self._is_introduced(piece) or self._is_secret(piece) or self._continues(piece):
                self._end, self._word, self._marked = piece.at + self._letters(piece), piece.end, marked
                if not marked:
                    self._taken.setdefault(self._corpus.text_of(piece.at), []).append(piece)
                yield piece

    def _candidates(self) -> Iterator[Piece]:
        """The pieces without what is but a word or two of a line, and short lines that are lines of a known text or go
        on with what was found last."""
        text = self._text
        covered = bytearray(len(text.starts))
        pieces = list(self._corpus.pieces(text))
        for piece in pieces:
            covered[piece.first : piece.end] = b"\1" * (piece.end - piece.first)
        word = 0
        for piece in filter(None, (self._trimmed(piece, covered) for piece in pieces)):
            yield from self._short_lines(word, piece.first)
            yield piece
            word = piece.end
        yield from self._short_lines(word, len(text.starts))

    def _short_lines(self, word: int, end: int) -> Iterator[Piece]:
        """Whole lines between two words, where a known text has such a line."""
        text = self._text
        while word < end:
            line = text.line_of(word)
            first, after = text.first[line], text.first[line + 1]
            if first >= word and after <= end:
                places = self._corpus.whole_lines(text.between(first, after))
                if places or self._goes_on(first, after):
                    yield Piece(first, after, places[0] if places else self._end)
            word = after

    def _goes_on(self, first: int, end: int) -> bool:
        """Whether the corpus has these words right where the last quotation ended."""
        return self._end >= 0 and self._corpus.squeezed.startswith(self._text.between(first, end), self._end)

    def _trimmed(self, piece: Piece, covered: bytearray) -> Piece | None:
        """Without the beginning and the end that are but a little of a line in which other words stand, too."""
        text, first, end = self._text, piece.first, piece.end
        after = min(end, text.first[text.line_of(first) + 1])
        if not self._tells(first, after, piece, covered):
            first = after
        start = max(first, text.first[text.line_of(end - 1)])
        if start < end and not self._tells(start, end, piece, covered):
            end = start
        return Piece(first, end, piece.at + text.offsets[first] - text.offsets[piece.first]) if first < end else None

    def _tells(self, first: int, end: int, piece: Piece, covered: bytearray) -> bool:
        """Whether these words of one line are a line, or enough of one."""
        text = self._text
        line = text.line_of(first)
        if line not in self._other:
            words = range(text.first[line], text.first[line + 1])
            self._other[line] = frozenset(word in self._links for word in words if not covered[word])
        if not self._other[line]:
            return True
        if piece.end - piece.first > end - first and self._other[line] == {True} and first not in self._links:
            return True  # of several lines, in one of which a gateway rewrote the link
        at = piece.at + text.offsets[first] - text.offsets[piece.first]
        letters = text.offsets[end] - text.offsets[first]
        if text.depths[line] <= self._corpus.depth(at):
            return letters >= TELLING
        return letters >= _FEW or (first == text.first[line] and not self._corpus.rest_of_line(at + letters))

    def _is_marked(self, piece: Piece) -> bool:
        text, word = self._text, piece.first
        while word < piece.end:
            line = text.line_of(word)
            after = min(piece.end, text.first[line + 1])
            at = piece.at + text.offsets[word] - text.offsets[piece.first]
            if text.depths[line] > self._corpus.depth(at) and (
                after - word >= _SOME_WORDS or self._is_line(word, after, at)
            ):
                return True
            word = after
        return False

    def _is_line(self, first: int, end: int, at: int) -> bool:
        """Whether these words end, or are, a line of both texts."""
        line = self._text.line_of(first)
        is_whole = self._text.first[line] == first and self._text.first[line + 1] == end
        letters = self._text.offsets[end] - self._text.offsets[first]
        return (is_whole and letters >= _FEW) or not self._corpus.rest_of_line(at + letters)

    def _is_introduced(self, piece: Piece) -> bool:
        """Whether the line above it, blank ones apart, is of the fields of our mail."""
        return piece.first > 0 and self._text.line_of(piece.first - 1) in self._heads

    def _is_secret(self, piece: Piece) -> bool:
        if self._marker and self._marker in self._text.between(piece.first, piece.end):
            return True
        offsets, public = self._text.offsets, self._public
        words = (word for word in range(piece.first, piece.end) if not public[word])
        return sum(offsets[word + 1] - offsets[word] for word in words) >= TELLING

    def _continues(self, piece: Piece) -> bool:
        """Whether a quotation goes on: right where it ended, or further below in the same mail, and not for the second
        time; but nothing without marks goes on below what had some, save the end of a line that was wrapped."""
        if piece.at == self._end and (not self._marked or piece.first == self._word or self._is_within_line()):
            return True
        taken = self._taken.get(self._corpus.text_of(piece.at), ())
        end = piece.at + self._letters(piece)
        again = any(piece.at < one.at + self._letters(one) and one.at < end for one in taken)
        return bool(taken) and not again and end - piece.at >= TELLING

    def _is_within_line(self) -> bool:
        """Whether the last quotation ended within a line of the known text."""
        return bool(self._corpus.rest_of_line(self._end))

    def _letters(self, piece: Piece) -> int:
        return self._text.offsets[piece.end] - self._text.offsets[piece.first]


def known_to_all(text: Text, public: Corpus) -> bytearray:
    """Of each word of an answer 1 if the customer knows it: with some words about it, it stands in a public text."""
    known = bytearray(len(text.starts))
    for piece in public.pieces(text):
        if text.offsets[piece.end] - text.offsets[piece.first] >= _FEW:
            known[piece.first : piece.end] = b"\1" * (piece.end - piece.first)
    return known
