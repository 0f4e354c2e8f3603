"""Folding for searching (R1.2): what is searched and what is typed, brought to one form.

For finding only.  Who somebody is goes by `addresses.address_key`, what the deny list catches by `deny.fold`: there
`kıng@…` and `king@…` are two, here each is found by the other.
"""

import re
import unicodedata
from collections.abc import Iterator

from store.rules.addresses import domain_key

# what Unicode does not take apart, as it is typed by those who do not have it
_PLAIN = str.maketrans(
    {
        **dict(zip("ıøłđħŧðƶɨʉ", "ioldhtdziu", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        **dict.fromkeys("‘’‚‛ʹʼ′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
# what is not seen: soft hyphen, joiners, directions, variants, tags (Default_Ignorable_Code_Point, less the fillers)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
# marks that are letters: か and が are two to those who write them, the Greek ͅ is ι in capitals
_KEPT = "\u3099\u309a\u0345"
_A_LABEL = re.compile(r"(?<![^\W_])xn--([a-z0-9-]{1,59})", re.IGNORECASE)  # a label has 63 characters (RFC 1035, 2.3.4)
_BETWEEN_WORDS = re.compile(r'[\s<>,;:()"]+')
_LONGEST_ADDRESS = 320  # 64 + 1 + 255 (RFC 5321, 4.5.3.1)


def search_key(text: str) -> str:
    """The text as it is searched: without case, accents, widths and ligatures, and however it is composed.

    A text that is part of another has a key that is part of the other's.  Case is that of all languages at once: I, ı
    and İ are i, ß is ss, ς is σ.
    """
    if text.isascii():
        return text.lower()
    # folded before, since some letters lose their case with their accent, and after, since compatible forms have one
    return _bare(_UNSEEN.sub("", text).casefold()).casefold().translate(_PLAIN)


def search_text(*parts: str) -> str:
    """What is kept to be searched of these texts: their keys, a line each.  Of internationalized domains both forms are
    found, `müller.example` and `xn--mller-kva.example` (RFC 5890)."""
    return "\n".join(dict.fromkeys(key for part in parts if part for key in _keys(part)))


def _keys(part: str) -> Iterator[str]:
    yield search_key(part)
    if not part.isascii() and "@" in part:
        for word in _BETWEEN_WORDS.split(part):
            local, at, domain = word[:_LONGEST_ADDRESS].rpartition("@")
            if at and not domain.isascii():
                yield f"{search_key(local)}@{domain_key(domain)}"
    if "xn--" in (lowered := part.lower()):
        yield search_key(_A_LABEL.sub(_u_label, lowered))


def _u_label(found: "re.Match[str]") -> str:
    try:
        label = found[1].encode("ascii").decode("punycode")
        label.encode("utf-8")  # it may say that it is half a character
        return label
    except UnicodeError:
        return found[0]


def _bare(text: str) -> str:
    """Taken apart by compatibility, without the marks that are put on letters."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char) or char in _KEPT)
