"""The letters of a PDF: those of fpdf2 end at Latin-1, so those of the computer are taken."""

import logging
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# of Linux, BSD, macOS and Windows
FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
# the best first: one that has most of Europe's letters, those of other scripts, then pictures
_KNOWN = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"DejaVuSans\.ttf",
        r"NotoSans-Regular\.[ot]tf",
        r"LiberationSans-Regular\.ttf",
        r"Arial Unicode\.ttf",
        r"arial\.ttf",
        r"FreeSans\.[ot]tf",
        r"NotoSans(?!Mono|Display|Symbols)\w+-Regular\.[ot]tf",
        r"NotoSans\w*CJK\w*-Regular\.(ttc|otf)|Droid\w*Fallback\w*\.ttf|wqy-\w+\.ttc|PingFang\.ttc|msyh\.ttc|malgun\.ttf",
        r"Nirmala\.tt[fc]|seguisym\.ttf|NotoSansSymbols\d?-Regular\.[ot]tf|unifont\.[ot]tf",
        r"NotoColorEmoji\.ttf|NotoEmoji-Regular\.ttf",
    )
)
_LATIN = "Helvetica"
_MISSING = "?"
# they change how the character before looks, or where a line may break, and show nothing themselves
_VARIATIONS = re.compile("[\ufe00-\ufe0f\u00ad\u200b\u2060]")
# between letters that join they are needed, elsewhere a font without them shows a box
_JOINERS = re.compile("[\u034f\u061c\u200c-\u200f]")

# what these libraries have to say about a font belongs on no terminal
for _name in ("fpdf", "fontTools"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def installed(folders: Sequence[Path] = FOLDERS) -> list[Path]:
    """The font files in these folders that are known to be good for something, the best first."""
    found = []
    for folder in folders:
        for place, _, names in os.walk(folder.expanduser()):
            ranked = ((_rank(name), name) for name in names)
            found += [(rank, name, Path(place, name)) for rank, name in ranked if rank is not None]
    return [path for _, _, path in sorted(found)]


class Letters:
    """What a document can write, and how wide it is.  Fonts are opened one by one, when a character needs them.

    `missing` counts the characters that no font has.
    """

    def __init__(self, document: Any, folders: Sequence[Path] = FOLDERS) -> None:
        self.missing: Counter[str] = Counter()
        self._document = document
        self._waiting = installed(folders)
        self._peeked: dict[Path, Container[int]] = {}
        self._letters: dict[str, Container[int]] = {}
        self._homes: dict[str, str] = {}
        self._widths: dict[tuple[str, str], float] = {}
        self.main = self._having("a")
        if not self.main:
            self.main = _LATIN
            self._letters = {_LATIN: range(256)}
            self._waiting = []
        self._size = 0.0

    def use(self, size: float) -> None:
        """Writes in this size, in points, from here on."""
        self._size = size
        self._widths.clear()
        self.choose(self.main)

    def choose(self, family: str) -> None:
        """Writes in this font, in the size in use."""
        self._document.set_font(family, size=self._size)

    def known(self, text: str) -> str:
        """The text with `?` for each character that no font has."""
        if text.isascii():
            return text
        text = _VARIATIONS.sub("", text)
        if not any(map(_is_shaped, text)):
            text = _JOINERS.sub("", text)
        return "".join(char if self._home(char) or _JOINERS.match(char) else self._missed(char) for char in text)

    def family(self, text: str) -> str:
        """The font in which the text is one letter after the other; '' if it needs several, or letters that join or
        run to the left, as those of Arabic, Hebrew and India do."""
        if text.isascii():
            return self.main
        if any(map(_is_shaped, text)):
            return ""
        homes = {self._home(char) for char in text}
        return next((home for home in homes if all(ord(char) in self._letters[home] for char in text)), "")

    def width(self, text: str) -> float:
        """In mm, of a text that is known, in the size in use."""
        family = self.family(text)
        if not family:
            with self.shaped():
                return float(self._document.get_string_width(text))
        return sum(self._widths.get((family, char)) or self._measured(family, char) for char in text)

    @contextmanager
    def shaped(self) -> Iterator[None]:
        """While it lasts, letters join and run as their script wants it, and come from any of the fonts.  Slow."""
        self._document.set_fallback_fonts([family for family in self._letters if family != self.main], False)
        self._document.set_text_shaping(True)
        yield
        self._document.set_text_shaping(False)
        self._document.set_fallback_fonts([])

    def _home(self, char: str) -> str:
        home = self._homes.get(char)
        if home is None:
            home = self._homes[char] = self._having(char)
        return home

    def _having(self, char: str) -> str:
        code = ord(char)
        for family, letters in self._letters.items():
            if code in letters:
                return family
        return next(
            (family for path in list(self._waiting) if code in self._peek(path) and (family := self._open(path))), ""
        )

    def _peek(self, path: Path) -> Container[int]:
        from fontTools.ttLib import TTFont, TTLibError

        if path not in self._peeked:
            try:
                with TTFont(path, fontNumber=0, lazy=True) as font:
                    self._peeked[path] = frozenset(font.getBestCmap() or ())
            except (OSError, TTLibError):
                self._peeked[path] = ()
        return self._peeked[path]

    def _open(self, path: Path) -> str:
        """The font's name in the document; '' if it is broken beyond its table of letters."""
        from fontTools.ttLib import TTLibError

        self._waiting.remove(path)
        family = f"font{len(self._letters)}"
        try:
            self._document.add_font(family, fname=path)
        except (OSError, LookupError, TTLibError):
            return ""
        self._letters[family] = self._peeked[path]
        return family

    def _missed(self, char: str) -> str:
        self.missing[char] += 1
        return _MISSING

    def _measured(self, family: str, char: str) -> float:
        self.choose(family)
        width = self._widths[family, char] = float(self._document.get_string_width(char))
        self.choose(self.main)
        return width


def _rank(name: str) -> int | None:
    return next((rank for rank, known in enumerate(_KNOWN) if known.fullmatch(name)), None)


def _is_shaped(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL", "AN") or unicodedata.category(char)[0] == "M"
