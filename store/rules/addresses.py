"""What makes two addresses the same, what can be one, and reading what a person typed or pasted (R5.7)."""

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from store.cleantext import clean
from store.errors import BadField

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LONGEST_DOMAIN = 253  # characters of a name in the DNS (RFC 1035, 2.3.4)
_LONGEST = 320  # 64 for the local part, 255 for the domain, and the @ (RFC 5321, 4.5.3.1)
_LONGEST_TEXT = 10_000
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f.:]+\]", re.IGNORECASE)  # RFC 5321, 4.1.3
_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " ", 0x3002: ".", 0xFF61: ".", 0xFE6B: "@"}
_FILLERS = "\u034f\u115f\u1160\u2800\u3164\uffa0\ufffc" + "".join(map(chr, range(0xFE00, 0xFE10)))
_OVERRIDES = "\u202d\u202e"  # what is seen is not what stands there: not dropped, so refused
_LINK = re.compile(r"(?:mailto:/*)+", re.IGNORECASE)
_PLAIN = re.compile(r"[a-zA-Z0-9][\w.+-]{0,62}@(?:[a-zA-Z0-9]{1,60}\.){1,3}[a-zA-Z]{2,20}", re.ASCII)
_TOKEN = re.compile(
    r"""<(?P<angled>[^<>]*)>
    | \((?P<round>[^()]*)\)
    | \[(?P<square>[^\[\]]*)\]
    | (?P<word>(?:"(?:[^"\\]|\\.)*+"(?=@))?[^\s,،，、;；؛<>()\[\]"]+(?:\[[0-9A-Za-z.:]+\])?)
    | "(?P<quoted>(?:[^"\\]|\\.)*+)"
    | (?P<end>[;；؛\r\n\x0b\x0c\x85\u2028\u2029])
    | (?P<comma>[,،，、])""",
    re.VERBOSE,
)
_BETWEEN = ",،，、;；؛"
_AROUND = "“”„«»‹›‘’‚…"
_BEHIND = ".,:!?" + _AROUND
_PAIRS = ("''", "**", "``", "||", "__", "{}")


def address_key(address: str) -> str:
    """The folded form by which addresses are compared: NFC, local part case-folded, domain lower case in IDNA A-labels.

    Tags (`+x`) and dots are kept: they are other addresses.  '' stays ''.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if not local:
        return _folded(domain.strip())
    return f"{_folded(local)}@{domain_key(domain)}"


class OwnAddresses(NamedTuple):
    """The folded addresses that are ours (R4.12): inboxes', administrators' that are no inbox's, the SMTP sender's."""

    inboxes: frozenset[str] = frozenset()
    administrators: frozenset[str] = frozenset()
    sender: str = ""

    def sends_as(self, key: str) -> bool:
        """Whether programs of ours send from this address, and no administrator writes from it."""
        return key in self.inboxes or (bool(key) and key == self.sender and key not in self.administrators)

    def has(self, key: str) -> bool:
        """Whether this is one of ours; what an inbox's address gets with a tag (`support+x@…`) comes to that inbox."""
        local, _, domain = key.rpartition("@")
        untagged = f"{local.partition('+')[0]}@{domain}"
        return key in self.administrators or self.sends_as(key) or untagged in self.inboxes


def domain_key(domain: str) -> str:
    """A domain in lower-case A-labels; one that IDNA refuses is only lower-cased, never an error."""
    lowered = domain.strip().strip(".").lower()
    if lowered.isascii():
        return lowered
    import idna

    try:
        return idna.encode(lowered, uts46=True).decode("ascii").strip(".")
    except (idna.IDNAError, UnicodeError):
        return _folded(lowered)


def registrable_domain(key: str) -> str:
    """The part of a domain, folded as by `domain_key`, that its owner registered: `example.co.uk` of `a.example.co.uk`.

    By the public suffix list with its private part, so that `a.github.io` and `b.github.io` are two owners'; where it
    does not know the top-level domain that is the suffix.  '' for a public suffix itself and for an IP address.
    """
    last = key.rpartition(".")[2]
    if not last or last.isdigit() or len(key) > _LONGEST_DOMAIN or set(key) & set("[]:"):
        return ""
    return _suffixes().privatesuffix(key) or ""


