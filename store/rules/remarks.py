"""What is to be said of a message that cannot be read here, or not as a whole (R5.6)."""

import re
from collections.abc import Sequence

ENCRYPTED = "This message is encrypted: open it in a mail program that has the key."
_OUTLOOK = "in a winmail.dat, which only Outlook reads; ask its sender for a message in HTML or plain text."
_ENCRYPTED_TYPES = ("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_OUTLOOK_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_ARMOUR = re.compile(r"^[ \t>]*-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_ONLY = (("image/", "pictures"), ("text/calendar", "an invitation"), ("audio/", "recordings"), ("message/", "messages"))
_MOST_NAMED = 5
_LONGEST_LOOKED_AT = 10_000  # characters; an encrypted text begins the message

File = tuple[str, str]


def remark(text: str, files: Sequence[File]) -> str:
    """One sentence for whoever reads a message of this text, with files of these names and types; '' where the text
    says all."""
    if _is_encrypted(text, files):
        return ENCRYPTED
    packed = any(kind in _OUTLOOK_TYPES or name.lower() == "winmail.dat" for name, kind in files)
    if text.strip():
        return f"Its files are packed {_OUTLOOK}" if packed else ""
    if packed:
        return f"This message is packed {_OUTLOOK}"
    if not files:
        return "This message is empty: it has no text and no files."
    what = next((word for start, word in _ONLY if all(kind.startswith(start) for _, kind in files)), "files")
    return f"This message has no text, only {what}: {named(files)}."


def named(files: Sequence[File]) -> str:
    """The names of files for a sentence, the first five of them."""
    names = [name or f"one without a name ({kind})" for name, kind in files]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_encrypted(text: str, files: Sequence[File]) -> bool:
    if _ARMOUR.search(text, 0, _LONGEST_LOOKED_AT):
        return True
    wrapped = any(
        (kind in _ENCRYPTED_TYPES and not name.lower().endswith(".p7c")) or name.lower().endswith(".p7m")
        for name, kind in files  # a .p7c holds certificates alone
    )
    return wrapped and not text.strip()
