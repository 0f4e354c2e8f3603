"""What a server that we trust found out about a message's sender (RFC 8601, RFC 7489; THREATS I1).

Anybody can write an Authentication-Results field.  One counts only if its authserv-id is one that was set up, if it is
the topmost such field, and if no more Received fields stand above it than our own servers write: what a sender writes
himself stands below.  Where no server is set up nothing is known, which is not the same as a pass.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mail.headers import Fields
from store.rules.addresses import domain_key

_FIELD = "authentication-results"
_METHOD = re.compile(r"\s*([a-z0-9-]{1,40})(?:\s*/\s*\d{1,5})?\s*=\s*([a-z]{1,20})\b")
# the value is read whole: of one that is cut short, another domain may be left
_PROPERTY = re.compile(r"\b([a-z]{1,20})\.([a-z0-9-]{1,40})\s*=\s*([^\s;]+)")
_QUOTABLE = re.compile(r"[^\w@.+-]")
_LONGEST = 10_000
_MOST_RESULTS = 50
_DOMAINS_OF = {"dmarc": ("header.from",), "dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}
_BAD = ("fail", "hardfail", "softfail", "permerror", "policy")


class Result(NamedTuple):
    """One method's result, such as dkim pass, with the domain that it is about."""

    method: str
    result: str
    domain: str


def authentication(fields: Fields, sender: str, trusted: Sequence[str], hops: int) -> str:
    """pass, fail, none, or '' when no authserv-id is trusted.  `hops`: Received fields our own servers write above.

    pass: DMARC passed for the sender's very domain, or else DKIM or SPF for one that is aligned with it: the same, or a
    parent of it with a dot in it.  fail: DMARC failed; or without DMARC, something failed and nothing passed so.

    Servers that write below their own Received field have what the sender wrote right below theirs.  So only the
    topmost trusted field can pass a sender; those below it can but fail him.  RFC 8601, 5, has servers remove fields
    that carry their name: with `hops`, one that does not and at times writes none itself lets a forged one be topmost.
    """
    ids = {domain_key(name) for name in trusted}
    if not ids:
        return ""
    said = (_read(value) for value in fields.above(_FIELD, "received", hops))
    ours = [results for name, results in said if domain_key(name) in ids]
    below = [one for results in ours[1:] for one in results if one.method == "dmarc" and one.result in _BAD]
    return _verdict([*(ours[0] if ours else ()), *below], domain_key(sender.rpartition("@")[2]))


def _verdict(results: Sequence[Result], domain: str) -> str:
    if any(one.method == "dmarc" and one.result in _BAD for one in results):
        return "fail"
    if any(one == ("dmarc", "pass", domain) for one in results):
        return "pass"
    others = [one for one in results if one.method in ("dkim", "spf")]
    if any(one.result == "pass" and _is_aligned(domain, one.domain) for one in others):
        return "pass"
    return "fail" if any(one.result in _BAD for one in others) else "none"


def _is_aligned(domain: str, other: str) -> bool:
    return bool(other) and (domain == other or ("." in other and domain.endswith(f".{other}")))


def _read(value: str) -> tuple[str, list[Result]]:
    """The authserv-id, and the results.  Of a field that is not read to its end, nothing passes: `x.test.evil.test`
    may be cut to `x.test`, and a failure may be in the rest."""
    head, *rest = _without_comments(value[:_LONGEST]).lower().split(";")
    cut = len(value) > _LONGEST or len(rest) > _MOST_RESULTS
    results = [one for one in _results(rest[:_MOST_RESULTS]) if not (cut and one.result == "pass")]
    return next(iter(head.split()), ""), results


def _results(texts: Sequence[str]) -> Iterator[Result]:
    for text in texts:
        method = _METHOD.match(text)
        if method is None:
            continue
        told = {f"{kind}.{name}": value for kind, name, value in _PROPERTY.findall(text)}
        named = (told[name] for name in _DOMAINS_OF.get(method[1], ()) if name in told)
        yield Result(method[1], method[2], domain_key(next(named, "").rpartition("@")[2]))


def _without_comments(value: str) -> str:
    """Comments are left out, and in quoted strings nothing is left that means something (RFC 5322, 3.2.2, 3.2.4)."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
            if not depth:
                out.append(_QUOTABLE.sub("_", char))
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif quoted:
            out.append(_QUOTABLE.sub("_", char))
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            out.append(char)
    return "".join(out)