@functools.cache
def _suffixes() -> "PublicSuffixList":
    """Read when it is first needed, which takes a tenth of a second."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _folded(text: str) -> str:
    """Case-folded and composed again, for folding can take a character apart."""
    return unicodedata.normalize("NFC", text.casefold())


def name_from(display_name: str, address: str) -> str:
    """An unknown sender's name: the display name, else the local part (R5.7)."""
    return display_name.strip() or address.rpartition("@")[0] or address


def looks_like_address(text: str) -> bool:
    """Whether mail can come from it: local part, domain, no white space, control or format characters, not endless."""
    local, _, domain = text.rpartition("@")
    plain = local.strip('"') if local.startswith('"') and local.endswith('"') and len(local) > 2 else local
    if not plain or not domain.strip(".。") or len(text) > _LONGEST:
        return False
    if plain is local and any(char in '@<>()[],;:"\\' for char in local):
        return False
    if not (text.isascii() and text.isprintable() and " " not in text) and any(map(_is_unfit, text)):
        return False
    return not any(char in '<>()[],;:"\\' for char in domain) or _LITERAL.fullmatch(domain) is not None


def addresses_in(text: str, field: str = "email") -> tuple[str, ...]:
    """The addresses that a person typed or pasted, in order, each once; none in an empty text (R5.7).

    Read are lists with commas, semicolons, blanks or lines between, `Name <address>`, links, quotes, full-width letters
    and invisible characters.  Raises BadField naming the part that is no address: nothing is left out in silence.
    """
    if not text or _PLAIN.fullmatch(text):  # as most are; the same, ten times as fast
        return (text,) if text else ()
    if len(text) > _LONGEST_TEXT:
        raise BadField(field, f"That is too long for e-mail addresses: at most {_LONGEST_TEXT} characters.")
    pasted, seen = _Pasted(field), _visible(text)
    for token in _TOKEN.finditer(seen):
        pasted.take(str(token.lastgroup), token[str(token.lastgroup)])
    pasted.end()
    if not pasted.found and "".join(seen.split()).strip(_BETWEEN):
        raise pasted.refused(seen)
    return tuple(pasted.found.values())


def address_in(text: str, field: str = "email") -> str:
    """The one address that a person typed or pasted.  Raises BadField when there is none, or more than one."""
    found = addresses_in(text, field)
    if not found:
        raise BadField(field, "This needs its e-mail address, such as anna@example.com.")
    if len(found) > 1:
        raise BadField(field, f"One e-mail address goes here, not {len(found)}: {clean(', '.join(found), limit=120)}.")
    return found[0]


def sender_in(text: str, field: str = "email") -> str:
    """The one address that a person names to find or refuse a sender.  Raises BadField as `address_in`.

    One that mail can come from is taken as it is written though nobody would type it: strangers choose theirs.
    """
    try:
        return address_in(text, field)
    except BadField:
        if looks_like_address(text.strip()):
            return text.strip()
        raise


def keys_named(text: str, field: str = "email") -> tuple[str, ...]:
    """The keys under which the address that a person names may be known: as it is written, then as it is read.

    Raises BadField as `address_in`.
    """
    return tuple(dict.fromkeys((address_key(text), address_key(sender_in(text, field)))))


def split_profile(emails: str) -> tuple[str, ...]:
    """The addresses of a stored profile *Email*, which may hold several (R4.12).

    One that was stored before addresses were read (R5.7), and cannot be, is cut at its commas.
    """
    try:
        return addresses_in(emails)
    except BadField:
        return tuple(part.strip() for part in emails.split(",") if part.strip())


