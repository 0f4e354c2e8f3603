"""What somebody wrote himself who answers mail of ours: all that he does not quote (R5.8, THREATS O7).

Judged by content: the answer's words are looked for in the mail that was sent and in the ticket.  What stands in
neither is his, whatever it looks like.  What stands there is left out where it is a quotation (`quotations`), with the
words by which mail programs introduce it; else it is his, too: a greeting, a signature, a word of the customer's.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

from store.rules.alignment import LINK, WINDOW, Corpus, Piece, Text, squeezed
from store.rules.introductions import (
    RULE_IN_WORDS,
    WRITES,
    Values,
    begins_at,
    block_above,
    blocks,
    introduction,
    introduction_of_ours,
)
from store.rules.quotations import Quotations, known_to_all

LONGEST = 1_000_000
"""Characters of an answer that are read: what goes on to a customer is far shorter (`store.templates.bounds`)."""
_LONGEST_CHANGE = 80  # letters of a quoted passage that a mail program may have changed: a line of them
_LONGEST_GAP = 2_000  # letters of the known text between two quotations: a page that was cut out
_MOST_CHANGES = 500  # passages that are compared letter by letter
_LIKE = 0.6  # a word in which a letter or two were spoilt is as like as that, another word is not
_MOST_ROUNDS = 6  # of quotations in quotations
_ABOVE = 8  # lines in which an introduction stands
_PRIVATE_LINK = re.compile(r"(?:https?://|www\.)([^\s<>\"/]+/[^\s<>\"]+)", re.IGNORECASE)
_MOST_LINKS = 100  # that only administrators were told
_LONGEST_SCHEME = len("(https://")
_LONGEST_BEFORE = 400  # of an introduction that stands on the line of what it introduces
_OPENS_LINK = re.compile(r"[<\[(](?:https?://|ftp://|mailto:|www\.)?$", re.IGNORECASE)
_SPOILT = re.compile(r"\W*(?:&\w{2,8};|&#\w{1,6};|(?:=[0-9A-F]{2})+|[^\W\x00-\x7f])\W*")
_ONLY_MARKS = re.compile(r"[\s>|│┃¦»]*")
_ONLY_RULES = re.compile(r"[\s>|│┃¦»_*=#~.\-\u2010-\u2015]*")
_OPENS = re.compile(r"[(\[{\"'“‘„«¿¡]*$")  # what belongs to the word that follows
_CLOSES = re.compile(r"\s?[.!?…:;,)\]}\"'”’“»]*")  # and to the one before
_BEFORE_QUOTED = " \t>|#*_-\"'“„«(["  # stands between an introduction and a quotation on its line


class Sent(NamedTuple):
    """A mail of ours that may be quoted: its subject and text."""

    subject: str
    body: str


class Known(NamedTuple):
    """What an answer may quote: mail that was sent, the ticket's internal notes, and what its customer knows anyway:
    his messages, those that went to him, names and subjects.  `values` are what the heads of the sent mail say."""

    sent: Sequence[Sent] = ()
    notes: Sequence[str] = ()
    public: Sequence[str] = ()
    values: Values = Values()


class Own(NamedTuple):
    """His words, '' for none, and whether any others were left out."""

    text: str
    cut: bool


class _Line(NamedTuple):
    """A line, from a column of it on."""

    number: int
    column: int
    text: str


class _Introduction(NamedTuple):
    """Words that introduce a quotation, the first of them in this line; whether surely of a mail of ours."""

    first: int
    end: int
    line: int
    ours: bool


def own_words(answer: str, known: Known, marker: str) -> Own:
    """What of an answer is its writer's own.  `marker` is a line that stands in no mail but ours.

    Words that were written into a quoted line go on without it; what a mail program changed in one is quoted, too.
    """
    reading = _Reading(answer[:LONGEST], known, marker)
    reading.leave_out()
    return Own(reading.own(), len(answer) > LONGEST or 1 in reading.gone)


class _Reading:
    """One answer while it is read; `gone` is 1 for each word that is left out."""

    def __init__(self, answer: str, known: Known, marker: str) -> None:
        self._known = known
        self._marker = squeezed(marker)
        self._text = Text(answer)
        self._lines = [self._text.line(number) for number in range(len(self._text.lines))]
        inside = [*("\n".join(sent) for sent in known.sent), *known.notes]
        self._public = list(map(Text, known.public))
        self._corpus = Corpus([*map(Text, inside), *self._public])
        self._introductions: list[_Introduction] = []
        self._links = frozenset(self._text.links())
        self._changes = _MOST_CHANGES
        self.gone = bytearray(len(self._text.starts))

    def leave_out(self) -> None:
        """Finds all that is not his own."""
        text = self._text
        heads = list(blocks(self._lines, self._known.values))
        above = {line for lines in heads for line in lines}
        public = known_to_all(text, Corpus(self._public))
        quoted = list(Quotations(text, self._corpus, public, self._marker, above).found())
        for piece in quoted:
            self._take(piece.first, piece.end)
        self._take_changes(quoted)
        for lines in heads:
            self._take_from(lines.start, 0, text.first[lines.stop], ours=True)
        self._take_secrets()
        for _ in range(_MOST_ROUNDS):
            if not (self._take_introductions() | self._take_mail_between()):
                break

    def _take(self, first: int, end: int) -> bool:
        """Leaves words out; whether any of them was not yet."""
        new = 0 in self.gone[first:end]
        self.gone[first:end] = b"\1" * (end - first)
        return new

    def _take_columns(self, line: int, start: int, end: int) -> None:
        words = self._text.columns(line, start, end)
        self._take(words.start, words.stop)

    # What a mail program changed

    def _take_changes(self, quoted: Sequence[Piece]) -> None:
        """Words in and beside a quotation that stand for others there: spoilt letters, links that were rewritten."""
        corpus, text = self._corpus, self._text
        for one, other in pairwise(quoted):
            at = one.at + text.offsets[one.end] - text.offsets[one.first]
            if at <= other.at <= at + _LONGEST_GAP:
                self._take_between(one.end, other.first, at, other.at)
        for piece in quoted:
            at = piece.at + text.offsets[piece.end] - text.offsets[piece.first]
            first, end = self._beside(piece)
            if self._is_changed(first, piece.first, corpus.line_before(piece.at)):
                self._take(first, piece.first)
            if self._is_changed(piece.end, end, corpus.rest_of_line(at), corpus.line_before(at - 1)):
                self._take(piece.end, end)

    def _take_between(self, word: int, end: int, at: int, stop: int) -> None:
        """Words between two quotations, line by line: what stands there in the corpus, and what was changed of it."""
        text = self._text
        while word < end:
            after = min(end, text.first[text.line_of(word) + 1])
            letters = text.between(word, after)
            found = self._corpus.squeezed.find(letters, at, stop) if len(letters) >= WINDOW else -1
            was = self._corpus.squeezed[at : min(stop, at + len(letters))]
            before = "" if word == text.first[text.line_of(word)] else self._corpus.line_before(at - 1)
            if found >= 0 or self._is_changed(word, after, was, before):
                self._take(word, after)
                at = (found if found >= 0 else at) + len(letters)
            word = after

    def _beside(self, piece: Piece) -> tuple[int, int]:
        """Where the words begin and end that stand beside a piece in its lines and are not left out."""
        first, end = piece.first, piece.end
        start, stop = self._text.first[self._text.line_of(first)], self._text.first[self._text.line_of(end - 1) + 1]
        while first > start and not self.gone[first - 1]:
            first -= 1
        while end < stop and not self.gone[end]:
            end += 1
        return first, end

    def _is_changed(self, first: int, end: int, was: str, before: str = "") -> bool:
        """Whether these words stand for what was there, `before` which its line begins."""
        text = self._text
        if first >= end or text.line_of(first) != text.line_of(end - 1):
            return False
        links = [word for word in range(first, end) if word in self._links]
        rest = "".join(text.between(word, word + 1) for word in range(first, end) if word not in self._links)
        if links:
            start = text.starts[links[0]]
            opened = _OPENS_LINK.search(text.lines[text.line_of(first)], max(0, start - _LONGEST_SCHEME), start)
            return ("http" in before + was or "www" in before + was or opened is not None) and rest in was
        if not was:
            return self._is_spoilt(first, end)
        if was.startswith(rest) or was.endswith(rest):
            return True
        if len(rest) > _LONGEST_CHANGE or self._changes <= 0 or not 0.4 <= len(rest) / len(was) <= 2.5:
            return False
        self._changes -= 1
        return SequenceMatcher(None, rest, was, autojunk=False).ratio() >= _LIKE

    def _is_spoilt(self, first: int, end: int) -> bool:
        """Whether they are what became of a sign within a quoted line: `&ndash;`, `=E2=80=93`, the `Â` of a misread
        no-break space."""
        text, line = self._text, self._text.line_of(first)
        if text.first[line + 1] - text.first[line] == end - first:
            return False
        start = text.ends[first - 1] if first > text.first[line] else text.bodies[line]
        stop = text.starts[end] if end < text.first[line + 1] else len(text.lines[line])
        return bool(_SPOILT.fullmatch(text.lines[line], start, stop))

    def _take_secrets(self) -> None:
        """Links that only administrators were told, however a gateway rewrote them, and our Message-IDs (R7.6)."""
        inside = _private_links("\n".join([*(sent.body for sent in self._known.sent), *self._known.notes]))
        private = list(inside - _private_links("\n".join(self._known.public)))[:_MOST_LINKS]
        identities = re.compile("|".join(map(re.escape, self._known.values.identities)) or "(?!)")
        for number, line in enumerate(self._text.lines):
            for found in LINK.finditer(line) if private else ():
                told = squeezed(unquote(unquote(found[0])))
                if any(link in told for link in private):
                    self._take_columns(number, *found.span())
            for found in identities.finditer(line) if "@" in line else ():
                self._take_columns(number, *found.span())

    # What introduces a quotation

    def _take_introductions(self) -> bool:
        """A line, wherever it stands, that says who wrote our mail and when; and what stands right above quoted words,
        or before them on their line.  Whether there was any."""
        new = False
        for number, line in enumerate(self._lines):
            if WRITES.search(line):
                new |= self._take_if_ours(number)
        beginnings = [word for word in range(len(self.gone)) if self.gone[word] and not (word and self.gone[word - 1])]
        for word in beginnings:
            new |= self._take_above(word)
        return new

    def _take_if_ours(self, number: int) -> bool:
        above = self._lines[max(0, number - 2) : number + 1]
        count = introduction_of_ours(above, self._known.values)
        if not count:
            return False
        first, end = number + 1 - count, self._text.first[number + 1]
        column = self._text.bodies[first] + begins_at(above[-count], self._known.values)
        return self._take_from(first, column, end, ours=True)

    def _take_above(self, word: int) -> bool:
        above = self._lines_above(word)
        lines, values = [line.text for line in above], self._known.values
        if not lines:
            return False
        if RULE_IN_WORDS.match(lines[-1]):
            return self._take_from(above[-1].number, above[-1].column, word)
        if count := block_above(lines, values):
            return self._take_from(above[-count].number, 0, word, ours=bool(values.people))
        if count := introduction(lines, values):
            first = above[-count]
            return self._take_from(first.number, first.column + begins_at(first.text, values), word)
        return False

    def _lines_above(self, word: int) -> list[_Line]:
        """What stands above a word, and before it on its line, up to what is left out; a few lines."""
        text, lines = self._text, list[_Line]()
        here = text.line_of(word)
        if word > text.first[here] and not self.gone[word - 1]:
            column = max(text.bodies[here], text.starts[word] - _LONGEST_BEFORE)
            lines.append(_Line(here, column, text.lines[here][column : text.starts[word]].rstrip(_BEFORE_QUOTED)))
            word = text.first[here]
        while word and len(lines) < _ABOVE:
            number = text.line_of(word - 1)
            if self.gone[word - 1] or (lines and lines[-1].number != number + 1):
                break
            lines.append(_Line(number, text.bodies[number], self._lines[number]))
            word = text.first[number]
        return lines[::-1]

    def _take_from(self, number: int, column: int, end: int, *, ours: bool = False) -> bool:
        """An introduction from this column of a line on up to the word `end`; what stands before it is his own."""
        first = self._text.columns(number, column, len(self._text.lines[number])).start
        new = self._take(first, end)
        if new:
            self._introductions.append(_Introduction(first, end, number, ours))
        return new

    def _take_mail_between(self) -> bool:
        """A mail that quotes ours, and is quoted itself: it stands in marks right above an introduction of what is
        marked once more, or between the introductions of two of ours.  Whether there was any."""
        text, new = self._text, False
        for one in self._introductions:
            depth = text.depths[one.line]
            if depth and one.end < len(self.gone) and text.depths[text.line_of(one.end)] > depth:
                first = one.first
                while first and not self.gone[first - 1] and text.depths[text.line_of(first - 1)] >= depth:
                    first -= 1
                new |= self._take(first, one.first)
        ours = sorted(one for one in self._introductions if one.ours)
        for upper, lower in pairwise(ours):
            if lower.end < len(self.gone) and self.gone[lower.end] and 1 not in self.gone[upper.end : lower.first]:
                new |= self._take(upper.end, lower.first)
        return new

    # What is left

    def own(self) -> str:
        """What is left, in pieces with an empty line between."""
        pieces: list[list[str]] = [[]]
        for number in range(len(self._lines)):
            kept = self._kept(number)
            if kept is None:
                pieces[-1] = _without_rules(pieces[-1])
                pieces.append([])
            else:
                pieces[-1].append(kept)
        found = (_without_blanks(piece) for piece in pieces)
        return "\n\n".join("\n".join(piece) for piece in found if piece and not self._only_signs(piece))

    def _only_signs(self, piece: Sequence[str]) -> bool:
        """Whether there is but a line of signs, such as `???`, that stands in what is quoted, too."""
        if any(map(squeezed, piece)) or 1 not in self.gone:
            return False
        texts = (*(sent.body for sent in self._known.sent), *self._known.notes, *self._known.public)
        known = {line.strip() for text in texts for line in text.split("\n")}
        return all(_ONLY_RULES.fullmatch(line) or line.strip(" >|") in known for line in piece)

    def _kept(self, number: int) -> str | None:
        """What is left of a line; None where it is a quotation."""
        text = self._text
        first, end = text.first[number], text.first[number + 1]
        gone = self.gone[first:end]
        if first == end and text.depths[number] and self._is_empty_quoted(first):
            return None
        if 1 not in gone:
            return text.lines[number]
        if 0 not in gone:
            return None
        return " […] ".join(self._stretches(number, first, end)).strip()

    def _is_empty_quoted(self, word: int) -> bool:
        """Whether marks that have no words stand in a quotation, and not between marked words of his own."""
        around = [one for one in (word - 1, word) if 0 <= one < len(self.gone)]
        return not all(not self.gone[one] and self._text.depths[self._text.line_of(one)] for one in around)

    def _stretches(self, number: int, first: int, end: int) -> Iterator[str]:
        """The words of a line that are his own, with the signs that belong to them."""
        line, starts, ends = self._text.lines[number], self._text.starts, self._text.ends
        word = first
        while word < end:
            after = word
            while after < end and not self.gone[after]:
                after += 1
            if after > word:
                before = _OPENS.search(line, ends[word - 1], starts[word]) if word > first else None
                behind = _CLOSES.match(line, ends[after - 1], starts[after]) if after < end else None
                yield line[before.start() if before else 0 : behind.end() if behind else len(line)].rstrip()
            word = after + 1


def _private_links(text: str) -> set[str]:
    """The links that lead further than to a site, squeezed and without their scheme."""
    return set(map(squeezed, _PRIVATE_LINK.findall(text)))


def _without_rules(lines: list[str]) -> list[str]:
    """The lines without the rules that stand above a quotation."""
    while lines and _ONLY_RULES.fullmatch(lines[-1]):
        lines.pop()
    return lines


def _without_blanks(lines: list[str]) -> list[str]:
    """The lines without empty ones, and empty marks, around them."""
    while lines and _ONLY_MARKS.fullmatch(lines[-1]):
        lines.pop()
    while lines and _ONLY_MARKS.fullmatch(lines[0]):
        lines.pop(0)
    return lines
