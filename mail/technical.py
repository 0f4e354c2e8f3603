"""Which leaves of a message are parts of the mail itself, and no files that its writer attached (R5.8).

A signature proves who sent the very bytes that it came with: loose, it says nothing.  Another form of the text, or the
encrypted or signed whole of it, repeats what the mail quotes (THREATS O7).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mail.bodies import Part, Tree
from store.rules.message import Attached

_SIGNED_WHOLE = ("application/pkcs7-mime", "application/x-pkcs7-mime")  # RFC 8551, 3.2: signed, encrypted or both
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_NAMES = ("", "smime.p7s", "smime.p7m", "signature.asc", "openpgp_signature", "openpgp_signature.asc")
_KEY = "application/pgp-keys"  # mail programs enclose the key with what they sign
_REPORTS = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers")
_INVITATION = "text/calendar"  # stands beside the text as another form of it, but says what the text does not


def told_apart(files: Iterable[Attached], tree: Tree) -> tuple[Attached, ...]:
    """The attachments of a message, each with what it is to the mail that it came with."""
    above = {leaf.number: parents for leaf, parents in _leaves(tree.root)}
    leaves = {leaf.number: leaf for leaf in tree.leaves}
    return tuple(
        replace(
            file,
            technical=_is_technical(leaves[file.part], above[file.part]),
            inline=any(part.type == "multipart/related" for part in above[file.part]),
        )
        if file.part in above
        else replace(file, inline=True)  # it is written into a page
        for file in files
    )


def _leaves(root: Part) -> Iterator[tuple[Part, tuple[Part, ...]]]:
    """Each leaf with the parts that it is in, the outermost first."""
    waiting: list[tuple[Part, tuple[Part, ...]]] = [(root, ())]
    while waiting:
        part, above = waiting.pop()
        if part.children:
            waiting.extend((child, (*above, part)) for child in part.children)
        else:
            yield part, above


def _is_technical(leaf: Part, above: tuple[Part, ...]) -> bool:
    inside = {part.type for part in above}
    parent = above[-1] if above else None
    if parent is None or "multipart/encrypted" in inside:
        return leaf.type in _SIGNED_WHOLE or parent is not None
    if "multipart/signed" in inside and leaf.type == _KEY:
        return True
    if parent.type == "multipart/signed" and leaf is not parent.children[0]:
        return True
    if parent.type == "multipart/report" and leaf.type in _REPORTS:
        return True
    if parent.type == "multipart/alternative":
        return not leaf.attached and not leaf.name and leaf.type != _INVITATION
    # a list or gateway took the mail apart
    return leaf.type in (*_SIGNATURES, *_SIGNED_WHOLE) and leaf.name.lower() in _NAMES