class _Pasted:
    """What was found so far, and the words that are a name if an address in brackets follows."""

    def __init__(self, field: str) -> None:
        self.found: dict[str, str] = {}
        self._field = field
        self._names: list[str] = []
        self._before: set[str] = set()
        """The key of the address right before, which brackets may hold again: `anna@a.test <mailto:anna@a.test>`."""

    def take(self, kind: str, text: str) -> None:
        """Takes one token.  Raises BadField."""
        if kind in ("angled", "square", "round"):
            self._bracketed(kind, text)
        elif kind == "end":
            self.end()
        elif kind == "comma":
            self._before = set()
        elif _LINK.match(text) or re.search(r"\S@|@\S", text):
            self.end()
            self._before = self._add(self._read(text))
        elif any(map(str.isalnum, text)):
            self._names.append(text)

    def end(self) -> None:
        """What was not followed by an address in brackets was no name.  Raises BadField."""
        self._before = set()
        if self._names:
            raise self.refused(" ".join(self._names))

    def refused(self, part: str, why: str = "") -> BadField:
        """The sentence about a part that is no address."""
        return BadField(self._field, f"“{clean(part.strip(), limit=80)}” is no e-mail address. {why}".rstrip())

    def _bracketed(self, kind: str, text: str) -> None:
        if "@" not in text and not _LINK.match(text):
            if kind != "round":  # else it is a comment (RFC 5322, 3.2.2)
                self._names += text.split()
            return
        inside = addresses_in(text, self._field)
        before, self._before = self._before, set()
        if before and before != set(map(address_key, inside)):
            raise self.refused(text, f"Before it stands another one, {', '.join(before)}.")
        self._names.clear()
        self._add(inside)

    def _add(self, addresses: tuple[str, ...]) -> set[str]:
        for address in addresses:
            self.found.setdefault(address_key(address), address)
        return set(map(address_key, addresses))

    def _read(self, word: str) -> tuple[str, ...]:
        bare = _bare(word)
        link = _LINK.match(bare)
        if link is None:
            local, _, domain = bare.rpartition("@")
            address = f"{local}@{unicodedata.normalize('NFKC', domain.translate(_FULL_WIDTH)).rstrip('.')}"
            if why := _why_not(address):
                raise self.refused(word, why)
            return (address,)
        target, _, fields = bare[link.end() :].partition("?")
        if "@" in unquote(fields):  # RFC 6068: further addressees
            raise self.refused(word, "It names others behind the ?.")
        return addresses_in(unquote(target), self._field)


def _visible(text: str) -> str:
    """Without what is not seen, and with full-width letters, where even the @ is one, as those that were meant."""
    seen = "".join(char for char in text if not _is_unseen(char))
    return seen if "@" in seen else seen.translate(_FULL_WIDTH)


def _is_unseen(char: str) -> bool:
    return char > "~" and (char in _FILLERS or (unicodedata.category(char) == "Cf" and char not in _OVERRIDES))


def _bare(word: str) -> str:
    """A word without the quotes and marks of a text around it."""
    word = word.strip(_AROUND).rstrip(_BEHIND)
    if len(word) > 2 and word[0] + word[-1] in _PAIRS:
        return _bare(word[1:-1])
    return word


def _why_not(address: str) -> str:
    """Why this cannot be an address, '' if it can."""
    local, _, domain = address.rpartition("@")
    if not local or not domain:
        return f"Nothing stands {'behind' if local else 'before'} the @."
    if local.startswith("."):
        return "None begins with a dot."
    if not looks_like_address(address):
        return f"None is longer than {_LONGEST} characters." if len(address) > _LONGEST else _unfit(address)
    plain = unicodedata.normalize("NFKC", local)
    if plain != unicodedata.normalize("NFC", local):
        return f"It has letters that look like others: those of {clean(plain, limit=64)}@{clean(domain, limit=80)}."
    if not _LITERAL.fullmatch(domain) and not all(map(_is_label, domain.split("."))):
        return f"“{clean(domain, limit=80)}” is no domain."
    return ""


def _unfit(address: str) -> str:
    if address.count("@") > 1:
        return "It has more than one @."
    return "It has a character in it that none has."


def _is_label(label: str) -> bool:
    """Whether it can be a part of a domain.  What IDNA allows beyond ASCII is not looked at: its keys are (R5.7)."""
    if not label or label[0] == "-" or label[-1] == "-":
        return False
    return all(
        char.isalnum() or char in "-_" if char.isascii() else unicodedata.category(char)[0] not in "CPZ"
        for char in label
    )


def _is_unfit(char: str) -> bool:
    """White space, control and format characters, and what stands for bytes that could not be read."""
    return char == "\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
