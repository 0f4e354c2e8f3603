"""What makes two addresses the same (R5.7)."""

import functools
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LONGEST_DOMAIN = 253  # characters of a name in the DNS (RFC 1035, 2.3.4)


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


def split_profile(emails: str) -> tuple[str, ...]:
    """The addresses of a profile *Email*, which may hold several, separated by commas (R4.12)."""
    return tuple(part.strip() for part in emails.split(",") if part.strip())


def looks_like_address(text: str) -> bool:
    """Whether a person may have meant an address: one @ with something on both sides and no white space."""
    local, _, domain = text.rpartition("@")
    return bool(local and domain) and not any(char.isspace() or not char.isprintable() for char in text)
