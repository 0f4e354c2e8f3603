"""What makes two addresses the same (R5.7)."""

import unicodedata


def address_key(address: str) -> str:
    """The folded form by which addresses are compared: NFC, local part case-folded, domain lower case in IDNA A-labels.

    Tags (`+x`) and dots are kept: they are other addresses.  '' stays ''.
    """
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if not local:
        return _folded(domain.strip())
    return f"{_folded(local)}@{domain_key(domain)}"


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
